"""Stock clients tell who wrote what as the API does: yjs 13 from the live maps, @y/y 14 from the content map."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Any

import pytest

from tests.integration.test_stock_clients import NodeClient, PythonClient, agree, make_chapter
from tests.livekit import LiveServer
from tests.wirekit import address

DEADLINE = 30
EDITS = 40
PERSON = ("delegation", "group", "participant")
DELETED = "deleted_by"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("authorship") / "data", {})
    live.start()
    yield live
    live.stop()


@pytest.fixture
async def node() -> AsyncIterator["Programs"]:
    programs = Programs()
    yield programs
    await programs.end()


class Programs:
    """Node's programs, each started when it is first asked something."""

    def __init__(self) -> None:
        self._running: dict[str, NodeClient] = {}

    async def ask(self, script: str, **command: Any) -> dict[str, Any]:
        if script not in self._running:
            self._running[script] = await NodeClient.start(f"{script}.mjs")
        return await self._running[script].ask(**command)

    async def end(self) -> None:
        for client in self._running.values():
            assert client.process.stdin is not None
            client.process.stdin.close()
            await client.process.wait()
            assert client.complaints == []


class Meeting:
    """One chapter: people at real editors, and clients that look."""

    def __init__(self, server: LiveServer, node: Programs, chapter: str) -> None:
        self.server = server
        self.node = node
        self.chapter = chapter
        self.people: list[str] = []

    def place(self, who: str) -> dict[str, Any]:
        """What a program is told to come in as somebody."""
        server = self.server
        return {"url": server.ws, "http": server.url, "chapter": self.chapter, "token": server.tokens[who]}

    async def comes(self, who: str) -> None:
        self.people.append(who)
        await self.node.ask("editor", run=self.run(who), **self.place(who))

    def run(self, who: str) -> str:
        return f"{self.chapter} {who}"

    async def does(self, who: str, act: str, **words: str) -> None:
        """Somebody does something in the editor, and everybody comes to see it."""
        await self.node.ask("editor", run=self.run(who), act=act, **words)
        await soon(self._same)

    async def _same(self) -> bool:
        shown = [(await self.node.ask("editor", run=self.run(who)))["text"] for who in self.people]
        said = await asyncio.to_thread(self.server.text, self.chapter)
        return all("".join(f"{line}\n" for line in lines) == said for lines in shown)

    async def api(self, query: str = "") -> list[dict[str, Any]]:
        """What the API says, as the programs give it."""
        answer = await asyncio.to_thread(self.server.get, f"/api/chapters/{self.chapter}/runs{query}")
        assert answer.status_code == 200, answer.text
        return without([], answer.json()["paragraphs"])

    async def watch(self) -> None:
        """Somebody's clients come to look."""
        for script in ("colour-yjs13", "colour-yjs14"):
            await self.node.ask(script, run=self.chapter, **self.place("brazil"))

    async def colours(self, script: str, **more: Any) -> list[dict[str, Any]]:
        paragraphs: list[dict[str, Any]] = (await self.node.ask(script, run=self.chapter, **more))["paragraphs"]
        return paragraphs

    async def _in_step(self) -> bool:
        shown = [texts(await self.colours(script)) for script in ("colour-yjs13", "colour-yjs14")]
        return shown == 2 * [texts(await self.api())]

    async def agree(self) -> None:
        """All clients show what the API says, deleted text included where they show it."""
        await soon(self._in_step)
        assert await self.colours("colour-yjs13") == without(["at"], await self.api())
        assert await self.colours("colour-yjs14") == await self.api()
        assert runs(await self.colours("colour-yjs14", deleted=True)) == runs(await self.api("?deleted=1"))


