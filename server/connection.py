"""One participant's websocket, between the link and the room: frames in, frames out, and the rights that hold now."""

import asyncio
import logging
import time
from typing import Any

from auth.errors import SignInRequired
from auth.rules import Action, decide
from auth.sessions import Authenticated
from documents.crdt import protocol
from documents.errors import DocumentsError, MessageMalformed, ProtocolError, RoomBusy
from documents.gavel.set_aside import SetAside
from documents.room import Room
from documents.seat import Denial, Seat
from server.close_codes import CloseCode
from server.errors import close_code_of
from server.limits import Bucket
from server.pressure import Pressure
from server.rights import Rights, rights_in
from server.services import Services
from server.stamp import stamp_of
from server.transport import Encoder, Link
from server.undone import Undone

log = logging.getLogger(__name__)

_encode = Encoder()


class Connection:
    """A `documents.seat.Client` and a `server.transport.Listener`."""

    def __init__(self, link: Link, room: Room, services: Services, signed_in: Authenticated, *, notices: bool) -> None:
        """`notices`: the client asked for messages of type 100. `start` takes the seat."""
        self.participant = signed_in.participant
        self.session_id = signed_in.session_id
        self._link = link
        self._room = room
        self._meeting = services.meeting
        self._settings = settings = services.settings
        self._notices = notices
        self._messages = Bucket(settings.messages_per_second, settings.messages_burst)
        self._bytes = Bucket(settings.bytes_per_second, settings.bytes_burst)
        self._patience = patience = services.connections.patience_with(self.participant.id)
        self._pressure = Pressure(link, room, self.participant.id)
        self._undone = Undone(link, patience, services.connections.offences, notices=notices)
        self._denied: Denial | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._seat: Seat | None = None
        self._rights = self._look_up()
        loop = asyncio.get_running_loop()
        remaining = max(0.0, signed_in.session_expires_at - time.time()) + 1
        self._expiry = loop.call_later(remaining, self.recheck)

    # Its life

    def start(self) -> None:
        """Take the seat and begin to listen. Everybody may read who got here."""
        rights = self._rights
        denial = rights.denial
        self._seat = self._room.join(
            self, self.participant.id, self._stamp(), denial, bar=rights.bar, by_section=rights.by_section
        )
        self._link.limit_outbox(self._settings.outbox_bytes)
        self._link.listen(self)
        if denial is not None:
            self.denied(denial)

    def stop(self) -> None:
        """The link is closed: give up the seat."""
        self._pressure.stop()
        self._expiry.cancel()
        if self._stalled is not None:
            self._stalled.cancel()
        if self._seat is not None:
            self._room.leave(self._seat)

    def recheck(self) -> None:
        """Hold the connection against the rights as they are now: end it, or change what it may."""
        try:
            self.participant = self._meeting.session(self.session_id).participant
        except SignInRequired as error:
            self._link.end(CloseCode.SIGNED_OUT, str(error))
            return
        access = self._meeting.access(self._room.chapter.id, self.participant.id)
        read = decide(self.participant, Action.READ, access)
        if not read.allowed:
            self._link.end(CloseCode.FORBIDDEN, read.reason)
            return
        if self._seat is None:
            return
        before, self._rights = self._rights, self._look_up()
        rights = self._rights
        self._room.rights_changed(
            self._seat, self._stamp(), rights.denial, bar=rights.bar, by_section=rights.by_section
        )
        if rights.denial != before.denial:
            self._tell_right(rights.denial)
        elif self._notices and (rights.role, rights.where) != (before.role, before.where):
            self._say({"type": "rights"})

    def _tell_right(self, denial: Denial | None) -> None:
        self._denied = None
        if denial is not None:
            self.denied(denial)
        elif self._room.read_only is None:
            self.allowed()

    def _stamp(self) -> dict[str, Any]:
        return stamp_of(self.participant, self._meeting.delegation_number(self.participant.delegation.id))

    def _look_up(self) -> Rights:
        return rights_in(self._meeting, self._room.chapter.id, self.participant, self._room.locks)

    # What the link calls

    def received(self, message: bytes | str) -> None:
        """A message has come from the client."""
        if self._seat is None:
            return
        try:
            if isinstance(message, str):
                raise MessageMalformed("it is text, and all messages are binary")
            parts = protocol.read(message)
            self._slow_down(max(self._messages.take(len(parts)), self._bytes.take(len(message))))
            edits = 0
            for part in parts:
                self._undone.received(part)
                self._room.receive(self._seat, part)
                edits += isinstance(part, protocol.SyncUpdate)
            self._pressure.handed(edits, len(message))
        except (ProtocolError, RoomBusy) as error:
            self.refused(error)
        except Exception:
            log.exception("chapter %s: a message could not be taken", self._room.chapter.id)
            self._link.end(CloseCode.SERVER_ERROR, "the server failed; the fault is noted")

    def received_frame(self) -> None:
        """Something has come that is no message, and is no cheaper to take."""
        self._slow_down(self._messages.take(1))

    def _slow_down(self, seconds: float) -> None:
        if seconds > 0:
            self._link.pause_reading_for(seconds)

    def drained(self) -> None:
        """The client reads again."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        if self._seat is not None:
            self._room.caught_up(self._seat)
        self._undone.tell()

    # What the room calls

    def send(self, message: bytes) -> bool:
        """See `documents.seat.Client`."""
        if self._link.send_frame(_encode(message)):
            return True
        if self._stalled is None:
            loop = asyncio.get_running_loop()
            self._stalled = loop.call_later(self._settings.stalled_seconds, self._give_up)
        return False

    def _give_up(self) -> None:
        log.info("a reader of chapter %s has not read for long: closed", self._room.chapter.id)
        self._link.end(CloseCode.TRY_LATER, "too much is waiting to be read")

    def denied(self, denial: Denial) -> None:
        """See `documents.seat.Client`. The same denial is said once, until something changes."""
        if denial != self._denied:
            self._denied = denial
            if self._notices:
                self._say({"type": "read-only", "reason": denial.code, "text": denial.text})
            else:
                self._link.send_frame(_encode(protocol.denied(denial.text)))

    def allowed(self) -> None:
        """See `documents.seat.Client`."""
        self._denied = None
        if self._notices:
            self._say({"type": "read-write"})

    def set_aside(self, kept: SetAside) -> None:
        """See `documents.seat.Client`. Who goes on is slowed, and then closed."""
        if self._seat is not None:
            waited, self._seat.waited = self._seat.waited, 0.0
            self._undone.add(kept, waited)

    def _say(self, body: dict[str, Any]) -> None:
        self._link.send_frame(_encode(protocol.notice(body)))

    def refused(self, error: DocumentsError) -> None:
        """See `documents.seat.Client`."""
        code = close_code_of(error)
        log.info("chapter %s: %s was refused: %s", self._room.chapter.id, self.participant.id, error)
        self._patience.refused()
        self._link.end(code, str(error))
