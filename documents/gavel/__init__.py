"""What was ruled on paragraphs, and what becomes of edits that a ruling forbids."""
