"""How far a command has come, as bars on a terminal; nothing of it in pipes and files."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from documents.progress import Told, untold


@contextmanager
def bars(*, wanted: bool = True) -> Iterator[Told]:
    """A bar for each thing that is done, which all go away at the end. Only where people read both kinds of output."""
    if not (wanted and sys.stdout.isatty() and sys.stderr.isatty()):
        yield untold
        return
    from rich.console import Console  # noqa: PLC0415 (it takes its time, and mostly nobody looks)
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        known: dict[str, TaskID] = {}

        def tell(what: str, share: float) -> None:
            if what not in known:
                known[what] = shown.add_task(what, total=1)
            shown.update(known[what], completed=share)

        yield tell
