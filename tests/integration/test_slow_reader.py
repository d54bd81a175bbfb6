"""A reader that stops reading while a hundred others type: the server holds little for it, the others do not notice,
and when it reads again it has everything."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from statistics import quantiles

import psutil

from documents.crdt import protocol, update_v1
from tests.livekit import CHAPTER, LiveServer
from tests.wirekit import Heard, Replica, eventually, parse, replica
from tests.wirekit_raw import BINARY, CLOSE, PING, PONG, Raw, frame, masked, raw

TYPISTS = 100
PEOPLE = ("egypt", "ifip", "acme", "japan", "brazil", "kenya")
PASTE = 3_000
"""Characters in an update: so much that what the kernel holds for a reader is soon full."""
UNREAD_SECONDS, READ_SECONDS = 3, 4
"""How long they type while the slow one does not read, and then while it does; an update a second each."""
STALLED_SECONDS = 8
MEMORY = 64 * 2**20
"""What the server may grow by; the chapter itself grows by 3 MB of text."""


class Typist:
    """Types into a paragraph of its own, and reads without looking."""

    def __init__(self, client: Raw) -> None:
        self.client = client
        self.editor = Replica()
        self.sent: dict[int, float] = {}
        """When it sent each of its updates, by the clock after it."""

    def type(self) -> None:
        update = self.editor.type("x" * PASTE) if self.sent else self.editor.paragraph("x" * PASTE)
        self.sent[self.editor.clock] = time.monotonic()
        self.client.write(masked_update(update))

    async def read(self) -> None:
        while await self.client.reader.read(2**18):
            pass


def masked_update(update: bytes) -> bytes:
    return frame(BINARY, protocol.sync_update(update))


class Probe:
    """Notes when each update arrives, beside what a replica does with it."""

    def __init__(self, editor: Replica) -> None:
        self.editor = editor
        self.arrived: dict[tuple[int, int], float] = {}

    def hear(self, message: Heard) -> None:
        now = time.monotonic()
        self.editor.hear(message)
        if message.kind == "update":
            for section in update_v1.parse(message.body).sections:
                self.arrived[section.client, section.end] = now

    def delays(self, typists: Iterable[Typist]) -> list[float]:
        """Seconds from the sending of an update to its arrival (with the next, if both came in one)."""
        found = []
        for typist in typists:
            arrivals = sorted((end, at) for (client, end), at in self.arrived.items() if client == typist.editor.client)
            found += [next(at for end, at in arrivals if end >= clock) - sent for clock, sent in typist.sent.items()]
        return found


async def read_on(client: Raw, mirror: Replica) -> list[str]:
    """Read what waits, up to the answer to a ping or a close; returns the kinds of messages."""
    kinds = []
    client.write(frame(PING, b"read on"))
    while (found := await client.read()).payload != b"read on" or found.opcode != PONG:
        if found.opcode == CLOSE:
            kinds.append(f"close {int.from_bytes(found.payload[:2])}")
            break
        if found.opcode == BINARY:
            message = parse(found.payload)
            mirror.hear(message)
            kinds.append(message.kind)
    return kinds


async def in_step(client: Raw, mirror: Replica) -> None:
    """Ask for the state, and read up to it."""
    client.write(masked(BINARY, protocol.sync_step1(mirror.doc.get_state())))
    while "step2" not in await read_on(client, mirror):
        pass


async def follow(client: Raw, mirror: Replica) -> None:
    """Read on, for as long as it lasts."""
    while (found := await client.read()).opcode != CLOSE:
        if found.opcode == BINARY:
            mirror.hear(parse(found.payload))


async def fill(client: Raw, barrier: Callable[[], Awaitable[None]]) -> None:
    """Have so much sent to a client that does not read that the kernel holds no more: the whole state, many times."""
    for _ in range(40):
        client.write(masked(BINARY, protocol.sync_step1(b"\x00")))
        await barrier()


async def type_all(typists: list[Typist], seconds: int) -> None:
    """Each types once a second, all at different moments."""
    for _ in range(seconds):
        for typist in typists:
            typist.type()
            await asyncio.sleep(1 / len(typists))  # the pace is the load


async def test_a_slow_reader_costs_nobody_anything(live: Callable[..., LiveServer]) -> None:
    server = live(outbox_bytes=2**16, stalled_seconds=STALLED_SECONDS, connections_per_participant=200)
    process = psutil.Process(server.pid)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        typists = [Typist(await enter(raw(server, PEOPLE[at % len(PEOPLE)]))) for at in range(TYPISTS)]
        editor, watching = await enter(replica(server, "chair"))
        slow, stuck = [await enter(raw(server, "observer", CHAPTER, buffer=2**12)) for _ in range(2)]
        slow_mirror, stuck_mirror = Replica(), Replica()
        await in_step(slow, slow_mirror)
        await in_step(stuck, stuck_mirror)
        probe = Probe(editor)
        watching.on_message = probe.hear
        reading = [asyncio.create_task(typist.read()) for typist in typists]
        await watching.send(protocol.sync_update(editor.paragraph("x" * 300_000)))
        await watching.synced()
        before = process.memory_info().rss
        for client in (slow, stuck):
            await fill(client, watching.synced)

        await type_all(typists, UNREAD_SECONDS)  # and nobody reads on `slow` and `stuck`
        seen = len(probe.arrived)
        kinds = await read_on(slow, slow_mirror)
        assert kinds.count("update") < seen / 4, "it was not left behind, and so nothing is shown"
        reading.append(asyncio.create_task(follow(slow, slow_mirror)))
        await type_all(typists, READ_SECONDS)
        grown = process.memory_info().rss - before

        sent = {(typist.editor.client, clock) for typist in typists for clock in typist.sent}
        last = {(typist.editor.client, typist.editor.clock) for typist in typists}
        await eventually(lambda: last <= set(probe.arrived), "all that was typed")
        delays = sorted(probe.delays(typists))
        assert len(delays) == len(sent) == TYPISTS * (UNREAD_SECONDS + READ_SECONDS)
        p50, p99 = quantiles(delays, n=100)[49], quantiles(delays, n=100)[98]
        print(f"delay p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms; grown by {grown / 2**20:.0f} MB")  # noqa: T201
        assert p50 < 0.25
        assert p99 < 2.0
        assert grown < MEMORY

        await eventually(lambda: slow_mirror.text() == editor.text(), "the slow one having it all")
        assert editor.text() == await asyncio.to_thread(server.text)
        open_now = f"adref_connections {TYPISTS + 2}.0"
        await eventually(lambda: open_now in server.get("/metrics").text, "the stuck one being closed", 20)
        assert not any(task.done() for task in reading), "one of the others was closed"
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    async with raw(server, "observer", CHAPTER) as again:  # what a stock client does
        await in_step(again, stuck_mirror)
        assert stuck_mirror.text() == editor.text()


async def test_a_reader_that_never_reads_again_is_told_to_come_later(live: Callable[..., LiveServer]) -> None:
    """What waits is a few messages; behind them it finds the code 1013."""
    server = live(outbox_bytes=2**14, stalled_seconds=1)
    async with replica(server, "japan") as (editor, typing), raw(server, "egypt", buffer=2**12) as client:
        mirror = Replica()
        await in_step(client, mirror)
        for _ in range(30):
            await typing.send(protocol.sync_update(editor.paragraph("x" * 200_000)))
            await typing.synced()
        await eventually(lambda: "adref_connections 1.0" in server.get("/metrics").text, "the connection's end")
        assert (await read_on(client, mirror))[-1] == "close 1013"
