"""The servers that others use for the same, at the versions that are locked here, run as their documents say."""
