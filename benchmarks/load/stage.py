"""A server with its documents, a crowd and witnesses: what every workload begins with, and how it is measured."""

import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from benchmarks.load.building import ROOT
from benchmarks.load.clients import Crowd, Event, Pings, Witness
from benchmarks.load.editor import Editor
from benchmarks.load.places import FIRST_ID, opening, typed
from benchmarks.servers.base import Server

ASIDE = "aside"
"""A room where nothing happens, for the pings."""
RATE = 5.0
"""Characters a second and client."""
LOADING = 10.0
"""Seconds that a server may take until it shows what it has on disk."""
PATIENCE = 30.0
"""Seconds until everything typed must have been seen by all."""
YJS = ROOT / "tests" / "node"
"""Where the witnesses find Yjs."""

Outcome = dict[str, float]
"""What a run gave, by name: times in ms unless the name says otherwise; 1 and 0 for yes and no."""
_Kept = TypeVar("_Kept", Crowd, Witness, Pings)
Kind = Callable[[Path, list[str], int], Server]


@dataclass
class Stage:
    """A server that is ready: its rooms have their paragraphs."""

    server: Server
    rooms: list[str]
    people: int
    _editors: list[Editor]
    _opened: ExitStack

    def enter(self, crowd: Crowd, people: int) -> Event:
        """The first so many come in. Only then do those leave who made the paragraphs: some servers forget a document
        whose last client goes."""
        event = crowd.ask(f"open {people} {PATIENCE}", "open")
        while self._editors:
            self._editors.pop().close()
        return event

    def restart(self) -> None:
        """Stop the server in good order and start it again."""
        while self._editors:
            self._editors.pop().close()
        self.server.stop()
        self.server.start()

    def crowd(self) -> Crowd:
        """Everybody, not yet connected."""
        return self._kept(Crowd(self.server, self.rooms, self.people))

    def witnesses(self, count: int = 2) -> list[tuple[int, Witness]]:
        """Real Yjs clients, each with the number of its room: in the first rooms, or together in the only one."""
        numbers = [each % len(self.rooms) for each in range(count)]
        return [(room, self._kept(Witness(self.server.door(self.rooms[room], room), YJS))) for room in numbers]

    def pings(self) -> Pings:
        """Looking how long the event loop is held, from now on."""
        return self._kept(Pings(self.server, ASIDE))

    def _kept(self, one: _Kept) -> _Kept:
        self._opened.callback(one.close)
        return one

    def held(self, clocks: Sequence[int]) -> int:
        """How much of what was typed, up to these clocks, the server holds.

        Some show it only after a while, and only to those who stay.
        """
        with ExitStack() as staying:
            editors = [staying.enter_context(Editor(self.server.door(room, at))) for at, room in enumerate(self.rooms)]
            most, until = 0, time.monotonic() + LOADING
            while most < sum(clocks) and time.monotonic() < until:
                found = {client: clock for editor in editors for client, clock in editor.clocks().items()}
                held = sum(min(found.get(FIRST_ID + at, 0), clock) for at, clock in enumerate(clocks))
                most = max(most, held)
            return most


@contextmanager
def stage(kind: Kind, rooms: int, people: int, updates: Sequence[bytes] = ()) -> Iterator[Stage]:
    """Start a server on an empty folder and fill its rooms, with `updates` or a paragraph for each person; everything
    ends with the context."""
    allow_many_files()
    names = [f"room-{number}" for number in range(rooms)]
    data = ROOT / ".cache" / "load"
    data.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(dir=data)))
        server = kind(folder, [*names, ASIDE], people)
        opened.callback(server.stop)
        server.start()
        editors = [opened.enter_context(Editor(server.door(room, number))) for number, room in enumerate(names)]
        for editor in editors:
            for update in updates or [opening(-(-people // rooms)).update]:
                editor.push(update)
        yield Stage(server, names, people, editors, opened)


def allow_many_files() -> None:
    """Let this process and those that it starts have as many connections as the system grants."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def measure(on: Stage, crowd: Crowd, command: str, ends: str) -> tuple[Outcome, Event]:
    """Give the crowd a command that announces what is measured; what the server used meanwhile, and the last event."""
    crowd.say(command)
    began = crowd.hear("measuring")["at"]
    used = on.server.cpu()
    ended = crowd.hear("measured")["at"]
    outcome: Outcome = {"cpu": (on.server.cpu() - used) / (ended - began), "memory_mb": on.server.memory()}
    return outcome, crowd.hear(ends)


def texts_right(crowd: Crowd, witnesses: list[tuple[int, Witness]]) -> bool:
    """Whether the real clients read exactly what was typed."""
    clocks = crowd.ask("state", "state")["clocks"]
    for room, witness in witnesses:
        texts = witness.texts()
        if any(texts[f"p-{at}"] != typed(clocks[who]) for at, who in enumerate(crowd.paragraphs(room))):
            return False
    return True


def delays_of(event: Mapping[str, Mapping[str, float]], name: str = "delay") -> Outcome:
    """The quantiles of an event, in ms."""
    return {quantile: event[name][quantile] for quantile in ("p50", "p95", "p99")} | {"most": event[name]["most"]}
