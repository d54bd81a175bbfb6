"""The merge core, measured on its own."""
