"""Work in a process of its own: what it gives and raises, its bounds, and that nothing of it is left behind."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from documents.errors import RoomBusy
from documents.formats.word.errors import WordBroken
from documents.incoming.draft import Draft
from documents.model import Entry
from server.apart import MAX_HERE, Apart, WorkTooLarge
from server.importing import AuthorInvalid, drafted, read_content
from tests.wirekit import eventually

MEMORY = 2**29


@dataclass(slots=True)
class Children:
    """The processes that a test has begun and that are there still."""

    before: set[psutil.Process]

    def now(self) -> list[psutil.Process]:
        return [one for one in psutil.Process().children() if one not in self.before]


@pytest.fixture
def children() -> Children:
    return Children(set(psutil.Process().children()))  # a browser of other tests, say


async def test_what_it_gives_and_raises_comes_back(children: Children) -> None:
    apart = Apart(30, MEMORY)
    entry = Entry("c", 1, 2, "egypt", b"\0\0")
    assert await apart.run(max, entry.seq, 7) == 7
    assert await apart.run(os.getpid) != os.getpid()
    with pytest.raises(WordBroken, match="not a"):
        await apart.run(read_content, b"PK\x03\x04")
    with pytest.raises(UnicodeDecodeError) as undecoded:
        await apart.run(read_content, b"a\n\xff")
    assert undecoded.value.start == 2
    draft = read_content(b"C1. Title")
    assert isinstance(draft, Draft)
    with pytest.raises(AuthorInvalid):
        await apart.run(drafted, draft, None, ["Janan=Japan"])
    assert not children.now()


async def test_too_much_memory_ends_it() -> None:
    with pytest.raises(WorkTooLarge, match="512 MB"):
        await Apart(30, MEMORY).run(bytes, 2**30)


async def test_too_much_time_ends_it(children: Children) -> None:
    with pytest.raises(WorkTooLarge, match=r"0\.5 seconds"):
        await Apart(0.5, MEMORY).run(time.sleep, 60)
    assert not children.now()


async def test_what_is_ended_from_outside_says_so() -> None:
    with pytest.raises(WorkTooLarge):
        await Apart(30, MEMORY).run(os.abort)


async def test_what_fails_is_no_fault_of_the_upload() -> None:
    with pytest.raises(RuntimeError, match="failed"):
        await Apart(30, MEMORY).run(sys.exit, 1)


async def test_one_is_done_at_a_time_and_those_who_go_away_leave_nothing(children: Children) -> None:
    apart = Apart(60, MEMORY)
    first = asyncio.create_task(apart.run(time.sleep, 60))
    second = asyncio.create_task(apart.run(os.getpid))
    await eventually(lambda: [child.nice() > psutil.Process().nice() for child in children.now()] == [True])
    (child,) = children.now()
    assert not second.done()
    first.cancel()
    await asyncio.wait([first])
    assert await second != child.pid
    assert not children.now()


async def test_no_more_wait_than_fit() -> None:
    apart = Apart(60, MEMORY)
    waiting = [asyncio.create_task(apart.run(os.getpid)) for _ in range(MAX_HERE)]
    await asyncio.sleep(0)
    with pytest.raises(RoomBusy):
        await apart.run(os.getpid)
    for one in waiting[1:]:
        one.cancel()
    assert await waiting[0]
    assert await apart.run(os.getpid)


async def test_what_lies_where_the_server_was_started_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "apart.py").write_text("raise SystemExit(1)")
    monkeypatch.chdir(tmp_path)
    assert await Apart(30, MEMORY).run(max, 1, 2) == 2
