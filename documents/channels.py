"""Our rooms behind pycrdt-websocket's seam: `WebsocketServer` and its ASGI server serve them like its own rooms.

Who embeds pycrdt-websocket (Jupyter does) plugs `ChannelServer` in where a `WebsocketServer` is expected and gets rooms
that are durable before visible, gated, and stamped. Any `pycrdt.Channel` will do as transport.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from anyio import Event, create_task_group
from pycrdt import Channel
from pycrdt.websocket import WebsocketServer, YRoom

from documents.crdt import protocol
from documents.errors import DocumentsError, MessageMalformed
from documents.gavel.set_aside import SetAside
from documents.model import AuthorId, ChapterId
from documents.room import Room
from documents.rooms import Rooms
from documents.seat import Bar, Denial, Seat, nothing_barred

log = logging.getLogger(__name__)

OUTBOX_BYTES = 2**20
"""What may wait for a channel that does not take it, before it is left behind."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the other end of a channel, as whoever accepted it knows."""

    author: AuthorId
    stamp: Mapping[str, Any]
    read_only: Denial | None = None
    bar: Bar = nothing_barred
    """What of the text they may not change: see `documents.room.Room.join`."""
    by_section: bool = False


class ChannelServer(WebsocketServer):
    """A `WebsocketServer` over `Rooms`. The last part of a channel's path is the chapter's id."""

    def __init__(self, rooms: Rooms, identify: Callable[[Channel], Visitor]) -> None:
        """`identify` says who is there; it may raise, and then the channel is not served."""
        super().__init__(auto_clean_rooms=False)
        self._ours = rooms
        self._identify = identify

    async def get_room(self, name: str) -> "ChannelRoom":
        """The room of a chapter. Raises `ChapterNotFound`, `StorageError`, `RoomBusy`."""
        chapter = name.rsplit("/", 1)[-1]
        await self._ours.open(chapter)
        return ChannelRoom(self._ours, chapter, self._identify)


class ChannelRoom(YRoom):
    """What `WebsocketServer` needs of a room, and nothing of `YRoom`'s own pipeline."""

    def __init__(self, rooms: Rooms, chapter: ChapterId, identify: Callable[[Channel], Visitor]) -> None:
        # Not YRoom's own: it would make a second document.
        self._rooms = rooms
        self._chapter = chapter
        self._identify = identify
        self._started = Event()
        self._started.set()

    async def stop(self) -> None:
        """`Rooms` closes rooms, when nobody is there."""

    async def serve(self, channel: Channel) -> None:
        """Serve a client until its channel ends. Raises `DocumentsError` when it is refused."""
        visitor = self._identify(channel)
        room = await self._rooms.open(self._chapter)  # again: it may have been evicted since
        client = _ChannelClient(channel, room)
        client.seat = room.join(
            client,
            visitor.author,
            visitor.stamp,
            visitor.read_only,
            bar=visitor.bar,
            by_section=visitor.by_section,
        )
        try:
            async with create_task_group() as group:
                group.start_soon(client.send_all)
                group.start_soon(client.receive_all)
                await client.ended.wait()
                group.cancel_scope.cancel()
        finally:
            room.leave(client.seat)
        if client.error is not None:
            raise client.error


class _ChannelClient:
    """A `documents.seat.Client` on a channel, whose `send` may wait while the room's may not."""

    seat: Seat

    def __init__(self, channel: Channel, room: Room) -> None:
        self._channel = channel
        self._room = room
        self._outbox: deque[bytes] = deque()
        self._waiting = 0
        self._more = asyncio.Event()
        self.ended = asyncio.Event()
        self.error: DocumentsError | None = None
        self._denied: Denial | None = None

    async def receive_all(self) -> None:
        """Hand what comes to the room, until the channel ends or fails, or the room will not have it."""
        try:
            async for frame in self._channel:
                self._receive(frame)
        except DocumentsError as error:
            self.error = error
        except Exception:
            log.info("a channel failed: %s", self._channel.path, exc_info=True)
        finally:
            self.ended.set()

    def _receive(self, frame: object) -> None:
        if not isinstance(frame, bytes):
            raise MessageMalformed("it is text, and all messages are binary")
        for message in protocol.read(frame):
            self._room.receive(self.seat, message)

    async def send_all(self) -> None:
        """Send what waits; when all has gone, a client that was left behind is brought back."""
        try:
            while True:
                await self._more.wait()
                self._more.clear()
                while self._outbox:
                    message = self._outbox.popleft()
                    self._waiting -= len(message)
                    await self._channel.send(message)
                if self.seat.behind is not None:
                    self._room.caught_up(self.seat)
        except Exception:
            log.info("a channel failed: %s", self._channel.path, exc_info=True)
        finally:
            self.ended.set()

    def send(self, message: bytes) -> bool:
        self._outbox.append(message)
        self._waiting += len(message)
        self._more.set()
        return self._waiting <= OUTBOX_BYTES

    def denied(self, denial: Denial) -> None:
        """The same denial is said once, until something changes."""
        if denial != self._denied:
            self._denied = denial
            self.send(protocol.denied(denial.text))

    def allowed(self) -> None:
        """Stock clients know no message for it."""
        self._denied = None

    def set_aside(self, kept: SetAside) -> None:
        """A channel has no way to say so."""

    def refused(self, error: DocumentsError) -> None:
        self.error = error
        self.ended.set()
