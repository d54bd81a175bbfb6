"""Hostile bytes at a live server's websockets: it lives, closes with documented codes, and the others write on."""

import asyncio
import os
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from documents.chapter import SERVER_CLIENT, SERVER_ROOTS, TEXT_ROOT
from documents.crdt import protocol
from documents.crdt.gate import Gate
from documents.crdt.ledger import Kind, Ledger
from documents.crdt.update_v1 import write_uint
from tests.fuzz.hostile import JSON, NUMBERS, Hostile
from tests.fuzz.victim import tree
from tests.livekit import CHAPTER, LiveServer
from tests.wirekit import Replica, Wire, eventually, replica
from tests.wirekit_raw import BINARY, CLOSE, CONT, PING, PONG, TEXT, Raw, frame, masked, raw

SECONDS = float(os.environ.get("ADREF_FUZZ_SECONDS", "15"))
SEED = int(os.environ.get("ADREF_FUZZ_SEED", "1"))
ATTACKERS = ("egypt", "observer", "brazil")
CODES = {1002, 1007, 1009, 4400}
"""Those that bad bytes may be answered with: never 1011, a fault of the server's."""
OURS = 0
"""In place of a code: the attacker closed, or can't be answered."""
ECHO = 2.0
"""Seconds within which an honest client's edit comes back, whatever others do."""

STATES = (
    *JSON, "{", '{"a":' * 5_000, "[" * 100_000, '{"user":' + "[" * 900 + "]" * 900 + "}", '{"user":1}', '{"a":NaN}',
    '{"a":1e999}', '{"a":"\\ud800"}', '{"a":' + "9" * 5_000 + "}", '{"a":"' + "x" * 9_000 + '"}', '{"":{"":null}}',
    '{"user":{"name":"Chair"},"user":null}', '"null"', " null ", '{"cursor":{"anchor":null}}',
)  # fmt: skip


def varint(value: int) -> bytes:
    """Any number, also those that `write_uint` would not write."""
    out = bytearray()
    while value > 127:
        out.append(0x80 | value & 127)
        value >>= 7
    return bytes((*out, value))


class Messages:
    """Hostile messages of the protocol. `updates` makes hostile updates."""

    def __init__(self, rng: Random, updates: Hostile) -> None:
        self.rng = rng
        self.updates = updates
        self.ways: tuple[Callable[[], bytes], ...] = (
            self.noise, self.update, self.update, self.update, self.state_vector, self.state_vector, self.awareness,
            self.awareness, self.awareness, self.unknown, self.long_varint, self.lie, self.many, self.cut,
        )  # fmt: skip

    def message(self) -> bytes:
        return self.rng.choice(self.ways)()

    def number(self) -> bytes:
        return varint(self.rng.choice((*NUMBERS, 2**64, 2**200)))

    def noise(self) -> bytes:
        return self.rng.randbytes(self.rng.choice((0, 1, 2, 10, 1_000)))

    def update(self) -> bytes:
        update = self.updates.update()
        return bytes((0, self.rng.choice((1, 2, 2)))) + varint(len(update)) + update

    def state_vector(self) -> bytes:
        """Clients twice, counts that lie, very many clients, clocks without end."""
        rng = self.rng
        count = rng.choice((0, 1, 3, 1_000, 60_000))
        clients = [rng.choice((1, 2, 2**53, rng.getrandbits(32))) if count < 10 else index for index in range(count)]
        clocks = rng.choice((lambda: write_uint(rng.getrandbits(10)), self.number))
        body = b"".join(varint(client) + clocks() for client in clients)
        said = rng.choice((varint(count), varint(count), self.number()))
        return b"\0\0" + varint(len(said + body)) + said + body

    def awareness(self) -> bytes:
        rng = self.rng
        count = rng.choice((0, 1, 1, 3, 6, 200))
        body = b""
        for _ in range(count):
            state = rng.choice(STATES if count < 10 else ("{}", "null", "1")).encode("utf-8", "surrogatepass")
            client = rng.choice((varint(rng.choice((1, 7, 501, 2**53, rng.getrandbits(32)))), self.number()))
            body += client + rng.choice((b"\1", self.number())) + varint(len(state)) + state
        said = rng.choice((varint(count), varint(count), varint(count), self.number()))
        return b"\1" + varint(len(said + body)) + said + body

    def unknown(self) -> bytes:
        kind = self.rng.choice((2, 4, 5, 99, 100, 101, 127, 128, 2**31, 2**53, 2**64))
        return varint(kind) + self.rng.choice((b"", b"\0\0", b"\1\2{}", b"\0\4nope"))

    def long_varint(self) -> bytes:
        """Numbers that never end, at any place where one is read."""
        head = self.rng.choice((b"", b"\0", b"\0\0", b"\1", b"\0\2\5", b"\1\5\1"))
        return head + self.rng.choice((b"\x80", b"\xff")) * self.rng.choice((5, 10, 11, 1_000, 200_000)) + b"\1"

    def lie(self) -> bytes:
        """A length that is not the body's."""
        return self.rng.choice((b"\0\0", b"\0\1", b"\0\2", b"\0\3", b"\1")) + self.number() + self.noise()

    def many(self) -> bytes:
        """Up to the bound of messages in a frame, and beyond it."""
        count = self.rng.choice((2, 63, 64, 65, 5_000))
        return self.rng.choice((b"\3", b"\0\0\1\0", b"\1\1\0", b"\0\2\2\0\0")) * count

    def cut(self) -> bytes:
        whole = self.rng.choice((self.update, self.state_vector, self.awareness))()
        return whole[: self.rng.randrange(len(whole) + 1)]


