"""The websocket itself: what a strict client may expect of it, and what a careless one can't do to it."""

import asyncio
import struct
from collections.abc import Callable, Iterator
from itertools import pairwise

import psutil
import pytest

from documents.crdt import protocol
from server.transport import MAX_REASON, clip
from tests.livekit import LiveServer
from tests.wirekit import Replica, eventually, parse, replica, wire
from tests.wirekit_raw import BINARY, CLOSE, CONT, PING, PONG, frame, masked, raw

MIB = 2**20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("transport") / "data", {"log_level": "debug"})
    live.start()
    yield live
    live.stop()


@pytest.fixture
async def chapter(server: LiveServer) -> str:
    """An empty chapter of the test's own."""
    answer = await asyncio.to_thread(server.request, "POST", "/api/chapters", json={"title": "Transport"})
    return str(answer.json()["id"])


def message_of(size: int, editor: Replica) -> bytes:
    """A live update that fills a message to the byte."""
    state = editor.doc.get_update()

    def made(length: int) -> tuple[Replica, bytes]:
        replica = Replica(editor.client)
        replica.doc.apply_update(state)
        return replica, protocol.sync_update(replica.paragraph("x" * length))

    text = size - len(made(1)[1]) + 1
    while True:
        replica, update = made(text)
        if len(update) <= size:
            assert len(update) == size
            editor.doc.apply_update(replica.doc.get_update())
            return update
        text -= len(update) - size


@pytest.mark.parametrize("size", [125, 126, 65_535, 65_536, MIB - 1, MIB])
async def test_a_message_of_any_size_comes_back_as_it_was_sent(server: LiveServer, chapter: str, size: int) -> None:
    editor = Replica(1_000_000 + size)
    async with wire(server, "egypt", chapter) as sender, wire(server, "japan", chapter) as other:
        await eventually(lambda: sender.kinds() and other.kinds(), "a welcome")
        await sender.send(protocol.sync_update(editor.paragraph("the first words, with which goes whose they are")))
        await eventually(lambda: sender.bodies("update") and other.bodies("update"), "the first update")
        message = message_of(size, editor)
        await sender.send(message)
        await eventually(lambda: min(len(one.bodies("update")) for one in (sender, other)) == 2, "the update")
        for one in (sender, other):
            assert protocol.sync_update(one.bodies("update")[1]) == message


async def test_a_message_of_one_byte_is_taken(server: LiveServer) -> None:
    async with wire(server, "egypt") as client:
        await eventually(lambda: len(client.kinds()) >= 2, "a welcome")
        count = client.kinds().count("presence")
        await client.send(b"\x03")
        await eventually(lambda: client.kinds().count("presence") > count, "who is here")


async def test_an_empty_message_is_refused(server: LiveServer) -> None:
    async with wire(server, "egypt") as client:
        await client.send(b"")
        assert await client.closed() == 4400


async def test_text_is_refused(server: LiveServer) -> None:
    async with wire(server, "egypt") as client:
        await client.socket.send("hello")
        assert await client.closed() == 4400
        assert "binary" in client.reason


@pytest.mark.parametrize("size", [MIB + 1, 16 * MIB])
async def test_a_larger_message_closes_with_1009(server: LiveServer, size: int) -> None:
    """The code arrives although the client is still sending."""
    async with raw(server, "egypt") as client:
        client.write(frame(BINARY, bytes(size)))
        assert await client.close_code() == 1009


async def test_a_message_too_large_in_parts_closes_with_1009(server: LiveServer) -> None:
    async with raw(server, "egypt") as client:
        client.write(frame(BINARY, bytes(600_000), fin=False), frame(CONT, bytes(600_000)))
        assert await client.close_code() == 1009


@pytest.mark.parametrize("parts", [2, 7, 300])
async def test_a_fragmented_message_is_one(server: LiveServer, chapter: str, parts: int) -> None:
    editor = Replica()
    first = protocol.sync_update(editor.paragraph("the first words, with which goes whose they are"))
    message = protocol.sync_update(editor.paragraph("in parts"))
    cuts = [round(len(message) * part / parts) for part in range(parts + 1)]
    pieces = [message[start:end] for start, end in pairwise(cuts)]
    frames = [frame(BINARY if at == 0 else CONT, piece, fin=at == parts - 1) for at, piece in enumerate(pieces)]
    async with raw(server, "egypt", chapter) as client:
        assert parse((await client.read_until(BINARY)).payload).kind == "step1"
        client.write(frame(BINARY, first))
        while parse((await client.read_until(BINARY)).payload).kind != "update":
            pass
        client.write(*frames[:-1], frame(PING, b"between"), frames[-1])
        assert (await client.read_until(PONG)).payload == b"between"
        while parse(found := (await client.read_until(BINARY)).payload).kind != "update":
            pass
        assert found == message


