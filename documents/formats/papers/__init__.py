"""The forms in which a chapter leaves the house: pure functions from a `documents.versions.paper.Paper`."""
