"""Clients as the libraries' users write them, unchanged: all edit one chapter at once, come and go, and converge."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from httpx_ws import AsyncWebSocketSession, aconnect_ws
from pycrdt import Doc, Provider, XmlElement, XmlFragment, XmlText
from pycrdt.websocket.websocket import HttpxWebsocket

from documents.crdt import protocol
from tests.fuzz.victim import tree
from tests.livekit import ROOT, LiveServer
from tests.wirekit import Wire, address, eventually, replica, wire

NODE = ROOT / "tests" / "node"
RUNS = 20
EDITS = 40
"""By each client in a run."""
DEADLINE = 30
WORDS = ("word ", "and ", "naïve ", "😀", "مرحبا ", "한국", "[", "] ", "e\u0301", "x")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("stock") / "data", {})
    live.start()
    yield live
    live.stop()


class NodeClient:
    """A process that plays a stock JavaScript client, as `tests/node/client-session.mjs` says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.complaints: list[str] = []
        self._turn = asyncio.Lock()

    @classmethod
    async def start(cls, script: str) -> "NodeClient":
        pipe = asyncio.subprocess.PIPE
        command = ("node", str(NODE / script))
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=2**24))

    async def ask(self, **command: Any) -> dict[str, Any]:
        """Its answer to a command, one at a time."""
        assert self.process.stdin is not None
        async with self._turn:
            self.process.stdin.write(json.dumps(command).encode() + b"\n")
            while "complaint" in (answer := await self._read()):
                self.complaints.append(answer["complaint"])
            assert "error" not in answer, answer["error"]
            return answer

    async def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line: dict[str, Any] = json.loads(await asyncio.wait_for(self.process.stdout.readline(), DEADLINE))
        return line


@pytest.fixture
async def nodes() -> AsyncIterator[list[NodeClient]]:
    clients = [await NodeClient.start(script) for script in ("client-yjs13.mjs", "client-yjs14.mjs")]
    yield clients
    for client in clients:
        assert client.process.stdin is not None
        client.process.stdin.close()
        await client.process.wait()


class Dropped(Exception):
    """The network is gone."""


class PythonClient:
    """pycrdt's own provider over a websocket of httpx, as users of pycrdt-websocket write it."""

    def __init__(self, url: str, seed: int) -> None:
        self.url = url
        self.rng = Random(seed)  # noqa: S311 (a test's)
        self.doc: Doc[Any] = Doc()
        self.root = self.doc.get("default", type=XmlFragment)

    async def play(self, edits: int) -> None:
        """Edit on line and off line in turns; a connection may be dropped with edits under way."""
        left = edits
        while left > 0:
            batch = min(left, self.rng.randrange(4, 16))
            left -= batch
            try:
                async with self.connected():
                    await self.edit_on_line(batch)
            except* Dropped:
                pass
            for _ in range(self.rng.randrange(3)):
                self.edit()

    async def edit_on_line(self, edits: int) -> None:
        for _ in range(edits):
            self.edit()
            if self.rng.random() < 0.5:
                await asyncio.sleep(self.rng.random() * 0.025)  # as a person pauses
        if self.rng.random() < 0.5:
            raise Dropped

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """A connection of its own, as long as it lasts: the server may end it, and the network too."""
        parts = urlsplit(self.url)
        session: AsyncWebSocketSession
        async with (
            httpx.AsyncClient() as http,
            aconnect_ws(self.url, http, keepalive_ping_interval_seconds=None) as session,
            Provider(self.doc, HttpxWebsocket(session, parts.path)) as provider,
        ):
            async with asyncio.timeout(DEADLINE):
                await provider.synced.wait()
            yield

    def text_of(self, element: XmlElement) -> XmlText:
        """Its first text; a paragraph without one gets one."""
        for child in element.children:
            if isinstance(child, XmlText):
                return child
        return element.children.insert(0, XmlText())

    def edit(self) -> None:
        """One random edit."""
        rng, children = self.rng, self.root.children
        elements = [child for child in children if isinstance(child, XmlElement)]
        element = elements[0] if rng.random() < 0.5 else rng.choice(elements)
        text = self.text_of(element)
        sizes = [len(char.encode()) for part, _ in text.diff() for char in part]
        start = rng.randrange(len(sizes) + 1)
        at, length = sum(sizes[:start]), sum(sizes[start : start + rng.randrange(1, 5)])
        roll = rng.random()
        if roll < 0.55 or not length:
            text.insert(at, rng.choice(WORDS))
        elif roll < 0.75:
            del text[at : at + length]
        elif roll < 0.84:
            text.format(at, at + length, {"strong": rng.choice(({}, None))})
        elif roll < 0.9:
            element.attributes["label"] = "7 ter"
        elif roll < 0.95:
            with self.doc.transaction():
                children.insert(1 + rng.randrange(len(elements)), XmlElement("paragraph")).children.append(
                    XmlText("new")
                )
        elif len(elements) > 3:
            del children[1 + rng.randrange(len(elements) - 1)]


