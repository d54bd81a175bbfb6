"""Clients of the wire for tests: a raw one on a strict websocket library, and one that keeps a replica with pycrdt."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pycrdt import Doc, XmlElement, XmlFragment, XmlText
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from documents.crdt import protocol
from documents.crdt.protocol import PresenceEntry
from documents.crdt.update_v1 import read_string, read_uint
from tests.livekit import CHAPTER, LiveServer

DEADLINE = 15.0
"""Seconds after which what should have happened has not."""


async def eventually(condition: Callable[[], object], what: str = "", seconds: float = DEADLINE) -> float:
    """Wait until a condition holds, and fail if it never does; returns how long it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, f"it never came to {what or condition}"
        await asyncio.sleep(0.01)
    return time.monotonic() - start


class Heard(NamedTuple):
    """A message from the server: `step1`, `step2`, `update`, `presence`, `denied` or `notice`."""

    kind: str
    body: Any


def parse(frame: bytes | str) -> Heard:
    """Read a message as strictly as can be: one in a frame, nothing after it."""
    assert isinstance(frame, bytes), "the server sends no text"
    kind, at = read_uint(frame, 0)
    step = 0
    if kind in (0, 2):
        step, at = read_uint(frame, at)
    length, at = read_uint(frame, at)
    body = frame[at:]
    assert len(body) == length
    match kind, step:
        case 0, 0:
            return Heard("step1", protocol.read_state_vector(body))
        case 0, (1 | 2):
            return Heard("step2" if step == 1 else "update", body)
        case 1, _:
            return Heard("presence", _presences(body))
        case 2, 0:
            return Heard("denied", body.decode())
        case protocol.NOTICE, _:
            return Heard("notice", json.loads(body))
    raise AssertionError(f"the server sends no message {kind}/{step}")


def _presences(body: bytes) -> list[PresenceEntry]:
    count, at = read_uint(body, 0)
    entries = []
    for _ in range(count):
        client, at = read_uint(body, at)
        clock, at = read_uint(body, at)
        state, at = read_string(body, at)
        entries.append(PresenceEntry(client, clock, state))
    assert at == len(body)
    return entries


def presence(client: int, clock: int, state: Any) -> bytes:
    """An awareness message about one client."""
    return protocol.presences([PresenceEntry(client, clock, json.dumps(state))])


@dataclass
class Wire:
    """A connection that keeps all it hears. Made by `wire`."""

    socket: ClientConnection
    heard: list[Heard] = field(default_factory=list)
    on_message: Callable[[Heard], None] = lambda _: None

    async def listen(self) -> None:
        """Until the connection ends."""
        try:
            async for frame in self.socket:
                message = parse(frame)
                self.heard.append(message)
                self.on_message(message)
        except ConnectionClosed:
            pass

    def kinds(self) -> list[str]:
        return [message.kind for message in self.heard]

    def bodies(self, kind: str) -> list[Any]:
        """What the messages of one kind said."""
        return [message.body for message in self.heard if message.kind == kind]

    async def send(self, *messages: bytes) -> None:
        """Each in a frame of its own."""
        for message in messages:
            await self.socket.send(message)

    async def closed(self) -> int:
        """The code with which the server ended it."""
        await asyncio.wait_for(self.socket.wait_closed(), DEADLINE)
        received = self.socket.protocol.close_rcvd
        assert received is not None, f"the connection ended without a close frame: {self.socket.protocol.close_exc}"
        return int(received.code)

    @property
    def reason(self) -> str:
        received = self.socket.protocol.close_rcvd
        return "" if received is None else received.reason

    async def synced(self) -> None:
        """Ask for the state, and wait for it: all that was sent before is taken then."""
        count = len(self.bodies("step2"))
        await self.send(protocol.sync_step1(b"\x00"))
        await eventually(lambda: len(self.bodies("step2")) > count or self.socket.close_code is not None, "a step 2")
        assert self.socket.close_code is None, f"closed with {self.socket.close_code} {self.reason}"


