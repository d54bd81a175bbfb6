"""`python -m benchmarks.merge`: measures every way of merging on every workload, and writes the tables and plots.

`--short` takes small traces and one round; `--only NAME` (again and again, if wanted) measures only these workloads and
keeps the others' last results; `--trace FILE` measures a public trace too, such as `automerge-paper.json.gz` of the
collection editing-traces.
"""

import argparse
from pathlib import Path

from benchmarks.merge import public, report, suite
from benchmarks.merge.traces import WORKLOADS


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.merge", description="Measures the merge core.")
    parser.add_argument("--short", action="store_true", help="small traces, one round")
    parser.add_argument("--only", action="append", choices=[*WORKLOADS, "batches"], help="measure this workload only")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run; the median counts (3)")
    parser.add_argument("--seconds", type=float, default=60, help="how long one run may take (60)")
    parser.add_argument("--trace", type=Path, help="a public trace as JSON (.json, .json.gz)")
    chosen = parser.parse_args()
    plan = suite.Plan(
        sizes=(10, 50) if chosen.short else (10, 50, 140, 500),
        rounds=1 if chosen.short else chosen.rounds,
        seconds=chosen.seconds,
    )
    results = report.load()
    for name in chosen.only or [*WORKLOADS, "batches"]:
        for result in suite.batches(plan) if name == "batches" else suite.workload(name, plan):
            results.put(result)
            print(result.line(), flush=True)  # noqa: T201
        if not chosen.short:
            report.write(results)
    if chosen.trace is not None:
        for result in suite.of_trace(public.read(chosen.trace), plan):
            results.put(result)
            print(result.line(), flush=True)  # noqa: T201
        report.write(results)


main()
