"""The data folder: what is made in it, how it is brought up to date, and who may use it."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from auth.state import Changes
from documents.errors import StorageDamaged
from documents.model import Chapter
from server import database
from server.database import COMPONENTS, DATABASE, DatabaseTooNew, FolderInUse, lock_folder, open_database


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        return connection.execute(sql).fetchall()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_folder_and_files_are_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "meetings" / "data"
    async with await open_database(folder) as opened:
        await opened.documents.probe()
        assert mode(folder) == 0o700
        assert {mode(path) for path in folder.iterdir()} == {0o600}


async def test_both_parts_keep_what_they_are_given(tmp_path: Path) -> None:
    chapter = Chapter("a", "Chapter a", 1, "secretariat")
    async with await open_database(tmp_path) as opened:
        await opened.documents.create_chapter(chapter, [])
        assert await opened.auth.apply(Changes(), 0) == 1
    assert names(tmp_path) == [DATABASE]
    async with await open_database(tmp_path) as opened:
        assert await opened.documents.chapters() == [chapter]
        assert await opened.auth.revision() == 1


async def test_two_processes_may_have_it_open(tmp_path: Path) -> None:
    async with await open_database(tmp_path) as ours, await open_database(tmp_path) as theirs:
        await theirs.documents.create_chapter(Chapter("a", "Chapter a", 1, "secretariat"), [])
        assert len(await ours.documents.chapters()) == 1


async def test_each_part_has_its_version(tmp_path: Path) -> None:
    async with await open_database(tmp_path):
        pass
    expected = sorted((component, len(scripts)) for component, scripts in COMPONENTS.items())
    assert sorted(rows(tmp_path, "SELECT component, version FROM schema_version")) == expected


async def test_only_what_is_missing_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with await open_database(tmp_path):
        pass
    script = """
        CREATE TABLE auth_new (word TEXT DEFAULT ';'); INSERT INTO auth_new (word) VALUES ('a;b');
        CREATE TRIGGER auth_copy AFTER INSERT ON auth_new BEGIN
            UPDATE auth_new SET word = 'seen';
        END;
    """
    monkeypatch.setattr(database, "COMPONENTS", {**COMPONENTS, "auth": [*COMPONENTS["auth"], script]})
    for _ in range(2):
        async with await open_database(tmp_path):
            pass
    assert rows(tmp_path, "SELECT word FROM auth_new") == [("a;b",)]
    assert (len(COMPONENTS["auth"]) + 1,) in rows(tmp_path, "SELECT version FROM schema_version")


async def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with await open_database(tmp_path):
        pass
    before = rows(tmp_path, "SELECT name, sql FROM sqlite_master ORDER BY name")
    scripts = [*COMPONENTS["documents"], "CREATE TABLE late (word TEXT); CREATE TABLE chapters (id TEXT);"]
    monkeypatch.setattr(database, "COMPONENTS", {"documents": scripts})
    with pytest.raises(sqlite3.OperationalError, match="chapters already exists"):
        await open_database(tmp_path)
    assert rows(tmp_path, "SELECT name, sql FROM sqlite_master ORDER BY name") == before


async def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    async with await open_database(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / DATABASE, isolation_level=None)) as connection:
        connection.execute("UPDATE schema_version SET version = 99 WHERE component = 'auth'")
    with pytest.raises(DatabaseTooNew, match="written by a newer version") as caught:
        await open_database(tmp_path)
    assert (caught.value.component, caught.value.version) == ("auth", 99)


async def test_another_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_text("not a database " * 100)
    with pytest.raises(StorageDamaged):
        await open_database(tmp_path)


def test_a_folder_is_served_once(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from server.database import lock_folder\n"
        "with lock_folder(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FolderInUse, match=f"by process {holder.pid}"), lock_folder(tmp_path):
            pass
        holder.kill()
    with lock_folder(tmp_path):
        pass
    with lock_folder(tmp_path), pytest.raises(FolderInUse), lock_folder(tmp_path):
        pass
