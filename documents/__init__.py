"""The chapter: its document, its room, its history. Knows no transport, and an author only as an opaque id."""
