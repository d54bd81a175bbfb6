"""What only the SQLite storage promises: its commits, its neighbours, its answer to damage, its backup."""

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path

import aiosqlite
import pytest

from documents.errors import SequenceConflict, StorageDamaged, StorageUnavailable
from documents.gavel.set_aside import SetAside
from documents.model import Chapter, Entry, Recovery, Snapshot
from documents.storage.sqlite import (
    CHECKPOINT_EVERY,
    MIGRATIONS,
    ROWS_A_STATEMENT,
    SqliteStorage,
    Synchronous,
    connect,
)

RUN = 4
A = Chapter("a", "Chapter a", 1_000, "secretariat")
B = Chapter("b", "Chapter b", 2_000, "secretariat")


class File:
    """A database file, and the storages and connections that a test opens on it."""

    def __init__(self, path: Path, opened: AsyncExitStack) -> None:
        self.path = path
        self._opened = opened

    async def connection(self) -> aiosqlite.Connection:
        connection = await connect(self.path)
        self._opened.push_async_callback(connection.close)
        return connection

    async def storage(self) -> SqliteStorage:
        return SqliteStorage(await self.connection(), await self.connection(), run=RUN)

    def edit(self, sql: str, values: Iterable[object] = ()) -> None:
        """Change the file behind the storage's back."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute(sql, tuple(values))

    def value(self, sql: str) -> object:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(sql).fetchone()[0]


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[File]:
    async with AsyncExitStack() as opened:
        file = File(tmp_path / "db", opened)
        connection = await file.connection()
        for script in MIGRATIONS:
            await connection.executescript(script)
        yield file


@pytest.fixture
async def storage(file: File) -> SqliteStorage:
    """With a chapter of ten entries, of which eight are packed, and snapshots after the 3rd, 6th and 9th."""
    storage = await file.storage()
    await storage.create_chapter(A, entries(1, 10))
    for seq in (3, 6, 9):
        await storage.save_snapshot(snapshot(seq))
    assert await storage.pack("a", 10) == 8
    return storage


def entries(first: int, last: int, chapter: str = "a") -> list[Entry]:
    return [Entry(chapter, seq, 1_000 + seq, "egypt", b"update %d" % seq) for seq in range(first, last + 1)]


def snapshot(seq: int) -> Snapshot:
    return Snapshot("a", seq, 5_000, b"state after %d" % seq, {seq: "egypt"}, b"record after %d" % seq)


def set_aside(number: int, chapter: str = "a") -> SetAside:
    return SetAside(chapter, number, "egypt", "p-1", "1", 1_000, 2_000, "It is locked.", 1, (("inserted", "may"),))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def history(storage: SqliteStorage, chapter: str = "a") -> list[Entry]:
    return [entry async for entry in storage.history(chapter)]


# Commits


async def test_an_append_is_one_statement(file: File) -> None:
    writer = await file.connection()
    storage = SqliteStorage(writer, await file.connection())
    await storage.create_chapter(A, entries(1, 1))
    await storage.create_chapter(B, entries(1, 1, "b"))
    await storage.append([*entries(2, 2), *entries(2, 2, "b")])
    statements: list[str] = []
    await writer.set_trace_callback(statements.append)
    await storage.append([*entries(3, 60), *entries(3, 7, "b")])
    assert len(statements) == 1
    assert statements[0].startswith("INSERT INTO journal")


async def test_more_entries_than_a_statement_takes_are_one_commit(file: File) -> None:
    writer = await file.connection()
    storage = SqliteStorage(writer, await file.connection())
    await storage.create_chapter(A, [])
    statements: list[str] = []
    await writer.set_trace_callback(statements.append)
    await storage.append(entries(1, ROWS_A_STATEMENT * 2 + 3))
    assert [text.split()[0] for text in statements if "SELECT" not in text] == ["BEGIN", *["INSERT"] * 3, "COMMIT"]
    assert await history(storage) == entries(1, ROWS_A_STATEMENT * 2 + 3)


async def test_what_is_set_aside_is_one_commit_with_the_entries(file: File) -> None:
    writer = await file.connection()
    storage = SqliteStorage(writer, await file.connection())
    await storage.create_chapter(A, entries(1, 1))
    statements: list[str] = []
    await writer.set_trace_callback(statements.append)
    cards = [set_aside(1), set_aside(2), *[set_aside(1)] * 500]  # one that grows while it waits is written once
    await storage.append(entries(2, ROWS_A_STATEMENT + 9), cards)
    words = [text.split()[0] for text in statements if "SELECT" not in text]
    assert words == ["BEGIN", *["INSERT"] * 4, "COMMIT"]


async def test_a_conflict_with_another_writer_sets_nothing_aside(file: File) -> None:
    ours, theirs = await file.storage(), await file.storage()
    await ours.create_chapter(A, entries(1, 1))
    await ours.append(entries(2, 2))
    await theirs.append(entries(3, 3))
    with pytest.raises(SequenceConflict) as caught:
        await ours.append(entries(3, 4), [set_aside(1)])
    assert caught.value.seq == 3
    assert await ours.set_aside("a") == []
    await ours.append(entries(4, 4), [set_aside(1)])
    assert await theirs.set_aside("a") == [set_aside(1)]


async def test_a_conflict_far_into_many_entries_keeps_none(file: File) -> None:
    storage = await file.storage()
    await storage.create_chapter(A, entries(1, 1))
    late = ROWS_A_STATEMENT + 5
    file.edit("INSERT INTO journal VALUES ('a', ?, 1, 'ifip', x'00')", [late])
    with pytest.raises(SequenceConflict) as caught:
        await storage.append(entries(2, late + 1))
    assert caught.value.seq == 2
    assert file.value("SELECT count(*) FROM journal") == 2


async def test_an_entry_of_another_writer_is_a_conflict(file: File) -> None:
    ours, theirs = await file.storage(), await file.storage()
    await ours.create_chapter(A, entries(1, 1))
    await ours.append(entries(2, 2))
    await theirs.append(entries(3, 3))
    for _ in range(2):
        with pytest.raises(SequenceConflict) as caught:
            await ours.append(entries(3, 4))
        assert caught.value.seq == 3
    await ours.append(entries(4, 4))


async def test_a_chapter_made_by_another_process_is_there_at_once(file: File) -> None:
    ours, theirs = await file.storage(), await file.storage()
    assert await ours.chapters() == []
    await theirs.create_chapter(A, entries(1, 3))
    assert await ours.chapters() == [A]
    await ours.append(entries(4, 4))
    assert (await ours.recover("a")).tail == tuple(entries(1, 4))


async def test_a_locked_database_is_a_passing_fault(file: File, storage: SqliteStorage) -> None:
    await storage._writer.execute_fetchall("PRAGMA busy_timeout = 0")
    other = await file.connection()
    await other.execute_fetchall("BEGIN IMMEDIATE")
    calls: list[Callable[[], object]] = [
        lambda: storage.append(entries(11, 11)),
        lambda: storage.append(entries(11, 11 + ROWS_A_STATEMENT)),
        lambda: storage.append(entries(11, 11), [set_aside(1)]),
        lambda: storage.settle_set_aside("a", 1, "discarded"),
        lambda: storage.create_chapter(B, []),
        lambda: storage.save_snapshot(snapshot(10)),
        storage.probe,
    ]
    for call in calls:
        with pytest.raises(StorageUnavailable, match="locked"):
            await call()  # type: ignore[misc]
    assert await history(storage) == entries(1, 10)
    await other.execute_fetchall("ROLLBACK")
    await storage.probe()
    assert await storage.set_aside("a") == []
    await storage.append(entries(11, 12), [set_aside(1)])


async def test_a_long_read_does_not_hold_commits_up(storage: SqliteStorage) -> None:
    reading = storage.history("a")
    assert await anext(reading) == entries(1, 1)[0]
    await storage.append(entries(11, 11))
    assert [entry.seq async for entry in reading] == list(range(2, 12))


@pytest.mark.parametrize("turns", range(8))
async def test_a_cancelled_call_leaves_the_storage_usable_and_whole(file: File, turns: int) -> None:
    storage = await file.storage()
    await storage.create_chapter(A, entries(1, 1))
    count = ROWS_A_STATEMENT + 1
    calls = [
        asyncio.create_task(storage.append(entries(2, 1 + count), [set_aside(1)])),
        asyncio.create_task(storage.create_chapter(B, entries(1, 1, "b"))),
        asyncio.create_task(storage.save_snapshot(snapshot(1))),
    ]
    for _ in range(turns):
        await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await storage.probe()  # comes after whatever was begun
    last = len(await history(storage))
    assert last in (1, 1 + count)
    assert len(await storage.set_aside("a")) == (last > 1)
    await storage.append(entries(last + 1, last + 1))
    assert await storage.problems() == []


async def test_closing_waits_for_what_was_begun(file: File) -> None:
    storage = await file.storage()
    await storage.create_chapter(A, [])
    appending = asyncio.create_task(storage.append(entries(1, 5)))
    await asyncio.sleep(0)
    await storage.close()
    await appending
    assert file.value("SELECT count(*) FROM journal") == 5


@pytest.mark.parametrize(("level", "number"), [("OFF", 0), ("NORMAL", 1), ("FULL", 2), ("EXTRA", 3)])
async def test_the_level_of_durability_is_set(file: File, level: Synchronous, number: int) -> None:
    connection = await connect(file.path, synchronous=level)
    try:
        ((synchronous,),) = await connection.execute_fetchall("PRAGMA synchronous")
        ((journal_mode,),) = await connection.execute_fetchall("PRAGMA journal_mode")
    finally:
        await connection.close()
    assert (synchronous, journal_mode) == (number, "wal")


# Damage


async def test_two_snapshots_are_kept(file: File, storage: SqliteStorage) -> None:
    assert file.value("SELECT group_concat(seq) FROM snapshots") == "6,9"


@pytest.mark.parametrize(
    "damage",
    [
        "state = substr(state, 2)",
        "state = zeroblob(40)",
        "state = 'text'",
        "record = substr(record, 2)",
        "record = zeroblob(40)",
        "record = 'text'",
        "record = x'', state = CAST(state || record AS BLOB)",
        "state = record, record = state",
        "owners = '{}'",
        'owners = \'{"9":"acme"}\'',
        "owners = x'ff'",
        "at = at + 1",
        "digest = x'00'",
    ],
)
async def test_a_damaged_snapshot_gives_way_to_the_one_before(file: File, storage: SqliteStorage, damage: str) -> None:
    file.edit(f"UPDATE snapshots SET {damage} WHERE seq = 9")  # noqa: S608 (the lines above)
    assert await storage.recover("a") == Recovery(A, snapshot(6), tuple(entries(7, 10)))
    assert await storage.problems() == ["Snapshot 9 of chapter 'a' is damaged: its digest does not fit."]


async def test_snapshots_of_an_older_file_give_way_to_the_journal(tmp_path: Path) -> None:
    async with AsyncExitStack() as opened:
        file = File(tmp_path / "old", opened)
        connection = await file.connection()
        await connection.executescript(MIGRATIONS[0])
        file.edit("INSERT INTO chapters VALUES ('a', 'Chapter a', 1000, 'secretariat')")
        file.edit("INSERT INTO journal VALUES ('a', 1, 1001, 'egypt', CAST('update 1' AS BLOB))")
        file.edit("INSERT INTO snapshots VALUES ('a', 1, 5000, '{}', x'00', x'00')")
        for script in MIGRATIONS[1:]:
            await connection.executescript(script)
        storage = await file.storage()
        assert await storage.recover("a") == Recovery(A, None, tuple(entries(1, 1)))
        await storage.save_snapshot(snapshot(1))
        assert await storage.recover("a") == Recovery(A, snapshot(1), ())
        await storage.append(entries(2, 2), [set_aside(1)])
        assert await storage.set_aside("a") == [set_aside(1)]
        assert await storage.problems() == []


async def test_without_a_readable_snapshot_all_is_read_from_the_journal(file: File, storage: SqliteStorage) -> None:
    file.edit("UPDATE snapshots SET digest = x'00'")
    assert await storage.recover("a") == Recovery(A, None, tuple(entries(1, 10)))
    assert len(await storage.problems()) == 2


async def test_a_damaged_pack_is_named_and_does_not_matter_to_a_newer_snapshot(
    file: File, storage: SqliteStorage
) -> None:
    file.edit("UPDATE packs SET content = substr(content, 1, length(content) - 9) WHERE first = 5")
    assert (await storage.recover("a")).snapshot == snapshot(9)
    with pytest.raises(StorageDamaged) as caught:
        await history(storage)
    assert caught.value.where == "pack 5–8 of chapter 'a'"
    assert len(await storage.problems()) == 1


async def test_a_pack_under_a_wrong_number_is_damage(file: File, storage: SqliteStorage) -> None:
    file.edit("UPDATE packs SET content = (SELECT content FROM packs WHERE first = 1) WHERE first = 5")
    with pytest.raises(StorageDamaged, match="it holds the entries 1–4"):
        await history(storage)
    assert await storage.problems() == ["Pack 5–8 of chapter 'a' holds the entries 1–4."]


@pytest.mark.parametrize(
    ("loss", "problem"),
    [
        ("DELETE FROM packs WHERE first = 1", "lacks the entries 1–4"),
        ("DELETE FROM packs WHERE first = 5", "lacks the entries 5–8"),
        ("DELETE FROM journal WHERE seq = 9", "lacks the entries 9–9"),
    ],
)
async def test_a_missing_entry_is_damage(file: File, storage: SqliteStorage, loss: str, problem: str) -> None:
    file.edit(loss)
    with pytest.raises(StorageDamaged, match="is missing"):
        await history(storage)
    assert await storage.problems() == [f"The journal of chapter 'a' {problem}."]


async def test_a_gap_within_the_journal_is_damage(file: File, storage: SqliteStorage) -> None:
    await storage.append(entries(11, 13))
    file.edit("DELETE FROM journal WHERE seq = 11")
    with pytest.raises(StorageDamaged, match="entry 11 is missing"):
        await history(storage)
    with pytest.raises(StorageDamaged, match="entry 11 is missing"):
        await storage.pack("a", 13)


async def test_an_entry_kept_twice_is_a_problem(file: File, storage: SqliteStorage) -> None:
    file.edit("INSERT INTO journal VALUES ('a', 8, 1, 'ifip', x'00')")
    assert await storage.problems() == ["The journal of chapter 'a' has the entries 8–8 twice."]
    assert await history(storage) == entries(1, 10)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("runs = '[['", "number 1 of what was set aside in chapter 'a' is damaged: "),
        (
            'runs = \'[["moved","may"]]\'',
            "number 1 of what was set aside in chapter 'a' is damaged: a run has no change",
        ),
        ("runs = x'5b5d'", "number 1 of what was set aside in chapter 'a' is damaged: it has values of the wrong kind"),
        ("lock = 'seven'", "number 1 of what was set aside in chapter 'a' is damaged: it has values of the wrong kind"),
        ("state = 'lost'", "number 1 of what was set aside in chapter 'a' is damaged: its state is 'lost'"),
        ("reason = CAST(x'ff' AS TEXT)", "the database is damaged: a text in it is not UTF-8"),
    ],
)
async def test_damage_to_what_was_set_aside_is_found_and_the_chapter_goes_on(
    file: File, storage: SqliteStorage, damage: str, problem: str
) -> None:
    await storage.append([], [set_aside(1), set_aside(2)])
    file.edit(f"UPDATE set_aside SET {damage} WHERE number = 1")  # noqa: S608 (the lines above)
    with pytest.raises(StorageDamaged) as caught:
        await storage.set_aside("a")
    assert str(caught.value).startswith(problem)
    (found,) = await storage.problems()
    assert found.startswith(problem[0].upper() + problem[1:])
    assert (await storage.recover("a")).set_aside == 2


async def test_what_is_set_aside_under_no_number_or_in_no_chapter_is_a_problem(
    file: File, storage: SqliteStorage
) -> None:
    await storage.append([], [set_aside(1)])
    file.edit("UPDATE set_aside SET number = 0")
    assert await storage.problems() == ["Something is set aside in chapter 'a' under the number 0."]
    file.edit("PRAGMA foreign_keys = OFF")
    file.edit("UPDATE set_aside SET number = 1, chapter = 'nowhere'")
    (found,) = await storage.problems()
    assert "of table 'set_aside' belongs to nothing in table 'chapters'" in found


async def test_values_of_the_wrong_kind_are_damage(file: File, storage: SqliteStorage) -> None:
    file.edit("UPDATE journal SET content = 'text' WHERE seq = 10")
    with pytest.raises(StorageDamaged, match="entry 10 of chapter 'a'"):
        await history(storage)


async def test_a_text_that_is_not_utf_8_is_damage(file: File, storage: SqliteStorage) -> None:
    file.edit("UPDATE journal SET author = CAST(x'7365637265ff' AS TEXT) WHERE seq = 10")
    with pytest.raises(StorageDamaged, match="not UTF-8") as caught:
        await history(storage)
    assert "secre" not in str(caught.value)


async def test_a_snapshot_ahead_of_the_journal_is_damage(file: File, storage: SqliteStorage) -> None:
    file.edit("DELETE FROM journal WHERE chapter = 'a'")
    with pytest.raises(StorageDamaged, match="snapshot 9 of chapter 'a' is damaged: the journal ends before it"):
        await storage.recover("a")
    assert await storage.problems() == ["Snapshot 9 of chapter 'a' is ahead of the journal, which ends at 8."]


async def test_rows_of_no_chapter_are_problems(file: File, storage: SqliteStorage) -> None:
    file.edit("INSERT INTO snapshots VALUES ('ghost', 0, 0, '{}', x'00', x'00', x'00')")
    assert any("belongs to nothing in table 'chapters'" in problem for problem in await storage.problems())


async def test_bytes_overwritten_in_the_file_are_found(file: File, tmp_path: Path, storage: SqliteStorage) -> None:
    await storage.append(entries(11, 2_000))
    copy = tmp_path / "copy"
    await storage.backup(copy)
    content = bytearray(copy.read_bytes())
    for start in range(4096, len(content), 4096):
        content[start : start + 200] = bytes(200)
    copy.write_bytes(content)
    connections = await connect(copy), await connect(copy)
    damaged = SqliteStorage(*connections)
    try:
        assert await damaged.problems()
        with pytest.raises(StorageDamaged):
            await history(damaged)
        with pytest.raises(StorageDamaged):
            await damaged.append(entries(2_001, 2_001))
    finally:
        await damaged.close()


async def test_a_file_that_is_no_database_is_damage(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("This is a letter, not a database. " * 100)
    with pytest.raises(StorageDamaged, match="not a database"):
        await connect(tmp_path / "text")


async def test_a_file_in_no_folder_is_a_passing_fault(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        await connect(tmp_path / "nowhere" / "db")


# Backup


async def test_a_backup_has_every_table_and_is_its_owners(file: File, tmp_path: Path, storage: SqliteStorage) -> None:
    file.edit("CREATE TABLE other_part (word TEXT)")
    file.edit("INSERT INTO other_part VALUES ('kept')")
    target = tmp_path / "backup"
    await storage.backup(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copy = File(target, AsyncExitStack())
    assert copy.value("SELECT word FROM other_part") == "kept"
    assert copy.value("PRAGMA journal_mode") == "delete"
    restored = SqliteStorage(await connect(target), await connect(target))
    try:
        assert await restored.recover("a") == await storage.recover("a")
        assert await history(restored) == entries(1, 10)
        assert await restored.problems() == []
    finally:
        await restored.close()


async def test_a_backup_is_of_one_moment_while_commits_go_on(tmp_path: Path, storage: SqliteStorage) -> None:
    await storage.create_chapter(B, [])
    copying = asyncio.create_task(storage.backup(tmp_path / "backup"))
    count = 0
    while not copying.done() or count < 50:  # both chapters in each commit, so a copy has them equal
        count += 1
        await storage.append([*entries(10 + count, 10 + count), *entries(count, count, "b")])
    await copying
    restored = SqliteStorage(await connect(tmp_path / "backup"), await connect(tmp_path / "backup"))
    try:
        assert len(await history(restored)) - 10 == len(await history(restored, "b"))
        assert await restored.problems() == []
    finally:
        await restored.close()


async def test_a_backup_replaces_nothing_and_leaves_nothing(tmp_path: Path, storage: SqliteStorage) -> None:
    target = tmp_path / "backup"
    target.write_text("a file that somebody needs")
    before = names(tmp_path)
    with pytest.raises(FileExistsError):
        await storage.backup(target)
    with pytest.raises(StorageUnavailable):
        await storage.backup(tmp_path / "nowhere" / "backup")
    assert target.read_text() == "a file that somebody needs"
    assert names(tmp_path) == before


async def test_the_log_goes_back_into_the_file_beside_the_commits(
    file: File, storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("documents.storage.sqlite.CHECKPOINT_EVERY", 5)

    def in_the_file() -> int:
        """Entries in the file itself, without the log."""
        with closing(sqlite3.connect(f"file:{file.path}?immutable=1", uri=True)) as connection:
            try:
                return int(connection.execute("SELECT count(*) FROM journal").fetchone()[0])
            except sqlite3.DatabaseError:  # it is being written
                return 0

    for seq in range(11, 15):
        await storage.append(entries(seq, seq))
    before = in_the_file()
    await storage.append(entries(15, 15))
    async with asyncio.timeout(10):
        while in_the_file() != 2 + 5:  # noqa: ASYNC110 (the file says it, and nobody else)
            await asyncio.sleep(0)
    assert before < 2 + 5


async def test_the_log_does_not_grow_while_commit_follows_commit(file: File) -> None:
    storage = await file.storage()
    await storage.create_chapter(A, [])
    sizes = []
    for seq in range(1, 6 * CHECKPOINT_EVERY):
        await storage.append(entries(seq, seq))
        sizes.append(file.path.with_name("db-wal").stat().st_size)
    assert sizes[-1] < 1.5 * sizes[2 * CHECKPOINT_EVERY]
    assert [entry async for entry in storage.history("a")] == entries(1, 6 * CHECKPOINT_EVERY - 1)


async def test_who_gives_up_a_commit_leaves_the_storage_as_it_is_on_disk(file: File) -> None:
    storage = await file.storage()
    await storage.create_chapter(A, [])
    for seq in range(1, 40):
        task = asyncio.create_task(storage.append(entries(seq, seq)))
        for _ in range(seq % 4):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        with suppress(SequenceConflict):  # it was kept
            await storage.append(entries(seq, seq))
    assert [entry async for entry in storage.history("a")] == entries(1, 39)
