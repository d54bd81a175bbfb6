"""Token buckets: so much at once, so much in the long run."""

from collections.abc import Callable
from time import monotonic


class Bucket:
    """Holds up to `burst` tokens and gains `rate` a second. Units are the caller's."""

    __slots__ = ("_burst", "_clock", "_rate", "_seen", "_tokens")

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._seen = clock()

    def take(self, amount: float) -> float:
        """Take tokens, into debt if need be; how many seconds it takes until the debt is paid (0 without debt)."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._seen) * self._rate) - amount
        self._seen = now
        return 0.0 if self._tokens >= 0 else -self._tokens / self._rate
