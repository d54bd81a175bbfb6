"""The storage on a failing disk and under `kill -9`: what was acknowledged is there afterwards.

Faults are made below SQLite: a limit on the size of files, a small file system, a process that is killed.
"""

import asyncio
import os
import random
import resource
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from documents.errors import StorageUnavailable
from documents.gavel.set_aside import SetAside
from documents.model import Chapter, Entry, Snapshot
from documents.storage.sqlite import SqliteStorage, connect
from server.database import DATABASE, Database, open_database

CHAPTERS = ("a", "b", "c")


def entry(chapter: str, seq: int, size: int = 60) -> Entry:
    return Entry(chapter, seq, seq, "egypt", (b"%s %d " % (chapter.encode(), seq)).ljust(size, b"."))


def card(number: int, size: int) -> SetAside:
    """Something set aside that does not compress."""
    return SetAside("a", number, "egypt", "p-1", "1", 1, 1, "", 1, (("inserted", os.urandom(size // 2).hex()),))


async def append_until_it_fails(storage: SqliteStorage, size: int) -> int:
    """Returns the last `seq` acknowledged."""
    recovery = await storage.recover("a")
    seq = len(recovery.tail)
    while seq < 100_000:
        try:
            await storage.append([entry("a", seq + 1, size)])
        except StorageUnavailable:
            return seq
        seq += 1
    raise AssertionError("the disk never failed")


async def check_fault_and_recovery(opened: Database, size: int, end_fault: Iterator[None]) -> int:
    """Run into the fault, see that nothing half-done is left, and go on after it. Returns the last `seq`."""
    storage = opened.documents
    acknowledged = await append_until_it_fails(storage, size)
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            await storage.append([entry("a", acknowledged + 1, 20 * size)])
        with pytest.raises(StorageUnavailable):
            await storage.append([entry("a", acknowledged + 1, size)], [card(1, 20 * size)])
        with pytest.raises(StorageUnavailable):
            await storage.create_chapter(Chapter("new", "New", 1, "secretariat"), [entry("new", 1, 20 * size)])
        with pytest.raises(StorageUnavailable):
            await storage.save_snapshot(Snapshot("a", 1, 1, os.urandom(20 * size), {}, b""))
    assert len((await storage.recover("a")).tail) == acknowledged
    assert await storage.set_aside("a") == []
    next(end_fault)
    await storage.probe()
    await storage.append([entry("a", acknowledged + 1, size)], [card(1, size)])
    assert len(await storage.set_aside("a")) == 1
    await storage.create_chapter(Chapter("new", "New", 1, "secretariat"), [entry("new", 1, size)])
    assert await storage.problems() == []
    return acknowledged + 1


async def check_after_restart(folder: Path, last: int, size: int) -> None:
    async with await open_database(folder) as opened:
        expected = tuple(entry("a", seq, size) for seq in range(1, last + 1))
        assert (await opened.documents.recover("a")).tail == expected
        assert await opened.documents.problems() == []


def largest_file(folder: Path) -> int:
    return max(path.stat().st_size for path in folder.iterdir())


def say(*words: object) -> None:
    """One line to the test that started this process."""
    sys.stdout.write(f"{' '.join(map(str, words))}\n")
    sys.stdout.flush()


async def limited_file_size(folder: Path, beyond: int) -> None:
    """In a process of its own, for the limit is the process's: `beyond` is how far files may still grow."""
    opened = await open_database(folder)
    try:
        await opened.documents.create_chapter(Chapter("a", "Chapter a", 1, "secretariat"), [])
        await opened.documents.append([entry("a", seq, 3_000) for seq in range(1, 501)])
        largest = largest_file(folder)

        def limit() -> Iterator[None]:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            yield

        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + beyond, resource.RLIM_INFINITY))
        say(await check_fault_and_recovery(opened, 3_000, limit()))
        os._exit(0)  # as if killed: what was acknowledged must need no orderly end
    finally:
        await opened.close()


@pytest.mark.parametrize("beyond", [0, 5_000, 200_000, 6_000_000])
async def test_writes_fail_at_a_limit_and_nothing_acknowledged_is_lost(tmp_path: Path, beyond: int) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "limited_file_size", str(tmp_path), str(beyond), stdout=subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    await check_after_restart(tmp_path, int(output), 3_000)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB, which only root can mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system can't be mounted here; the limit on files' size shows the same")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_refuses_and_recovers(small_disk: Path) -> None:
    def make_room() -> Iterator[None]:
        (small_disk / "filler").unlink()
        yield

    (small_disk / "filler").write_bytes(bytes(300_000))
    async with await open_database(small_disk) as opened:
        await opened.documents.create_chapter(Chapter("a", "Chapter a", 1, "secretariat"), [])
        last = await check_fault_and_recovery(opened, 1_000, make_room())
    await check_after_restart(small_disk, last, 1_000)


async def write_until_killed(folder: Path) -> None:
    """Print each entry once it is acknowledged; snapshots and packs go on beside."""
    async with await open_database(folder):
        pass  # it is made and brought up to date
    storage = SqliteStorage(await connect(folder / DATABASE), await connect(folder / DATABASE), run=32)
    known = {chapter.id for chapter in await storage.chapters()}
    for name in CHAPTERS:
        if name not in known:
            await storage.create_chapter(Chapter(name, name, 1, "secretariat"), [])
    await asyncio.gather(*(type_on(storage, name) for name in CHAPTERS), look_after(storage))


async def type_on(storage: SqliteStorage, chapter: str) -> None:
    seq = await last_seq(storage, chapter)
    while True:
        seq += 1
        await storage.append([entry(chapter, seq)])
        say(chapter, seq)


async def look_after(storage: SqliteStorage) -> None:
    while True:
        for chapter in CHAPTERS:
            seq = await last_seq(storage, chapter)
            await storage.save_snapshot(Snapshot(chapter, seq, 0, b"state %d" % seq, {1: "egypt"}, b"record %d" % seq))
            await storage.pack(chapter, seq)


async def last_seq(storage: SqliteStorage, chapter: str) -> int:
    recovery = await storage.recover(chapter)
    return recovery.tail[-1].seq if recovery.tail else recovery.snapshot.seq if recovery.snapshot else 0


async def acknowledgements(folder: Path, count: int) -> AsyncIterator[tuple[str, int]]:
    """Everything that a writer acknowledged until it was killed, at the `count`-th or a little later."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "write_until_killed", str(folder), stdout=subprocess.PIPE
    )
    assert process.stdout
    seen = 0
    async for line in process.stdout:
        chapter, seq = line.decode().split()
        yield chapter, int(seq)
        seen += 1
        if seen == count:
            process.kill()
    await process.wait()
    assert seen >= count


async def test_kill_9_costs_nothing_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 (moments to kill at, not secrets)
    acknowledged = dict.fromkeys(CHAPTERS, 0)
    for _ in range(20):
        async for chapter, seq in acknowledgements(tmp_path, chance.randrange(1, 300)):
            assert seq > acknowledged[chapter]
            acknowledged[chapter] = seq
        async with await open_database(tmp_path) as opened:
            assert await opened.documents.problems() == []
            for chapter, seq in acknowledged.items():
                history = [kept async for kept in opened.documents.history(chapter)]
                assert len(history) >= seq
                assert history == [entry(chapter, number) for number in range(1, len(history) + 1)]
    assert min(acknowledged.values()) > 20


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["limited_file_size", folder, beyond]:
            asyncio.run(limited_file_size(Path(folder), int(beyond)))
        case ["write_until_killed", folder]:
            asyncio.run(write_until_killed(Path(folder)))
