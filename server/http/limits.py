"""How often one address may try to sign in."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from server.http.problems import Refusal
from server.limits import Bucket

MAX_ADDRESSES = 10_000
"""Addresses remembered; beyond it the one that has been quiet for longest is forgotten."""


class Attempts:
    """A token bucket for each address: a minute's attempts at once, and as many each minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, address: str) -> None:
        """Count an attempt. Raises `Refusal` (429) when there were too many; a refused one does not count."""
        bucket = self._buckets.setdefault(address, Bucket(self._per_minute / 60, self._per_minute, self._clock))
        self._buckets.move_to_end(address)
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        wait = bucket.take(1)
        if wait:
            bucket.take(-1)
            seconds = int(wait) + 1
            raise Refusal(
                429,
                "too-many-attempts",
                f"too many attempts to sign in from this address: try again in {seconds} s",
                {"Retry-After": str(seconds)},
            )
