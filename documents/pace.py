"""How often rooms fan out: at once while it costs little, and the more it costs, the more is gathered first.

The rule: after a fan-out that took so long, no room begins its next step until `1 / SHARE` times as long has passed,
nor until `GAP` after a commit. So fan-outs take at most about that share of a server's time, whatever the machine, the
number of people and the size of what is sent. What comes after a pause travels at once, as a lone typist's words do;
140 typing wait some 10 ms for each other. The wait has a bound: beyond it the share grows, but nobody waits longer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter, thread_time
from types import TracebackType
from typing import Final

SHARE: Final = 1 / 6
"""Of the time, for fan-outs."""
GAP: Final = 0.006
"""Seconds from a commit to the next step of any room. A step costs most of a millisecond whatever is in it, and half of
that is the work of the storage's thread and of the kernel, which is not measured here."""
LONGEST: Final = 0.06
"""Seconds that are waited at most after a fan-out."""
LEAST: Final = 0.001
"""Seconds that are not worth waiting for, since timers are no finer. They are owed, and add up."""


class Pace:
    """Shared by all rooms of a server. As a context manager it measures a fan-out, in this thread's time of the CPU."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = perf_counter,
        work: Callable[[], float] = thread_time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`clock` tells the time, `work` how much of it this thread has worked, both in seconds."""
        self._clock = clock
        self._work = work
        self._sleep = sleep
        self._next = clock()
        """When the fan-outs so far are paid for."""
        self._committed = self._next - GAP
        self._began = 0.0

    def wait(self) -> float:
        """Seconds until the next step may begin; 0 when it may now."""
        wait = max(self._next, self._committed + GAP) - self._clock()
        return wait if wait >= LEAST else 0.0

    async def turn(self) -> None:
        """Wait for it."""
        while wait := self.wait():
            await self._sleep(wait)

    def committed(self) -> None:
        """A commit was made."""
        self._committed = self._clock()

    def __enter__(self) -> None:
        self._began = self._work()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        now = self._clock()
        self._next = min(max(self._next, now) + (self._work() - self._began) / SHARE, now + LONGEST)
