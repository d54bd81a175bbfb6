"""The close codes of a websocket, and what each asks of the client. `docs/protocol.md` explains them.

4400 to 4499 tell a client not to come back without acting; y-websocket 3.1 obeys that. All others may be tried again.
"""

from enum import IntEnum


class CloseCode(IntEnum):
    """Why the server ended a connection."""

    TOO_BIG = 1009
    """A message was larger than the limit."""
    SERVER_ERROR = 1011
    """A fault of ours."""
    RESTARTING = 1012
    """The server is stopping; come back in a moment."""
    TRY_LATER = 1013
    """Too much, or too fast: come back later."""
    REFUSED = 4400
    """What was sent breaks the rules: throw the local copy away, and start from the server's."""
    SIGNED_OUT = 4401
    """Not signed in, or not any more."""
    FORBIDDEN = 4403
    """Signed in, but not allowed here."""
    NO_CHAPTER = 4404
    """There is no such chapter."""
    LOCKED = 4423
    """Goes on writing where it may not, though that is undone."""
