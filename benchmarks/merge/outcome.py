"""What one way of merging took: measured in a process of its own."""

import gc
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one run."""

    milliseconds: float
    """CPU time of the whole process, its threads included."""
    memory: int
    """Bytes: the peak above what was in use before."""
    bytes: int
    """Of the whole chapter as one update, deleted text included, or what the library has in its place."""
    text: str
    """A digest of the paragraphs' text, to compare with the others'."""


def measure(merge: Callable[[], None]) -> tuple[float, int]:
    """Run it once; returns CPU milliseconds and the peak of memory in bytes (0 where there is no /proc)."""
    gc.collect()
    before = _memory("VmRSS", reset=True)
    start = time.process_time()
    merge()
    milliseconds = (time.process_time() - start) * 1e3
    return milliseconds, max(0, _memory("VmHWM") - before)


def _memory(name: str, *, reset: bool = False) -> int:
    if not _CLEAR.exists():
        return 0
    if reset:
        _CLEAR.write_text("5")  # the peak is what is in use now
    found = re.search(rf"{name}:\s+(\d+) kB", _STATUS.read_text())
    return int(found[1]) * 1024 if found else 0


def digest(texts: list[str]) -> str:
    """Of the paragraphs' text: equal for equal texts."""
    return sha256("\n".join(texts).encode()).hexdigest()[:16]
