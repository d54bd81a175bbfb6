"""What was agreed is what still stands at the end of the day: its hash is that of its text, whatever happened."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from server.database import DATABASE
from tests.crashkit import UNHURRIED, adref, check
from tests.delegates import Delegate
from tests.editorkit import plain
from tests.livekit import ROOT, LiveServer
from tests.wirekit import Replica, replica

EDITS = int(os.environ.get("ADREF_SEALED_EDITS", "2400"))
"""Of the whole day, by everybody together; 200,000 are a long day of thirty who type."""
SEED = int(os.environ.get("ADREF_SEALED_SEED", "7"))
HOURS = 12
PEOPLE = ("egypt", "japan", "kenya", "brazil", "acme", "vice-chair")
PARAGRAPHS = 14
SETTINGS: dict[str, object] = {
    **UNHURRIED,
    "snapshot_updates": 40,
    "room_idle_seconds": 0.2,
    "locked_edits_burst": 10**9,
}
DRAFT = ROOT / "tests" / "data" / "meeting_paper.txt"


class Day:
    """A chapter in which paragraphs are agreed, one after the other, while everybody edits everything."""

    def __init__(self, server: LiveServer, chapter: str, chance: Random) -> None:
        self.server = server
        self.chapter = chapter
        self.chance = chance
        self.people = [Delegate(server, who, chapter, Random(chance.random())) for who in PEOPLE]  # noqa: S311 (a test's)
        self.agreed: dict[str, tuple[str, str, list[Any]]] = {}
        """By paragraph: its text when it was agreed, the hash that was given, and its runs by author."""

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        full = f"/api/chapters/{self.chapter}/{path}"
        answer = await asyncio.to_thread(self.server.request, method, full, "chair", **more)
        assert answer.status_code == 200, answer.text
        return answer

    async def paragraphs(self) -> dict[str, dict[str, Any]]:
        found = (await self.ask("GET", "paragraphs")).json()["paragraphs"]
        return {str(one["id"]): one for one in found}

    async def runs(self) -> dict[str, list[Any]]:
        found = (await self.ask("GET", "runs")).json()["paragraphs"]
        return {str(one["id"]): one["runs"] for one in found}

    async def agree(self) -> None:
        """The chair seals one paragraph more, one that is still there then, while others are at it."""
        while True:
            known = await self.paragraphs()
            free = [name for name, one in known.items() if name not in self.agreed and one["text"].strip()]
            name = self.chance.choice(free)
            path = f"/api/chapters/{self.chapter}/paragraphs/{name}/status"
            said = {"status": "agreed"}
            answer = await asyncio.to_thread(self.server.request, "PUT", path, "chair", json=said)
            if answer.status_code != 404:
                break
        assert answer.status_code == 200, answer.text
        now, runs = await self.paragraphs(), await self.runs()
        self.agreed[name] = (now[name]["text"], answer.json()["hash"], runs[name])

    async def hour(self, event: "Event", folder: Path) -> None:
        """Everybody edits, and something happens to the server: in the midst of it, or in a pause."""
        edits = EDITS // HOURS // len(self.people)
        if len(self.agreed) < PARAGRAPHS // 2:
            await asyncio.gather(self.agree(), *(person.work(edits // 2) for person in self.people))
        else:
            await asyncio.gather(*(person.work(edits // 2) for person in self.people))
        if event is evict:
            await event(self, folder)
            await asyncio.gather(*(person.work(edits // 2) for person in self.people))
        else:
            await asyncio.gather(event(self, folder), *(person.work(edits // 2) for person in self.people))

    async def check(self) -> None:
        """Everywhere: in what the API says, in what a newcomer's document shows, and in all that people have."""
        for person in self.people:
            await person.settle()
        known, runs = await self.paragraphs(), await self.runs()
        async with replica(self.server, "observer", self.chapter) as (newcomer, _):
            texts = dict(shown(newcomer))
            assert len(texts) == len(newcomer.fragment.children), "an id twice"
        for name, (text, digest, authors) in self.agreed.items():
            assert hashlib.sha256(text.encode()).hexdigest() == digest
            status = known[name]["status"]
            assert (status["status"], status["hash"], status.get("void")) == ("agreed", digest, None)
            assert known[name]["text"] == text
            assert known[name]["sealed"]
            assert runs[name] == authors
            assert texts[name] == text
        await self._alike()

    async def _alike(self) -> None:
        """Those who come in again all show the same."""
        async with replica(self.server, "observer", self.chapter) as (newcomer, _):
            expected = shown(newcomer)
        for person in self.people:
            await person.settle()
            assert shown(person) == expected, person.who
            assert set(person.codes) <= {0, 1000, 1006, 1012}, person.codes