async def make_chapter(server: LiveServer, title: str) -> str:
    """A chapter with one paragraph that has words in it."""
    answer = await asyncio.to_thread(server.request, "POST", "/api/chapters", json={"title": title})
    chapter = str(answer.json()["id"])
    async with replica(server, "chair", chapter) as (editor, client):
        if not len(editor.fragment.children):
            await client.send(protocol.sync_update(editor.paragraph("")))
        await client.send(protocol.sync_update(editor.type("We, the delegations, ")))
        await client.synced()
    return chapter


async def agree(server: LiveServer, chapter: str, dumps: Callable[[], Awaitable[list[Any]]]) -> None:
    """Wait until all replicas show what a newcomer is given by the server, and that is the server's own text."""
    async with asyncio.timeout(DEADLINE), replica(server, "observer", chapter) as (newcomer, _):
        while any(dump != plain(tree(newcomer.fragment)) for dump in await dumps()):  # noqa: ASYNC110 (far away)
            await asyncio.sleep(0.05)
        text = await asyncio.to_thread(server.text, chapter)
        assert text == newcomer.text()


def plain(dump: Any) -> Any:
    """With the attributes and formats that have values, as JSON has them: libraries differ in how they drop one."""
    return json.loads(json.dumps(dump, sort_keys=True))


@pytest.mark.parametrize("seed", range(RUNS))
async def test_stock_clients_converge(server: LiveServer, nodes: list[NodeClient], seed: int) -> None:
    chapter = await make_chapter(server, f"Run {seed}")
    people = ("egypt", "japan", "acme")
    python = PythonClient(address(server, chapter, token=server.tokens[people[2]]), seed)
    commands = [
        {
            "url": server.ws,
            "chapter": chapter,
            "token": server.tokens[who],
            "seed": 1_000 * seed + index,
            "edits": EDITS,
        }
        for index, who in enumerate(people[:2])
    ]
    done, _ = await asyncio.gather(
        asyncio.gather(*(node.ask(run=seed, **command) for node, command in zip(nodes, commands, strict=True))),
        python.play(EDITS),
    )

    async def dumps() -> list[Any]:
        answers = await asyncio.gather(*(node.ask(run=seed, dump=True) for node in nodes))
        return [*(answer["dump"] for answer in answers), plain(tree(python.root))]

    async with python.connected():
        await agree(server, chapter, dumps)
    await asyncio.gather(*(node.ask(run=seed, end=True) for node in nodes))
    assert [answer["done"]["edits"] for answer in done] == [EDITS, EDITS]
    assert sum(answer["done"]["disconnects"] + answer["done"]["kills"] for answer in done)
    assert [node.complaints for node in nodes] == [[], []]


async def test_presence_comes_to_rest(server: LiveServer, nodes: list[NodeClient]) -> None:
    """Stock clients send on what they hear of anybody, themselves too: that must not go round and round."""
    chapter = await make_chapter(server, "Presence at rest")
    async with wire(server, "chair", chapter) as observer:
        tabs = [
            (
                node,
                {"run": f"{who} {tab}", "url": server.ws, "chapter": chapter, "token": server.tokens[who], "seed": tab},
            )
            for tab, (node, who) in enumerate(itertools.product(nodes, ("egypt", "egypt", "kenya")))
        ]
        await asyncio.gather(*(node.ask(**tab, edits=0) for node, tab in tabs))
        await rest(observer, tabs)
        assert observer.kinds().count("presence") < 4 * len(tabs)
        before = observer.kinds().count("presence")
        change = {"role": "observer"}  # upon which the server itself says anew who that is
        await asyncio.to_thread(server.request, "PATCH", "/api/participants/kenya", json=change)
        await rest(observer, tabs)
        assert 0 < observer.kinds().count("presence") - before < 2 * len(tabs)
        await asyncio.gather(*(node.ask(run=tab["run"], end=True) for node, tab in tabs))
        clients = {entry.client for entries in observer.bodies("presence") for entry in entries}
        assert len(clients) == len(tabs)
        await eventually(lambda: all(last_state(observer, client) is None for client in clients), "all being gone")


async def rest(observer: Wire, tabs: list[tuple[NodeClient, dict[str, Any]]]) -> None:
    """Long enough for many rounds of messages, if there are any."""
    for _ in range(50):
        await asyncio.gather(*(node.ask(run=tab["run"], dump=True) for node, tab in tabs))
        await observer.synced()


def last_state(observer: Wire, client: int) -> Any:
    """What was last said of a client."""
    said = [entry.state for entries in observer.bodies("presence") for entry in entries if entry.client == client]
    return json.loads(said[-1])
