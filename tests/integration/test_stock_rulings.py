"""What is ruled reaches stock clients live, as docs/protocol.md describes it; and it outlives the server's process."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pycrdt import Map, XmlElement

from documents.crdt import protocol
from tests.livekit import ROOT, LiveServer
from tests.wirekit import Replica, eventually, replica

DRAFT = "Access for all\n\n1) People\n1. Every person counts.\n2. Twice é𝄞.\n\n2) Means\n3. More.\n"
CHAPTER = "access-for-all"
PATH = f"/api/chapters/{CHAPTER}"
ROOTS = ("locks", "statuses", "rulings")
DEADLINE = 20


class Watcher:
    """`tests/node/rulings-yjs13.mjs`, as an observer."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def look(self) -> dict[str, Any]:
        """What it has now."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        async with asyncio.timeout(DEADLINE):
            found: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return found

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


@asynccontextmanager
async def watching(server: LiveServer) -> AsyncIterator[Watcher]:
    script = ROOT / "tests" / "node" / "rulings-yjs13.mjs"
    command = ("node", str(script), server.ws, CHAPTER, server.tokens["observer"])
    pipe = asyncio.subprocess.PIPE
    watcher = Watcher(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=2**24))
    try:
        yield watcher
    finally:
        await watcher.stop()


async def ask(server: LiveServer, method: str, path: str, who: str, **options: Any) -> Any:
    answer = await asyncio.to_thread(server.request, method, path, who, **options)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def soon(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(DEADLINE):
        while not await condition():  # noqa: ASYNC110 (far away)
            await asyncio.sleep(0.02)


@pytest.fixture
async def chapter(live: Callable[..., LiveServer]) -> tuple[LiveServer, dict[str, str]]:
    """A server with a chapter; and the id of each paragraph by its text."""
    server = live()
    body = await ask(server, "POST", "/api/chapters/import", "chair", content=DRAFT.encode())
    assert body["chapter"]["id"] == CHAPTER
    found = (await ask(server, "GET", f"{PATH}/paragraphs", "chair"))["paragraphs"]
    return server, {one["text"]: one["id"] for one in found}


async def listed(server: LiveServer) -> dict[str, Any]:
    found: dict[str, Any] = await ask(server, "GET", f"{PATH}/paragraphs", "observer")
    return found


def maps(editor: Replica) -> dict[str, Any]:
    return {root: editor.doc.get(root, type=Map).to_py() for root in ROOTS}


async def test_stock_clients_see_what_is_ruled(chapter: tuple[LiveServer, dict[str, str]]) -> None:
    server, ids = chapter
    title, people, first, second, means = (
        ids[text] for text in ("Access for all", "People", "Every person counts.", "Twice é𝄞.", "Means")
    )
    async with replica(server, "egypt", CHAPTER) as (editor, _), watching(server) as watcher:

        async def same() -> bool:
            """Both clients have what the API says."""
            said = await listed(server)
            seen = await watcher.look()
            held = {one["id"]: one["lock"]["number"] for one in said["paragraphs"] if one["lock"]}
            return seen["held"] == held and {root: seen[root] for root in ROOTS} == maps(editor)

        steps: list[tuple[str, str, str, dict[str, Any] | None, dict[str, int]]] = [
            ("PUT", f"/paragraphs/{first}/lock", "vice-chair", {"for": "egypt"}, {first: 1}),
            ("PUT", f"/paragraphs/{people}/lock", "vice-chair", {"scope": "section"}, {people: 2, first: 1, second: 2}),
            ("PUT", "/headings/lock", "chair", {}, {title: 3, people: 3, means: 3, first: 1, second: 2}),
            (
                "DELETE",
                f"/paragraphs/{first}/lock",
                "chair",
                None,
                {title: 3, people: 3, means: 3, first: 2, second: 2},
            ),
            ("DELETE", "/headings/lock", "chair", None, {people: 2, first: 2, second: 2}),
            ("PUT", f"/paragraphs/{second}/status", "chair", {"status": "agreed"}, {people: 2, first: 2, second: 2}),
        ]
        for method, path, who, body, held in steps:
            await ask(server, method, PATH + path, who, **({} if body is None else {"json": body}))
            await soon(same)
            assert (await watcher.look())["held"] == held
        seen = await watcher.look()
        assert [seen["rulings"][str(n)]["act"] for n in range(1, 7)] == [
            "lock",
            "lock",
            "lock",
            "break",
            "release",
            "status",
        ]
        assert [seen["rulings"][str(n)]["n"] for n in range(1, 7)] == [1, 2, 3, 4, 5, 6]
        agreed = seen["statuses"][second]
        assert agreed["hash"] == hashlib.sha256(agreed["text"].encode()).hexdigest()
        assert (agreed["text"], agreed["status"], agreed["by"]["participant"]) == ("Twice é𝄞.", "agreed", "chair")


async def test_the_chair_voids_an_agreement_by_writing(chapter: tuple[LiveServer, dict[str, str]]) -> None:
    server, ids = chapter
    paragraph = ids["Every person counts."]
    await ask(server, "PUT", f"{PATH}/paragraphs/{paragraph}/status", "chair", json={"status": "agreed"})
    async with replica(server, "chair", CHAPTER) as (chair, wire):
        place = next(
            place
            for place, one in enumerate(chair.fragment.children)
            if isinstance(one, XmlElement) and one.attributes["id"] == paragraph
        )
        await wire.send(protocol.sync_update(chair.type(" Twice.", place)))
        await eventually(lambda: len(maps(chair)["rulings"]) == 2, "the act that voids it")
        standing = maps(chair)["statuses"][paragraph]
        assert (standing["void"]["by"], standing["text"]) == ("chair", "Every person counts.")
    found = {one["id"]: one for one in (await listed(server))["paragraphs"]}[paragraph]
    assert (found["text"], found["sealed"]) == ("Every person counts. Twice.", True)
    assert found["status"]["void"] == standing["void"]
    (_, act) = (await ask(server, "GET", f"{PATH}/rulings?paragraph={paragraph}", "egypt"))["rulings"]
    assert (act["act"], act["by"]["participant"], act["hash"]) == ("void", "chair", found["status"]["hash"])


async def test_what_was_ruled_outlives_the_process(chapter: tuple[LiveServer, dict[str, str]]) -> None:
    server, ids = chapter
    lock = f"{PATH}/paragraphs/{ids['People']}/lock"
    await ask(
        server, "PUT", lock, "vice-chair", json={"scope": "section", "for": "egypt", "until": "2999-01-01T00:00:00Z"}
    )
    await ask(server, "PUT", f"{PATH}/paragraphs/{ids['More.']}/status", "chair", json={"status": "agreed"})
    before = await listed(server), await ask(server, "GET", f"{PATH}/rulings", "egypt")
    server.kill()
    server.start()
    assert (await listed(server), await ask(server, "GET", f"{PATH}/rulings", "egypt")) == before
    answer = await asyncio.to_thread(server.request, "PUT", lock, "secretariat", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "locked")
