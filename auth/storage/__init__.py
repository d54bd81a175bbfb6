"""Where the participants, breakout groups, invitations and sessions of a meeting are kept."""
