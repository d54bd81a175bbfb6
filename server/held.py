"""How long single steps hold the event loop: nobody is heard, and nothing is sent, until each of them is done."""

import asyncio
from bisect import bisect_left
from itertools import accumulate
from time import perf_counter
from typing import Final

PERIOD: Final = 0.01
"""Seconds between two looks: a step that takes longer makes the next look late."""
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds in seconds; one more bucket holds what took longer."""


class Held:
    """Looks a hundred times a second how late it is: that is how long something else has held the loop, less the part
    of a period that was left when it began."""

    def __init__(self) -> None:
        self.longest = 0.0
        """Seconds, since the start."""
        self.total = 0.0
        self._counts = [0] * (len(BUCKETS) + 1)

    @property
    def buckets(self) -> list[tuple[str, float]]:
        """As Prometheus has them: upper bound, and how many were no later than that."""
        bounds = [*map(str, BUCKETS), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self._counts)), strict=True))

    def see(self, late: float) -> None:
        """Note that a look was so many seconds late."""
        late = max(0.0, late)
        self.longest = max(self.longest, late)
        self.total += late
        self._counts[bisect_left(BUCKETS, late)] += 1

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            began = perf_counter()
            await asyncio.sleep(PERIOD)
            self.see(perf_counter() - began - PERIOD)
