"""Our rooms behind pycrdt-websocket's seam, with its own server and pycrdt's own provider as the client."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from anyio import BrokenResourceError
from pycrdt import Channel, Doc, Provider, XmlElement, XmlFragment, XmlText
from pycrdt.websocket import ASGIServer, WebsocketServer

from documents import channels
from documents.channels import ChannelServer, Visitor
from documents.crdt import protocol
from documents.errors import ChapterNotFound, ClientIdTaken, DocumentsError, MessageMalformed, StorageUnavailable
from documents.rooms import Rooms, RoomsLimits
from documents.seat import Denial
from tests.editorkit import Editor, tree
from tests.roomkit import CHAPTER, DEADLINE, FaultyMemory, assert_same, open_rooms, quiet, until

END = None


class Pipe:
    """Both ends of a connection in memory; what is put in waits for whoever receives."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.up: asyncio.Queue[Any] = asyncio.Queue()
        self.down: asyncio.Queue[Any] = asyncio.Queue()

    def client(self) -> "End":
        return End(self.path, self.up, self.down)

    def server(self) -> "End":
        return End(self.path, self.down, self.up)


class End(Channel):
    """One end of a pipe, as pycrdt has it."""

    def __init__(self, path: str, out: asyncio.Queue[Any], come: asyncio.Queue[Any]) -> None:
        self._path = path
        self.out = out
        self.come = come
        self.open = asyncio.Event()
        self.open.set()
        self.broken = False

    @property
    def path(self) -> str:
        return self._path

    async def __anext__(self) -> bytes:
        message = await self.recv()
        if message is END:
            raise StopAsyncIteration
        return message

    async def send(self, message: bytes) -> None:
        await self.open.wait()
        if self.broken:
            raise BrokenResourceError
        await self.out.put(message)

    async def recv(self) -> bytes:
        message = await self.come.get()
        if isinstance(message, Exception):
            raise message
        received: bytes = message
        return received


def identify(channel: Channel) -> Visitor:
    """Who it is stands in the path: /ws/<author>/<chapter>."""
    author = channel.path.split("/")[2]
    return Visitor(author, {"name": author}, Denial("role", "Observers read.") if author == "observer" else None)


@pytest.fixture
def storage() -> FaultyMemory:
    return FaultyMemory()


@pytest.fixture
async def rooms(storage: FaultyMemory) -> AsyncIterator[Rooms]:
    async with open_rooms(storage) as opened:
        yield opened


@pytest.fixture
async def server(rooms: Rooms) -> AsyncIterator[WebsocketServer]:
    async with ChannelServer(rooms, identify) as started:
        yield started


def path(author: str) -> str:
    return f"/ws/{author}/{CHAPTER}"


@asynccontextmanager
async def served(server: WebsocketServer, author: str) -> AsyncIterator[tuple[Pipe, "asyncio.Task[None]"]]:
    """A pipe whose other end is being served."""
    pipe = Pipe(path(author))
    task = asyncio.create_task(server.serve(pipe.server()))
    try:
        yield pipe, task
    finally:
        pipe.up.put_nowait(END)
        with suppress(Exception):
            await task


def text_of(doc: Doc[Any]) -> XmlFragment:
    fragment: XmlFragment = doc.get("default", type=XmlFragment)
    return fragment


def words_of(doc: Doc[Any]) -> XmlText:
    paragraph = text_of(doc).children[0]
    assert isinstance(paragraph, XmlElement)
    words = paragraph.children[0]
    assert isinstance(words, XmlText)
    return words


def clocks(doc: Doc[Any]) -> dict[int, int]:
    return protocol.read_state_vector(doc.get_state())


