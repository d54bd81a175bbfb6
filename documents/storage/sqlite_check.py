"""Looks for everything wrong with the chapters in an SQLite file, short of replaying their updates."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from documents.errors import StorageDamaged
from documents.storage.packing import unpack_run
from documents.storage.set_aside_row import COLUMNS, set_aside_from_row
from documents.storage.snapshot_row import SnapshotRow, snapshot_from_row
from documents.storage.sqlite_connection import translated

Check = Callable[[sqlite3.Connection], Iterator[str]]


def find_problems(path: Path) -> list[str]:
    """Every problem in one sentence, as of one moment. Blocks: to be called in a thread of its own.

    Raises `StorageUnavailable` when the file can't be read for now.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection, translated(str(path)):
        connection.execute("BEGIN")
        found = [
            problem
            for check in (_file, _packs, _journal, _snapshots, _set_aside)
            for problem in _run(check, connection)
        ]
        return list(dict.fromkeys(found))


def _run(check: Check, connection: sqlite3.Connection) -> Iterator[str]:
    try:
        with translated("the database"):
            yield from check(connection)
    except (StorageDamaged, sqlite3.DatabaseError) as error:
        yield _sentence(error)


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def _file(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"SQLite finds the file damaged: {line}."
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"Row {row} of table {table!r} belongs to nothing in table {parent!r}."


def _packs(connection: sqlite3.Connection) -> Iterator[str]:
    rows = connection.execute("SELECT chapter, first, last, content FROM packs ORDER BY chapter, last")
    for chapter, first, last, content in rows:
        where = f"pack {first}–{last} of chapter {chapter!r}"
        try:
            entries = unpack_run(chapter, content, where)
        except StorageDamaged as error:
            yield _sentence(error)
            continue
        if (entries[0].seq, entries[-1].seq) != (first, last):
            yield f"P{where[1:]} holds the entries {entries[0].seq}–{entries[-1].seq}."


def _journal(connection: sqlite3.Connection) -> Iterator[str]:
    """Gaps and overlaps over packs and journal, both taken as stretches from `first` to `last`."""
    stretches = connection.execute(
        "SELECT chapter, first, last FROM packs UNION ALL "
        "SELECT chapter, min(seq), max(seq) FROM "
        "(SELECT chapter, seq, seq - row_number() OVER (PARTITION BY chapter ORDER BY seq) AS island FROM journal) "
        "GROUP BY chapter, island ORDER BY 1, 2"
    )
    reached = ("", 0)
    for chapter, first, last in stretches:
        expected = reached[1] + 1 if chapter == reached[0] else 1
        if first > expected:
            yield f"The journal of chapter {chapter!r} lacks the entries {expected}–{first - 1}."
        if first < expected:
            yield f"The journal of chapter {chapter!r} has the entries {first}–{min(last, expected - 1)} twice."
        reached = (chapter, max(last, expected - 1))


def _snapshots(connection: sqlite3.Connection) -> Iterator[str]:
    rows = connection.execute(
        "SELECT chapter, seq, at, owners, state, record, digest, max("
        "coalesce((SELECT max(seq) FROM journal WHERE chapter = snapshots.chapter), 0), "
        "coalesce((SELECT max(last) FROM packs WHERE chapter = snapshots.chapter), 0)) "
        "FROM snapshots ORDER BY chapter, seq"
    )
    for *columns, last in rows:
        row = SnapshotRow(*columns)
        try:
            snapshot_from_row(row)
        except StorageDamaged as error:
            yield _sentence(error)
        if row.seq > last:
            yield f"Snapshot {row.seq} of chapter {row.chapter!r} is ahead of the journal, which ends at {last}."


def _set_aside(connection: sqlite3.Connection) -> Iterator[str]:
    """That each is of a chapter that there is, the check of foreign keys says."""
    for row in connection.execute(f"SELECT {COLUMNS} FROM set_aside ORDER BY chapter, number"):  # noqa: S608 (names of columns)
        try:
            item = set_aside_from_row(row)
        except StorageDamaged as error:
            yield _sentence(error)
            continue
        if item.number < 1:
            yield f"Something is set aside in chapter {item.chapter!r} under the number {item.number}."