async def test_pings_are_answered(server: LiveServer) -> None:
    async with raw(server, "egypt") as client:
        client.write(frame(PING), frame(PING, b"x" * 125), frame(PONG, b"not asked for"))
        assert (await client.read_until(PONG)).payload == b""
        assert (await client.read_until(PONG)).payload == b"x" * 125


BAIT = frame(PING, b"bait")


@pytest.mark.parametrize(
    ("first", "rest"),
    [(b"\x89", b"\x89\x88" + bytes(12)), (b"\x89\x86", BAIT), (b"\x89\x8a" + bytes(4), BAIT)],
    ids=["after a byte", "before the mask", "before the content"],
)
async def test_the_rest_of_a_frame_is_not_taken_for_a_frame(server: LiveServer, first: bytes, rest: bytes) -> None:
    """Each frame is cut in two, so that what comes later looks like a whole short frame."""
    whole = first + rest
    content = bytes(byte ^ whole[2 + at % 4] for at, byte in enumerate(whole[6:]))
    async with raw(server, "egypt") as client, raw(server, "japan") as other:
        await client.read_until(BINARY)  # welcomed: from now on frames are taken as they come
        client.write(first)
        other.write(frame(PING))
        await other.read_until(PONG)  # so the first part was read alone
        client.write(rest)
        assert (await client.read_until(PONG)).payload == content
        client.write(frame(PING, b"whole"))
        assert (await client.read_until(PONG)).payload == b"whole"


async def test_a_short_message_in_the_middle_of_another_is_refused(server: LiveServer) -> None:
    async with raw(server, "egypt") as client, raw(server, "japan") as other:
        await client.read_until(BINARY)
        client.write(frame(BINARY, b"\x00", fin=False))
        other.write(frame(PING))
        await other.read_until(PONG)
        client.write(frame(BINARY, b"\x03"))
        assert await client.close_code() == 1002


async def test_the_server_pings_and_hears_the_answer(live: Callable[..., LiveServer]) -> None:
    """A client that answers stays; the pings come every 20 seconds, so it is the longest of these tests."""
    server = live(stalled_seconds=1)
    async with raw(server, "egypt") as answering, raw(server, "japan") as silent:
        async with asyncio.timeout(30):
            while (await answering.reader.read(1)) not in (b"\x89", b""):
                pass
        await answering.reader.readexactly(1)
        answering.write(masked(PONG, await answering.reader.readexactly(4)))
        assert await silent.close_code() == 1013
        answering.write(frame(PING, b"still here"))
        assert (await answering.read_until(PONG)).payload == b"still here"


async def test_the_client_may_close(server: LiveServer) -> None:
    async with raw(server, "egypt") as client:
        client.write(frame(CLOSE, struct.pack("!H", 1000) + b"bye"))
        while (found := await client.read()).opcode != CLOSE:
            pass
        assert found.payload[:2] == struct.pack("!H", 1000)
        assert await client.reader.read() == b""


async def test_the_server_closes_and_then_is_silent(server: LiveServer, chapter: str) -> None:
    """What others write while the closing handshake is under way is not sent after the close frame."""
    async with replica(server, "japan", chapter) as (editor, typing), raw(server, "egypt", chapter) as client:
        client.write(frame(BINARY, b"\x63"))
        while (found := await client.read()).opcode != CLOSE:
            pass
        assert found.payload[:2] == struct.pack("!H", 4400)
        await typing.send(protocol.sync_update(editor.paragraph("meanwhile")))
        await typing.synced()
        client.write(frame(CLOSE, found.payload))
        assert await client.reader.read() == b""


async def test_bad_frames_close_with_1002(server: LiveServer) -> None:
    for bad in (
        frame(3),
        frame(BINARY, b"x", mask=False),
        frame(CONT, b"x"),
        frame(PING, b"x" * 126),
        b"\xc2\x80" + bytes(4),
    ):
        async with raw(server, "egypt") as client:
            client.write(bad)
            assert await client.close_code() == 1002, bad


async def test_a_message_and_a_close_in_one_piece(server: LiveServer) -> None:
    """The refusal of the message must not stumble over the close that came with it."""
    async with raw(server, "egypt") as client:
        client.write(frame(BINARY, b"\x63"), frame(CLOSE, struct.pack("!H", 1000)))
        while (found := await client.read()).opcode != CLOSE:
            pass
        assert found.payload == struct.pack("!H", 1000)
    assert "Traceback" not in server.log()


async def test_many_messages_in_one_piece(server: LiveServer, chapter: str) -> None:
    editor = Replica()
    updates = [editor.paragraph("0"), *(editor.type(f" {number}") for number in range(1, 500))]
    async with raw(server, "egypt", chapter) as client:
        client.write(*(masked(BINARY, protocol.sync_update(update)) for update in updates), frame(PING, b"end"))
        await client.read_until(PONG)
        async with wire(server, "japan", chapter) as reader:
            mirror = Replica()
            reader.on_message = mirror.hear
            await reader.synced()
            assert mirror.text().strip() == " ".join(map(str, range(500)))


