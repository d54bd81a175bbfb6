"""What the metrics say of steps that hold the event loop."""

import asyncio
import time

from server.held import BUCKETS, PERIOD, Held


def test_each_look_is_counted_once_by_how_late_it_was() -> None:
    held = Held()
    for late in (-0.001, 0.0, 0.004, 0.03, 0.05, 7.0):
        held.see(late)
    counts = dict(held.buckets)
    assert counts["0.005"] == counts["0.025"] == 3
    assert counts["0.05"] == counts["2.5"] == 5
    assert counts["+Inf"] == 6
    assert [float(bound) for bound, _ in held.buckets[:-1]] == list(BUCKETS)
    assert held.longest == 7.0


async def test_a_step_that_holds_the_loop_is_seen() -> None:
    held = Held()
    watching = asyncio.create_task(held.watch())
    await asyncio.sleep(0)
    end = time.perf_counter() + 5 * PERIOD
    while time.perf_counter() < end:  # nothing else can run
        pass
    async with asyncio.timeout(10):
        while not held.longest:  # noqa: ASYNC110
            await asyncio.sleep(0)
    watching.cancel()
    assert held.longest >= 4 * PERIOD
