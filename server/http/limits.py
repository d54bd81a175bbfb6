"""How large a request may be, and how often one address may try to sign in."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.problems import Refusal, answer, problem
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


class BodyLimit:
    """Middleware that refuses a larger body with 413: by the length it announces, or once it has grown too long."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            announced = Headers(scope=scope).get("content-length", "")
            if announced.isdecimal() and int(announced) > self._most:
                refusal = self._refusal()
                await answer(problem(refusal.status_code, refusal.code, refusal.detail))(scope, receive, send)
                return
            receive = self._counted(receive)
        await self._app(scope, receive, send)

    def _counted(self, receive: Receive) -> Receive:
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise self._refusal()
            return message

        return counted

    def _refusal(self) -> Refusal:
        return Refusal(413, "too-large", f"a request may have at most {self._most} bytes")
