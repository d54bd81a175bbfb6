"""All open websockets: counted, bounded, and held to rights that change."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from server.connection import Connection
from server.patience import Offences, Patience
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
        self._patience: dict[str, Patience] = {}
        self.offences = Offences()

    def __len__(self) -> int:
        return len(self._open)

    def patience_with(self, participant: str) -> Patience:
        """The same for all connections of a participant, and for later ones."""
        if participant not in self._patience:
            self._patience[participant] = Patience(
                rate=self._settings.locked_edits_per_second,
                burst=self._settings.locked_edits_burst,
                seconds=self._settings.locked_edits_seconds,
                refusals_rate=self._settings.refusals_per_second,
                refusals_burst=self._settings.refusals_burst,
            )
        return self._patience[participant]

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
