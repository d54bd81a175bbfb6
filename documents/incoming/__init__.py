"""What comes into a chapter from files: how it begins, and what an edited file brings back."""
