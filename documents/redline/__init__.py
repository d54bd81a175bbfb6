"""The text of now beside that of an earlier point, with who did what since."""
