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
MAX_REQUEST = 2**19
"""Bytes of a request that brings no file: the largest breakout group has about so many."""


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
    """Middleware that refuses a larger body with 413: by the length it announces, or once it has grown too long.

    JSON is read on the event loop before anybody asks who sends it, so only files may be long.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            most = self._most if _is_file(scope, headers) else min(self._most, MAX_REQUEST)
            announced = headers.get("content-length", "")
            if announced.isdecimal() and int(announced) > most:
                refusal = _refusal(most)
                await answer(problem(refusal.status_code, refusal.code, refusal.detail))(scope, receive, send)
                return
            receive = _counted(receive, most)
        await self._app(scope, receive, send)


def _is_file(scope: Scope, headers: Headers) -> bool:
    """Whether the body is taken as it is: the framework reads what calls itself JSON, on any route."""
    path: str = scope["path"]
    return path.endswith("/import") and "json" not in headers.get("content-type", "").lower()


def _counted(receive: Receive, most: int) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise _refusal(most)
        return message

    return counted


def _refusal(most: int) -> Refusal:
    return Refusal(413, "too-large", f"a request may have at most {most} bytes")
