"""All open websockets: counted, bounded, and held to rights that change."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from server.connection import Connection
from server.settings import Settings


class TooManyConnections(Exception):
    """The server, or this participant, has as many connections as allowed."""

    def __str__(self) -> str:
        return "too many connections: try again later"


class Connections:
    """The registry of open websockets."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: set[Connection] = set()
        self._held: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def place(self, participant: str) -> Iterator[None]:
        """Hold a place for a connection that is being made and while it lasts. Raises `TooManyConnections`."""
        if (
            self._held.total() >= self._settings.connections
            or self._held[participant] >= self._settings.connections_per_participant
        ):
            raise TooManyConnections
        self._held[participant] += 1
        try:
            yield
        finally:
            self._held[participant] -= 1
            if not self._held[participant]:
                del self._held[participant]

    @contextmanager
    def serving(self, connection: Connection) -> Iterator[None]:
        """Count a connection in, from its start to its stop."""
        self._open.add(connection)
        try:
            connection.start()
            yield
        finally:
            self._open.discard(connection)
            connection.stop()

    def recheck(self) -> None:
        """Hold every connection against the rights as they are now."""
        for connection in list(self._open):
            connection.recheck()
