"""Who wrote and who deleted every character, and what has moved."""
