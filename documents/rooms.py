"""All rooms of a meeting: opened when first asked for, closed when nobody has been there for a while."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from documents.chapter import ChapterDocument
from documents.errors import RoomBusy
from documents.incoming.contributions import Contribution, first_entries
from documents.journal import Journal
from documents.limits import Counts, RoomLimits
from documents.model import AuthorId, Chapter, ChapterId
from documents.pace import Pace
from documents.room import Room
from documents.storage.base import Storage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RoomsLimits:
    """How many rooms are held, and for how long (seconds)."""

    rooms: int = 500
    idle_seconds: float = 120.0


def milliseconds() -> int:
    """Now, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Rooms:
    """Opens, finds and closes rooms."""

    def __init__(
        self,
        storage: Storage,
        *,
        limits: RoomsLimits | None = None,
        room_limits: RoomLimits | None = None,
        now: Callable[[], int] = milliseconds,
        pace: Pace | None = None,
    ) -> None:
        self.storage = storage
        self._pace = pace or Pace()
        self.journal = Journal(storage)
        self.counts = Counts()
        self._limits = limits or RoomsLimits()
        self._room_limits = room_limits or RoomLimits()
        self._now = now
        self._rooms: dict[ChapterId, asyncio.Task[Room]] = {}
        self._closing: dict[ChapterId, asyncio.Task[None]] = {}
        self._idle_since: dict[ChapterId, float] = {}
        self._asking: Counter[ChapterId] = Counter()
        """How many wait for each room: one that was just opened for somebody is not idle."""
        self._turns: WeakValueDictionary[ChapterId, asyncio.Lock] = WeakValueDictionary()
        self._closed = False

    async def create(
        self,
        chapter: Chapter,
        author: AuthorId,
        change: Callable[[ChapterDocument], None],
        contributions: Sequence[Contribution] = (),
    ) -> None:
        """Keep a new chapter that holds what `change` writes, and then the contributions, each by its own author.

        Raises `ChapterExists`, `StorageUnavailable`.
        """
        entries = await asyncio.to_thread(first_entries, chapter, author, change, contributions)  # may take seconds
        await self.storage.create_chapter(chapter, entries)

    async def open(self, chapter: ChapterId) -> Room:
        """The room of a chapter. Raises `ChapterNotFound`, `StorageError`, `RoomBusy` when there are too many.

        Whoever asks something of the room before awaiting anything else can be sure that it is not closing.
        """
        self._asking[chapter] += 1
        try:
            return await self._open_or_find(chapter)
        finally:
            self._asking[chapter] -= 1
            if not self._asking[chapter]:
                del self._asking[chapter]

    def turn(self, chapter: ChapterId) -> asyncio.Lock:
        """To be held by who reads a chapter, and then writes what was made of that, as nobody else who does so may have
        written meanwhile. Typing needs none."""
        return self._turns.setdefault(chapter, asyncio.Lock())

    async def _open_or_find(self, chapter: ChapterId) -> Room:
        while True:
            while (closing := self._closing.get(chapter)) is not None and not closing.done():
                await asyncio.shield(closing)
            task = self._rooms.get(chapter) or self._start(chapter)
            room = await asyncio.shield(task)  # one caller's going away must not end what others wait for
            if self._rooms.get(chapter) is task:  # or all are being closed
                return room

    def _start(self, chapter: ChapterId) -> asyncio.Task[Room]:
        if self._closed:
            raise RoomBusy("the server, which is stopping,")
        if len(self._rooms) >= self._limits.rooms:
            raise RoomBusy("the server")
        task = asyncio.create_task(self._open(chapter))
        self._rooms[chapter] = task
        task.add_done_callback(lambda _: self._forget_failed(chapter, task))
        return task

    def _forget_failed(self, chapter: ChapterId, task: asyncio.Task[Room]) -> None:
        """What could not be opened is tried anew by the next who asks."""
        if (task.cancelled() or task.exception()) and self._rooms.get(chapter) is task:
            del self._rooms[chapter]

    async def _open(self, chapter: ChapterId) -> Room:
        recovery = await self.storage.recover(chapter)
        document = await asyncio.to_thread(ChapterDocument.recover, recovery)  # a long history takes its time
        return Room(
            recovery,
            document,
            self.storage,
            self.journal,
            self._pace,
            limits=self._room_limits,
            counts=self.counts,
            now=self._now,
        )

    def opened(self) -> list[Room]:
        """The rooms that are open now."""
        return [task.result() for task in self._rooms.values() if _is_open(task)]

    def find(self, chapter: ChapterId) -> Room | None:
        """The room of a chapter, if it is open now."""
        task = self._rooms.get(chapter)
        return task.result() if task is not None and _is_open(task) else None

    async def drain(self) -> None:
        """Return when all that had arrived in any room is committed and sent on, or turned away."""
        await asyncio.gather(*(room.read(lambda _: None) for room in self.opened()), return_exceptions=True)

    async def evict_idle(self, now: float) -> None:
        """Close the rooms that nobody has been in for long. `now` is in seconds, of any steady clock."""
        for room in self.opened():
            chapter = room.chapter.id
            if room.occupied or chapter in self._asking:
                self._idle_since.pop(chapter, None)
            elif now - self._idle_since.setdefault(chapter, now) >= self._limits.idle_seconds:
                self._evict(room)
        if self._closing:
            await asyncio.wait([*self._closing.values()])

    def _evict(self, room: Room) -> None:
        chapter = room.chapter.id
        del self._rooms[chapter]
        self._idle_since.pop(chapter, None)
        self._closing[chapter] = task = asyncio.create_task(_close(room))
        task.add_done_callback(lambda _: self._forget_closed(chapter, task))

    def _forget_closed(self, chapter: ChapterId, task: asyncio.Task[None]) -> None:
        if self._closing.get(chapter) is task:
            del self._closing[chapter]

    async def close(self) -> None:
        """Close all rooms, each with a snapshot. The storage stays open."""
        self._closed = True
        tasks = [*self._rooms.values()]
        await asyncio.gather(*tasks, return_exceptions=True)
        rooms, self._rooms = self.opened(), {}
        await asyncio.gather(*(_close(room) for room in rooms), *self._closing.values())
        await self.journal.close()


async def _close(room: Room) -> None:
    try:
        await room.close()
    except Exception:
        log.exception("chapter %s: its room did not close well", room.chapter.id)


def _is_open(task: asyncio.Task[Room]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
