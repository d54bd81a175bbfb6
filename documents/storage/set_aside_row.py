"""What was set aside, as a row of the database, and back."""

from collections.abc import Sequence
from typing import Any, get_args

from documents.errors import StorageDamaged
from documents.gavel.set_aside import SetAside, State, decode_runs, encode_runs

COLUMNS = "chapter, number, author, paragraph, label, at, updated, reason, lock, runs, state"
"""Of the table `set_aside`, as the fields of `SetAside` are ordered."""
UPSERT = (
    f"INSERT OR REPLACE INTO set_aside ({COLUMNS}) "  # noqa: S608 (names of columns)
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_KINDS = (str, int, str, str, str, int, int, str, int, str, str)


def set_aside_to_row(item: SetAside) -> tuple[str | int, ...]:
    return (
        item.chapter,
        item.number,
        item.author,
        item.paragraph,
        item.label,
        item.at,
        item.updated,
        item.reason,
        item.lock,
        encode_runs(item.runs),
        item.state,
    )


def set_aside_from_row(row: Sequence[Any]) -> SetAside:
    """Raises `StorageDamaged` when the row is not what was written."""
    where = f"number {row[1]} of what was set aside in chapter {row[0]!r}"
    if not all(isinstance(value, kind) for value, kind in zip(row, _KINDS, strict=True)):
        raise StorageDamaged(where, "it has values of the wrong kind")
    chapter, number, author, paragraph, label, at, updated, reason, lock, runs, state = row
    if state not in get_args(State):
        raise StorageDamaged(where, f"its state is {state!r}")
    try:
        kept = decode_runs(runs)
    except ValueError as error:
        raise StorageDamaged(where, str(error)) from error
    return SetAside(chapter, number, author, paragraph, label, at, updated, reason, lock, kept, state)
