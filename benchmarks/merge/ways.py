"""All ways of merging a trace, by name, and how each is run in a process of its own."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.merge import python_ways as python
from benchmarks.merge.outcome import Outcome
from benchmarks.merge.traces import Trace

_YJS: Final = Path(__file__).with_name("yjs.mjs")
REFUSED: Final = 3
"""What a process ends with whose update was refused: the server bounds how long it looks for a place."""
EACH: Final = "each edit"
REJOINED: Final = "one update each"
"""Of each delegation: what its client sends when it comes back."""
HIGHEST_FIRST: Final = "highest client id first"
"""As the room takes them; by the bare library in one transaction."""


@dataclass(frozen=True, slots=True)
class Way:
    """`key` is what a program calls it; `most` is the largest number of delegations that it is tried with."""

    library: str
    name: str
    given: str
    """What arrives: an update for each edit, or one for each delegation."""
    key: str
    most: int = 500

    @property
    def way(self) -> tuple[str, str, str]:
        """As in results."""
        return self.library, self.name, self.given

    @property
    def title(self) -> str:
        """For tables."""
        return f"{self.library}: {self.name}"


WAYS: Final = (
    Way("Yjs", "one by one", EACH, "one_by_one"),
    Way("Yjs", "merged by 64", EACH, "merged_by_64"),
    Way("Yjs", "merged first", EACH, "merged_first", 50),
    Way("Yjs", "one by one", REJOINED, "rejoined_one_by_one"),
    Way("Yjs", "merged first", REJOINED, "rejoined_merged"),
    Way("pycrdt", "one by one", EACH, "one_by_one"),
    Way("pycrdt", "merged by 64", EACH, "merged_by_64"),
    Way("pycrdt", "64 in a transaction", EACH, "one_transaction"),
    Way("pycrdt", "merged first", EACH, "merged_first"),
    Way("pycrdt", "one by one", REJOINED, "rejoined_one_by_one"),
    Way("pycrdt", "merged first", REJOINED, "rejoined_merged"),
    Way("pycrdt", HIGHEST_FIRST, REJOINED, "rejoined_downwards"),
    Way("Loro", "one by one", REJOINED, "one_by_one", 50),
    Way("Loro", "import_batch", REJOINED, "in_a_batch"),
    Way("Loro", "import_batch", EACH, "every_edit_in_a_batch"),
    Way("Adref", "one by one", EACH, "every_edit"),
    Way("Adref", "one by one", REJOINED, "rejoined"),
    Way("Adref", HIGHEST_FIRST, REJOINED, "rejoined_downwards"),
)

_BARE: Final[dict[str, Callable[[python.Document, Trace], None]]] = {
    "one_by_one": python.one_by_one,
    "merged_first": python.merged_first,
    "one_transaction": python.one_transaction,
    "rejoined_one_by_one": python.rejoined_one_by_one,
    "rejoined_merged": python.rejoined_merged,
    "rejoined_downwards": python.rejoined_downwards_in_a_transaction,
} | {f"merged_by_{size}": python.merged_by(size) for size in (8, 16, 32, 64, 128, 256, 512, 1024)}
_CORE: Final = {
    "every_edit": python.every_edit,
    "rejoined": python.rejoined,
    "rejoined_downwards": python.rejoined_downwards,
}


def here() -> tuple[Way, ...]:
    """The ways that can be run: those of Loro only where it is installed."""
    has_loro = importlib.util.find_spec("loro") is not None
    return tuple(way for way in WAYS if has_loro or way.library != "Loro")


def fits(way: Way, trace: Trace) -> bool:
    """Whether a way can be run on a trace: Loro's branches would need imports while they are made, for hours."""
    branched = not trace.rejoined
    return trace.writers <= way.most and not (branched and (way.given == REJOINED or way.library == "Loro"))


def run(way: Way, trace: Path, seconds: float) -> Outcome | None:
    """Run it in a process of its own; None where that takes longer, or is refused because it would.

    Raises `CalledProcessError` if it fails.
    """
    program: list[str | Path] = [sys.executable, "-m", "benchmarks.merge.one", way.library]
    if way.library == "Yjs":
        program = ["node", "--expose-gc", _YJS]
    try:
        done = subprocess.run([*program, way.key, trace], check=True, stdout=subprocess.PIPE, timeout=seconds)  # noqa: S603
    except subprocess.TimeoutExpired:
        return None
    except subprocess.CalledProcessError as error:
        if error.returncode != REFUSED:
            raise
        return None
    return Outcome(**json.loads(done.stdout))


def merge(library: str, key: str, trace: Trace) -> Outcome:
    """Do it here and now."""
    if library == "pycrdt":
        return python.bare(trace, _BARE[key])
    if library == "Adref":
        return python.core(trace, _CORE[key])
    from benchmarks.merge import loro_way  # noqa: PLC0415 (it may not be installed)

    way = loro_way.one_by_one if key == "one_by_one" else loro_way.in_a_batch
    return loro_way.run(trace, way, every_edit=key.startswith("every_edit"))
