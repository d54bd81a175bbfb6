"""Who is here, and where their carets are: awareness states, stamped by the server.

What a client says of itself is kept, except for who it is: `user` is always what the sign-in says. A client id is its
first announcer's: what others say of it is passed over, after it has gone too.

Clocks are the clients' own, as y-protocols has them: only a higher clock is news. Whoever comes back with a clock that
others may have seen already is told that it is thought gone, upon which y-protocols raises the clock and repeats the
state. The server raising the clock by itself would not do: stock clients send on what they hear, so an own state that
comes back with a higher clock goes round and round.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from documents.crdt.protocol import PresenceEntry
from documents.errors import MessageTooLarge
from documents.model import AuthorId, ClientId
from documents.seat import Seat

MAX_STATE: Final = 8_192
"""Characters of one client's state."""
MAX_CLIENTS: Final = 4
"""Client ids that one connection may speak for at a time."""
MAX_CLOCK: Final = 2**31
"""Of a state; whoever is there by the second for a lifetime does not come near."""
MAX_REMEMBERED: Final = 10_000
"""Clients remembered that have gone."""
GONE: Final = "null"


class Timers(Protocol):
    """What is needed here of an event loop."""

    def time(self) -> float:
        """In seconds."""

    def call_at(self, when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        """Call back at a time."""


class Tick:
    """Lets something be done at once, and then not again for a while."""

    def __init__(self, seconds: float, wake: Callable[[], object], timers: Timers | None = None) -> None:
        """`wake` is called when it may be done again and was asked for meanwhile."""
        self._seconds = seconds
        self._wake = wake
        self._timers: Timers = timers or asyncio.get_running_loop()
        self._next = self._timers.time()
        self._timer: asyncio.TimerHandle | None = None

    def is_due(self) -> bool:
        """Whether it may be done now."""
        if self._timers.time() >= self._next:
            return True
        if self._timer is None:
            self._timer = self._timers.call_at(self._next, self._ring)
        return False

    def _ring(self) -> None:
        self._timer, self._next = None, self._timers.time()
        self._wake()

    def done(self) -> None:
        """It was done."""
        self.stop()
        self._next = self._timers.time() + self._seconds

    def stop(self) -> None:
        """Wake nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Presence:
    __slots__ = ("author", "clock", "seat", "state")

    def __init__(self, seat: Seat, clock: int, state: str) -> None:
        self.author = seat.author
        self.seat: Seat | None = seat
        """Whose connection speaks for it; None when it has gone."""
        self.clock = clock
        self.state = state


class Presences:
    """The states of everybody in one room, and which of them others have not been told yet."""

    def __init__(self) -> None:
        self._here: dict[ClientId, _Presence] = {}
        self._gone: dict[ClientId, _Presence] = {}
        """In the order in which they went."""
        self._news: dict[ClientId, None] = {}

    def holder(self, client: ClientId) -> AuthorId | None:
        """Who was the first to announce this client id."""
        presence = self._find(client)
        return None if presence is None else presence.author

    def _find(self, client: ClientId) -> _Presence | None:
        return self._here.get(client) or self._gone.get(client)

    def hear(
        self, seat: Seat, entries: Iterable[PresenceEntry], owners: Mapping[ClientId, AuthorId]
    ) -> list[PresenceEntry]:
        """Take what a client says; returns what it must be told, so that others see it.

        `owners` are those of the client ids that have written. Raises `MessageTooLarge`; a state that is not a JSON
        object is passed over.
        """
        own = (entry for entry in entries if owners.get(entry.client, seat.author) == seat.author)
        return [answer for entry in own if (answer := self._hear(seat, entry)) is not None]

    def _hear(self, seat: Seat, entry: PresenceEntry) -> PresenceEntry | None:
        client, clock = entry.client, entry.clock
        presence = self._find(client)
        if clock > MAX_CLOCK:
            return None
        if presence is None:
            if entry.state == GONE or not self._set(seat, entry):
                return None
            return PresenceEntry(client, clock, GONE)  # from before a restart, others may have seen this clock
        if presence.author != seat.author:
            return None
        if entry.state == GONE:
            if client in self._here and (clock > presence.clock or presence.seat is seat):
                self._remove(client, max(clock, presence.clock))
        elif clock > presence.clock:
            self._set(seat, entry)
        elif presence.seat is None or (presence.seat is seat and _stamped(seat, entry.state) != presence.state):
            return PresenceEntry(client, presence.clock, GONE)
        return None

    def _set(self, seat: Seat, entry: PresenceEntry) -> bool:
        if len(entry.state) > MAX_STATE:
            raise MessageTooLarge("an awareness state", MAX_STATE)
        stamped = _stamped(seat, entry.state)
        if stamped is None:
            return False
        if entry.client not in self._here and self._count(seat) >= MAX_CLIENTS:
            raise MessageTooLarge("the number of client ids of one connection", MAX_CLIENTS)
        self._gone.pop(entry.client, None)
        self._here[entry.client] = _Presence(seat, entry.clock, stamped)
        self._news[entry.client] = None
        return True

    def _count(self, seat: Seat) -> int:
        return sum(presence.seat is seat for presence in self._here.values())

    def _remove(self, client: ClientId, clock: int) -> None:
        presence = self._here.pop(client)
        presence.clock, presence.seat, presence.state = clock, None, GONE
        self._gone[client] = presence
        self._news[client] = None
        if len(self._gone) > MAX_REMEMBERED:
            oldest = next(iter(self._gone))
            del self._gone[oldest]
            self._news.pop(oldest, None)

    def leave(self, seat: Seat) -> None:
        """Take away everything that a connection said: it is closed."""
        for client, presence in list(self._here.items()):
            if presence.seat is seat:
                self._remove(client, presence.clock)

    def restamp(self, seat: Seat) -> None:
        """Say anew who this is: the seat's stamp has changed."""
        for client, presence in self._here.items():
            if presence.seat is seat:
                presence.state = _stamped(seat, presence.state) or presence.state
                presence.clock += 1
                self._news[client] = None

    @property
    def has_news(self) -> bool:
        """Whether `news` has any."""
        return bool(self._news)

    def news(self) -> list[PresenceEntry]:
        """What changed since the last call."""
        clients, self._news = self._news, {}
        return [_entry(client, presence) for client in clients if (presence := self._find(client))]

    def everybody(self, *, gone: bool = False) -> list[PresenceEntry]:
        """All who are here; with `gone` those too who are not any more, for somebody who has not heard of it."""
        found = [_entry(client, presence) for client, presence in self._here.items()]
        return found + [_entry(client, presence) for client, presence in self._gone.items()] if gone else found


def _entry(client: ClientId, presence: _Presence) -> PresenceEntry:
    return PresenceEntry(client, presence.clock, presence.state)


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
