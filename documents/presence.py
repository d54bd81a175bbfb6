"""Who is here, and where their carets are: awareness states, stamped by the server.

What a client says of itself is kept, except for who it is: `user` is always what the sign-in says. A client speaks only
for the client ids that are its own; what it repeats of others (stock clients do) is passed over.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from documents.errors import MessageTooLarge
from documents.model import AuthorId, ClientId
from documents.protocol import PresenceEntry
from documents.seat import Seat

MAX_STATE: Final = 8_192
"""Characters of one client's state."""
MAX_CLIENTS: Final = 4
"""Client ids that one connection may speak for at a time."""
MAX_REMEMBERED: Final = 10_000
"""Clocks remembered of clients that have gone."""
GONE: Final = "null"


class _Presence:
    __slots__ = ("heard", "seat", "state")

    def __init__(self, seat: Seat, heard: int, state: str) -> None:
        self.seat = seat
        self.heard = heard
        self.state = state


class Presences:
    """The states of everybody in one room, and which of them others have not been told yet."""

    def __init__(self) -> None:
        self._states: dict[ClientId, _Presence] = {}
        self._clocks: dict[ClientId, int] = {}
        self._news: dict[ClientId, None] = {}

    def holder(self, client: ClientId) -> AuthorId | None:
        """Whose open connection has announced this client id."""
        presence = self._states.get(client)
        return None if presence is None else presence.seat.author

    def hear(self, seat: Seat, entries: Iterable[PresenceEntry], owners: dict[ClientId, AuthorId]) -> None:
        """Take what a client says. Raises `MessageTooLarge`; a state that is not a JSON object is passed over."""
        for entry in entries:
            presence = self._states.get(entry.client)
            author = owners.get(entry.client) if presence is None else presence.seat.author
            if author not in (None, seat.author):
                continue
            if presence is not None and presence.seat is seat and entry.clock < presence.heard:
                continue
            if entry.state == GONE:
                if presence is not None and presence.seat is seat:
                    self._remove(entry.client)
                continue
            self._set(seat, entry)

    def _set(self, seat: Seat, entry: PresenceEntry) -> None:
        if len(entry.state) > MAX_STATE:
            raise MessageTooLarge("an awareness state", MAX_STATE)
        stamped = _stamped(seat, entry.state)
        if stamped is None:
            return
        if entry.client not in self._states and self._count(seat) >= MAX_CLIENTS:
            raise MessageTooLarge("the number of client ids of one connection", MAX_CLIENTS)
        self._states[entry.client] = _Presence(seat, entry.clock, stamped)
        # Others may have seen a higher clock of this client: from before it was gone. Clocks only ever rise, and start
        # above 0, where stock clients (which begin with it) would overhear them.
        self._clocks[entry.client] = max(self._clocks.pop(entry.client, 0) + 1, entry.clock)
        self._news[entry.client] = None
        if len(self._clocks) > MAX_REMEMBERED + len(self._states):
            self._forget_one()

    def _count(self, seat: Seat) -> int:
        return sum(presence.seat is seat for presence in self._states.values())

    def _forget_one(self) -> None:
        """Let go of the clock of whoever has been gone longest."""
        oldest = next(client for client in self._clocks if client not in self._states)
        del self._clocks[oldest]
        self._news.pop(oldest, None)

    def _remove(self, client: ClientId) -> None:
        del self._states[client]
        self._clocks[client] += 1
        self._news[client] = None

    def leave(self, seat: Seat) -> None:
        """Take away everything that a connection said: it is closed."""
        for client in [client for client, presence in self._states.items() if presence.seat is seat]:
            self._remove(client)

    def restamp(self, seat: Seat) -> None:
        """Say anew who this is: the seat's stamp has changed."""
        for client, presence in self._states.items():
            if presence.seat is seat:
                presence.state = _stamped(seat, presence.state) or presence.state
                self._clocks[client] += 1
                self._news[client] = None

    def news(self) -> list[PresenceEntry]:
        """What changed since the last call."""
        clients, self._news = self._news, {}
        return [self._entry(client) for client in clients]

    def everybody(self) -> list[PresenceEntry]:
        """All who are here."""
        return [self._entry(client) for client in self._states]

    def _entry(self, client: ClientId) -> PresenceEntry:
        presence = self._states.get(client)
        return PresenceEntry(client, self._clocks[client], GONE if presence is None else presence.state)


def _stamped(seat: Seat, state: str) -> str | None:
    try:
        value: Any = json.loads(state)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    value["user"] = dict(seat.stamp)
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        return None
    return text
