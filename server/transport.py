"""uvicorn's own websocket protocol with two more doors: messages in without a queue, one encoded frame out to many.

Handshake, parsing, pings, closing and the size limit stay uvicorn's. Sending a small message to 140 clients through
ASGI costs 17 to 43 µs each, as a frame encoded once and written to every transport about 6 µs, which is what decides
how many can type in one room on one core. It overrides internals of uvicorn, so that is pinned to a version, and
`tests/integration/test_transport.py` holds it to the behaviour of a websocket.
"""

from typing import Any, Final, Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

EXTENSION: Final = "adref.link"
"""Under this name the protocol object stands in the ASGI scope's extensions."""


class Listener(Protocol):
    """Who is told what happens on a link."""

    def received(self, message: bytes | str) -> None:
        """A whole message has come."""

    def drained(self) -> None:
        """After `Link.send` returned False, what was waiting has gone out."""


class Link(WebSocketsSansIOProtocol):
    """One websocket connection."""

    listener: Listener | None = None
    paused = False
    """Whether more is waiting to be sent than `limit_outbox` allows."""
    _throttled = False

    def handle_connect(self, event: Request) -> None:
        """Start the application, with this object in its scope."""
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self

    def listen(self, listener: Listener) -> None:
        """From now on, give messages to `listener` as they come, those that wait already first."""
        self.listener = listener
        waiting = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        for event in waiting:
            if event["type"] != "websocket.receive":
                self.queue.put_nowait(event)
            else:
                listener.received(event.get("bytes") or event.get("text") or b"")
        self._resume()

    def limit_outbox(self, size: int) -> None:
        """`paused` from `size` bytes on, until a quarter of that is left."""
        self.transport.set_write_buffer_limits(high=size, low=size // 4)

    def send_receive_event_to_app(self) -> None:
        """A message is complete."""
        if self.listener is None:
            super().send_receive_event_to_app()
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if not self.close_sent:
            self.listener.received(data if self.curr_msg_data_type == "bytes" else data.decode(errors="replace"))

    def send_frame(self, frame: bytes) -> bool:
        """Write an encoded frame; nothing happens on a link that is closing. False: it is `paused` now."""
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(frame)
        return not self.paused

    def end(self, code: int, reason: str) -> None:
        """Close, at once and without waiting for the application; nothing happens on a link that is closing."""
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._resume()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def pause_reading_for(self, seconds: float) -> None:
        """Read nothing for so long: whoever sends too fast waits, and loses nothing."""
        if not self._throttled:
            self._throttled = True
            self.transport.pause_reading()
            self.loop.call_later(seconds, self._resume_throttled)

    def _resume_throttled(self) -> None:
        self._throttled = False
        self._resume()

    def _resume(self) -> None:
        self.read_paused = False
        if not self._throttled and not self.transport.is_closing():
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        """The transport holds more than the outbox may."""
        super().pause_writing()
        self.paused = True

    def resume_writing(self) -> None:
        """The transport has drained."""
        super().resume_writing()
        self.paused = False
        if self.listener is not None:
            self.listener.drained()


def encode(message: bytes) -> bytes:
    """A binary message as one frame, as a server sends it: not masked, so the same bytes serve every client."""
    return Frame(Opcode.BINARY, message).serialize(mask=False)


class Encoder:
    """Encodes messages; the same message sent to many is encoded once."""

    def __init__(self) -> None:
        self._message: bytes = b""
        self._frame: bytes = encode(b"")

    def __call__(self, message: bytes) -> bytes:
        """The frame of a message."""
        if message is not self._message:
            self._message, self._frame = message, encode(message)
        return self._frame


def link_of(scope: Any) -> Link:
    """The link that an ASGI scope came by. Raises `RuntimeError` when another server than ours serves the app."""
    link = scope.get("extensions", {}).get(EXTENSION)
    if not isinstance(link, Link):
        raise RuntimeError("the websocket routes need server.transport.Link as uvicorn's websocket protocol")
    return link
