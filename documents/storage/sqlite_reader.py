"""Everything that is read of the chapters in SQLite: in bounded pages, and verified."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import aiosqlite

from documents.errors import ChapterNotFound, DocumentsError, StorageDamaged
from documents.gavel.set_aside import SetAside
from documents.model import AuthorId, Chapter, ChapterId, Entry, Snapshot
from documents.storage.packing import unpack_run
from documents.storage.set_aside_row import COLUMNS, set_aside_from_row
from documents.storage.snapshot_row import SnapshotRow, snapshot_from_row
from documents.storage.sqlite_connection import translated

PAGE_ENTRIES = 1024
PAGE_BYTES = 8 << 20
"""A page ends at the entry that takes it over this: so much, and one more entry, is held in memory."""

CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"
"""Brings what the log holds into the file, as far as nobody is in the way."""
LAST_SEQ = """
    SELECT EXISTS (SELECT 1 FROM chapters WHERE id = :chapter), max(
        coalesce((SELECT max(seq) FROM journal WHERE chapter = :chapter), 0),
        coalesce((SELECT max(last) FROM packs WHERE chapter = :chapter), 0)
    )
"""
"""Whether there is a chapter, and its last `seq`, in its journal or, when all is packed, in its packs."""


class SqliteReader:
    """Reads over one connection. No call leaves a transaction open, so none holds a checkpoint up for long."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def path(self) -> Path:
        """The file that is read."""
        ((_, _, path),) = await self._fetch("PRAGMA database_list")
        return Path(path)

    async def chapters(self) -> list[Chapter]:
        rows = await self._fetch("SELECT id, title, created_at, created_by FROM chapters ORDER BY created_at, rowid")
        return [Chapter(*row) for row in rows]

    async def chapter(self, chapter: ChapterId) -> Chapter:
        """Raises `ChapterNotFound`."""
        rows = await self._fetch("SELECT id, title, created_at, created_by FROM chapters WHERE id = ?", (chapter,))
        if not rows:
            raise ChapterNotFound(chapter)
        return Chapter(*rows[0])

    async def last_seq(self, chapter: ChapterId) -> int:
        """0 before the first entry."""
        ((_, last),) = await self._fetch(LAST_SEQ, {"chapter": chapter})
        return int(last)

    async def snapshot(self, chapter: ChapterId) -> Snapshot | None:
        """The newest snapshot that can be read. What an unreadable one held, the one before and the journal hold."""
        rows = await self._fetch("SELECT seq FROM snapshots WHERE chapter = ? ORDER BY seq DESC", (chapter,))
        for (seq,) in rows:
            try:
                return await self._snapshot(chapter, seq)
            except StorageDamaged:
                continue
        return None

    async def _snapshot(self, chapter: ChapterId, seq: int) -> Snapshot:
        (row,) = await self._fetch(
            "SELECT chapter, seq, at, owners, state, record, digest FROM snapshots WHERE chapter = ? AND seq = ?",
            (chapter, seq),
        )
        return await asyncio.to_thread(snapshot_from_row, SnapshotRow(*row))

    async def set_aside(self, chapter: ChapterId, author: AuthorId | None) -> list[SetAside]:
        """As `Storage.set_aside`."""
        rows = await self._fetch(
            f"SELECT {COLUMNS} FROM set_aside WHERE chapter = :chapter "  # noqa: S608 (names of columns)
            "AND (:author IS NULL OR author = :author) ORDER BY number",
            {"chapter": chapter, "author": author},
        )
        return [set_aside_from_row(row) for row in rows]

    async def last_set_aside(self, chapter: ChapterId) -> int:
        """The highest number; 0 when nothing was set aside."""
        sql = "SELECT coalesce(max(number), 0) FROM set_aside WHERE chapter = ?"
        ((last,),) = await self._fetch(sql, (chapter,))
        return int(last)

    async def history(self, chapter: ChapterId, after: int, limit: int | None) -> AsyncIterator[Entry]:
        """As `Storage.history`."""
        end = None if limit is None else after + limit
        while page := await self._page(chapter, after):
            for entry in page:
                if end is not None and entry.seq > end:
                    return
                yield entry
            after = page[-1].seq

    async def run(self, chapter: ChapterId, upto: int, count: int) -> list[Entry]:
        """The oldest entries not packed yet, if they fill a run of `count` (or of `PAGE_BYTES`); else none."""
        last, full = await self._page_end(chapter, 0, upto, count)
        return await self._rows(chapter, 0, last) if full else []

    async def _page(self, chapter: ChapterId, after: int) -> list[Entry]:
        """The next entries after `after`; none at the end. Raises `StorageDamaged` where one is missing."""
        if packed := await self._packed_page(chapter, after):
            return packed
        last, _ = await self._page_end(chapter, after, 2**62, PAGE_ENTRIES)
        rows = await self._rows(chapter, after, last)
        if not rows or rows[0].seq != after + 1:  # the end, or packed since the first look, or lost
            rows = await self._packed_page(chapter, after) or rows
        if rows and rows[0].seq != after + 1:
            raise _missing(chapter, after + 1)
        return rows

    async def _packed_page(self, chapter: ChapterId, after: int) -> list[Entry]:
        """What the pack with the entry after `after` holds from there on; none when that is not packed."""
        rows = await self._fetch(
            "SELECT first, last, content FROM packs WHERE chapter = ? AND last > ? ORDER BY last LIMIT 1",
            (chapter, after),
        )
        for first, last, content in rows:
            if first > after + 1:
                raise _missing(chapter, after + 1)
            where = f"pack {first}–{last} of chapter {chapter!r}"
            entries = await asyncio.to_thread(unpack_run, chapter, content, where)
            if (entries[0].seq, entries[-1].seq) != (first, last):
                raise StorageDamaged(where, f"it holds the entries {entries[0].seq}–{entries[-1].seq}")
            return entries[after + 1 - first :]
        return []

    async def _page_end(self, chapter: ChapterId, after: int, upto: int, count: int) -> tuple[int, bool]:
        """Where a page of the journal after `after` ends, and whether `count` or `PAGE_BYTES` ended it."""
        rows = await self._fetch(
            "SELECT seq, length(content) FROM journal WHERE chapter = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
            (chapter, after, upto, count),
        )
        for (seq, _), total in zip(rows, accumulate(size for _, size in rows), strict=True):
            if total >= PAGE_BYTES:
                return seq, True
        return (rows[-1][0], len(rows) == count) if rows else (after, False)

    async def _rows(self, chapter: ChapterId, after: int, last: int) -> list[Entry]:
        rows = await self._fetch(
            "SELECT seq, at, author, content FROM journal WHERE chapter = ? AND seq > ? AND seq <= ? ORDER BY seq",
            (chapter, after, last),
        )
        entries = [_entry(chapter, row) for row in rows]
        for before, entry in pairwise(entries):
            if entry.seq != before.seq + 1:
                raise _missing(chapter, before.seq + 1)
        return entries

    async def checkpoint(self) -> None:
        """See `CHECKPOINT`; a failure costs nothing."""
        with suppress(DocumentsError):
            await self._fetch(CHECKPOINT)

    async def _fetch(self, sql: str, values: Iterable[Any] | Mapping[str, Any] | None = None) -> list[Any]:
        with translated("the database"):
            return list(await self._connection.execute_fetchall(sql, values))

    async def close(self) -> None:
        await self._connection.close()


def _entry(chapter: ChapterId, row: tuple[Any, ...]) -> Entry:
    entry = Entry(chapter, *row)
    if not (isinstance(entry.at, int) and isinstance(entry.author, str) and isinstance(entry.update, bytes)):
        raise StorageDamaged(f"entry {entry.seq} of chapter {chapter!r}", "it has values of the wrong kind")
    return entry


def _missing(chapter: ChapterId, seq: int) -> StorageDamaged:
    return StorageDamaged(f"the journal of chapter {chapter!r}", f"entry {seq} is missing")