async def test_stock_providers_write_one_text(server: WebsocketServer, rooms: Rooms) -> None:
    docs: list[Doc[Any]] = [Doc(), Doc()]
    async with (
        served(server, "egypt") as (first, _),
        served(server, "ifip") as (second, _),
        Provider(docs[0], first.client()) as one,
        Provider(docs[1], second.client()) as two,
    ):
        for provider in (one, two):
            await provider.synced.wait()
        words_of(docs[0]).insert(0, "Egypt ")
        words_of(docs[1]).insert(0, "IFIP ")
        await until(lambda: clocks(docs[0]) == clocks(docs[1]) and len(str(words_of(docs[0]))) == 23)
        assert tree(text_of(docs[0])) == tree(text_of(docs[1]))
        room = await rooms.open(CHAPTER)
        editor = Editor("acme", 33).join(room)
        await assert_same(room, editor)
        assert str(editor.words(0)) == str(words_of(docs[0]))
        owners = await room.read(lambda document: document.owners)
        assert {owners[docs[0].client_id], owners[docs[1].client_id]} == {"egypt", "ifip"}
    await until(lambda: not [seat for seat in room.seats if seat.author != "acme"])


async def test_over_the_stock_asgi_server(server: WebsocketServer, rooms: Rooms) -> None:
    app = ASGIServer(server)
    up: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    down: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope = {"type": "websocket", "path": path("egypt")}
    task = asyncio.create_task(app(scope, up.get, down.put))
    up.put_nowait({"type": "websocket.connect"})
    assert (await down.get())["type"] == "websocket.accept"
    up.put_nowait({"type": "websocket.receive", "bytes": protocol.sync_step1(b"\0")})
    doc: Doc[Any] = Doc()
    text_of(doc)
    async with asyncio.timeout(DEADLINE):
        while not len(text_of(doc).children):
            for message in protocol.read((await down.get())["bytes"]):
                if isinstance(message, protocol.SyncUpdate):
                    doc.apply_update(message.update)
    before = doc.get_state()
    words_of(doc).insert(0, "By ASGI. ")
    up.put_nowait({"type": "websocket.receive", "bytes": protocol.sync_update(doc.get_update(before))})
    room = await rooms.open(CHAPTER)
    await until(lambda: room.seq == 3)
    up.put_nowait({"type": "websocket.disconnect"})
    await task
    assert room.seats == []


def forging(doc: Doc[Any], client: int) -> bytes:
    forger: Doc[Any] = Doc(client_id=client)
    forger.apply_update(doc.get_update())
    before = forger.get_state()
    words_of(forger).insert(0, "forged ")
    return protocol.sync_update(forger.get_update(before))


async def errors_of(task: "asyncio.Task[None]") -> list[BaseException]:
    """What a served channel ended with."""
    async with asyncio.timeout(DEADLINE):
        (result,) = await asyncio.gather(task, return_exceptions=True)
    while isinstance(result, BaseExceptionGroup):
        (result,) = result.exceptions
    return [] if result is None else [result]


async def test_a_client_that_is_refused_ends(server: WebsocketServer, rooms: Rooms) -> None:
    room = await rooms.open(CHAPTER)
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    egypt.type("Egypt ")
    await quiet(room, egypt)
    async with served(server, "mallory") as (pipe, task):
        pipe.up.put_nowait(forging(egypt.doc, 11))
        (error,) = await errors_of(task)
    assert isinstance(error, ClientIdTaken)
    assert [seat.author for seat in room.seats] == ["egypt"]
    assert str(egypt.words(0)) == "Egypt Paragraph 1."


@pytest.mark.parametrize("frame", [b"", b"\xff", "text"])
async def test_what_is_no_message_ends_the_channel(server: WebsocketServer, frame: object) -> None:
    async with served(server, "mallory") as (pipe, task):
        pipe.up.put_nowait(frame)
        (error,) = await errors_of(task)
    assert isinstance(error, MessageMalformed)


async def test_no_such_chapter(server: WebsocketServer) -> None:
    task = asyncio.create_task(server.serve(Pipe("/ws/egypt/nowhere").server()))
    (error,) = await errors_of(task)
    assert isinstance(error, ChapterNotFound)


@pytest.mark.parametrize("side", ["receiving", "sending"])
async def test_a_channel_that_breaks_just_ends(server: WebsocketServer, rooms: Rooms, side: str) -> None:
    pipe = Pipe(path("egypt"))
    end = pipe.server()
    task = asyncio.create_task(server.serve(end))
    room = await rooms.open(CHAPTER)
    await until(lambda: len(room.seats) == 1)
    if side == "receiving":
        pipe.up.put_nowait(BrokenResourceError())
    else:
        end.broken = True
        pipe.up.put_nowait(b"\x03")
    assert await errors_of(task) == []
    assert room.seats == []


