"""A live room on a disk that is full: a limit on the size of files makes every write fail below SQLite."""

import asyncio
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from documents.chapter import ChapterDocument
from documents.limits import RoomLimits
from documents.model import SERVER, Chapter
from documents.room import Room
from documents.rooms import Rooms
from server.database import open_database
from tests.editorkit import Editor, content
from tests.roomkit import CHAPTER, Clock, assert_same, opening, quiet, until

LIMITS = RoomLimits(retry_seconds=0.01, retry_most=0.02, snapshot_updates=20)
ROUNDS = 3
BIG = "many words " * 2_000


def largest_file(folder: Path) -> int:
    return max(path.stat().st_size for path in folder.iterdir())


async def type_until_it_fails(room: Room, editors: list[Editor]) -> None:
    for _ in range(2_000):
        for editor in editors:
            editor.type(BIG)
        await room.read(lambda _: None)
        if room.read_only is not None:
            return
    raise AssertionError("the disk never failed")


async def check_full_disk(room: Room, editors: list[Editor], folder: Path) -> None:
    """Fill the disk, see what everybody is told and shown meanwhile, make room, and see that all of it is there."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file(folder) + 200_000, resource.RLIM_INFINITY))
    await type_until_it_fails(room, editors)
    committed = room.seq
    assert all("denied storage" in editor.said for editor in editors)
    late = Editor("acme", 33).join(room)
    await until(lambda: len(late.text.children) == 3)
    for editor in editors:
        editor.type(f"While it was full, by {editor.author}. ")
    await room.read(lambda _: None)
    assert room.seq == committed
    shown = content(late)
    assert content(await replica_of(room)) == shown, "nothing is shown that is not committed"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await until(lambda: room.read_only is None)
    await assert_same(room, *editors, late)
    assert all(editor.said[-1] == "allowed" for editor in (*editors, late))
    for editor in editors:
        assert f"While it was full, by {editor.author}. " in str(editors[0].words(0))
        editor.said.clear()
    late.leave()


async def replica_of(room: Room) -> Editor:
    editor = Editor("nobody", 2, live=False)
    editor.doc.apply_update(await room.read(ChapterDocument.state))
    return editor


async def serve_on_a_full_disk(folder: Path) -> None:
    """In a process of its own, for the limit is the process's. Says what everybody ended with, and dies."""
    opened = await open_database(folder)
    rooms = Rooms(opened.documents, room_limits=LIMITS, now=Clock())
    await rooms.create(Chapter(CHAPTER, "Principles", 1, SERVER), SERVER, opening)
    room = await rooms.open(CHAPTER)
    editors: list[Editor] = [Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)]
    await quiet(room, *editors)
    for _ in range(ROUNDS):
        await check_full_disk(room, editors, folder)
    end: dict[str, Any] = {"text": content(editors[0])["text"], "rebuilds": rooms.counts.rebuilds, "seq": room.seq}
    sys.stdout.write(json.dumps(end))
    sys.stdout.flush()
    os._exit(0)  # as if killed: what was acknowledged must need no orderly end


async def test_a_room_survives_a_full_disk_again_and_again(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crash.test_room_faults", str(tmp_path),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    async with asyncio.timeout(120):
        output, log = await process.communicate()
    assert process.returncode == 0, log.decode()
    end = json.loads(output)
    assert end["rebuilds"] >= ROUNDS
    async with await open_database(tmp_path) as opened:
        assert await opened.documents.problems() == []
        recovery = await opened.documents.recover(CHAPTER)
        assert recovery.seq == end["seq"]
        editor = Editor("nobody", 2, live=False)
        editor.doc.apply_update(ChapterDocument.recover(recovery).state())
        assert json.loads(json.dumps(content(editor)["text"])) == end["text"]


if __name__ == "__main__":
    asyncio.run(serve_on_a_full_disk(Path(sys.argv[1])))
