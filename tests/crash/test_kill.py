"""`kill -9` of a server at work: what anybody was shown or acknowledged is there afterwards, and nothing twice."""

import asyncio
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from server.database import DATABASE, LOCK
from server.offline import KEY
from tests.crashkit import UNHURRIED, Crowd, check
from tests.livekit import ROOT, LiveServer

KILLS = 20
SECONDS = float(os.environ.get("ADREF_FUZZ_SECONDS", "0"))
"""For so long at least the kills go on."""

PEOPLE = ("egypt", "ifip", "acme", "japan", "brazil")


async def type_until_killed(crowd: Crowd, chance: random.Random) -> None:
    """Kill the server some time after a number of edits, at whatever it is doing then."""
    enough = crowd.promises + chance.randrange(100, 4_000)
    typing = [
        asyncio.create_task(person.keep_typing(random.Random(chance.random())))  # noqa: S311 (not secrets)
        for person in crowd.people
    ]
    await crowd.until(lambda: crowd.promises >= enough)
    asyncio.get_running_loop().call_later(chance.uniform(0, 0.05), crowd.server.kill)
    await crowd.disconnected()
    await asyncio.gather(*typing)


async def kill_and_check(crowd: Crowd, chance: random.Random, copy: Path) -> None:
    await type_until_killed(crowd, chance)
    shutil.copytree(crowd.server.data, copy)
    await asyncio.gather(check(copy), asyncio.to_thread(crowd.server.start))
    await crowd.check_kept()
    await crowd.connect()
    await crowd.converge()


@pytest.mark.timeout(300 + 2 * SECONDS)
@pytest.mark.parametrize(
    ("kills", "settings"),
    [
        pytest.param(KILLS, {"snapshot_updates": 40}, id="snapshots all the time"),
        pytest.param(4, {"snapshot_updates": 10**9, "snapshot_seconds": 1e6}, id="the journal alone"),
    ],
)
async def test_kill_9_loses_nothing_that_anybody_saw(
    live: Callable[..., LiveServer], tmp_path: Path, kills: int, settings: dict[str, object]
) -> None:
    chance = random.Random(2)  # noqa: S311 (moments to kill at, not secrets)
    crowd = Crowd(live(**UNHURRIED, **settings))
    await crowd.gather(*PEOPLE)
    end = time.monotonic() + SECONDS
    done = 0
    while done < kills or time.monotonic() < end:
        await kill_and_check(crowd, chance, tmp_path / f"copy{done}")
        done += 1


@pytest.mark.parametrize("file", [LOCK, DATABASE, f"{DATABASE}-wal", KEY])
async def test_a_folder_whose_making_was_cut_short_needs_no_repair(tmp_path: Path, file: str) -> None:
    """Killed just after each of its files has appeared."""
    server = LiveServer(tmp_path / "data", UNHURRIED)
    serve_until_there(server.data, file)
    server.start()
    assert server.text() == "\n"
    assert server.stop() == 0
    await check(server.data)


def serve_until_there(folder: Path, file: str) -> None:
    serve = [sys.executable, "-m", "server", "serve", "--port", "0", "--data", str(folder)]
    with subprocess.Popen(serve, cwd=ROOT, stdout=subprocess.PIPE) as process:
        while not (folder / file).exists():
            assert process.poll() is None
        process.kill()
