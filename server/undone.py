"""What was undone of one connection's edits: told to the client, and held against it when it does not stop."""

import asyncio
from typing import Final, Protocol

from documents import protocol
from documents.set_aside import SetAside
from server.close_codes import CloseCode
from server.patience import Offences, Patience, Verdict
from server.transport import encode

CHARACTERS_AN_EDIT: Final = 20
"""So many characters that somebody wrote weigh as much as one edit."""
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
        self._cost = 0.0
        self._lengths: dict[int, int] = {}
        """How many characters were set aside under each number that this connection brought about."""
        self._untold: dict[tuple[int, str], SetAside] = {}

    def add(self, kept: SetAside) -> None:
        """Something was undone, and this was set aside: nothing, when its number is 0."""
        self._offences.undone += 1
        if not self._cost:
            asyncio.get_running_loop().call_soon(self._take_step)
        length = len(kept.words)
        grown = max(0, length - self._lengths.get(kept.number, 0))
        self._lengths[kept.number] = length
        self._cost += 1 + grown / CHARACTERS_AN_EDIT
        if self._notices:
            self._untold[kept.number, kept.paragraph] = kept

    def tell(self) -> None:
        """Send what is to be told, as far as the client reads; the rest later, each number as it is then."""
        while self._untold and not self._link.paused:
            kept = self._untold.pop(next(iter(self._untold)))
            self._link.send_frame(encode(protocol.notice(_notice(kept))))

    def _take_step(self) -> None:
        cost, self._cost = self._cost, 0.0
        self.tell()
        verdict = self._patience.charge(cost)
        if self._link.close_sent or verdict is Verdict.BEAR:
            return
        if verdict is Verdict.SLOW:
            self._offences.slowed += 1
            self._link.pause_reading_for(PAUSE)
        else:
            self._offences.closed += 1
            self._link.end(CloseCode.LOCKED, REASON)


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
