"""Who takes part in a meeting, how they sign in, and what they may do. Knows no document."""
