"""What was undone of one connection's edits: told to the client, and held against it when it does not stop."""

import asyncio
from typing import Final, Protocol

from documents.crdt import protocol
from documents.gavel.set_aside import SetAside
from server.close_codes import CloseCode
from server.patience import Offences, Patience, Verdict
from server.transport import encode

BYTES_AN_EDIT: Final = 20
"""So many bytes of updates weigh as much as one edit: a keystroke has about thirty."""
MOST_BYTES: Final = 1_000
"""More do not count for one edit: it may be lawful what else was sent meanwhile."""
CARD: Final = 10
"""What it weighs to begin another thing to set aside; who types, or deletes characters, adds to one that there is."""
WAITED: Final = 50
"""What it weighs to have been made to wait for a second, for what it cost the room to undo."""
PAUSE: Final = 0.25
"""Seconds for which an offender is not read, after each step of the room that undid something of it."""
REASON: Final = "keeps writing where it may not"


class Line(Protocol):
    """What is needed here of a `server.transport.Link`."""

    paused: bool
    close_sent: bool

    def send_frame(self, frame: bytes) -> bool:
        """See `Link`."""

    def pause_reading_for(self, seconds: float) -> None:
        """See `Link`."""

    def end(self, code: int, reason: str) -> None:
        """See `Link`."""


class Undone:
    """What the room says between two turns of the event loop is taken together, as one step.

    So what a client hands in at once, after hours without a connection, weighs no more than `Patience` lets one step.
    """

    def __init__(self, link: Line, patience: Patience, offences: Offences, *, notices: bool) -> None:
        """`notices`: the client asked for messages of type 100."""
        self._link = link
        self._patience = patience
        self._offences = offences
        self._notices = notices
        self._bytes = 0
        """Of updates that came since the last step that undid something."""
        self._edits = 0
        self._cards = 0
        self._waited = 0.0
        self._numbers: set[int] = {0}
        """Under which something was set aside from here."""
        self._untold: dict[tuple[int, str], SetAside] = {}

    def received(self, message: protocol.Message) -> None:
        """The client sent this."""
        if isinstance(message, protocol.SyncUpdate):
            self._bytes += len(message.update)

    def add(self, kept: SetAside, waited: float = 0.0) -> None:
        """Something was undone, and this was set aside: nothing, when its number is 0. What follows has to wait so many
        seconds for that."""
        self._waited += waited
        self._offences.undone += 1
        if not self._edits:
            asyncio.get_running_loop().call_soon(self._take_step)
        self._edits += 1
        self._cards += kept.number not in self._numbers
        self._numbers.add(kept.number)
        if self._notices:
            self._untold[kept.number, kept.paragraph] = kept

    def tell(self) -> None:
        """Send what is to be told, as far as the client reads; the rest later, each number as it is then."""
        while self._untold and not self._link.paused:
            kept = self._untold.pop(next(iter(self._untold)))
            self._link.send_frame(encode(protocol.notice(_notice(kept))))

    def _take_step(self) -> None:
        self.tell()
        verdict = self._patience.charge(self._weight())
        self._bytes = self._edits = self._cards = 0
        self._waited = 0.0
        if self._link.close_sent or verdict is Verdict.BEAR:
            return
        if verdict is Verdict.SLOW:
            self._offences.slowed += 1
            self._link.pause_reading_for(PAUSE)
        else:
            self._offences.closed += 1
            self._link.end(CloseCode.LOCKED, REASON)

    def _weight(self) -> float:
        """Of what was undone since the last step."""
        counted = min(self._bytes, self._edits * MOST_BYTES)
        return max(self._edits, counted / BYTES_AN_EDIT) + self._cards * CARD + self._waited * WAITED


def _notice(kept: SetAside) -> dict[str, object]:
    return {
        "type": "set-aside",
        "number": kept.number,
        "paragraph": kept.paragraph,
        "label": kept.label,
        "reason": kept.reason,
        "runs": [{"change": change, "text": text} for change, text in kept.runs],
        "words": kept.words,
    }
