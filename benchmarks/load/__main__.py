"""`python -m benchmarks.load W1 [--seconds 10] [--server hocuspocus]`: some workloads, as names and values."""

import argparse
import json

from benchmarks.load.workloads import WORKLOADS
from benchmarks.servers.all import SERVERS


def main() -> None:
    """Run the workloads that are named."""
    by_id = {workload.id: workload for workload in WORKLOADS}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("workloads", nargs="+", choices=by_id, metavar="WORKLOAD", help=", ".join(by_id))
    parser.add_argument("--seconds", type=float, default=10.0, help="what a measurement takes")
    parser.add_argument("--server", choices=SERVERS, default="adref", help="this one, a floor or a peer")
    options = parser.parse_args()
    for name in options.workloads:
        outcome = by_id[name].run(SERVERS[options.server], options.seconds)
        print(name, json.dumps({key: round(value, 4) for key, value in outcome.items()}, indent=1))  # noqa: T201


main()
