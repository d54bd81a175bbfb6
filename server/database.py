"""A meeting's data folder: its lock, its database file, and the storages in it. The one place that names them."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import aiosqlite

import auth.storage.sqlite
import documents.storage.sqlite
from auth.storage.sqlite import SqliteAuthStorage
from documents.storage.sqlite import SqliteStorage, Synchronous, connect, translated

DATABASE = "adref.sqlite3"
LOCK = "adref.lock"

COMPONENTS: Mapping[str, Sequence[str]] = {
    "documents": documents.storage.sqlite.MIGRATIONS,
    "auth": auth.storage.sqlite.MIGRATIONS,
}
"""The scripts that make and bring up to date each part's tables, oldest first. A part's version is how many ran."""


class DataFolderError(Exception):
    """The data folder can't be used as it is."""


@dataclass(slots=True, eq=False)
class FolderInUse(DataFolderError):
    """Another server serves this folder."""

    folder: Path
    holder: str
    """The process that does, as it called itself."""

    def __str__(self) -> str:
        return f"{self.folder} is served already, by process {self.holder or 'unknown'}"


@dataclass(slots=True, eq=False)
class DatabaseTooNew(DataFolderError):
    """The database was written by a newer program; this one would not understand it."""

    path: Path
    component: str
    version: int
    known: int

    def __str__(self) -> str:
        return (
            f"{self.path} was written by a newer version of the program: its tables of {self.component!r} have "
            f"version {self.version}, and {self.known} is the newest known here"
        )


class Database:
    """The open storages of a meeting. An asynchronous context manager that closes them."""

    def __init__(self, path: Path, documents: SqliteStorage, auth: SqliteAuthStorage, closing: AsyncExitStack) -> None:
        self.path = path
        self.documents = documents
        self.auth = auth
        self._closing = closing

    async def close(self) -> None:
        """Close the storages. What they acknowledged is on disk already."""
        await self._closing.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


async def open_database(folder: Path, *, synchronous: Synchronous = "FULL") -> Database:
    """Open a meeting's database, made when it is not there (mode 0600, the folder 0700) and brought up to date.

    Several processes may have it open, but only one may append to chapters: see `lock_folder`. Raises
    `DatabaseTooNew`, `OSError` when the folder or the file can't be made, `StorageUnavailable`, `StorageDamaged`.
    """
    path = _make(folder)
    async with AsyncExitStack() as opened:
        connections = []
        for _ in range(3):
            connections.append(await connect(path, synchronous=synchronous))
            opened.push_async_callback(connections[-1].close)
        writer, reader, people = connections
        await _migrate(people, path)
        storage = SqliteStorage(writer, reader)
        opened.push_async_callback(storage.close)
        return Database(path, storage, SqliteAuthStorage(people), opened.pop_all())


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold the folder for this process alone, as whoever serves it must. Raises `FolderInUse`.

    The lock is the kernel's: it goes with the process, however that ends.
    """
    _make_folder(folder)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUse(folder, os.read(descriptor, 20).decode().strip()) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def _make(folder: Path) -> Path:
    """The path of the database file, which is made when it is not there."""
    _make_folder(folder)
    path = folder / DATABASE
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:  # and not opened here: closing it again would drop SQLite's locks in this process
        return path
    _sync_folder(folder)
    return path


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk: a new file is not durable before its name is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _migrate(connection: aiosqlite.Connection, path: Path) -> None:
    """Bring every component to its newest version, in one transaction: all of it happens, or nothing."""
    with translated(str(path)):
        try:
            await connection.execute_fetchall("BEGIN IMMEDIATE")
            await connection.execute_fetchall(
                "CREATE TABLE IF NOT EXISTS schema_version (component TEXT PRIMARY KEY, version INTEGER NOT NULL)"
            )
            for component, scripts in COMPONENTS.items():
                version = await _version(connection, component)
                if version > len(scripts):
                    raise DatabaseTooNew(path, component, version, len(scripts))
                for script in scripts[version:]:
                    await _run_script(connection, script)
                if version < len(scripts):
                    await _set_version(connection, component, len(scripts))
            await connection.execute_fetchall("COMMIT")
        finally:
            if connection.in_transaction:
                await connection.execute_fetchall("ROLLBACK")


async def _version(connection: aiosqlite.Connection, component: str) -> int:
    sql = "SELECT coalesce(max(version), 0) FROM schema_version WHERE component = ?"
    ((version,),) = await connection.execute_fetchall(sql, (component,))
    return int(version)


async def _set_version(connection: aiosqlite.Connection, component: str, version: int) -> None:
    sql = "INSERT OR REPLACE INTO schema_version (component, version) VALUES (?, ?)"
    await connection.execute_fetchall(sql, (component, version))


async def _run_script(connection: aiosqlite.Connection, script: str) -> None:
    """Run its statements one by one: `executescript` would commit before the first."""
    statement = ""
    for piece in script.split(";"):
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):
            await connection.execute_fetchall(statement)
            statement = ""
