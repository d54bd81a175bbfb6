"""The programs of the load, as objects: the crowd that types, the pings, the real Yjs clients."""

import json
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.load.building import HERE, program
from benchmarks.load.places import FIRST_ID, opening
from benchmarks.servers.base import Door, Server, on_load_core

Event = dict[str, Any]
PINGS = 4
"""Connections of `Pings`: so that each stays well below what one may send."""
EVERY = 5
"""Milliseconds between two pings."""


class LoadFailed(Exception):
    """A program of the load ended before its time; what it said is on stderr."""


class _Program:
    def __init__(self, command: Sequence[str], folder: Path | None = None) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (our own programs)
            on_load_core(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
        )

    def say(self, line: str) -> None:
        """Give it a line to read."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hear(self, event: str = "") -> Event:
        """Its next line; with `event`, the next that tells of this."""
        assert self._process.stdout is not None  # noqa: S101
        while line := self._process.stdout.readline():
            answer: Event = json.loads(line)
            if event in {"", answer.get("event")}:
                return answer
        raise LoadFailed(f"{self._process.args!r}: no {event or 'answer'}")

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None  # noqa: S101
            with suppress(BrokenPipeError):
                pipe.close()


class Crowd(_Program):
    """Clients that type, each in a paragraph of its own, evenly in the rooms given."""

    def __init__(self, server: Server, rooms: Sequence[str], people: int) -> None:
        super().__init__([str(program("client"))])
        self.rooms = [number % len(rooms) for number in range(people)]
        self.say(f"port {server.port}")
        self.say(f"first {FIRST_ID}")
        texts = opening(-(-people // len(rooms))).texts
        for number, room in enumerate(self.rooms):
            door = server.door(rooms[room], number)
            client, clock = texts[number // len(rooms)]
            self.say(f"client {client} {clock} {room} {door.name or '-'} {door.target} {door.header}".rstrip())

    def ask(self, command: str, event: str) -> Event:
        """Give a command and wait for what it ends with."""
        self.say(command)
        return self.hear(event)

    def paragraphs(self, room: int) -> list[int]:
        """The numbers of those who are in a room, in the order of their paragraphs."""
        return [number for number, its in enumerate(self.rooms) if its == room]


class Pings(_Program):
    """Ask how long the server's event loop is held, until they are stopped."""

    def __init__(self, server: Server, room: str) -> None:
        door = server.door(room, 0)
        command = [str(program("ping")), str(server.port), door.target, str(PINGS), str(EVERY)]
        super().__init__([*command, door.header] if door.header else command)
        self.hear("pinging")

    def stop(self) -> Event:
        """What they saw, in ms."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.close()
        return self.hear("pinged")


class Witness(_Program):
    """A real Yjs client (in Node) that applies everything, to check the text at the end. `modules` has yjs and ws."""

    def __init__(self, door: Door, modules: Path) -> None:
        super().__init__(["node", str(HERE / "witness.mjs")], modules)
        self.say(json.dumps({"url": door.url, "name": door.name, "header": door.header}))
        self.hear("in")

    def texts(self) -> dict[str, str]:
        """The text of each paragraph, by its id."""
        self.say("texts")
        texts: dict[str, str] = self.hear("texts")["texts"]
        return texts
