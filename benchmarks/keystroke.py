"""What one keystroke costs, station by station: parse, gate, document, room, disk.

Prediction: the gate below 10 µs, the whole way (room with SQLite, batches as they come) below 60 µs.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.timing import Row, cpu_microseconds, fsync_milliseconds
from benchmarks.typing_load import keystrokes, opening
from documents.chapter import ChapterDocument
from documents.crdt import protocol, update_v1
from documents.model import Chapter
from documents.rooms import Rooms
from documents.seat import Denial
from documents.storage.base import Storage
from documents.storage.memory import MemoryStorage
from server.database import open_database

COUNT = 20_000
PEOPLE = 30


class Reader:
    """A client that takes whatever it is sent."""

    def send(self, message: bytes) -> bool:
        return bool(message)

    def denied(self, denial: Denial) -> None:
        raise AssertionError(denial)

    def allowed(self) -> None:
        raise AssertionError

    def set_aside(self, kept: object) -> None:
        raise AssertionError(kept)

    def refused(self, error: Exception) -> None:
        raise AssertionError(error)


def run() -> Iterator[Row]:
    """Measure every station."""
    updates = list(keystrokes(COUNT, PEOPLE))
    yield Row("parse", cpu_microseconds(lambda: _parse(updates)), "µs a keystroke")
    yield Row("gate, document and authorship", cpu_microseconds(lambda: _document(updates)), "µs a keystroke")
    memory = cpu_microseconds(lambda: asyncio.run(_room(MemoryStorage(), updates)), 3)
    yield Row("room of 30, in memory", memory, "µs a keystroke")
    with TemporaryDirectory() as folder:
        yield Row("the disk's own fsync of 4 kB", fsync_milliseconds(Path(folder)), "ms")
        sqlite = cpu_microseconds(lambda: asyncio.run(_on_disk(Path(folder), updates)), 3)
        yield Row("room of 30, on disk", sqlite, "µs a keystroke")


def _parse(updates: list[tuple[str, bytes]]) -> int:
    for _, update in updates:
        update_v1.parse(update)
    return len(updates)


def _document(updates: list[tuple[str, bytes]]) -> int:
    document = ChapterDocument()
    document.take(opening(), "chair", 0)
    for number, (author, update) in enumerate(updates):
        document.take(update, author, number * 30)  # about 33 keystrokes a second
    return len(updates)


async def _room(storage: Storage, updates: list[tuple[str, bytes]], chapter: str = "chapter") -> int:
    rooms = Rooms(storage)
    await rooms.create(Chapter(chapter, "A chapter", 0, "chair"), "chair", lambda _: None)
    room = await rooms.open(chapter)
    seats = {f"person-{number}": room.join(Reader(), f"person-{number}", {}, None) for number in range(PEOPLE)}
    chair = room.join(Reader(), "chair", {}, None)
    room.receive(chair, protocol.SyncUpdate(opening()))
    for number, (author, update) in enumerate(updates):
        room.receive(seats[author], protocol.SyncUpdate(update))
        if number % 10 == 0:
            await asyncio.sleep(0)  # as often as messages come in one turn of the loop
    await rooms.drain()
    await rooms.close()
    return len(updates)


async def _on_disk(folder: Path, updates: list[tuple[str, bytes]]) -> int:
    async with await open_database(folder) as database:
        count = len(await database.documents.chapters())
        return await _room(database.documents, updates, f"chapter-{count}")