class Frames:
    """Hostile frames, some around hostile messages. `whole` tells whether an answer can be waited for."""

    def __init__(self, rng: Random, messages: Messages) -> None:
        self.rng = rng
        self.messages = messages

    def next(self) -> tuple[bytes, bool]:
        rng = self.rng
        if rng.random() < 0.75:
            return masked(BINARY, self.messages.message()), True
        return rng.choice((self.text, self.parts, self.control, self.reserved, self.lie, self.large, self.torn))()

    def text(self) -> tuple[bytes, bool]:
        return masked(TEXT, self.rng.choice((b"", b"hello", b"\xff\xfe", b"\0\0\1\0", "é".encode() * 50_000))), True

    def parts(self) -> tuple[bytes, bool]:
        """A message in parts, empty ones too, with control frames between them, or with a part too many."""
        rng, message = self.rng, self.messages.message()
        count = rng.choice((2, 5, 300))
        cuts = sorted(rng.randrange(len(message) + 1) for _ in range(count - 1))
        pieces = [message[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]
        frames = [frame(BINARY if at == 0 else CONT, piece, fin=at == count - 1) for at, piece in enumerate(pieces)]
        frames.insert(rng.randrange(1, count), frame(rng.choice((PING, PONG, CONT, BINARY)), b"x"))
        return b"".join(frames), True

    def control(self) -> tuple[bytes, bool]:
        rng = self.rng
        opcode = rng.choice((PING, PONG, CLOSE))
        payload = rng.choice(
            (b"", b"x", b"\x03", struct.pack("!H", rng.choice((0, 999, 1005, 1016, 5000))), b"x" * 126)
        )
        return frame(opcode, payload, fin=rng.random() < 0.8) * rng.choice((1, 1, 50)), True

    def reserved(self) -> tuple[bytes, bool]:
        head = bytes((self.rng.choice((0x83, 0x8B, 0xC2, 0xA2, 0x92, 0xF2, 0x03)),))
        return head + frame(BINARY, b"abc", mask=self.rng.random() < 0.7)[1:], True

    def lie(self) -> tuple[bytes, bool]:
        """A length that is not the payload's: the server waits for the rest, or takes what follows for it."""
        length = self.rng.choice((5, 125, 126, 65_535, 2**20, 2**20 + 1, 2**31, 2**62, 2**63, 2**64 - 1))
        return frame(BINARY, self.messages.message()[:2], length=length), length > 2**20

    def large(self) -> tuple[bytes, bool]:
        size = self.rng.choice((2**20 - 1, 2**20, 2**20 + 1, 2**21))
        return frame(BINARY, self.rng.choice((b"\0", b"\xff", b"\3", b"\1")) * size), True

    def torn(self) -> tuple[bytes, bool]:
        whole = masked(BINARY, self.messages.message())
        return whole[: self.rng.randrange(1, len(whole))], False


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    settings = {
        "messages_per_second": 1e5, "messages_burst": 10**6, "bytes_per_second": 1e8, "bytes_burst": 10**8,
        "connections_per_participant": 200, "refusals_burst": 10**6,
    }  # fmt: skip
    live = LiveServer(tmp_path_factory.mktemp("fuzz") / "data", settings)
    live.start()
    yield live
    live.stop()


def hostile_for(rng: Random, state: bytes) -> Hostile:
    """Hostile updates around what the chapter holds now."""
    roots = {TEXT_ROOT: Kind.ELEMENTS} | dict.fromkeys(SERVER_ROOTS, Kind.MAP)
    gate = Gate(Ledger(roots), frozenset((TEXT_ROOT,)), SERVER_CLIENT)
    gate.load(state, {})
    return Hostile(rng, gate.ledger, [state], [rng.getrandbits(32) + 2 for _ in range(4)])


async def attack(server: LiveServer, who: str, frames: Frames, counts: Counter[Any]) -> None:
    """One connection: hostile frames until it is closed for them, or enough are sent."""
    rng = frames.rng
    sent: list[bytes] = []
    async with raw(server, who, CHAPTER) as client:
        for _ in range(rng.choice((1, 3, 10))):
            data, whole = frames.next()
            sent.append(data)
            client.write(data)
            counts["frames"] += 1
            code = await answer(client) if whole else OURS
            if code is not None:
                counts[code] += 1
                assert code in CODES | {OURS}, f"{code} for {[data[:200].hex() for data in sent]}"
                return
        counts["left open"] += 1


async def answer(client: Raw) -> int | None:
    """The code with which the server closes, `OURS` when it answers a close of ours; None when it goes on."""
    client.write(frame(PING, b"there?"))
    while True:
        found = await client.read()
        if found.opcode == PONG and found.payload == b"there?":
            return None
        if found.opcode == CLOSE:
            return int.from_bytes(found.payload[:2]) or OURS


async def honest(editor: Replica, client: Wire, rounds: list[float], stop: asyncio.Event) -> None:
    """Write on, and note how long each edit takes to come back."""
    while not stop.is_set():
        start = time.monotonic()
        count = len(client.bodies("update"))
        await client.send(protocol.sync_update(editor.paragraph("Undisturbed.")))
        await eventually(lambda count=count: len(client.bodies("update")) > count, "the echo")  # type: ignore[misc]
        rounds.append(time.monotonic() - start)
        client.heard.clear()
        await asyncio.sleep(0.1)  # a person's pause


def content(editor: Replica) -> Counter[str]:
    """All characters and elements of a replica, in no order: hostile updates that the gate can't tell from those of an
    undo may leave replicas with their words in different orders (docs/architecture.md, "The gate")."""
    found: Counter[str] = Counter()
    nodes: list[Any] = tree(editor.fragment)
    while nodes:
        tag, _, inner = nodes.pop()
        found[f"<{tag}>"] += 1
        if tag == "text":
            found.update(char for part, _ in inner if isinstance(part, str) for char in part)
        else:
            nodes += inner
    return found


async def test_hostile_bytes_at_the_socket(server: LiveServer) -> None:
    rng = Random(SEED)  # noqa: S311 (a test's)
    counts: Counter[Any] = Counter()
    rounds: list[float] = []
    stop = asyncio.Event()
    pid = server.pid
    async with replica(server, "japan") as (editor, client), replica(server, "kenya") as (mirror, mirroring):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(honest(editor, client, rounds, stop))
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                frames = Frames(rng, Messages(rng, hostile_for(rng, mirror.doc.get_update())))
                await asyncio.gather(*(attack(server, who, frames, counts) for who in ATTACKERS))
                mirroring.heard.clear()
            stop.set()
        assert client.socket.close_code is None
        assert mirroring.socket.close_code is None
        await client.synced()
        await mirroring.synced()
        await eventually(lambda: content(mirror) == content(editor), "the same words")
        async with replica(server, "chair") as (newcomer, _):
            assert content(newcomer) == content(editor)
    assert (await asyncio.to_thread(server.text)).count("Undisturbed.")
    assert server.pid == pid
    assert "Traceback" not in server.log()
    assert max(rounds) < ECHO, max(rounds)
    print(f"{counts}, slowest echo {max(rounds):.3f} s")  # noqa: T201 (shown with pytest -s)
    assert counts["frames"] > 5 * SECONDS, counts
    assert {1002, 1009, 4400} <= set(counts), counts
