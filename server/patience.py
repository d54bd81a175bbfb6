"""How long the server bears with somebody who goes on writing where it is not allowed."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import Final

from server.limits import Bucket

RETURN: Final = 10.0
"""Seconds for which somebody who was closed stays out."""
LONGEST: Final = 10.0
"""Seconds that a handshake waits at most."""
KNOCK: Final = 1.0
"""Seconds that the handshake of somebody who is out waits at least: to refuse it costs the others too."""


class Verdict(Enum):
    """What to do with an offender."""

    BEAR = "bear"
    """An honest person was surprised by a lock: nothing."""
    SLOW = "slow"
    END = "end"


@dataclass(slots=True)
class Offences:
    """What was undone of all connections' edits so far, for the metrics."""

    undone: int = 0
    slowed: int = 0
    """Times that a connection was read more slowly for it."""
    closed: int = 0


class Patience:
    """With one participant, on all connections: a new connection brings no new patience.

    Undone edits fill a vessel that holds `burst` and leaks `rate` a second. Once it is full its owner is slowed; who
    keeps it full for `seconds` has to go. It must run half empty before that time begins anew. Connections that are
    ended for what was sent there are counted in the same way: the next ones wait.
    """

    __slots__ = ("_burst", "_clock", "_ended", "_full_since", "_level", "_rate", "_refusals", "_seconds", "_seen")

    def __init__(  # noqa: PLR0913 (settings, each by its name)
        self,
        *,
        rate: float,
        burst: float,
        seconds: float,
        refusals_rate: float = 1.0,
        refusals_burst: float = 20.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._seconds = seconds
        self._clock = clock
        self._level = 0.0
        self._seen = clock()
        self._full_since: float | None = None
        self._ended = clock() - RETURN
        self._refusals = Bucket(refusals_rate, refusals_burst, clock)

    def refused(self) -> None:
        """A connection of this participant was ended for what it sent, or not let in for what an earlier one did."""
        self._refusals.take(1)

    @property
    def wait(self) -> float:
        """For how many seconds the next handshake is to wait: who comes back at once each time costs the others."""
        return min(max(self._refusals.take(0), KNOCK if self.is_out() else 0.0), LONGEST)

    def is_out(self) -> bool:
        """Whether its owner was just closed: who comes back at once, with all that was undone, is not let in."""
        return self._clock() - self._ended < RETURN

    def charge(self, edits: float) -> Verdict:
        """Count what was undone in one step: of that never more than half of what the vessel holds, so that nobody is
        slowed for a single edit, however large."""
        now = self._clock()
        self._level = max(0.0, self._level - (now - self._seen) * self._rate)
        self._seen = now
        if self._level <= self._burst / 2:
            self._full_since = None
        self._level = min(2 * self._burst, self._level + min(edits, self._burst / 2))
        if self._level <= self._burst:
            return Verdict.BEAR
        if self._full_since is None:
            self._full_since = now
        if now - self._full_since < self._seconds:
            return Verdict.SLOW
        self._ended = now
        return Verdict.END
