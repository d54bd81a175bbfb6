"""`python -m benchmarks`: runs every suite and prints its rows."""

import platform
from itertools import chain

from benchmarks import attack, authorship, gavel, keystroke


def main() -> None:
    """Run all suites."""
    print(f"Python {platform.python_version()}, {platform.machine()}")  # noqa: T201
    for row in chain(keystroke.run(), authorship.run(), gavel.run(), attack.run()):
        print(f"{row.what:60} {row.value:10.2f} {row.unit}", flush=True)  # noqa: T201


main()