def address(server: LiveServer, chapter: str = CHAPTER, **query: str) -> str:
    """Where a chapter's websocket is."""
    parameters = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{server.ws}/{chapter}" + (f"?{parameters}" if parameters else "")


@asynccontextmanager
async def wire(
    server: LiveServer,
    who: str | None,
    chapter: str = CHAPTER,
    *,
    headers: Mapping[str, str] | None = None,
    on_message: Callable[[Heard], None] = lambda _: None,
    options: Mapping[str, Any] | None = None,
    **query: str,
) -> AsyncIterator[Wire]:
    """Connect, as a participant when `who` is one of them, and listen. `options` are `websockets.connect`'s."""
    if who is not None:
        query["token"] = server.tokens[who]
    settings: dict[str, Any] = {"compression": None, "ping_interval": None, "max_size": None, **(options or {})}
    async with connect(address(server, chapter, **query), additional_headers=headers or {}, **settings) as socket:
        client = Wire(socket, on_message=on_message)
        listening = asyncio.create_task(client.listen())
        try:
            yield client
        finally:
            # Where the server has hung up already, the library may have nothing left to close, and trips over that.
            with suppress(AttributeError):
                await socket.close()
            await listening


class Replica:
    """An honest editor: a document of pycrdt on a wire."""

    def __init__(self, client_id: int | None = None) -> None:
        self.doc: Doc[Any] = Doc() if client_id is None else Doc(client_id=client_id)
        self.fragment = self.doc.get("default", type=XmlFragment)

    @property
    def client(self) -> int:
        return self.doc.client_id

    @property
    def clock(self) -> int:
        """The first of its own clocks that it has not written."""
        return protocol.read_state_vector(self.doc.get_state()).get(self.client, 0)

    def hear(self, message: Heard) -> None:
        """Take what the server says."""
        if message.kind in ("update", "step2"):
            self.doc.apply_update(message.body)

    def change(self, edit: Callable[[XmlFragment], object]) -> bytes:
        """Make a change; returns its update."""
        state = self.doc.get_state()
        with self.doc.transaction():
            edit(self.fragment)
        return self.doc.get_update(state)

    def paragraph(self, text: str) -> bytes:
        """Add a paragraph at the end, named, so that the server has nothing to add."""

        name = f"p-{self.client}-{self.clock}"

        def edit(fragment: XmlFragment) -> None:
            element = fragment.children.append(XmlElement("paragraph", {"id": name, "label": ""}))
            element.children.append(XmlText(text))

        return self.change(edit)

    def type(self, text: str, paragraph: int = 0) -> bytes:
        """Add characters at the end of a paragraph's text."""

        def edit(fragment: XmlFragment) -> None:
            element = fragment.children[paragraph]
            assert isinstance(element, XmlElement)
            if len(element.children):
                inner = element.children[0]
                assert isinstance(inner, XmlText)
                inner += text
            else:
                element.children.append(XmlText(text))

        return self.change(edit)

    def text(self) -> str:
        """As `GET …/text` gives it, for plain paragraphs."""
        lines = ("".join(map(_plain, child.children)) for child in self.fragment.children)
        return "".join(f"{line}\n" for line in lines)


def _plain(text: Any) -> str:
    return "".join(part for part, _ in text.diff())


@asynccontextmanager
async def replica(
    server: LiveServer, who: str, chapter: str = CHAPTER, *, editor: Replica | None = None, **query: str
) -> AsyncIterator[tuple[Replica, Wire]]:
    """An editor that is connected and in step with the server."""
    editor = editor or Replica()
    async with wire(server, who, chapter, on_message=editor.hear, headers=None, options=None, **query) as client:
        await client.send(protocol.sync_step1(editor.doc.get_state()))
        await eventually(lambda: "step2" in client.kinds() and "step1" in client.kinds(), "being in step")
        yield editor, client
