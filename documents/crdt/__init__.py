"""Updates from outside, and what the chapter knows of its items: the format, the gate, the order of all text."""
