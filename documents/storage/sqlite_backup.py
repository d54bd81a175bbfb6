"""A copy of the whole database file while others go on writing to it."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from documents.errors import StorageUnavailable
from documents.storage.sqlite_connection import translated


def back_up(source: Path, target: Path) -> None:
    """Copy the database `source`, every table of it, as of one moment into the new file `target` (mode 0600).

    `target` appears when it is whole and on disk, or never. Blocks: to be called in a thread of its own. Raises
    `FileExistsError`, and `StorageUnavailable` when it can't be read or written.
    """
    if target.exists():
        raise FileExistsError(f"{target} exists already")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(descriptor)
        try:
            _copy(source, Path(name))
            _publish(Path(name), target)
        finally:
            Path(name).unlink(missing_ok=True)
    except FileExistsError:
        raise
    except OSError as error:
        raise StorageUnavailable(str(error)) from error


def _copy(source: Path, copy: Path) -> None:
    with (
        translated(str(source)),
        closing(sqlite3.connect(source)) as from_connection,
        closing(sqlite3.connect(copy, isolation_level=None)) as to_connection,
    ):
        from_connection.backup(to_connection)  # in one step, which is one reading transaction: commits go on
        to_connection.execute("PRAGMA journal_mode = DELETE")  # so that the copy is one file, without a log beside it


def _publish(copy: Path, target: Path) -> None:
    with copy.open("rb") as written:
        os.fsync(written.fileno())
    os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))  # refuses what came there meanwhile
    copy.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
