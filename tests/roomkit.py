"""What tests of rooms share: storages that can be held up or fail, a chapter to work in, ways to wait for a room."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from documents.chapter import ChapterDocument
from documents.crdt import protocol
from documents.gavel.set_aside import SetAside
from documents.limits import RoomLimits
from documents.model import SERVER, Chapter, Entry, Recovery, Snapshot
from documents.room import Room
from documents.rooms import Rooms, RoomsLimits
from documents.storage.memory import MemoryStorage
from documents.storage.sqlite import MIGRATIONS, SqliteStorage, connect
from tests.editorkit import Editor, content, replica

CHAPTER = "principles"
QUICK = RoomLimits(
    retry_seconds=0.001,
    retry_most=0.01,
    slice_seconds=60.0,
    step_seconds=60.0,
    undone_burst=3_600.0,
    undone_rest=0.0,
    presence_seconds=0,
    snapshot_share=1e9,
)
"""Tries a failing storage again at once, and says at once who is here."""
DEADLINE = 10.0
"""Seconds that nothing here takes."""


class Faults:
    """Switches of a storage: what is held up, and what fails."""

    def __init__(self) -> None:
        self.held: dict[str, asyncio.Event] = {}
        self.failing: dict[str, Exception] = {}
        self.kept_but_failing: Exception | None = None
        """Raised by `append` after the entries were kept."""
        self.calls: list[str] = []
        self.arrived: dict[str, asyncio.Event] = {}

    def hold(self, call: str) -> asyncio.Event:
        """Let calls of this name wait for the event that is returned; see `reached`."""
        if call not in self.held or self.held[call].is_set():
            self.arrived[call] = asyncio.Event()
            self.held[call] = asyncio.Event()
        return self.held[call]

    async def reached(self, call: str) -> None:
        """Wait until a call that is held has begun."""
        async with asyncio.timeout(DEADLINE):
            await self.arrived[call].wait()

    async def meet(self, call: str) -> None:
        self.calls.append(call)
        if call in self.held:
            self.arrived[call].set()
            await self.held[call].wait()
        if call in self.failing:
            raise self.failing[call]

    def fail(self, error: Exception, *calls: str) -> None:
        """Let these calls fail from now on."""
        self.failing.update(dict.fromkeys(calls, error))

    def mend(self) -> None:
        """Let everything work again."""
        self.failing.clear()


class FaultyMemory(MemoryStorage):
    """The storage in memory, with faults."""

    def __init__(self) -> None:
        super().__init__(run=8)
        self.faults = Faults()

    async def append(self, entries: Sequence[Entry], set_aside: Sequence[SetAside] = ()) -> None:
        await self.faults.meet("append")
        await super().append(entries, set_aside)
        if self.faults.kept_but_failing is not None:
            raise self.faults.kept_but_failing

    async def recover(self, chapter: str) -> Recovery:
        await self.faults.meet("recover")
        return await super().recover(chapter)

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        await self.faults.meet("save_snapshot")
        await super().save_snapshot(snapshot)

    async def probe(self) -> None:
        await self.faults.meet("probe")
        await super().probe()


class FaultySqlite(SqliteStorage):
    """The storage in SQLite, with faults."""

    faults: Faults

    async def append(self, entries: Sequence[Entry], set_aside: Sequence[SetAside] = ()) -> None:
        await self.faults.meet("append")
        await super().append(entries, set_aside)
        if self.faults.kept_but_failing is not None:
            raise self.faults.kept_but_failing

    async def recover(self, chapter: str) -> Recovery:
        await self.faults.meet("recover")
        return await super().recover(chapter)

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        await self.faults.meet("save_snapshot")
        await super().save_snapshot(snapshot)

    async def probe(self) -> None:
        await self.faults.meet("probe")
        await super().probe()


FaultyStorage = FaultyMemory | FaultySqlite


@asynccontextmanager
async def open_storage(kind: str, folder: Path) -> AsyncIterator[FaultyStorage]:
    """A new storage, or that of an earlier call: `sqlite` in the folder, or `memory`."""
    if kind == "memory":
        yield FaultyMemory()
        return
    path = folder / "chapters.sqlite3"
    fresh = not path.exists()
    writer, reader = await connect(path, synchronous="OFF"), await connect(path, synchronous="OFF")
    for script in MIGRATIONS if fresh else ():
        await writer.executescript(script)
    storage = FaultySqlite(writer, reader, run=8)
    storage.faults = Faults()
    try:
        yield storage
    finally:
        await storage.close()


class Clock:
    """Milliseconds that grow by one at each look."""

    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        self.now += 1
        return self.now


def opening(document: ChapterDocument) -> None:
    """Three paragraphs, p-1 to p-3."""
    for number in (1, 2, 3):
        document.append("paragraph", {"id": f"p-{number}", "label": str(number)}, f"Paragraph {number}.")


@asynccontextmanager
async def open_rooms(
    storage: FaultyStorage,
    limits: RoomLimits = QUICK,
    rooms_limits: RoomsLimits | None = None,
    *,
    create: bool = True,
) -> AsyncIterator[Rooms]:
    """Rooms over a storage that has one chapter."""
    rooms = Rooms(storage, limits=rooms_limits, room_limits=limits, now=Clock())
    if create:
        await rooms.create(Chapter(CHAPTER, "Principles", 1_000, SERVER), SERVER, opening)
    try:
        yield rooms
    finally:
        storage.faults.mend()
        storage.faults.kept_but_failing = None
        for event in storage.faults.held.values():
            event.set()
        await rooms.close()


async def state_of(room: Room) -> bytes:
    """All that is committed."""
    return await room.read(ChapterDocument.state)


async def content_of(room: Room) -> dict[str, Any]:
    """All that the server's document shows."""
    return content(replica(await state_of(room)))


async def replayed(storage: FaultyStorage) -> ChapterDocument:
    """The chapter as its whole journal says, without any snapshot."""
    recovery = await storage.recover(CHAPTER)
    entries = tuple([entry async for entry in storage.history(CHAPTER)])
    return ChapterDocument.recover(Recovery(recovery.chapter, None, entries))


async def quiet(room: Room, *editors: Editor) -> None:
    """Hand everything on, both ways, until nothing moves any more."""
    async with asyncio.timeout(DEADLINE):
        moved = True
        while moved:
            before = [len(editor.heard) for editor in editors]
            for editor in editors:
                editor.post()
                if is_behind(editor) and not editor.incoming and editor.seat is not None:
                    room.caught_up(editor.seat)
            await room.read(lambda _: None)
            moved = any(editor.incoming or editor.outgoing or is_behind(editor) for editor in editors)
            for editor in editors:
                editor.take()
            moved = moved or before != [len(editor.heard) for editor in editors]


def is_behind(editor: Editor) -> bool:
    """Whether the room waits for it to read."""
    return editor.seat is not None and editor.seat.behind is not None


async def until(condition: Callable[[], Any]) -> None:
    """Let others run until something is so."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 (anything may be waited for)
            await asyncio.sleep(0)


async def assert_same(room: Room, *editors: Editor) -> None:
    """When the storage works, all replicas show what the server's document shows, and have the same state vector."""
    await quiet(room, *editors)
    while room.read_only is not None:
        await until(lambda: room.read_only is None)
        await quiet(room, *editors)
    expected = await content_of(room)
    clocks = dict(await room.read(lambda document: dict(document.clocks)))
    for editor in editors:
        assert content(editor) == expected, editor.author
        assert protocol.read_state_vector(editor.doc.get_state()) == clocks, editor.author
