"""What one step of a room lets in."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from pycrdt import merge_updates

from documents.crdt.gate import Admitted
from documents.gavel.set_aside import SetAside
from documents.model import Entry
from documents.seat import Seat

MERGE_AT_ONCE: Final = 64
"""Merging costs the square of the number of updates: more are merged in rounds."""


@dataclass(slots=True)
class Batch:
    """See the module."""

    entries: list[Entry] = field(default_factory=list)
    admitted: list[Admitted] = field(default_factory=list)
    """Those of its updates after which paragraphs may bear other names."""
    known: list[tuple[Seat, bytes]] = field(default_factory=list)
    """Updates that brought nothing new, to be acknowledged all the same."""
    set_aside: list[tuple[Seat, SetAside]] = field(default_factory=list)
    """What was undone of somebody's edits, in order; the same card again when it has grown."""
    writes: list[asyncio.Future[None]] = field(default_factory=list)


def merge(updates: list[bytes]) -> bytes:
    """Many admitted updates as one."""
    while len(updates) > 1:
        updates = [
            merge_updates(*updates[start : start + MERGE_AT_ONCE]) for start in range(0, len(updates), MERGE_AT_ONCE)
        ]
    return updates[0]
