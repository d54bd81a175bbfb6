"""What is measured: which ways on which traces, how often."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.merge import trace_file, ways
from benchmarks.merge.outcome import Outcome
from benchmarks.merge.traces import WORKLOADS, Trace
from benchmarks.merge.ways import EACH, Way

SMALL: Final = {"same index": (5, 10, 25, 50)}
"""How many delegations at the most where the time grows with the square."""
SIZES: Final = (8, 16, 32, 64, 128, 256, 512, 1024)
"""Updates merged at once, to choose from."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many delegations, how many rounds, and after how many seconds a run is given up."""

    sizes: Sequence[int]
    rounds: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Result:
    """The medians of one way on one trace; None for the milliseconds where it took too long."""

    workload: str
    writers: int
    edits: int
    library: str
    name: str
    given: str
    milliseconds: float | None
    memory: int = 0
    bytes: int = 0
    text: str = ""

    @property
    def key(self) -> tuple[str, int, str, str, str]:
        """What was measured."""
        return self.workload, self.writers, self.library, self.name, self.given

    @property
    def way(self) -> tuple[str, str, str]:
        """How it was measured."""
        return self.library, self.name, self.given

    def as_row(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def line(self) -> str:
        """For people who wait."""
        took = "given up" if self.milliseconds is None else f"{self.milliseconds:9.1f} ms {self.memory / 2**20:6.0f} MB"
        return f"{self.workload:12} {self.writers:4} {self.library:7} {self.name:20} {self.given:16} {took}"


def workload(name: str, plan: Plan) -> Iterator[Result]:
    """Every way on one workload, as the number of delegations grows."""
    most = max(plan.sizes)
    for writers in [size for size in SMALL.get(name, plan.sizes) if size <= most]:
        yield from of_trace(WORKLOADS[name](writers), plan)


def of_trace(trace: Trace, plan: Plan) -> Iterator[Result]:
    """Every way on one trace."""
    return _measure(trace, [way for way in ways.here() if ways.fits(way, trace)], plan)


def batches(plan: Plan) -> Iterator[Result]:
    """How many updates to merge at once: the largest of the usual traces."""
    tried = [Way("pycrdt", f"merged by {size}", EACH, f"merged_by_{size}") for size in SIZES]
    for result in _measure(WORKLOADS["scattered"](max(plan.sizes)), tried, plan):
        yield replace(result, workload="batches")


def _measure(trace: Trace, tried: Sequence[Way], plan: Plan) -> Iterator[Result]:
    """The rounds are interleaved, so that what disturbs the machine for a while disturbs all."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trace"
        trace_file.write(trace, path)
        outcomes: dict[Way, list[Outcome]] = {way: [] for way in tried}
        for _ in range(plan.rounds):
            for way in [*outcomes]:
                outcome = ways.run(way, path, plan.seconds)
                if outcome is None:
                    del outcomes[way]
                else:
                    outcomes[way].append(outcome)
    edits = sum(event.edit is not None for event in trace.events)
    for way in tried:
        base = Result(trace.name, trace.writers, edits, way.library, way.name, way.given, None)
        some = outcomes.get(way)
        yield base if some is None else replace(base, **_medians(some))


def _medians(outcomes: list[Outcome]) -> dict[str, Any]:
    return {
        "milliseconds": median(one.milliseconds for one in outcomes),
        "memory": round(median(one.memory for one in outcomes)),
        "bytes": round(median(one.bytes for one in outcomes)),
        "text": outcomes[0].text,
    }
