"""When the state of a chapter is saved: after so many updates, so long after one, and when its room closes."""

import asyncio
import logging
from collections.abc import Callable
from time import perf_counter

from documents.errors import DocumentsError
from documents.model import Snapshot
from documents.storage.base import Storage

log = logging.getLogger(__name__)


class SnapshotKeeper:
    """Saves one chapter's snapshots, one at a time, and packs the journal after each.

    A failure costs nothing but a longer recovery: it is logged, and tried again when the next snapshot is due.
    """

    def __init__(  # noqa: PLR0913 (all of them are needed, and one place calls it)
        self,
        storage: Storage,
        seq: int,
        *,
        updates: int,
        seconds: float,
        wake: Callable[[], None],
        saved: Callable[[], None],
        share: float,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """`seq` is the last entry in a snapshot so far.

        One is due `updates` entries after the last, but so that taking them costs no more than `share` of the time;
        and `seconds` after an entry. `wake` is called when `consider` should be, `saved` after each snapshot.
        """
        self._share = share
        self._clock = clock
        self._next = clock()
        self._storage = storage
        self._saved = self._tried = seq
        self._updates = updates
        self._seconds = seconds
        self._wake = wake
        self._count = saved
        self._due = False
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def consider(self, seq: int, make: Callable[[], Callable[[], Snapshot]]) -> None:
        """Begin to save a snapshot if one is due. `make` is called now or never.

        It takes what belongs to the entry `seq`, and returns what makes a snapshot of it later, in another thread.
        """
        if seq <= self._saved or (self._task is not None and not self._task.done()):
            return
        if self._due or (seq - self._tried >= self._updates and self._clock() >= self._next):
            self._stop_timer()
            self._due, self._tried = False, seq
            began = self._clock()
            finish = make()
            self._next = self._clock() + (self._clock() - began) / self._share
            self._task = asyncio.create_task(self._save(finish))
            self._task.add_done_callback(lambda _: self._wake())
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._now_due)

    def _now_due(self) -> None:
        self._timer = None
        self._due = True
        self._wake()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _save(self, finish: Callable[[], Snapshot]) -> None:
        snapshot = await asyncio.to_thread(finish)
        try:
            await self._storage.save_snapshot(snapshot)
            self._saved = snapshot.seq
            self._count()
            await self._storage.pack(snapshot.chapter, snapshot.seq)
        except DocumentsError as error:
            log.warning("chapter %s: no snapshot, or not packed: %s", snapshot.chapter, error)

    async def stop(self) -> None:
        """Finish what was begun, and begin nothing more."""
        self._stop_timer()
        if self._task is not None:
            await self._task

    async def save_last(self, seq: int, make: Callable[[], Callable[[], Snapshot]]) -> None:
        """After `stop`: save what no snapshot has yet."""
        if seq > self._saved:
            await self._save(make())
