"""Work on what strangers wrote, in a process of its own: it has bounds, and nobody else feels its weight.

A thread would share the server's memory, which Python seldom gives back, and its interpreter, for which all who type
would have to wait. One piece of work is done at a time; what comes meanwhile waits. A process serves once.
"""

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired
from typing import Any, Final, ParamSpec, TypeVar

from documents.errors import DocumentsError, RoomBusy

P = ParamSpec("P")
T = TypeVar("T")

MAX_HERE: Final = 32
"""Pieces of work that may be done or wait at once: each is as large as a request may be."""
_ROOT: Final = str(Path(__file__).parent.parent)
_BEGIN: Final = "import sys; sys.path.insert(0, sys.argv[1]); from server.apart import main; main()"
"""This package does it, and not whatever has its name where the server was started."""
_NICE: Final = 10
"""Those who type go before."""
_FAILED: Final = 1
"""Python's exit status for an exception that nobody has caught."""
_TOO_MUCH: Final = 3


@dataclass(slots=True, eq=False)
class WorkTooLarge(DocumentsError):
    """Work that was ended since it took too much. Nothing has come of it."""

    reason: str

    def __str__(self) -> str:
        return f"this can't be read: {self.reason}"


class Apart:
    """Does work apart, within `seconds` each and within so many bytes of memory. Cancelled work ends at once."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._seconds = seconds
        self._memory = memory
        self._turn = asyncio.Semaphore(1)
        self._here = 0

    async def run(self, work: Callable[P, T], *arguments: P.args, **more: P.kwargs) -> T:
        """What `work` gives; it, its arguments and its result have to be picklable.

        Raises what it raises of `DocumentsError` and `ValueError`, `WorkTooLarge`, `RoomBusy` when too much waits
        already, `RuntimeError` when the work has failed.
        """
        if self._here >= MAX_HERE:
            raise RoomBusy("the server, which has many uploads to read,")
        self._here += 1
        try:
            async with self._turn:
                answer = await self._ask(pickle.dumps((work, arguments, more)))
        finally:
            self._here -= 1
        return await asyncio.to_thread(_opened, answer)  # a long one takes its time

    async def _ask(self, asked: bytes) -> bytes:
        command = [sys.executable, "-P", "-c", _BEGIN, _ROOT, str(self._memory), str(ceil(self._seconds))]
        process = await asyncio.to_thread(Popen, command, stdin=PIPE, stdout=PIPE)
        try:
            answer = await asyncio.to_thread(_talk, process, asked, self._seconds)
        except TimeoutExpired:
            raise self._too_much() from None
        finally:
            process.kill()  # also when nobody waits for it any more; of one that has ended it does nothing
        if process.returncode == _FAILED:
            raise RuntimeError("work that was done apart has failed; it has said above why")
        if process.returncode:
            raise self._too_much()
        return answer

    def _too_much(self) -> WorkTooLarge:
        return WorkTooLarge(f"it takes more than {self._memory // 2**20} MB of memory, or {self._seconds:g} seconds")


def _talk(process: Popen[bytes], asked: bytes, seconds: float) -> bytes:
    with process:
        try:
            return process.communicate(asked, seconds)[0]
        except TimeoutExpired:
            process.kill()
            raise


def _opened(answer: bytes) -> Any:
    found = pickle.loads(answer)  # noqa: S301 (a process of ours has written it)
    if isinstance(found, Exception):
        raise found
    return found


def _bound(memory: int, seconds: int) -> None:
    """Keep this process behind others and, where the system can (not on Windows), within its bounds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever stops the server ends this too
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415

        for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
            _, hard = resource.getrlimit(kind)
            bound = most if hard == resource.RLIM_INFINITY else min(most, hard)  # the server may be bound itself
            resource.setrlimit(kind, (bound, hard))
        os.nice(_NICE)


def _work(asked: bytes) -> bytes:
    work, arguments, more = pickle.loads(asked)  # noqa: S301 (the server has written it)
    try:
        return pickle.dumps(work(*arguments, **more))
    except (DocumentsError, ValueError) as error:
        return pickle.dumps(error)


def main() -> None:
    """Do what is asked on the standard input, and answer on the standard output."""
    memory, seconds = map(int, sys.argv[2:])
    _bound(memory, seconds)
    try:
        sys.stdout.buffer.write(_work(sys.stdin.buffer.read()))
    except MemoryError:
        sys.exit(_TOO_MUCH)
