"""`kill -9` in the middle of restoring a version: the text is the one or the other, whole, with its authors."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from tests.crashkit import UNHURRIED, check
from tests.integration.authorship_kit import Chapter
from tests.integration.http_schema import Description
from tests.livekit import LiveServer

KILLS = 6


async def runs(chapter: Chapter) -> list[Any]:
    found = (await chapter.get("runs"))["paragraphs"]
    return [(one["id"], one["label"], one["runs"]) for one in found]


async def ask(chapter: Chapter, version: dict[str, Any]) -> int:
    """0 when nobody answered."""
    with suppress(httpx.TransportError):
        return (await chapter.ask(f"versions/{version['id']}/restore", "secretariat", "POST")).status_code
    return 0


async def test_what_was_restored_is_there_as_a_whole_or_not_at_all(live: Callable[..., LiveServer]) -> None:
    chance = random.Random(6)  # noqa: S311 (moments to kill at, not secrets)
    server = live(**UNHURRIED)
    chapter = Chapter(server, Description(server.get("/api/openapi.json").json()), "Trust")
    async with chapter.editor("egypt") as egypt:
        await egypt.write("The draft", " of Egypt")
    one = (await chapter.ask("versions", "chair", "POST", json={"name": "One"})).json()
    then = await runs(chapter)
    async with chapter.editor("japan") as japan:
        await japan.delete(" of Egypt reads so")
        await japan.remove("Second paragraph.")
    other = (await chapter.ask("versions", "chair", "POST", json={"name": "Other"})).json()
    now = await runs(chapter)
    outcomes = set()
    for _ in range(KILLS):
        before = await runs(chapter)
        wanted, expected = (one, then) if before == now else (other, now)
        asked = asyncio.create_task(ask(chapter, wanted))
        loop = asyncio.get_running_loop()
        loop.call_later(chance.uniform(0.0, 0.06), server.kill)
        status = await asked
        await asyncio.to_thread(server.stop)
        await check(server.data)
        await asyncio.to_thread(server.start)
        after = await runs(chapter)
        assert after in ([expected] if status == 200 else [before, expected])
        names = [each["name"] for each in (await chapter.get("versions"))["automatic"]]
        acts = [each for each in (await chapter.get("rulings"))["rulings"] if each["act"] == "restore"]
        assert len(acts) == len(names)
        outcomes.add(after == expected)
    assert True in outcomes
