"""What waits in a room, in the order in which it came; who makes the room undo much waits longer."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from documents.chapter import ChapterDocument
from documents.crdt.protocol import PresenceEntry
from documents.crdt.update_v1 import first_client
from documents.errors import RoomBusy
from documents.model import AuthorId
from documents.seat import Seat

OVERHEAD: Final = 200
"""Bytes that an item takes besides its content, so that many empty ones are not free."""
PART: Final = 4
"""Of all that may wait, one person may have a fourth: the others need room too."""


@dataclass(slots=True)
class Edit:
    """An update from a client."""

    seat: Seat
    update: bytes
    answer: bool
    """Whether the client sent it in answer to step 1."""

    @property
    def waits_for(self) -> AuthorId:
        """With whose items it stays in order."""
        return self.seat.author


@dataclass(slots=True)
class Heard:
    """What a client said of itself."""

    seat: Seat
    entries: Sequence[PresenceEntry]

    @property
    def waits_for(self) -> AuthorId:
        """With whose items it stays in order."""
        return self.seat.author


@dataclass(slots=True)
class Write:
    """A change by the server itself, on somebody's behalf."""

    author: AuthorId
    change: Callable[[ChapterDocument], None]
    done: asyncio.Future[None]
    apart: bool = False
    """Whether it may take long, and so is made in a thread of its own."""

    @property
    def waits_for(self) -> None:
        """Nobody."""


@dataclass(slots=True)
class Look:
    """A question of the server to the document."""

    look: Callable[[ChapterDocument], Any]
    found: asyncio.Future[Any]
    waits_for: AuthorId | None = None
    """Whose items are to be taken before, though they be held."""

    async def answer(self, document: ChapterDocument) -> None:
        """Resolve the future. A large document is read in a thread: it is not to be changed meanwhile."""
        if self.found.done():
            return
        found: Any = None
        failure: BaseException | None = None
        try:
            found = await asyncio.to_thread(self.look, document) if document.is_large else self.look(document)
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 (it is the caller's, a panic in Rust too, and reaches the caller)
            failure = error
        if self.found.done():  # the caller has gone away meanwhile
            return
        if failure is None:
            self.found.set_result(found)
        else:
            self.found.set_exception(failure)


Item = Edit | Heard | Write | Look


class Inbox:
    """A queue that holds a bounded number of bytes from clients, of one person never more than a part of that; what the
    server itself asks always has a place.

    Somebody can be *held*: their items then wait apart, in their order, while those of others go on.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[tuple[Item, int]] = deque()
        self._held: dict[AuthorId, deque[tuple[Item, int]]] = {}
        self._bytes = 0
        self._bytes_of: dict[AuthorId, int] = {}

    def __len__(self) -> int:
        """How many may be taken now."""
        return len(self._items)

    def put(self, item: Item, size: int = 0) -> None:
        """Add an item; `size` is what a client sent, in bytes. Raises `RoomBusy`."""
        who = item.waits_for
        if size and who is not None:
            of_one = self._bytes_of.get(who, 0) + size
            if self._bytes + size > self._limit or of_one > self._limit // PART:
                raise RoomBusy("the chapter")
            self._bytes += size
            self._bytes_of[who] = of_one
        lane = self._held.get(who) if self._held and who is not None else None
        (self._items if lane is None else lane).append((item, size))

    def take(self) -> Item:
        """The oldest item that is not held. Raises `IndexError` when there is none."""
        item, size = self._items.popleft()
        self._gone(item, size)
        return item

    def _gone(self, item: Item, size: int) -> None:
        who = item.waits_for
        if size and who is not None:
            self._bytes -= size
            self._bytes_of[who] -= size
            if not self._bytes_of[who]:
                del self._bytes_of[who]

    def order_answers(self, among: int) -> None:
        """Let the answers to step 1 among so many next items be taken by their client ids, the highest first.

        Of what was inserted at one spot at the same time, the lower client id stands first. So where many come back
        who wrote there meanwhile, each is put before all that came before it, and has nothing to pass; in any other
        order the work grows with the square of their number. An answer holds all that the room lacks, so it builds on
        no other's; one whose sender has sent more since keeps its place.
        """
        places: list[int] = []
        sent: set[AuthorId] = set()
        for place in range(min(among, len(self._items)) - 1, -1, -1):
            item = self._items[place][0]
            if isinstance(item, Edit):
                if item.answer and item.waits_for not in sent:
                    places.append(place)
                sent.add(item.waits_for)
        if len(places) > 1:
            answers = sorted((self._items[place] for place in places), key=lambda one: _client_of(one[0]))
            for place, answer in zip(places, answers, strict=True):
                self._items[place] = answer

    # Who has to wait

    def hold(self, author: AuthorId) -> None:
        """From now on items of this person wait for `release`."""
        if author in self._held:
            return
        self._held[author] = deque(one for one in self._items if one[0].waits_for == author)
        self._items = deque(one for one in self._items if one[0].waits_for != author)

    def is_held(self, author: AuthorId) -> bool:
        """Whether items of this person wait."""
        return author in self._held

    def release(self, author: AuthorId) -> None:
        """Let the next edit of somebody go on, with what came before it; who has no more is not held any longer."""
        lane = self._held.get(author)
        if lane is None:
            return
        while lane:
            item, size = lane.popleft()
            self._items.append((item, size))
            if isinstance(item, Edit):
                break
        if not lane:
            del self._held[author]

    def forget(self, seat: Seat) -> None:
        """Drop what is held of a connection that has ended: it was not acknowledged, and may come again."""
        lane = self._held.get(seat.author, ())
        kept: deque[tuple[Item, int]] = deque()
        for item, size in lane:
            if isinstance(item, Look | Write) or item.seat is not seat:
                kept.append((item, size))
            else:
                self._gone(item, size)
        if lane:
            self._held[seat.author] = kept

    def release_all(self) -> None:
        """Nobody is held any longer."""
        for lane in self._held.values():
            self._items.extend(lane)
        self._held.clear()


def _client_of(item: Item) -> int:
    return first_client(item.update) if isinstance(item, Edit) else 0


class Turns:
    """How long somebody has to wait who made the room undo things: a share of its time is all that they get.

    `burst` seconds of work may be undone for one person before that, `share` of each second in the long run. After
    each undone edit the others have `rest` times as long as it took: so no step is held up by many of them.
    """

    def __init__(
        self, *, burst: float, share: float, rest: float = 0.0, clock: Callable[[], float] = monotonic
    ) -> None:
        self._burst = burst
        self._share = share
        self._rest = rest
        self._clock = clock
        self._spent: dict[AuthorId, tuple[float, float]] = {}
        """For who made it undo something: seconds not yet forgiven, and when that was so."""

    def charge(self, author: AuthorId, seconds: float) -> float:
        """Note work that was undone, and what undoing it took; returns for how many seconds this person is to wait."""
        now = self._clock()
        spent, seen = self._spent.get(author, (0.0, now))
        spent = max(0.0, spent - (now - seen) * self._share) + seconds
        self._spent[author] = spent, now
        return max(seconds * self._rest, (spent - self._burst) / self._share)
