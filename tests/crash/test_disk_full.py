"""A server whose disk fails and works again: nobody is shown what is not kept, everybody reads on, nothing is lost."""

import asyncio
import os
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import httpx
import pytest

from documents.limits import RoomLimits
from documents.seat import STORAGE_FAILING
from server.database import DATABASE
from tests.crashkit import DEADLINE, UNHURRIED, Crowd, Person, check
from tests.livekit import CHAPTER, FIRST, ROOT, LiveServer

READ_ONLY = {"type": "read-only", "reason": STORAGE_FAILING.code, "text": STORAGE_FAILING.text}
SHARED = str(FIRST["id"])
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
PROMPT = 3.0
"""Seconds within which a read-only server answers."""
FAULT = 4.0
"""Seconds that a fault lasts: long enough that the server does not try all the time."""
RECOVERY = 10.0
"""Seconds within which a server notices that its disk works again."""


class Disk:
    """Where a server keeps its data; it can be made to fail."""

    def __init__(self, data: Path) -> None:
        self.server = LiveServer(data, UNHURRIED)

    def fail(self) -> None:
        """From now on nothing can be written."""
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))

    def mend(self) -> None:
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, NO_LIMIT)


class SmallDisk(Disk):
    """A file system that is really full, which only root can make."""

    def fail(self) -> None:
        with self._filler.open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                pass

    def mend(self) -> None:
        self._filler.unlink()

    @property
    def _filler(self) -> Path:
        return self.server.data / "filler"


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system can't be mounted here; the limit on files' size shows the same")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(params=["limit", "full"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    with mounted(tmp_path / "disk") if request.param == "full" else nullcontext(tmp_path / "data") as folder:
        disk = SmallDisk(folder) if request.param == "full" else Disk(folder)
        disk.server.start()
        try:
            yield disk
        finally:
            disk.server.kill()


async def test_a_failing_disk_is_told_and_nothing_is_lost(disk: Disk) -> None:
    crowd = Crowd(disk.server)
    egypt, acme = await crowd.gather("egypt", "acme")
    stock = crowd.person("ifip", notices=False)
    await stock.connect()
    disk.fail()
    began = time.monotonic()
    words = [person.write(SHARED) for person in (egypt, stock)]
    acme.erase(SHARED, random.Random(1))  # noqa: S311 (not a secret)
    for person in crowd.people:
        await person.flush()
    await crowd.until(lambda: all(person.told for person in crowd.people))
    words.append(acme.write(SHARED))  # they type on, as people do
    await acme.flush()
    while time.monotonic() < began + FAULT:
        await check_read_only(crowd, words)
    disk.mend()
    await crowd.until(lambda: all(person.acknowledged for person in crowd.people), RECOVERY)
    await crowd.converge()
    assert [notice["type"] for notice in egypt.told] == ["read-only", "read-write"]
    assert all(word in disk.server.text() for word in words)
    assert comment(disk.server).status_code == 201
    await check(disk.server.data)
    disk.server.kill()
    disk.server.start()
    await crowd.check_kept()


async def check_read_only(crowd: Crowd, words: list[str]) -> None:
    """Nobody but its writer sees what is not kept, nobody is told that it is; everybody can read, and at once."""
    for person in crowd.people:
        await person.taken(PROMPT)
    for person in crowd.people:
        others = [word for word in words if not word.startswith(f"[{person.who} ")]
        assert not any(word in person.words() for word in others)
        assert len(others) == len(words) or not person.acknowledged
    server = crowd.server
    async with asyncio.timeout(PROMPT):
        text = await asyncio.to_thread(server.text)
        refused = await asyncio.to_thread(comment, server)
    assert "[first]" in text
    assert not any(word in text for word in words)
    assert refused.status_code == 503
    assert refused.headers["Content-Type"] == "application/problem+json"
    await check_newcomer(crowd, words)
    assert [person.told for person in crowd.people] == [[READ_ONLY], [READ_ONLY], [{"denied": READ_ONLY["text"]}]]


async def check_newcomer(crowd: Crowd, words: list[str]) -> None:
    newcomer = Person(crowd, "japan", 900)
    async with asyncio.timeout(PROMPT):
        await newcomer.connect()
    assert newcomer.words() == Counter({"[first]": 1, "[egypt 1é]": 1, "[acme 1é]": 1})
    assert newcomer.told == [READ_ONLY]
    await newcomer.leave()


