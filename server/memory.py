"""When Python looks for circles that nothing refers to any more: only while nobody is in a room.

A full run of the garbage collector looks at everything that is held: with long chapters open that takes a quarter of a
second, in which nobody is heard. What is dropped without being part of a circle is freed at once all the same, and
chapters cut their own circles when they are dropped (`documents.crdt.sequence`, `documents.crdt.ledger`). What is left
are crumbs of requests and connections; those that live for long wait until the last person has left.
"""

import gc
from typing import Final

from documents.rooms import Rooms

SECONDS: Final = 60
"""How often it is looked whether anybody is in a room."""

_NEVER: Final = 2**31 - 1


def never_pause() -> None:
    """From now on only what was made lately is looked through without being asked for."""
    gc.collect()
    gc.freeze()  # what programs consist of stays anyway
    youngest, young, _ = gc.get_threshold()
    gc.set_threshold(youngest, young, _NEVER)


class Memory:
    """Frees what is left over when everybody has gone."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._used = False
        self.runs = 0
        """How often everything was looked through."""

    async def tidy(self) -> None:
        """To be called now and then: looks through everything once when the rooms have emptied."""
        if any(room.occupied for room in self._rooms.opened()):
            self._used = True
        elif self._used:
            self._used = False
            self.runs += 1
            gc.collect()
