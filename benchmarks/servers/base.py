"""A server under load: a process of its own, alone on one core, with what it uses read from the system."""

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))
START_SECONDS = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


def on_server_core(command: Sequence[str]) -> list[str]:
    """A command of the server's: alone on a core, if there are two."""
    return ["taskset", "-c", str(CORES[0]), *command]


def on_load_core(command: Sequence[str]) -> list[str]:
    """A command of the load's: on another core than the server, if there is one."""
    return ["taskset", "-c", str(CORES[-1]), *command]


@dataclass(frozen=True, slots=True)
class Door:
    """How a client comes into a room."""

    url: str
    target: str
    """The part of the URL that a handshake asks for."""
    header: str = ""
    """With which a person signs in, as `Name: value`; empty where nobody has to."""
    name: str = ""
    """The document's name, where each message begins with it (Hocuspocus)."""


class Server(ABC):
    """One kind of server on an empty folder. Rooms are given at the start, since some servers have to know them."""

    title: str
    """As the results name it."""
    durable = True
    """Whether it keeps anything on disk."""
    prefixed = False
    """Whether messages begin with the document's name."""
    loads_late = False
    """Whether it answers with an empty document while it loads."""

    def __init__(self, folder: Path, rooms: Sequence[str], people: int) -> None:
        self.folder = folder
        self.rooms = list(rooms)
        self.people = people
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> Sequence[str]:
        """What starts it on `self.port` and `self.folder`."""

    @classmethod
    @abstractmethod
    def version(cls) -> str:
        """Of what is measured."""

    def environment(self) -> Mapping[str, str]:
        """What its environment has besides ours."""
        return {}

    def modules(self) -> Path | None:
        """The folder that it is started in."""
        return None

    def target(self, room: str) -> str:
        """The part of a room's address behind the host."""
        return f"/{room}"

    def header(self, number: int) -> str:
        """With which the client of this number signs in."""
        del number
        return ""

    def door(self, room: str, number: int) -> Door:
        """How the client of this number comes into a room."""
        target = self.target(room)
        url = f"ws://127.0.0.1:{self.port}{target}"
        return Door(url, target, self.header(number), room if self.prefixed else "")

    # Its life

    def start(self) -> float:
        """Start it, or start it again; the seconds until it answers."""
        began = time.monotonic()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (the servers to compare)
                on_server_core(self.command()),
                cwd=self.modules(),
                env=os.environ | dict(self.environment()),
                stdout=log,
                stderr=log,
            )
        while not _answers(self.port):
            if self._process.poll() is not None or time.monotonic() > began + START_SECONDS:
                raise RuntimeError(f"{self.title} did not start:\n{self.log()}")
            time.sleep(0.02)
        return time.monotonic() - began

    def log(self) -> str:
        """What it has printed."""
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def kill(self) -> None:
        """`kill -9`."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As an operator would."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    # What it uses

    def cpu(self) -> float:
        """Seconds of CPU so far, of all its threads."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> float:
        """Megabytes that are its alone, and its share of what it has in common with others."""
        lines = Path(f"/proc/{self._pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024

    def longest_step(self) -> float | None:
        """How long a single step held the event loop since the start, at most, in ms, if the server knows."""
        return None

    @property
    def _pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.title} is not running")
        return self._process.pid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
