"""uvicorn's own websocket protocol with two more doors: messages in without a queue, one encoded frame out to many.

Handshake, parsing, pings, closing and the size limit stay uvicorn's. Sending a small message to 140 clients through
ASGI costs 17 to 43 µs each, as a frame encoded once and written to every transport about 6 µs, which is what decides
how many can type in one room on one core. It overrides internals of uvicorn, so that is pinned to a version, and
`tests/integration/test_transport.py` holds it to the behaviour of a websocket.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.streams import StreamReader
from websockets.utils import apply_mask

from server.close_codes import CloseCode

EXTENSION: Final = "adref.link"
"""Under this name the protocol object stands in the ASGI scope's extensions."""
MAX_REASON: Final = 123
"""Bytes of a close reason: a close frame holds no more."""

_SLICE: Final = 4096
"""Bytes parsed at once. Between slices a sender can be stopped; uvloop reads 256 kB, thousands of messages, at once."""
_BINARY: Final = 0x80 | Opcode.BINARY
_PING: Final = 0x80 | Opcode.PING
_PONG: Final = 0x80 | Opcode.PONG
"""The first bytes of frames that are whole messages."""
_MASKED: Final = 0x80
"""What a client's second byte holds besides the length."""
_SHORT: Final = 125
"""Bytes of a frame whose length takes one byte."""
_HEAD: Final = 6
"""Bytes before such a frame's content: its kind, its length and the mask."""
_LINGER: Final = 2.0
"""Seconds that are left to a client to read the close frame, where its answer can't be waited for."""


class Listener(Protocol):
    """Who is told what happens on a link."""

    def received(self, message: bytes | str) -> None:
        """A whole message has come."""

    def received_frame(self) -> None:
        """A frame has come that is no whole message: a ping, a pong, a part."""

    def drained(self) -> None:
        """After `Link.send` returned False, what was waiting has gone out."""


