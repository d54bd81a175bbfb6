"""Rows of text, printed in columns."""

from collections.abc import Iterable, Sequence

from auth.people import Participant


def participant_cells(participant: Participant) -> list[str]:
    """What a row says of a participant."""
    delegation = participant.delegation
    return [participant.id, participant.name, delegation.name, delegation.group.value]


def print_table(rows: Iterable[Sequence[str]]) -> None:
    """One row a line, the columns aligned. All rows have as many cells."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())  # noqa: T201