async def test_a_reader_is_denied_once(server: WebsocketServer, rooms: Rooms) -> None:
    room = await rooms.open(CHAPTER)
    editor = Editor("egypt", 11).join(room)
    await quiet(room, editor)
    async with served(server, "observer") as (pipe, _):
        for _ in range(50):
            pipe.up.put_nowait(forging(editor.doc, 44))
        await until(lambda: rooms.counts.denied == 50)
        await room.read(lambda _: None)
        await asyncio.sleep(0)
        frames = [pipe.down.get_nowait() for _ in range(pipe.down.qsize())]
        assert frames.count(protocol.denied("Observers read.")) == 1
    assert 44 not in await room.read(lambda document: document.clocks)


async def test_a_slow_channel_is_left_behind_and_brought_back(
    server: WebsocketServer, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "OUTBOX_BYTES", 5_000)
    room = await rooms.open(CHAPTER)
    editor = Editor("egypt", 11).join(room)
    await quiet(room, editor)
    pipe = Pipe(path("ifip"))
    end = pipe.server()
    task = asyncio.create_task(server.serve(end))
    doc: Doc[Any] = Doc()
    async with Provider(doc, pipe.client()) as provider:
        await provider.synced.wait()
        end.open.clear()
        for _ in range(100):
            editor.type("many words " * 20)
            await quiet(room, editor)
        (seat,) = [seat for seat in room.seats if seat.author == "ifip"]
        client: Any = seat.client
        assert seat.behind is not None
        assert client._waiting < 6_000
        del editor.text.children[1]
        end.open.set()
        await until(lambda: clocks(doc) == clocks(editor.doc) and len(text_of(doc).children) == 2)
        assert str(words_of(doc)) == str(editor.words(0))
        await until(lambda: client._waiting == 0 and seat.behind is None)
    pipe.up.put_nowait(END)
    await task


async def test_a_room_that_was_evicted_in_between_is_opened_again(storage: FaultyMemory) -> None:
    async with (
        open_rooms(storage, rooms_limits=RoomsLimits(idle_seconds=0)) as rooms,
        ChannelServer(rooms, identify) as server,
    ):
        room = await server.get_room(path("egypt"))
        await rooms.evict_idle(1)
        assert rooms.opened() == []
        pipe = Pipe(path("egypt"))
        doc: Doc[Any] = Doc()
        task = asyncio.create_task(room.serve(pipe.server()))
        async with Provider(doc, pipe.client()) as provider:
            await provider.synced.wait()
            assert len(text_of(doc).children) == 3
        pipe.up.put_nowait(END)
        await task


async def test_a_failing_storage_is_got_over(server: WebsocketServer, rooms: Rooms, storage: FaultyMemory) -> None:
    room = await rooms.open(CHAPTER)
    doc: Doc[Any] = Doc()
    async with served(server, "egypt") as (pipe, _), Provider(doc, pipe.client()) as provider:
        await provider.synced.wait()
        storage.faults.fail(StorageUnavailable("disk full"), "append", "probe")
        words_of(doc).insert(0, "Kept ")
        await until(lambda: room.read_only is not None)
        storage.faults.mend()
        await until(lambda: room.seq == 3)
    assert (await room.read(lambda document: document.lines()))[0] == "Kept Paragraph 1."


async def test_who_cannot_be_identified_is_not_served(rooms: Rooms) -> None:
    def nobody(_: Channel) -> Visitor:
        raise DocumentsError("who is it?")

    checks: list[Callable[[Channel], Visitor]] = [nobody]
    async with ChannelServer(rooms, checks[0]) as server:
        task = asyncio.create_task(server.serve(Pipe(path("egypt")).server()))
        (error,) = await errors_of(task)
    assert str(error) == "who is it?"
    assert (await rooms.open(CHAPTER)).seats == []
