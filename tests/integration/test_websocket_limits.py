"""Whoever sends too fast is made to wait, and loses nothing; the others do not notice."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from documents.crdt import protocol
from server.limits import Bucket
from tests.livekit import LiveServer
from tests.wirekit import Replica, Wire, eventually, replica, wire
from tests.wirekit_raw import BINARY, CONT, PING, PONG, Raw, frame, raw

RATE = 100
"""Messages a second, and at once."""
SLOWED = 1.2
"""Seconds that what the tests send has to take at the least: three times what may come at once, at that rate, which is
2 seconds, but for what is parsed in one go; messages four times as many, since 130 of them may be parsed in one go."""
ECHO = 0.5
"""Seconds within which others are answered meanwhile."""


def limited(live: Callable[..., LiveServer]) -> LiveServer:
    return live(messages_per_second=RATE, messages_burst=RATE, bytes_per_second=2**17, bytes_burst=2**17)


async def slowed(server: LiveServer, send: Callable[[], Awaitable[None]]) -> None:
    """Send, and see to it that this takes its time, in which somebody else is served without delay."""
    start = time.monotonic()
    async with replica(server, "japan") as (editor, client):
        sending = asyncio.ensure_future(send())
        slowest = 0.0
        while not sending.done():
            slowest = max(slowest, await _echo(editor, client))
            await asyncio.sleep(0.05)  # well within the rate
        await sending
    assert time.monotonic() - start > SLOWED
    assert slowest < ECHO, slowest


async def _echo(editor: Replica, client: Wire) -> float:
    before = len(client.bodies("update"))
    await client.send(protocol.sync_update(editor.paragraph("Calmly.")))
    return await eventually(lambda: len(client.bodies("update")) > before, "the echo")


async def test_too_many_messages(live: Callable[..., LiveServer]) -> None:
    server = limited(live)

    async def send() -> None:
        async with replica(server, "egypt") as (editor, client):
            updates = [protocol.sync_update(editor.type(f"{number} ")) for number in range(4 * RATE)]
            await client.send(*updates)
            await client.synced()

    await slowed(server, send)
    assert "".join(f"{number} " for number in range(4 * RATE)) in await asyncio.to_thread(server.text)


async def test_too_many_bytes(live: Callable[..., LiveServer]) -> None:
    server = limited(live)

    async def send() -> None:
        async with replica(server, "egypt") as (editor, client):
            await client.send(*(protocol.sync_update(editor.type("x" * 2**15)) for _ in range(12)))
            await client.synced()

    await slowed(server, send)
    assert (await asyncio.to_thread(server.text)).count("x") == 12 * 2**15


async def _ping(client: Raw) -> None:
    client.write(frame(PING, b"the end"))
    while (await client.read_until(PONG)).payload != b"the end":
        pass


async def test_messages_in_one_frame_count_each(live: Callable[..., LiveServer]) -> None:
    server = limited(live)

    async def send() -> None:
        async with raw(server, "egypt") as client:
            for _ in range(5):
                client.write(frame(BINARY, b"\3" * 60))
                await _ping(client)

    await slowed(server, send)


async def test_pings_count_too(live: Callable[..., LiveServer]) -> None:
    server = limited(live)

    async def send() -> None:
        async with raw(server, "egypt") as client:
            client.write(*[frame(PING, b"x" * 125)] * 3 * RATE)
            await _ping(client)

    await slowed(server, send)


async def test_parts_count_too(live: Callable[..., LiveServer]) -> None:
    server = live(messages_per_second=10 * RATE, messages_burst=10 * RATE)

    async def send() -> None:
        async with raw(server, "egypt") as client:
            client.write(frame(BINARY, b"\3", fin=False), *[frame(CONT, fin=False)] * 30 * RATE, frame(CONT))
            await _ping(client)

    await slowed(server, send)


async def test_messages_that_came_in_one_piece_wait_their_turn(live: Callable[..., LiveServer]) -> None:
    """A quarter of a megabyte is read at once: it is not taken at once."""
    server = live(messages_per_second=10_000, messages_burst=1_000)
    async with raw(server, "egypt") as flooding, wire(server, "japan") as other:
        await other.synced()
        flooding.write(frame(BINARY, b"\1\1\0") * 20_000)
        start = time.monotonic()
        await other.synced()
        assert time.monotonic() - start < ECHO
        await _ping(flooding)
        assert time.monotonic() - start > 1.0


def test_a_bucket_holds_so_much_and_gains_so_much() -> None:
    now = 0.0
    bucket = Bucket(rate=10, burst=20, clock=lambda: now)
    assert bucket.take(20) == 0.0
    assert bucket.take(5) == 0.5
    now = 0.5
    assert bucket.take(1) == 0.1
    now = 100.0
    assert bucket.take(20) == 0.0, "it never holds more than it may"
    assert bucket.take(10) == 1.0
