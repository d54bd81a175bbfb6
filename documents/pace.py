"""How often rooms step: at once while there is little to do, and all together, in turns, while there is more.

A turn begins no sooner than `PERIOD` after the one before; so what is typed in between goes into one step, one commit
of all rooms and one write to each reader. Where fan-outs take long the turns are further apart, so that fan-outs take
at most about `SHARE` of a server's time, whatever the machine, the number of people and the size of what is sent; but
never further than `LONGEST`: beyond that the share grows. What comes after a pause travels at once, as a lone typist's
words do.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter, thread_time
from types import TracebackType
from typing import Final

SHARE: Final = 1 / 8
"""Of the time, for fan-outs."""
PERIOD: Final = 0.007
"""Seconds from one turn to the next. A turn costs most of a millisecond whatever is in it: three times the server wakes
up, the disk is written to, and all who read are."""
LONGEST: Final = 0.06
"""Seconds from one turn to the next, at most."""
LEAST: Final = 0.001
"""Seconds that are not worth waiting for, since timers are no finer."""
WEIGHT: Final = 1 / 16
"""Of the last turn in the mean of what turns cost. One and the same fan-out takes twice as long as the one before when
the caches are cold: to wait for each by its own cost makes the slowest hundredth of all delays half as long again."""


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
        self._turned = clock() - LONGEST
        """When the last turn began."""
        self._began = 0.0
        """When the fan-out began that is under way, by `work`."""
        self._spent = 0.0
        """What the fan-outs since the last turn took, in seconds."""
        self._mean = 0.0
        """The same, of each of the last turns."""
        self._led = False
        """Whether somebody waits, whom all others follow who come meanwhile."""
        self._followers: list[asyncio.Future[None]] = []

    def wait(self) -> float:
        """Seconds until the next turn may begin; 0 when it may now."""
        period = min(max(PERIOD, self._mean / SHARE), LONGEST)
        wait = self._turned + period - self._clock()
        return wait if wait >= LEAST else 0.0

    async def turn(self) -> None:
        """Wait for the next turn. All who wait have it together, so that what they write goes into one commit."""
        if self._led:
            follower = asyncio.get_running_loop().create_future()
            self._followers.append(follower)
            await follower
            return
        self._led = True
        try:
            while wait := self.wait():
                await self._sleep(wait)
            self._turned = self._clock()
            self._mean += (self._spent - self._mean) * WEIGHT
            self._spent = 0.0
        finally:
            self._led = False
            followers, self._followers = self._followers, []
            for follower in followers:
                if not follower.done():  # it is, when who waits was cancelled
                    follower.set_result(None)

    def __enter__(self) -> None:
        self._began = self._work()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._spent += self._work() - self._began
