"""Timing that can be trusted a little: medians of several runs, and the machine's floor beside them."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """One line of results."""

    what: str
    value: float
    unit: str


def cpu_microseconds(work: Callable[[], int], runs: int = 5) -> float:
    """The median CPU time for each of the things that `work` says it did, in µs."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        count = work()
        times.append((time.process_time() - start) / count * 1e6)
    return median(times)


def fsync_milliseconds(folder: Path, runs: int = 200) -> float:
    """What the disk itself needs to make 4 kB durable: the floor under every commit."""
    path = folder / "floor"
    times = []
    with path.open("wb") as file:
        for _ in range(runs):
            start = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - start) * 1e3)
    path.unlink()
    return median(times)
