"""The group commit: what all rooms have to write while one commit is under way goes together into the next."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from documents.errors import StorageUnavailable
from documents.gavel.set_aside import SetAside
from documents.model import Entry
from documents.storage.base import Storage


@dataclass(slots=True, eq=False)
class _Waiting:
    entries: Sequence[Entry]
    set_aside: Sequence[SetAside]
    done: asyncio.Future[None]


class Journal:
    """Writes entries of any number of rooms to one storage. A writer runs only while there is something to write.

    The counters are for the metrics: commits that went well, the entries in them, calls that failed, and how long
    the last commit and all of them took, in seconds, successful or not.
    """

    def __init__(self, storage: Storage, *, limit: int = 4096) -> None:
        """`limit` is how many entries go into one commit; one call's entries are never parted, however many."""
        self._storage = storage
        self._limit = limit
        self._queue: deque[_Waiting] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._closed = False
        self.commits = 0
        self.entries = 0
        self.failures = 0
        self.last_seconds = 0.0
        self.total_seconds = 0.0

    async def commit(self, entries: Sequence[Entry], set_aside: Sequence[SetAside] = ()) -> None:
        """Return once all is durable; raise what the storage raised for it, and then nothing of it was kept.

        Calls are written in the order in which they came. Who is cancelled while waiting can't know: the entries may
        be kept or not.
        """
        if self._closed:
            raise StorageUnavailable("the journal is closed")
        if not entries and not set_aside:
            return
        waiting = _Waiting(entries, set_aside, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all(), name="journal")
        await waiting.done

    async def close(self) -> None:
        """Take no more, and return when everything taken is written or has failed."""
        self._closed = True
        if self._writer is not None:
            await asyncio.shield(self._writer)

    async def _write_all(self) -> None:
        try:
            while self._queue:
                await self._write(self._next_group())
        finally:
            self._writer = None

    def _next_group(self) -> list[_Waiting]:
        group = [self._queue.popleft()]
        count = len(group[0].entries)
        while self._queue and count + len(self._queue[0].entries) <= self._limit:
            group.append(self._queue.popleft())
            count += len(group[-1].entries)
        return group

    async def _write(self, group: Sequence[_Waiting]) -> None:
        try:
            await self._append(
                [entry for waiting in group for entry in waiting.entries],
                [item for waiting in group for item in waiting.set_aside],
            )
        except Exception as error:  # noqa: BLE001 (it goes to those who wait for it)
            if len(group) == 1 or isinstance(error, StorageUnavailable):
                self._fail(group, error)
            else:  # one of them is at fault, and the others must not suffer for it
                for waiting in group:
                    await self._write([waiting])
        else:
            for waiting in group:
                if not waiting.done.done():  # it is, when its waiter was cancelled
                    waiting.done.set_result(None)

    def _fail(self, group: Sequence[_Waiting], error: Exception) -> None:
        self.failures += len(group)
        for waiting in group:
            if not waiting.done.done():
                waiting.done.set_exception(error)

    async def _append(self, entries: Sequence[Entry], set_aside: Sequence[SetAside]) -> None:
        start = perf_counter()
        try:
            await self._storage.append(entries, set_aside)
        finally:
            self.last_seconds = perf_counter() - start
            self.total_seconds += self.last_seconds
        self.commits += 1
        self.entries += len(entries)