async def test_messages_right_after_the_handshake_are_not_lost(server: LiveServer, chapter: str) -> None:
    """They come before the room has given the client its place."""
    editor, mirror = Replica(), Replica()
    early = protocol.sync_update(editor.paragraph("early"))
    async with raw(server, "egypt", chapter) as client:
        client.write(frame(BINARY, early), frame(BINARY, protocol.sync_step1(b"\x00")))
        while "early" not in mirror.text():
            mirror.hear(parse((await client.read_until(BINARY)).payload))


async def test_messages_in_one_piece_with_the_handshake_do_no_harm(server: LiveServer) -> None:
    """No client may send them so early; the server hangs up or passes them over."""
    async with raw(server, "egypt", with_handshake=frame(BINARY, protocol.sync_step1(b"\x00")) * 3) as client:
        assert b" 101 " in client.head
        client.write(frame(PING, b"x"))
        with_answer = [(await client.read()).opcode for _ in range(2)]
        assert with_answer
    assert "Traceback" not in server.log()


async def test_all_get_the_same_bytes(server: LiveServer, chapter: str) -> None:
    async with (
        raw(server, "egypt", chapter) as one,
        raw(server, "japan", chapter) as other,
        replica(server, "kenya", chapter) as (editor, typing),
    ):
        await typing.send(protocol.sync_update(editor.paragraph("the same bytes for all")))
        seen = []
        for client in (one, other):
            while parse((found := await client.read_until(BINARY)).payload).kind != "update":
                pass
            seen.append(found.raw)
        assert seen[0] == seen[1]


async def test_no_compression_is_agreed_on(server: LiveServer) -> None:
    async with raw(server, "egypt", "chapter", "Sec-WebSocket-Extensions: permessage-deflate") as client:
        assert b"extensions" not in client.head.lower()
        client.write(frame(PING, b"x"))
        assert (await client.read_until(PONG)).payload == b"x"


async def test_a_client_that_does_not_read_is_paused_and_resumed(live: Callable[..., LiveServer]) -> None:
    """It asks for much, reads nothing, and in the end gets what the chapter has then."""
    server = live(outbox_bytes=2**16, messages_burst=10_000, bytes_burst=2**26, bytes_per_second=2**26)
    async with replica(server, "japan") as (editor, typing), raw(server, "egypt", buffer=2**12) as client:
        for _ in range(40):
            await typing.send(protocol.sync_update(editor.paragraph("x" * 300_000)))
            await typing.synced()
        mirror = Replica()
        client.write(frame(BINARY, protocol.sync_step1(b"\x00")))
        while mirror.doc.get_state() != editor.doc.get_state():
            mirror.hear(parse((await client.read_until(BINARY)).payload))
        assert mirror.text() == editor.text()


async def test_pings_without_a_reader_cost_no_memory(live: Callable[..., LiveServer]) -> None:
    """Every pong would wait in the server; only the last is kept."""
    server = live(outbox_bytes=2**14, messages_per_second=1e6, messages_burst=10**6)
    async with raw(server, "egypt", buffer=2**12) as client:
        ping = frame(PING, b"x" * 125)
        for _ in range(60):
            client.write(ping * 2_000)
            await client.writer.drain()
        client.write(frame(PING, b"the last"))
        pongs = 0
        while (await client.read_until(PONG)).payload != b"the last":
            pongs += 1
        assert pongs < 100_000


async def test_an_unread_connection_that_the_client_closes_does_not_linger(live: Callable[..., LiveServer]) -> None:
    server = live(outbox_bytes=2**14)
    async with replica(server, "japan") as (editor, typing), raw(server, "egypt", buffer=2**12) as client:
        for _ in range(30):
            await typing.send(protocol.sync_update(editor.paragraph("x" * 300_000)))
        await typing.synced()
        assert "adref_connections 2.0" in server.get("/metrics").text
        client.write(frame(CLOSE, struct.pack("!H", 1000)))
        await eventually(lambda: "adref_connections 1.0" in server.get("/metrics").text, "one connection less")
        await eventually(lambda: _sockets(server) == 1, "one socket less", 20)


def _sockets(server: LiveServer) -> int:
    port = int(server.url.rsplit(":", 1)[1])
    found = psutil.Process(server.pid).net_connections("tcp")
    return sum(one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port for one in found)


async def test_an_address_with_odd_bytes_is_answered(server: LiveServer) -> None:
    """The reason must fit into a close frame, whatever the chapter's name is."""
    for name in ("%C3%A9" * 100, "%FF%FE", "%F0%9F%98%80" * 60):
        async with wire(server, "egypt", name) as client:
            assert await client.closed() == 4404


def test_a_reason_is_cut_between_characters() -> None:
    assert clip("é" * 100) == "é" * (MAX_REASON // 2)
    assert clip("plain") == "plain"
    assert clip("\ud800") == "?"
