"""Measures servers side by side: every workload in rounds, in which the servers take turns, so that noise hits all.

`python -m benchmarks.compare --peers` measures everything; `--only W1 --add` measures that alone and keeps the rest of
what was measured before. What is measured with peers is kept in `results/load.json`, from which `benchmarks.report`
makes the pages and pictures; what is measured without them is not.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.load.building import BUILT, ROOT
from benchmarks.load.clients import LoadFailed
from benchmarks.load.stage import Outcome
from benchmarks.load.workloads import WORKLOADS, Workload
from benchmarks.machine import described
from benchmarks.peers.servers import fetch
from benchmarks.servers.all import OWN, SERVERS

KEPT = ROOT / "benchmarks" / "results" / "load.json"


@dataclass
class Measured:
    """All that was measured, by workload and server, a value for each round."""

    machine: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    runs: dict[str, dict[str, list[Outcome]]] = field(default_factory=dict)
    terms: dict[str, str] = field(default_factory=dict)
    """Of each workload: how often, how long and when."""

    @classmethod
    def read(cls, path: Path = KEPT) -> "Measured":
        """What was kept; empty when nothing was."""
        return cls(**json.loads(path.read_text())) if path.exists() else cls()

    def write(self, path: Path = KEPT) -> None:
        """Keep it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def measure(workload: Workload, servers: Iterable[str], rounds: int, seconds: float, into: Measured) -> None:
    """Measure one workload anew, on all servers that it makes sense for."""
    chosen = _fit_for(workload, servers)
    results: dict[str, list[Outcome]] = {name: [] for name in chosen}
    for number in range(workload.rounds(rounds)):
        for name in chosen:
            began = time.monotonic()
            outcome = _one(workload, name, seconds)
            results[name].append(outcome)
            _tell(f"{workload.id} · {name} · round {number + 1} · {time.monotonic() - began:.0f} s", outcome)
    into.runs[workload.id] = results
    times = "once" if workload.once or rounds == 1 else f"medians of {rounds} rounds"
    into.terms[workload.id] = f"{times}, {seconds:g} s each, {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC"


def _fit_for(workload: Workload, servers: Iterable[str]) -> list[str]:
    return [name for name in servers if SERVERS[name].durable or not workload.keeps]


def _minutes(workloads: Iterable[Workload], servers: Iterable[str], rounds: int, seconds: float) -> float:
    """About how long it takes: somewhat more where a server can't keep up."""
    runs = ((one, len(_fit_for(one, servers)) * one.rounds(rounds)) for one in workloads)
    return sum(number * (seconds + one.around) for one, number in runs) / 60


def _one(workload: Workload, name: str, seconds: float) -> Outcome:
    """Empty when the server could not take it at all."""
    try:
        return workload.run(SERVERS[name], seconds)
    except (LoadFailed, OSError, RuntimeError, TimeoutError) as error:
        print(f"{workload.id} · {name} failed: {error}", file=sys.stderr)  # noqa: T201
        return {}


def _tell(what: str, outcome: Outcome) -> None:
    shown = ("cpu", "p50", "p99", "all_in", "over_empty_mb", "most_clients", "kept", "loop_held", "text_right")
    values = [f"{name} {outcome[name]:.3g}" for name in shown if name in outcome]
    print(f"{what:44} {'  '.join(values)}", flush=True)  # noqa: T201


def _options() -> Any:
    by_id = [workload.id for workload in WORKLOADS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peers", action="store_true", help="the peers too, which are fetched")
    parser.add_argument("--rounds", type=int, default=3, help="how often; the medians count (3)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement (5)")
    parser.add_argument("--only", nargs="+", choices=by_id, default=by_id, metavar="WORKLOAD", help=", ".join(by_id))
    parser.add_argument("--add", action="store_true", help="keep what was measured of other workloads")
    return parser.parse_args()


def main() -> None:
    """Measure what is asked for."""
    options = _options()
    if options.peers:
        fetch()
    servers = list(SERVERS) if options.peers else list(OWN)
    place = KEPT if options.peers else BUILT / "own.json"
    measured = Measured.read(place) if options.add else Measured()
    measured.machine = described()
    measured.versions |= {name: SERVERS[name].version() for name in servers}
    workloads = [workload for workload in WORKLOADS if workload.id in options.only]
    minutes = _minutes(workloads, servers, options.rounds, options.seconds)
    print(f"This takes about {max(1, round(minutes))} minutes.", flush=True)  # noqa: T201
    for workload in workloads:
        measure(workload, servers, options.rounds, options.seconds, measured)
        measured.write(place)


if __name__ == "__main__":
    main()
