"""Any order of appends, snapshots, packs and restarts leaves the same history, in SQLite as in memory."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from documents.errors import DocumentsError
from documents.model import Chapter, Entry, Recovery, Snapshot
from documents.storage.base import Storage
from documents.storage.memory import MemoryStorage
from documents.storage.sqlite import MIGRATIONS, SqliteStorage, connect

RUN = 3
CHAPTERS = ("a", "b")


@dataclass(frozen=True)
class Append:
    counts: tuple[int, int]
    """Entries for each chapter."""
    skip: int
    """How far the first chapter's entries are from where they should be: 0 is right."""


@dataclass(frozen=True)
class Save:
    chapter: str
    back: int
    """How many entries before the last."""


@dataclass(frozen=True)
class Pack:
    chapter: str
    upto: int


@dataclass(frozen=True)
class Reopen:
    pass


Step = Append | Save | Pack | Reopen

names = st.sampled_from(CHAPTERS)
steps = st.one_of(
    st.builds(Append, st.tuples(st.integers(0, 7), st.integers(0, 4)), st.sampled_from((0, 0, 0, 0, -1, 1))),
    st.builds(Save, names, st.integers(0, 9)),
    st.builds(Pack, names, st.integers(0, 40)),
    st.builds(Reopen),
)


async def take(step: Step, storage: Storage, last: dict[str, int]) -> object:
    """Do one step; what came of it, an error too."""
    match step:
        case Append(counts, skip):
            firsts = (last["a"] + 1 + skip, last["b"] + 1)
            entries = [
                Entry(chapter, seq, seq, f"author {seq % 3}", f"{chapter}{seq}".encode())
                for chapter, first, count in zip(CHAPTERS, firsts, counts, strict=True)
                for seq in range(first, first + count)
            ]
            return await outcome(lambda: storage.append(entries))
        case Save(chapter, back):
            seq = max(0, last[chapter] - back)
            taken = Snapshot(chapter, seq, 0, b"%d" % seq, {seq: "a"}, b"record %d" % seq)
            return await outcome(lambda: storage.save_snapshot(taken))
        case Pack(chapter, upto):
            return await outcome(lambda: storage.pack(chapter, upto))
        case Reopen():
            return None


async def outcome(call: Callable[[], Awaitable[object]]) -> object:
    try:
        return await call()
    except DocumentsError as error:
        return str(error)


async def seen(storage: Storage) -> list[tuple[Recovery, list[Entry]]]:
    return [(await storage.recover(name), [entry async for entry in storage.history(name)]) for name in CHAPTERS]


async def compare(path: Path, script: list[Step]) -> None:
    model = MemoryStorage(run=RUN)
    async with AsyncExitStack() as opened:
        storage = await open_storage(path, opened)
        for migration in MIGRATIONS:
            await storage._writer.executescript(migration)
        for storages in (model, storage):
            for number, name in enumerate(CHAPTERS):
                await storages.create_chapter(Chapter(name, name, number, "secretariat"), [])
        for step in script:
            if isinstance(step, Reopen):
                await storage.close()
                storage = await open_storage(path, opened)
            last = {name: len([entry async for entry in model.history(name)]) for name in CHAPTERS}
            assert await take(step, storage, last) == await take(step, model, last)
            assert await seen(storage) == await seen(model)
        assert await storage.problems() == []


async def open_storage(path: Path, opened: AsyncExitStack) -> SqliteStorage:
    writer, reader = await connect(path, synchronous="OFF"), await connect(path, synchronous="OFF")
    for connection in (writer, reader):
        opened.push_async_callback(connection.close)
    return SqliteStorage(writer, reader, run=RUN)


@settings(deadline=None, max_examples=60)
@given(st.lists(steps, max_size=25))
def test_any_interleaving_gives_the_same_history(script: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(compare(Path(folder) / "db", script))
