"""Connections to the SQLite file, and what its errors mean here."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import aiosqlite

from documents.errors import StorageDamaged, StorageUnavailable

Synchronous = Literal["OFF", "NORMAL", "FULL", "EXTRA"]
"""How hard a commit is pressed onto the disk; docs/storage.md says what each level buys."""

_PASSING = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
    }
)
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})

_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",  # milliseconds that a statement waits for another process to finish its commit
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA wal_autocheckpoint = 8000",  # pages: only a log of 32 MB is brought back into the file by a commit itself
    "PRAGMA journal_size_limit = 67108864",  # bytes that the log keeps on disk after a long read made it grow
    "PRAGMA secure_delete = OFF",  # rows go only when their content is in a pack, so there is nothing to wipe
)


async def connect(path: Path, *, synchronous: Synchronous = "FULL") -> aiosqlite.Connection:
    """Open a connection in autocommit with every setting in place. Raises `StorageUnavailable`, `StorageDamaged`."""
    with translated(str(path)):
        sqlite3.connect(path).close()  # where this fails, aiosqlite would leave a thread behind that outlives the loop
        connection = await aiosqlite.connect(path, isolation_level=None)
        try:
            for pragma in (*_PRAGMAS, f"PRAGMA synchronous = {synchronous}"):
                await connection.execute_fetchall(pragma)
        except BaseException:
            await connection.close()
            raise
        return connection


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn SQLite's errors into `StorageUnavailable` (a passing fault) or `StorageDamaged`, naming `where`.

    Broken constraints and errors of programming come through as they are.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None and isinstance(error, sqlite3.OperationalError):  # its message quotes the text
            raise StorageDamaged(where, "a text in it is not UTF-8") from None
        if code is not None and code & 0xFF in _PASSING:
            raise StorageUnavailable(f"{error} ({error.sqlite_errorname})") from error
        if code is not None and code & 0xFF in _DAMAGE:
            raise StorageDamaged(where, str(error)) from error
        raise