def comment(server: LiveServer) -> httpx.Response:
    return server.request("POST", f"/api/chapters/{CHAPTER}/comments", json={"paragraph": SHARED, "text": "Why?"})


async def test_faults_under_load_cost_nothing_acknowledged(disk: Disk) -> None:
    chance = random.Random(3)  # noqa: S311 (moments of faults, not secrets)
    crowd = Crowd(disk.server)
    people = await crowd.gather("egypt", "acme", "ifip", "kenya")
    typing = [asyncio.create_task(person.keep_typing(chance)) for person in people]
    for fault in range(1, 4):
        await type_on(crowd, chance.randrange(500, 5_000))
        await fail_and_mend(crowd, disk, fault)
    await crowd.until(lambda: all(person.told.count({"type": "read-write"}) == 3 for person in people))
    await type_on(crowd, 1_000)
    disk.server.kill()
    await asyncio.gather(*typing)
    disk.server.start()
    await crowd.check_kept()
    await crowd.connect()
    await crowd.converge()
    await check(disk.server.data)


async def type_on(crowd: Crowd, characters: int) -> None:
    enough = crowd.promises + characters
    await crowd.until(lambda: crowd.promises >= enough)


async def fail_and_mend(crowd: Crowd, disk: Disk, fault: int) -> None:
    disk.fail()
    await crowd.until(lambda: all(person.told.count(READ_ONLY) == fault for person in crowd.people))
    promised = crowd.promises
    for person in crowd.people:
        await person.taken(PROMPT)
    assert crowd.promises == promised
    disk.mend()


async def test_what_fails_though_less_would_not_is_not_tried_without_a_pause(live: Callable[..., LiveServer]) -> None:
    crowd = Crowd(live(**UNHURRIED))
    egypt, acme = await crowd.gather("egypt", "acme")
    room_left = (crowd.server.data / f"{DATABASE}-wal").stat().st_size + 200_000
    resource.prlimit(crowd.server.pid, resource.RLIMIT_FSIZE, (room_left, resource.RLIM_INFINITY))
    began = time.monotonic()
    with egypt.writing():
        egypt.paragraph(SHARED).insert(0, "A long paste. " * 50_000)
    await egypt.flush()
    await crowd.until(lambda: egypt.told.count(READ_ONLY) == 4)
    assert time.monotonic() - began > 3 * RoomLimits().retry_seconds
    word = acme.write(f"p-{acme.client}")
    await acme.flush()
    await crowd.until(lambda: acme.acknowledged)
    assert word in egypt.words()
    resource.prlimit(crowd.server.pid, resource.RLIMIT_FSIZE, NO_LIMIT)
    await crowd.converge()


async def test_the_log_stays_small_under_load(live: Callable[..., LiveServer]) -> None:
    crowd = Crowd(live(**UNHURRIED, snapshot_updates=200))
    people = await crowd.gather("egypt", "acme", "ifip", "kenya")
    path = crowd.server.data / f"{DATABASE}-wal"
    typing = [asyncio.create_task(person.keep_typing(random.Random(4), ahead=1)) for person in people]  # noqa: S311
    largest = 0

    def begun_anew() -> int:
        nonlocal largest
        largest = max(largest, path.stat().st_size)
        with path.open("rb") as log:
            header = log.read(16)
        return int.from_bytes(header[12:], "big")  # SQLite counts in the header how often the log was begun anew

    await crowd.until(lambda: begun_anew() >= 3, 4 * DEADLINE)
    crowd.server.kill()
    await asyncio.gather(*typing)
    assert largest < 8 * 2**20


def test_a_server_that_cannot_write_says_so_in_one_line(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data", UNHURRIED)
    server.start()
    server.stop()
    limit = (
        "import os, resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    serve = [sys.executable, "-m", "server", "serve", "--port", "0", "--data", str(server.data)]
    command = [sys.executable, "-c", limit, *serve]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("adref: ")
    assert ended.stderr.count("\n") == 1
    server.start()
    assert server.text() == "\n"
    server.stop()
