"""`python -m benchmarks`: runs every suite and prints its rows."""

import platform

from benchmarks import keystroke


def main() -> None:
    """Run all suites."""
    print(f"Python {platform.python_version()}, {platform.machine()}")  # noqa: T201
    for row in keystroke.run():
        print(f"{row.what:40} {row.value:10.2f} {row.unit}", flush=True)  # noqa: T201


main()
