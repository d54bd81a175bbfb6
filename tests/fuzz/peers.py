"""The processes that what was admitted is tried on: pycrdt in a process that may die, and Yjs in Node."""

import json
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent.parent
NODE = ROOT / "tests" / "node"
DEADLINE = 20.0
"""Seconds after which an answer counts as a hang."""


class Peer:
    """A process that answers one JSON line with another. It is started again after it died."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer, or {"error": …} when the process died or hung; then {"applied": …} has its last sign of life."""
        self.send(question)
        return self.answer()

    def send(self, question: dict[str, Any]) -> None:
        """Ask without waiting."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The answer to the oldest question."""
        stdout = self._process.stdout
        assert stdout is not None
        last: dict[str, Any] = {}
        while True:
            ready, _, _ = select.select([stdout], [], [], DEADLINE)
            line = stdout.readline() if ready else b""
            if not line:
                self._process.kill() if not ready else None
                reason = "it hangs" if not ready else f"it died with {self._process.wait()}"
                self._stop()
                self._process = self._start()
                return {"error": reason, **last}
            last = json.loads(line)
            if "applied" not in last:
                return last

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def _stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def victim() -> Peer:
    """pycrdt, as the server has it."""
    return Peer([sys.executable, "-m", "tests.fuzz.victim"])


def yjs() -> Peer:
    """Yjs, as a browser has it."""
    return Peer(["node", str(NODE / "traffic-peer.mjs")])