async def soon(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(DEADLINE):
        while not await condition():  # noqa: ASYNC110 (far away)
            await asyncio.sleep(0.02)


def without(names: Iterable[str], paragraphs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Paragraphs with no more of their runs than the programs know; neighbours that say the same then are one."""
    known = [name for name in ("text", *PERSON, "at", DELETED) if name not in names]
    return [
        {
            "id": paragraph["id"],
            "label": paragraph["label"],
            "runs": joined({name: run[name] for name in known if name in run} for run in paragraph["runs"]),
        }
        for paragraph in paragraphs
    ]


def joined(runs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for run in runs:
        if found and found[-1] | {"text": ""} == run | {"text": ""}:
            found[-1]["text"] += run["text"]
        else:
            found.append(dict(run))
    return found


def runs(paragraphs: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Those of each paragraph that has some; what one was called that is gone is for the server to say."""
    return [paragraph["runs"] for paragraph in paragraphs if paragraph["runs"]]


def texts(paragraphs: Iterable[dict[str, Any]]) -> list[str]:
    return ["".join(run["text"] for run in paragraph["runs"]) for paragraph in paragraphs]


def words(paragraphs: Iterable[dict[str, Any]], who: str) -> list[str]:
    """What a participant wrote, run by run, and is not deleted."""
    return [
        run["text"]
        for paragraph in paragraphs
        for run in paragraph["runs"]
        if run["participant"] == who and DELETED not in run
    ]


async def test_delegations_at_real_editors(server: LiveServer, node: Programs) -> None:
    """They write, split, join, move, undo and delete: every client tells whose every word is."""
    meeting = Meeting(server, node, await make_chapter(server, "Three delegations"))
    for who in ("egypt", "japan", "kenya"):
        await meeting.comes(who)
    await meeting.watch()
    await meeting.does("egypt", "type", after="We, the delegations, ", text="agree that every word matters to all.")
    await meeting.does("japan", "split", after="every word ")
    await meeting.does("japan", "type", after="matters ", text="(and more) ")
    await meeting.agree()
    assert words(await meeting.api(), "egypt") == ["agree that every word ", "matters ", "to all."]
    assert words(await meeting.api(), "japan") == ["(and more) "]
    await meeting.does("kenya", "join", over="matters (and")
    await meeting.does("kenya", "cut", over="agree that every word")
    await meeting.does("kenya", "paste", after="to all.")
    await meeting.does("kenya", "bold", over="every word")
    await meeting.agree()
    assert words(await meeting.api(), "egypt") == [" matters ", "to all.agree that every word"]
    assert words(await meeting.api(), "kenya") == []
    await meeting.does("japan", "erase", over="to all.")
    await meeting.does("egypt", "split", after="(and more)")
    await meeting.does("egypt", "type", after="(and more)", text=" 😀 naïve")
    await meeting.does("kenya", "remove", over="agree that every word")
    await meeting.agree()
    assert {
        (run["text"], run["participant"], run[DELETED]["participant"])
        for paragraph in await meeting.api("?deleted=1")
        for run in paragraph["runs"]
        if DELETED in run
    } >= {("to all.", "egypt", "japan"), ("agree that every word", "egypt", "kenya")}
    await meeting.does("kenya", "undo")
    await meeting.agree()
    assert words(await meeting.api(), "kenya") == []


@pytest.mark.parametrize("seed", range(8))
async def test_stock_clients_under_chance(server: LiveServer, node: Programs, seed: int) -> None:
    """Three libraries edit at once, lose their connections and come back."""
    chapter = await make_chapter(server, f"Run {seed}")
    meeting = Meeting(server, node, chapter)
    await meeting.watch()
    python = PythonClient(address(server, chapter, token=server.tokens["acme"]), seed)
    people = {"client-yjs13": "egypt", "client-yjs14": "japan"}
    await asyncio.gather(
        python.play(EDITS),
        *(
            node.ask(script, run=seed, seed=1_000 * seed + index, edits=EDITS, **meeting.place(who))
            for index, (script, who) in enumerate(people.items())
        ),
    )

    async def dumps() -> list[Any]:
        return [(await node.ask(script, run=seed, dump=True))["dump"] for script in people]

    async with python.connected():
        await agree(server, chapter, dumps)
        await meeting.agree()
    assert (await node.ask("colour-yjs13", run=chapter))["unknown"] == 0, "words were shown without an author"
    for script in people:
        await node.ask(script, run=seed, end=True)