def shown(editor: Replica) -> list[tuple[str, str]]:
    """The paragraphs of a document: id and text."""
    return [
        (str(one.attributes.get("id")), "".join(plain(text) for text in one.children))
        for one in editor.fragment.children
    ]


async def made(server: LiveServer, chance: Random) -> Day:
    draft = "A day\n\n" + "\n\n".join(f"{number}. Of the parties, {number}." for number in range(1, PARAGRAPHS + 1))
    answer = await asyncio.to_thread(server.request, "POST", "/api/chapters/import", content=draft.encode())
    assert answer.status_code == 201, answer.text
    return Day(server, str(answer.json()["chapter"]["id"]), chance)


async def restart(day: Day, _: Path) -> None:
    assert await asyncio.to_thread(day.server.stop) == 0
    await asyncio.to_thread(day.server.start)


async def kill(day: Day, _: Path) -> None:
    day.server.kill()
    await asyncio.to_thread(day.server.start)


async def evict(day: Day, _: Path) -> None:
    """Nobody is in the room for a while, and it is opened anew."""

    async with asyncio.timeout(30):
        while "adref_rooms 0.0\n" not in (await asyncio.to_thread(day.server.get, "/metrics")).text:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def import_another(day: Day, _: Path) -> None:
    """By the command line, while the server is at work, and over HTTP."""
    status, output = await adref("import", DRAFT, "--data", day.server.data, "--title", "Another")
    assert status == 0, output
    path = "/api/chapters/import"
    answer = await asyncio.to_thread(day.server.request, "POST", path, content=DRAFT.read_bytes())
    assert answer.status_code == 201, answer.text


async def check_folder(day: Day, _: Path) -> None:
    await check(day.server.data)


async def restore(day: Day, folder: Path) -> None:
    """The day goes on from a backup, which is made when the server has stopped: nobody is to have written since."""
    assert await asyncio.to_thread(day.server.stop) == 0
    copy = folder / "copy.sqlite3"
    status, output = await adref("backup", copy, "--data", day.server.data)
    assert status == 0, output
    for old in day.server.data.glob(f"{DATABASE}*"):
        old.unlink()
    shutil.move(copy, day.server.data / DATABASE)
    await asyncio.to_thread(day.server.start)


Event = Callable[[Day, Path], Awaitable[None]]
EVENTS: tuple[Event, ...] = (restart, kill, evict, import_another, check_folder, restore)


@pytest.mark.timeout(600 + EDITS / 50)
async def test_agreed_text_is_the_same_at_the_end_of_the_day(live: Callable[..., LiveServer], tmp_path: Path) -> None:
    chance = Random(SEED)  # noqa: S311 (a test's)
    day = await made(live(**SETTINGS), chance)
    await day.agree()
    for number in range(HOURS):
        folder = tmp_path / f"hour{number}"
        folder.mkdir()
        await day.hour(EVENTS[number % len(EVENTS)], folder)
        await day.check()
    await check(day.server.data)
    assert "Traceback" not in day.server.log()
    assert sum(person.edits for person in day.people) > 0.9 * EDITS
