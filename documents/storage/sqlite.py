"""The storage of chapters in an SQLite file, through aiosqlite: the side that writes.

One connection writes and another reads, so that a long read holds no commit up. Nothing but this object may write to
the chapters' tables while it is open, except that another process may create chapters.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from documents.errors import (
    ChapterExists,
    ChapterNotFound,
    DocumentsError,
    SequenceConflict,
    StorageDamaged,
    StorageUnavailable,
)
from documents.gavel.set_aside import SetAside, State
from documents.model import AuthorId, Chapter, ChapterId, Entry, Recovery, Snapshot
from documents.storage.packing import MAX_ENTRIES, pack_run, unpack_run
from documents.storage.sequence import follow
from documents.storage.set_aside_row import UPSERT, set_aside_to_row
from documents.storage.snapshot_row import SnapshotRow, snapshot_to_row
from documents.storage.sqlite_backup import back_up
from documents.storage.sqlite_check import find_problems
from documents.storage.sqlite_connection import Synchronous, connect, translated
from documents.storage.sqlite_reader import CHECKPOINT, LAST_SEQ, SqliteReader
from documents.storage.sqlite_schema import MIGRATIONS

__all__ = ["MIGRATIONS", "SqliteStorage", "Synchronous", "connect", "translated"]

T = TypeVar("T")

ROWS_A_STATEMENT = 4096
"""Rows of one INSERT. Five values each stay below the 32,766 that SQLite takes in a statement."""

CHECKPOINT_EVERY = 200
"""Commits after which the log goes back into the file and begins anew: a log that grows costs each commit twice the
work, and many times the wait at worst, for its length has to be put on disk too."""


class SqliteStorage:
    """The interface `documents.storage.base.Storage` over two connections made by `connect` to one file.

    `run` is how many entries make one pack. It closes both connections.
    """

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection, *, run: int = MAX_ENTRIES) -> None:
        self._writer = writer
        self._reader = SqliteReader(reader)
        self._run = run
        self._writing = asyncio.Lock()
        self._packing = asyncio.Lock()
        self._writes: set[asyncio.Task[Any]] = set()
        self._closed = False
        self._appended = 0
        self._last: dict[ChapterId, int] = {}
        """The last `seq` on disk of the chapters written to, except of those whose last write failed."""

    async def create_chapter(self, chapter: Chapter, entries: Sequence[Entry]) -> None:
        follow({chapter.id: 0}, entries)
        await self._write(partial(self._create_chapter, chapter, entries))

    async def _create_chapter(self, chapter: Chapter, entries: Sequence[Entry]) -> None:
        await self._execute("BEGIN IMMEDIATE")
        try:
            await self._execute(
                "INSERT INTO chapters (id, title, created_at, created_by) VALUES (?, ?, ?, ?)",
                (chapter.id, chapter.title, chapter.created_at, chapter.created_by),
            )
        except sqlite3.IntegrityError as error:
            raise ChapterExists(chapter.id) from error
        await self._insert(entries)
        await self._execute("COMMIT")

    async def chapters(self) -> list[Chapter]:
        self._check_open()
        return await self._reader.chapters()

    async def append(self, entries: Sequence[Entry], set_aside: Sequence[SetAside] = ()) -> None:
        if not entries and not set_aside:
            return
        self._check_open()
        if set_aside or len(entries) > ROWS_A_STATEMENT:
            latest = {(item.chapter, item.number): item for item in set_aside}
            rows = [set_aside_to_row(item) for item in latest.values()]
            await self._write(partial(self._append, tuple(entries), rows))
        else:  # a single statement needs no task of its own: begun, it comes to its end whoever is cancelled
            async with self._writing:
                with translated("the database"):
                    await self._append(entries, ())
        self._appended += 1
        if self._appended % CHECKPOINT_EVERY == 0:
            self._keep(asyncio.create_task(self._checkpoint()))

    async def _checkpoint(self) -> None:
        """Most of it is done while commits go on; for the little that they add meanwhile the next one waits."""
        await self._reader.checkpoint()
        with suppress(DocumentsError):
            await self._write(partial(self._execute, CHECKPOINT))

    async def _append(self, entries: Sequence[Entry], set_aside: Sequence[Sequence[Any]]) -> None:
        for row in set_aside:
            await self._last_seq(row[0])  # raises ChapterNotFound
        last = await self._follow(entries)
        for chapter in last:
            del self._last[chapter]
        try:
            if set_aside:
                await self._insert_with(entries, set_aside)
            else:
                await self._insert(entries)
        except sqlite3.IntegrityError as error:
            await self._roll_back()
            await self._follow(entries)  # says which entry it was, now that the last ones are read anew
            raise SequenceConflict(entries[0].chapter, entries[0].seq) from error
        self._last.update(last)

    async def _follow(self, entries: Sequence[Entry]) -> dict[ChapterId, int]:
        """The last `seq` of each chapter after the entries. Raises `ChapterNotFound`, `SequenceConflict`."""
        chapters = dict.fromkeys(entry.chapter for entry in entries)
        return follow({chapter: await self._last_seq(chapter) for chapter in chapters}, entries)

    async def _last_seq(self, chapter: ChapterId) -> int:
        if chapter not in self._last:
            ((found, last),) = await self._execute(LAST_SEQ, {"chapter": chapter})
            if not found:
                raise ChapterNotFound(chapter)
            self._last[chapter] = last
        return self._last[chapter]

    async def _insert(self, entries: Sequence[Entry]) -> None:
        """In one statement, so one hop and one commit, unless there are too many."""
        own_transaction = len(entries) > ROWS_A_STATEMENT and not self._writer.in_transaction
        if own_transaction:
            await self._execute("BEGIN IMMEDIATE")
        for start in range(0, len(entries), ROWS_A_STATEMENT):
            rows = entries[start : start + ROWS_A_STATEMENT]
            values = [value for row in rows for value in (row.chapter, row.seq, row.at, row.author, row.update)]
            await self._execute(_insert_statement(len(rows)), values)
        if own_transaction:
            await self._execute("COMMIT")

    async def _insert_with(self, entries: Sequence[Entry], set_aside: Sequence[Sequence[Any]]) -> None:
        """Both in one commit."""
        await self._execute("BEGIN IMMEDIATE")
        await self._insert(entries)
        for row in set_aside:
            await self._execute(UPSERT, row)
        await self._execute("COMMIT")

    async def set_aside(self, chapter: ChapterId, author: AuthorId | None = None) -> list[SetAside]:
        self._check_open()
        await self._reader.chapter(chapter)
        return await self._reader.set_aside(chapter, author)

    async def settle_set_aside(
        self, chapter: ChapterId, number: int, state: State, *, updated: int | None = None
    ) -> bool:
        self._check_open()
        await self._reader.chapter(chapter)
        return await self._write(partial(self._settle, chapter, number, state, updated))

    async def _settle(self, chapter: ChapterId, number: int, state: State, updated: int | None) -> bool:
        found = await self._execute(
            "UPDATE set_aside SET state = :state WHERE chapter = :chapter AND number = :number "
            "AND (:updated IS NULL OR updated = :updated) RETURNING 1",
            {"chapter": chapter, "number": number, "state": state, "updated": updated},
        )
        return bool(found)

    async def recover(self, chapter: ChapterId) -> Recovery:
        self._check_open()
        found = await self._reader.chapter(chapter)
        snapshot = await self._reader.snapshot(chapter)
        last = await self._reader.last_seq(chapter)
        if snapshot and snapshot.seq > last:
            where = f"snapshot {snapshot.seq} of chapter {chapter!r}"
            raise StorageDamaged(where, f"the journal ends before it, at entry {last}")
        after = snapshot.seq if snapshot else 0
        tail = tuple([entry async for entry in self._reader.history(chapter, after, None)])
        return Recovery(found, snapshot, tail, await self._reader.last_set_aside(chapter))

    async def history(self, chapter: ChapterId, after: int = 0, limit: int | None = None) -> AsyncIterator[Entry]:
        self._check_open()
        await self._reader.chapter(chapter)
        async for entry in self._reader.history(chapter, after, limit):
            yield entry

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        row = await asyncio.to_thread(snapshot_to_row, snapshot)
        await self._write(partial(self._save_snapshot, row))

    async def _save_snapshot(self, row: SnapshotRow) -> None:
        if row.seq > await self._last_seq(row.chapter):
            raise SequenceConflict(row.chapter, row.seq)
        await self._execute("BEGIN IMMEDIATE")
        await self._execute(
            "INSERT OR REPLACE INTO snapshots (chapter, seq, at, owners, state, record, digest) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        await self._execute(
            "DELETE FROM snapshots WHERE chapter = :chapter AND seq NOT IN "
            "(SELECT seq FROM snapshots WHERE chapter = :chapter ORDER BY seq DESC LIMIT 2)",
            {"chapter": row.chapter},
        )
        await self._execute("COMMIT")

    async def pack(self, chapter: ChapterId, upto: int) -> int:
        self._check_open()
        await self._reader.chapter(chapter)
        packed = 0
        async with self._packing:
            while run := await self._reader.run(chapter, upto, self._run):
                content = await asyncio.to_thread(_pack_and_verify, run)
                await self._write(partial(self._replace_by_pack, run, content))
                packed += len(run)
        return packed

    async def _replace_by_pack(self, run: Sequence[Entry], content: bytes) -> None:
        chapter, first, last = run[0].chapter, run[0].seq, run[-1].seq
        await self._execute("BEGIN IMMEDIATE")
        await self._execute(
            "INSERT INTO packs (chapter, first, last, content) VALUES (?, ?, ?, ?)", (chapter, first, last, content)
        )
        await self._execute("DELETE FROM journal WHERE chapter = ? AND seq BETWEEN ? AND ?", (chapter, first, last))
        await self._execute("COMMIT")

    async def probe(self) -> None:
        await self._write(partial(self._execute, "UPDATE probe SET times = times + 1"))

    async def problems(self) -> list[str]:
        self._check_open()
        return await asyncio.to_thread(find_problems, await self._reader.path())

    async def backup(self, target: Path) -> None:
        self._check_open()
        await asyncio.to_thread(back_up, await self._reader.path(), target)

    async def close(self) -> None:
        self._closed = True
        if self._writes:
            await asyncio.wait(self._writes)
        async with self._writing:
            await self._reader.close()
            await self._writer.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StorageUnavailable("it is closed")

    async def _write(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work` alone on the writer, and to its end even when the caller is cancelled meanwhile."""
        self._check_open()
        task = asyncio.create_task(self._alone(work))
        self._keep(task)
        return await asyncio.shield(task)

    def _keep(self, task: asyncio.Task[Any]) -> None:
        """Until it is done; `close` waits for it."""
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    async def _alone(self, work: Callable[[], Awaitable[T]]) -> T:
        async with self._writing:
            with translated("the database"):
                try:
                    return await work()
                finally:
                    await self._roll_back()

    async def _roll_back(self) -> None:
        if self._writer.in_transaction:
            await self._execute("ROLLBACK")

    async def _execute(self, sql: str, values: Any = None) -> list[Any]:
        return list(await self._writer.execute_fetchall(sql, values))


@lru_cache
def _insert_statement(rows: int) -> str:
    values = ", ".join(["(?, ?, ?, ?, ?)"] * rows)
    return f"INSERT INTO journal (chapter, seq, at, author, content) VALUES {values}"  # noqa: S608 (only question marks)


def _pack_and_verify(run: Sequence[Entry]) -> bytes:
    """A pack that was read back: its rows go, so it had better be right."""
    content = pack_run(run)
    where = f"pack {run[0].seq}–{run[-1].seq} of chapter {run[0].chapter!r}"
    if unpack_run(run[0].chapter, content, where) != run:
        raise StorageDamaged(where, "it does not unpack to what was packed")
    return content
