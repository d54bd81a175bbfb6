"""What was aimed at, beside what came out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from benchmarks.load.workloads import EDITS
from benchmarks.tables import two_digits

Medians = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By workload, server and name."""
OWN = "adref"
PEERS = ("hocuspocus", "y-memory", "y-leveldb", "pycrdt")
HOLDS_THE_LOOP = 50.0
"""Milliseconds that no step may take."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One line: what, the limit, the figure, and whether it holds."""

    what: str
    limit: float
    figure: Callable[[Medians], float]
    at_least: bool = False
    unit: str = ""

    def line(self, medians: Medians) -> str:
        """A row of the table."""
        try:
            figure = self.figure(medians)
        except (KeyError, ValueError):
            return f"| {self.what} | {self._limit()} | not measured | |"
        holds = figure >= self.limit if self.at_least else figure <= self.limit
        return f"| {self.what} | {self._limit()} | {two_digits(figure)}{self.unit} | {'yes' if holds else '**no**'} |"

    def _limit(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.limit:,g}{self.unit}"


def _of(workload: str, name: str, server: str = OWN) -> Callable[[Medians], float]:
    return lambda medians: medians[workload][server][name]


def _ratio(workload: str, name: str, server: str) -> Callable[[Medians], float]:
    return lambda medians: medians[workload][OWN][name] / medians[workload][server][name]


def _to_best(workload: str, name: str) -> Callable[[Medians], float]:
    def ratio(medians: Medians) -> float:
        found = medians[workload]
        return found[OWN][name] / min(found[peer][name] for peer in PEERS if found.get(peer, {}).get(name, -1) > 0)

    return ratio


def _longest_hold(medians: Medians) -> float:
    return max(servers[OWN]["step_held"] for servers in medians.values() if "step_held" in servers.get(OWN, {}))


CLAIMS = (
    Claim("W1: CPU, against Hocuspocus", 0.30, _ratio("W1", "cpu", "hocuspocus"), unit=" ×"),
    Claim("W1: p99, against Hocuspocus", 1.5, _ratio("W1", "p99", "hocuspocus"), unit=" ×"),
    Claim("W1: CPU, against the C broadcaster with 10 ms", 2, _ratio("W1", "cpu", "floor-10ms"), unit=" ×"),
    Claim("W2: CPU, against the best peer", 0.7, _to_best("W2", "cpu"), unit=" ×"),
    Claim("W2: p50", 5, _of("W2", "p50"), unit=" ms"),
    Claim("W3: CPU, against the best peer", 0.7, _to_best("W3", "cpu"), unit=" ×"),
    Claim("W3: p50", 5, _of("W3", "p50"), unit=" ms"),
    Claim("clients typing in one room with p99 under 250 ms", 1_000, _of("saturation", "most_clients"), at_least=True),
    Claim("W4: all in, against the best peer", 1, _to_best("W4", "all_in"), unit=" ×"),
    Claim("W5: CPU", 0.10, _of("W5", "cpu")),
    Claim("W5: memory over empty", 60, _of("W5", "over_empty_mb"), unit=" MB"),
    Claim("`kill -9` at 150 a second: on disk", EDITS, _of("kill-150", "kept"), at_least=True),
    Claim("`kill -9` at 20 a second: on disk", EDITS, _of("kill-20", "kept"), at_least=True),
    Claim(
        "`kill -9` in the middle of W1: share of what was seen that is on disk",
        1,
        lambda medians: medians["kill-700"][OWN]["kept"] / medians["kill-700"][OWN]["shown"],
        at_least=True,
    ),
    Claim("longest hold of the event loop, in any workload measured", HOLDS_THE_LOOP, _longest_hold, unit=" ms"),
)


def claims(medians: Medians) -> Iterator[str]:
    """The table."""
    yield "| what | aimed at | measured | holds |"
    yield "|---|---|---:|---|"
    for claim in CLAIMS:
        yield claim.line(medians)
