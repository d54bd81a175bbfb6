"""A sender waits while the room has not taken what it sent before: nobody's edits stand in everybody's way."""

import asyncio
from contextlib import suppress
from typing import Final, Protocol

from documents.chapter import ChapterDocument
from documents.errors import RoomBusy
from documents.model import AuthorId
from documents.room import Room

EDITS: Final = 32
"""After so many it is asked whether they were taken. At most twice as many, and a slice of what was read, wait."""
SIZE: Final = 32_768
"""Bytes that count as one edit more: a few large ones fill a room as well."""
LONGEST: Final = 5.0
"""Seconds that a sender is held up at most: while the storage fails, nothing may be taken for long."""


class Held(Protocol):
    """What is needed here of a `server.transport.Link`."""

    def hold_reading(self) -> None:
        """See `Link`."""

    def release_reading(self) -> None:
        """See `Link`."""


class Pressure:
    """Of one connection."""

    def __init__(self, link: Held, room: Room, sender: AuthorId) -> None:
        self._link = link
        self._room = room
        self._sender = sender
        self._edits = 0
        """Handed to the room since it was asked last."""
        self._asking: asyncio.Task[None] | None = None

    def handed(self, edits: int, size: int) -> None:
        """So many more edits wait in the room, and so many bytes."""
        self._edits += edits + size // SIZE
        if self._edits < EDITS:
            return
        if self._asking is None:
            self._ask()
        else:
            self._link.hold_reading()

    def stop(self) -> None:
        """The connection has ended."""
        if self._asking is not None:
            self._asking.cancel()

    def _ask(self) -> None:
        self._edits = 0
        self._asking = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        with suppress(RoomBusy, TimeoutError):
            async with asyncio.timeout(LONGEST):
                await self._room.read(_nothing, after=self._sender)
        self._asking = None
        if self._edits >= EDITS:
            self._ask()
        self._link.release_reading()


def _nothing(_: ChapterDocument) -> None:
    """To be answered when all that came before was taken."""
