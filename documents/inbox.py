"""What waits in a room, in the order in which it came."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from documents.chapter import ChapterDocument
from documents.errors import RoomBusy
from documents.model import AuthorId
from documents.protocol import PresenceEntry
from documents.seat import Seat

OVERHEAD: Final = 200
"""Bytes that an item takes besides its content, so that many empty ones are not free."""


@dataclass(slots=True)
class Edit:
    """An update from a client."""

    seat: Seat
    update: bytes
    answer: bool
    """Whether the client sent it in answer to step 1."""


@dataclass(slots=True)
class Heard:
    """What a client said of itself."""

    seat: Seat
    entries: Sequence[PresenceEntry]


@dataclass(slots=True)
class Write:
    """A change by the server itself, on somebody's behalf."""

    author: AuthorId
    change: Callable[[ChapterDocument], None]
    done: asyncio.Future[None]


@dataclass(slots=True)
class Look:
    """A question of the server to the document."""

    look: Callable[[ChapterDocument], Any]
    found: asyncio.Future[Any]

    def answer(self, document: ChapterDocument) -> None:
        """Resolve the future."""
        if self.found.done():
            return
        try:
            self.found.set_result(self.look(document))
        except Exception as error:  # noqa: BLE001 (it is the caller's, and reaches the caller)
            self.found.set_exception(error)


Item = Edit | Heard | Write | Look


class Inbox:
    """A queue that holds a bounded number of bytes from clients; what the server itself asks always has a place."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[tuple[Item, int]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item, size: int = 0) -> None:
        """Add an item; `size` is what a client sent, in bytes. Raises `RoomBusy`."""
        if size and self._bytes + size > self._limit:
            raise RoomBusy("the chapter")
        self._bytes += size
        self._items.append((item, size))

    def take(self) -> Item:
        """The oldest item. Raises `IndexError` when there is none."""
        item, size = self._items.popleft()
        self._bytes -= size
        return item
