"""Where chapters are kept."""
