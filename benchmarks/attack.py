"""What thirty who type notice of somebody who attacks a locked paragraph at full rate: latency over a real server.

Prediction: the time from a keystroke to its echo, which comes when it is on disk, grows by at most a fifth.

Calm and attacked seconds take turns on one server, in many rounds, of which all echoes are put together. The server
has a core of its own, as in the other workloads. The attacker is a program of Node's that comes back as soon as it is
closed, with the lowest priority, for it would have a machine of its own. The load client says how busy it was itself:
above some 60 % it would measure itself.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.servers.base import on_load_core, on_server_core
from benchmarks.timing import Row
from benchmarks.typing_load import keystrokes, opening
from documents.crdt import protocol, update_v1
from documents.crdt.update_v1 import read_uint
from tests.livekit import CHAPTER, PEOPLE, ROOT, LiveServer

TYPISTS = 30
EACH = 4.0
"""Keystrokes a second of each."""
ROUNDS = 12
SECONDS = 6.0
"""Of each turn: a round is a calm one and one under attack, the one first or the other."""
LOCKED = "p-1"
NOTHING = update_v1.write_update([], [])
OFFENDER = "acme"
ATTACKS = ("any", "rewrite", "remove")

HONEST = [name for name in PEOPLE if name not in {OFFENDER, "observer"}]


@dataclass
class Times:
    """How long keystrokes took to come back, in ms, and how busy the load client was."""

    latencies: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    def at(self, percent: int) -> float:
        return quantiles(self.latencies, n=100)[percent - 1]


class Typist:
    """One connection that sends what it is given, and notes when it comes back."""

    def __init__(self, link: ClientConnection, client: int, updates: deque[bytes]) -> None:
        self.link = link
        self.client = client
        self.times: Times | None = None
        self._updates = updates
        self._waiting: deque[tuple[int, float]] = deque()

    async def listen(self) -> None:
        with suppress(ConnectionClosed):
            async for frame in self.link:
                if isinstance(frame, bytes) and frame[:2] == b"\x00\x00":  # else the server waits for it
                    await self.link.send(protocol.sync_step2(NOTHING))
                elif isinstance(frame, bytes) and frame[:1] == b"\x00":
                    self._hear(frame[read_uint(frame, 2)[1] :])

    def _hear(self, update: bytes) -> None:
        now = time.perf_counter()
        for section in update_v1.parse(update).sections:
            if section.client != self.client:
                continue
            while self._waiting and self._waiting[0][0] <= section.end:
                _, sent = self._waiting.popleft()
                if self.times is not None:
                    self.times.latencies.append((now - sent) * 1e3)

    async def type(self, until: float, delay: float) -> None:
        """At a steady pace; a deletion has no clock of its own, and its echo is not looked for."""
        await asyncio.sleep(delay)
        while time.perf_counter() < until:
            update = self._updates.popleft()
            ends = [section.end for section in update_v1.parse(update).sections]
            if ends:
                self._waiting.append((ends[0], time.perf_counter()))
            await self.link.send(protocol.sync_update(update))
            await asyncio.sleep(1 / EACH)


class Attacker:
    """The hostile editor, as long as it is let."""

    def __init__(self, process: asyncio.subprocess.Process, server: LiveServer) -> None:
        self._process = process
        self._place = {"url": server.ws, "chapter": CHAPTER, "token": server.tokens[OFFENDER]}
        self.closes = 0
        self.sent = 0

    async def ask(self, **command: object) -> dict[str, object]:
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(json.dumps({"run": OFFENDER, **command}).encode() + b"\n")
        answer: dict[str, object] = json.loads(await self._process.stdout.readline())
        assert "error" not in answer, answer  # noqa: S101
        return answer

    async def come(self) -> None:
        await self.ask(**self._place)

    async def attack(self, kind: str) -> None:
        """Until it is cancelled, and again whenever it was closed."""
        while True:
            answer = await self.ask(attack=kind, paragraph=LOCKED, times=20, pause=0)
            self.sent += int(str(answer["sent"]))
            if answer["closed"] is not None:
                self.closes += 1
                await self.ask(connect=True)


def run() -> Iterator[Row]:
    """Measure it: as the server is set up, and with one that closes nobody for what it undoes."""
    for what, burst in (("an attacker", 500), ("an attacker who is not closed", 10**9)):
        with TemporaryDirectory() as folder:
            server = LiveServer(Path(folder) / "data", {"log_level": "warning", "locked_edits_burst": burst})
            server.start(on_server_core([]))
            try:
                yield from asyncio.run(_measure(server, what))
            finally:
                server.stop()


async def _measure(server: LiveServer, what: str) -> list[Row]:
    calm: list[Times] = []
    attacked: list[Times] = []
    attackers: list[Attacker] = []
    async with AsyncExitStack() as closing:
        typists = await _come(server, closing)
        await _prepare(server, typists[0].link)
        await _turn(typists, Times(), SECONDS)
        for number in range(ROUNDS):
            for under_attack in (number % 2 == 0, number % 2 == 1):
                times = Times()
                (attacked if under_attack else calm).append(times)
                if not under_attack:
                    await _turn(typists, times, SECONDS)
                    continue
                async with _attacking(server) as attacker:
                    attackers.append(attacker)
                    attack = asyncio.create_task(attacker.attack(ATTACKS[number % len(ATTACKS)]))
                    await _turn(typists, times, SECONDS)
                    attack.cancel()
    return _rows(what, calm, attacked, attackers)


@asynccontextmanager
async def _attacking(server: LiveServer) -> AsyncIterator[Attacker]:
    """An attacker who is there for a while: what it has not sent by then is not the next turn's."""
    process = await asyncio.create_subprocess_exec(
        *on_load_core(["nice", "-n", "19", "node", str(ROOT / "tests" / "node" / "hostile-editor.mjs")]),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    attacker = Attacker(process, server)
    try:
        await attacker.come()
        yield attacker
    finally:
        process.kill()
        await process.wait()


def _rows(what: str, calm: list[Times], attacked: list[Times], attackers: list[Attacker]) -> list[Row]:
    rows = []
    for percent in (50, 95):
        without, beside = _all(calm).at(percent), _all(attacked).at(percent)
        ratios = [two.at(percent) / one.at(percent) for one, two in zip(calm, attacked, strict=True)]
        rows += [
            Row(f"{TYPISTS} typists, {percent} % of echoes within", without, "ms"),
            Row(f"{TYPISTS} typists and {what}, {percent} %", beside, "ms"),
            Row(f"{TYPISTS} typists and {what}, {percent} %, against calm", (beside / without - 1) * 100, "% more"),
            Row("the same, median of the rounds", (median(ratios) - 1) * 100, "% more"),
        ]
    return [
        *rows,
        Row("attacks sent", sum(one.sent for one in attackers) / (ROUNDS * SECONDS), "a second"),
        Row("closed for them", sum(one.closes for one in attackers), "times"),
        Row("the load client was busy", max(_all(calm + attacked).busy) * 100, "% at most"),
    ]


def _all(turns: list[Times]) -> Times:
    return Times([one for turn in turns for one in turn.latencies], [one for turn in turns for one in turn.busy])


async def _come(server: LiveServer, closing: AsyncExitStack) -> list[Typist]:
    updates: dict[str, deque[bytes]] = {f"person-{number}": deque() for number in range(TYPISTS)}
    enough = round(1.5 * TYPISTS * EACH * SECONDS * (2 * ROUNDS + 1))
    for who, update in keystrokes(enough, TYPISTS, every=2):
        updates[who].append(update)
    typists = []
    for number in range(TYPISTS):
        headers = server.bearer(HONEST[number % len(HONEST)])
        address = f"{server.ws}/{CHAPTER}"
        link = await closing.enter_async_context(
            connect(address, additional_headers=headers, compression=None, max_size=None, ping_interval=None)
        )
        typists.append(Typist(link, 1000 + number, updates[f"person-{number}"]))
        listening = asyncio.create_task(typists[-1].listen())
        closing.callback(listening.cancel)
    return typists


async def _prepare(server: LiveServer, link: ClientConnection) -> None:
    await link.send(protocol.sync_update(opening()))
    for number in range(1, 36, 2):
        path = f"/api/chapters/{CHAPTER}/paragraphs/p-{number}/lock"
        answer = await asyncio.to_thread(server.request, "PUT", path, "vice-chair", json={})
        assert answer.status_code == 200, answer.text  # noqa: S101


async def _turn(typists: list[Typist], times: Times, seconds: float) -> None:
    until = time.perf_counter() + seconds
    for typist in typists:
        typist.times = times
    busy, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(one.type(until, index / TYPISTS / EACH) for index, one in enumerate(typists)))
    times.busy.append((time.process_time() - busy) / (time.perf_counter() - began))
