"""The forms in which a text comes in and goes out, one file each."""