class Link(WebSocketsSansIOProtocol):
    """One websocket connection."""

    listener: Listener | None = None
    paused = False
    """Whether more is waiting to be sent than `limit_outbox` allows."""
    _throttled = False
    _holding = False
    _failed = False
    _held = b""
    _pong = b""
    _heard_at = 0.0
    _parts = bytearray()

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
        if not self.transport.is_closing():
            self.transport.set_write_buffer_limits(high=size, low=size // 4)

    # What comes in

    def data_received(self, data: bytes) -> None:
        """Parse what has come, slice by slice, and keep the rest for later when the sender is made to wait."""
        self._heard_at = self.loop.time()
        if self._take_short_frame(data):
            return
        for start in range(0, len(data), _SLICE):
            if self._throttled or self._holding:
                self._held += data[start:]
                return
            if self._failed:
                return
            super().data_received(data[start : start + _SLICE])

    def _take_short_frame(self, data: bytes) -> bool:
        """Take a short binary message or a ping, if that is all that has come, as the parser would for thrice the work.
        Nearly all that clients send are single letters."""
        size = len(data) - _HEAD
        if not (0 <= size <= _SHORT and data[1] == _MASKED | size) or self.listener is None or not self._is_ready():
            return False
        if data[0] == _BINARY:
            self.listener.received(apply_mask(data[_HEAD:], data[2:_HEAD]))
        elif data[0] == _PING:
            self._answer([bytes((_PONG, size)) + apply_mask(data[_HEAD:], data[2:_HEAD])])
        return data[0] in (_BINARY, _PING)

    def _is_ready(self) -> bool:
        """Whether a frame may begin, and is taken at once. The parser stops wherever it lacks data; before a frame that
        is in `at_eof`."""
        if self._throttled or self._holding or self.conn.state is not OPEN or self.conn.current_size is not None:
            return False
        parser: Any = self.conn.parser
        parsing = parser.gi_yieldfrom
        stopped = None if parsing is None else parsing.gi_yieldfrom
        return stopped is not None and stopped.gi_code is StreamReader.at_eof.__code__

    def send_receive_event_to_app(self) -> None:
        """A message is complete."""
        if self.listener is None:
            super().send_receive_event_to_app()
            return
        data, self.frames = self.frames[0], []
        if not self.close_sent:
            self.listener.received(data if self.curr_msg_data_type == "bytes" else data.decode(errors="replace"))

    def handle_cont(self, event: Frame) -> None:
        """A further part of a message. They are joined at once: there may be very many, and empty ones too."""
        self._count()
        if self.frames:
            self._parts = bytearray(self.frames.pop())
        self._parts += event.data
        if event.fin:
            self.frames = [bytes(self._parts)]
            self.send_receive_event_to_app()

    def handle_ping(self) -> None:
        """Answer a ping; of those that a client sends without reading the answers, the last one, when it reads."""
        self._answer(self.conn.data_to_send())

    def _answer(self, pongs: Sequence[bytes]) -> None:
        self._count()
        if self.paused and self.conn.close_sent is None:
            self._pong = pongs[-1] if pongs else self._pong
        else:
            self.transport.write(b"".join(pongs))

    def handle_pong(self, event: Frame) -> None:
        """A pong, asked for or not."""
        self._count()
        super().handle_pong(event)

    def _count(self) -> None:
        if self.listener is not None:
            self.listener.received_frame()

    def handle_close(self, event: Frame) -> None:
        """The client closes. What waits to be sent to it may never be read: that must not keep the connection."""
        super().handle_close(event)
        if self.close_timer is None:
            self.close_timer = self.loop.call_later(_LINGER, self.transport.abort)

    def handle_parser_exception(self) -> None:
        """What came is no frame, or too big. Say so, and let run out what is under way: closed at once, the
        connection would be reset, and the close frame lost."""
        self._failed = True
        close = self.conn.close_sent
        if close is not None:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self._hang_up(_LINGER)
        self.transport.write_eof()

    def keepalive_timeout(self) -> None:
        """No pong has come. Whoever sends is there all the same: its pong waits behind what it has sent."""
        if self._heard_at > self.ping_sent_at:
            self.stop_keepalive()
            self.schedule_ping()
        else:
            self.end(CloseCode.TRY_LATER, "no answer to a ping")

    # What goes out

    def send_frame(self, frame: bytes) -> bool:
        """Write an encoded frame; nothing happens on a link that is closing. False: it is `paused` now."""
        transport = self.transport
        if not self.close_sent and not transport.is_closing():
            transport.write(frame)
        return not self.paused

    def end(self, code: int, reason: str) -> None:
        """Close, at once and without waiting for the application; nothing happens on a link that is closing."""
        if self.close_sent or self.conn.close_sent is not None or self.transport.is_closing():
            return
        reason = clip(reason)
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self._hang_up(self.close_timeout)

    def _hang_up(self, seconds: float) -> None:
        """The close frame is written: read on, for the answer to it, but not for ever."""
        self.close_sent = True
        self.stop_keepalive()
        if self.close_timer is None:
            self.close_timer = self.loop.call_later(seconds, self.transport.abort)
        self._throttled = self._holding = False
        self._held = b""
        self._resume()

    def shutdown(self) -> None:
        """The server stops: say so, and leave the client a moment to read it."""
        if self.listener is None or self.close_sent:
            super().shutdown()
        else:
            self.close_timeout = _LINGER
            self.end(CloseCode.RESTARTING, "the server is restarting")

    # Back-pressure

    def pause_reading_for(self, seconds: float) -> None:
        """Read nothing for so long: whoever sends too fast waits, and loses nothing."""
        if not self._throttled:
            self._throttled = True
            self.transport.pause_reading()
            self.loop.call_later(seconds, self._resume_throttled)

    def hold_reading(self) -> None:
        """Read nothing until `release_reading`."""
        if not self._holding:
            self._holding = True
            self.transport.pause_reading()

    def release_reading(self) -> None:
        """Read on, unless the sender is made to wait for another reason too."""
        if self._holding:
            self._holding = False
            self._read_on()

    def _resume_throttled(self) -> None:
        self._throttled = False
        self._read_on()

    def _read_on(self) -> None:
        if self._throttled or self._holding:
            return
        held, self._held = self._held, b""
        if held and not self.transport.is_closing():
            self.data_received(held)
        self._resume()

    def _resume(self) -> None:
        self.read_paused = False
        if not self._throttled and not self._holding and not self.transport.is_closing():
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        """The transport holds more than the outbox may."""
        super().pause_writing()
        self.paused = True

    def resume_writing(self) -> None:
        """The transport has drained."""
        super().resume_writing()
        self.paused = False
        pong, self._pong = self._pong, b""
        if pong:
            self.send_frame(pong)
        if self.listener is not None:
            self.listener.drained()


def clip(reason: str) -> str:
    """A close reason, cut to what a close frame can hold."""
    return reason.encode("utf-8", "replace")[:MAX_REASON].decode(errors="ignore")


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
