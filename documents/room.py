"""The room: the one writer of a chapter. Take what has arrived, admit, apply, journal, fan out.

While one batch is being written to disk the next one gathers, so batches grow with the load and the delay does not.

- *Durable before visible*: nobody is shown, and no sender is acknowledged, what is not committed. A sender's own update
  comes back to it after the commit; that echo is its acknowledgement.
- Questions (for the state, for the text) are answered between commits only, so no answer shows what is not on disk.
- When the storage fails, the batch is as if it had never come: the document is rebuilt from what is committed, the room
  is read-only and says so, and when the storage works again every client is asked for what the chapter lacks.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pycrdt import merge_updates

from documents import protocol
from documents.chapter import ChapterDocument
from documents.errors import (
    DocumentBroken,
    ReadOnly,
    RoomBusy,
    StorageError,
    UpdateIncomplete,
    UpdateMalformed,
    UpdateRefused,
)
from documents.gate import Admitted
from documents.journal import Journal
from documents.model import SERVER, AuthorId, ClientId, Entry, Recovery, Snapshot
from documents.presence import Presences
from documents.seat import STORAGE_FAILING, Client, Denial, Seat
from documents.storage.base import Storage

log = logging.getLogger(__name__)

T = TypeVar("T")

MERGE_AT_ONCE = 64
"""Merging costs the square of the number of updates: more are merged in rounds."""


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """How a room behaves. Times in seconds, sizes in bytes."""

    snapshot_updates: int = 1_000
    """Updates after which the state is saved."""
    snapshot_seconds: float = 60.0
    """How long after an update the state is saved at the latest."""
    inbox_bytes: int = 32 * 2**20
    """What may wait in a room; beyond it a sender is turned away (`RoomBusy`)."""
    batch_updates: int = 512
    """Updates taken in one step: bounds how long a step holds the event loop."""
    gaps: int = 5
    """Updates in a row that build on something unknown, before a client is refused."""
    retry_seconds: float = 0.25
    """The first wait before a failing storage is tried again; it doubles up to `retry_most`."""
    retry_most: float = 5.0


@dataclass(slots=True)
class Counts:
    """What the rooms of a server have done so far, for the metrics."""

    updates: int = 0
    """Updates let in and committed, the server's own included."""
    steps: int = 0
    """Commits of a room: `updates / steps` is how many went together."""
    known: int = 0
    """Updates that brought nothing new."""
    incomplete: int = 0
    """Updates that built on something unknown."""
    refused: int = 0
    denied: int = 0
    """Updates of somebody who may only read."""
    rebuilds: int = 0
    """Times that a room went back to what was committed."""
    snapshots: int = 0


@dataclass(slots=True)
class _Edit:
    seat: Seat
    update: bytes


@dataclass(slots=True)
class _Write:
    """A change by the server itself, on somebody's behalf."""

    author: AuthorId
    change: Callable[[ChapterDocument], None]
    done: asyncio.Future[None]


@dataclass(slots=True)
class _Batch:
    """What one step has let in."""

    entries: list[Entry] = field(default_factory=list)
    admitted: list[Admitted] = field(default_factory=list)
    known: list[tuple[Seat, bytes]] = field(default_factory=list)
    """Updates that brought nothing new, to be acknowledged all the same."""
    writes: list[asyncio.Future[None]] = field(default_factory=list)


class Room:
    """One chapter, live. Made by `documents.rooms`; all methods are called on the event loop."""

    def __init__(  # noqa: PLR0913 (all of them are needed, and one place calls it)
        self,
        recovery: Recovery,
        document: ChapterDocument,
        storage: Storage,
        journal: Journal,
        *,
        limits: RoomLimits,
        counts: Counts,
        now: Callable[[], int],
    ) -> None:
        """`document` was rebuilt from `recovery`; `now` gives milliseconds since 1970."""
        self.chapter = recovery.chapter
        self.seq = recovery.seq
        """The number of the last committed entry."""
        self.read_only: Denial | None = None
        """Why nobody can write for now; None when all is well."""
        self.seats: list[Seat] = []
        self.presences = Presences()
        self._document = document  # holds what is not committed while a step waits for the journal
        self._storage = storage
        self._journal = journal
        self._limits = limits
        self._counts = counts
        self._now = now
        self._edits: deque[_Edit | _Write] = deque()
        self._edits_bytes = 0
        self._joining: list[Seat] = []
        self._asking: dict[Seat, Mapping[ClientId, int]] = {}
        self._lacking: dict[Seat, None] = {}
        self._replies: list[tuple[Seat, bytes]] = []
        self._catching_up: list[Seat] = []
        self._reads: list[Callable[[], None]] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._saved_seq = 0 if recovery.snapshot is None else recovery.snapshot.seq
        self._save_due = False
        self._save_timer: asyncio.TimerHandle | None = None
        self._save_task: asyncio.Task[None] | None = None
        self._state: tuple[int, bytes] | None = None
        self._task = asyncio.create_task(self._run(), name=f"room {self.chapter.id}")

    # What connections call

    @property
    def occupied(self) -> bool:
        """Whether anybody has a seat."""
        return bool(self.seats or self._joining)

    def join(self, client: Client, author: AuthorId, stamp: Mapping[str, Any], read_only: Denial | None) -> Seat:
        """Take a place. The client is asked for what it has, and shown who is here."""
        seat = Seat(client, author, stamp, read_only)
        self._joining.append(seat)
        self._wake.set()
        return seat

    def leave(self, seat: Seat) -> None:
        """Give the place up: the connection is closed. What it sent before is still taken."""
        for seats in (self.seats, self._joining):
            if seat in seats:
                seats.remove(seat)
        self.presences.leave(seat)
        self._wake.set()

    def receive(self, seat: Seat, message: protocol.Message) -> None:
        """Take a message. Raises `RoomBusy` or `MessageTooLarge`; whatever else is wrong is told to the client."""
        if isinstance(message, protocol.SyncUpdate):
            self._receive_update(seat, message.update)
        elif isinstance(message, protocol.SyncStep1):
            self._asking[seat] = message.state_vector
        elif isinstance(message, protocol.Presences):
            self.presences.hear(seat, message.entries, self._document.owners)
            # Stock clients hang up after 30 s without a message: answer each sign of life with one.
            self._replies.append((seat, protocol.presences(())))
        else:
            self._replies.append((seat, protocol.presences(self.presences.everybody())))
        self._wake.set()

    def _receive_update(self, seat: Seat, update: bytes) -> None:
        if self._edits_bytes + len(update) > self._limits.inbox_bytes:
            raise RoomBusy(f"chapter {self.chapter.id!r}")
        self._edits_bytes += len(update)
        self._edits.append(_Edit(seat, update))

    def caught_up(self, seat: Seat) -> None:
        """The connection of a seat that was behind has drained: it gets what it missed, as one update."""
        self._catching_up.append(seat)
        self._wake.set()

    def rights_changed(self, seat: Seat, stamp: Mapping[str, Any], read_only: Denial | None) -> None:
        """From now on this person is called, and may, so. What was sent and not yet taken falls under the new right."""
        seat.read_only = read_only
        if seat.stamp != stamp:
            seat.stamp = stamp
            self.presences.restamp(seat)
            self._wake.set()

    async def write(self, author: AuthorId, change: Callable[[ChapterDocument], None]) -> None:
        """Change the server-owned part of the document on somebody's behalf; it is on disk on return.

        `change` runs within the room's step and must not raise. Raises `ReadOnly` while the storage fails.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._edits.append(_Write(author, change, done))
        self._wake.set()
        await done

    async def read(self, look: Callable[[ChapterDocument], T]) -> T:
        """Look at the document when all that it holds is committed. `look` must not change or keep it."""
        found: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def answer() -> None:
            if not found.done():
                try:
                    found.set_result(look(self._document))
                except Exception as error:  # noqa: BLE001 (it is the caller's, and reaches the caller)
                    found.set_exception(error)

        self._reads.append(answer)
        self._wake.set()
        return await found

    # The writer

    async def _run(self) -> None:
        while not self._closing or self._edits or self._reads:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._step()
            except Exception as error:
                if not isinstance(error, StorageError | DocumentBroken):
                    log.exception("chapter %s: a step failed", self.chapter.id)
                if not await self._rebuild(error):
                    return

    async def _step(self) -> None:
        batch = _Batch()
        try:
            self._take(batch)
            if batch.entries:
                await self._journal.commit(batch.entries)
        except BaseException:
            for done in batch.writes:
                _settle(done, ReadOnly(STORAGE_FAILING.text))
            raise
        if batch.entries:
            self.seq = batch.entries[-1].seq
            self._counts.steps += 1
            self._counts.updates += len(batch.entries)
            self._send_all(protocol.sync_update(merge([entry.update for entry in batch.entries])))
        for done in batch.writes:
            _settle(done)
        for seat, update in batch.known:
            seat.send(protocol.sync_update(update), self._document.clocks)
        self._answer()
        self._save_if_due()

    def _take(self, batch: _Batch) -> None:
        """Let in what has arrived."""
        while self._edits and len(batch.entries) < self._limits.batch_updates:
            edit = self._edits.popleft()
            if isinstance(edit, _Write):
                self._take_write(edit, batch)
            else:
                self._edits_bytes -= len(edit.update)
                self._take_edit(edit, batch)
        self._enter(batch, SERVER, self._document.settle(batch.admitted))
        if self._edits:
            self._wake.set()

    def _take_edit(self, edit: _Edit, batch: _Batch) -> None:
        seat = edit.seat
        denial = self.read_only or seat.read_only
        try:
            if denial is not None:
                if not self._document.has_all_of(edit.update):
                    self._counts.denied += 1
                    seat.client.denied(denial)
                return
            admitted = self._document.take(edit.update, seat.author, claims=self.presences.holder)
        except UpdateIncomplete as error:
            self._take_gap(seat, error)
        except UpdateRefused as error:
            self._counts.refused += 1
            seat.client.refused(error)
        except DocumentBroken as error:
            seat.client.refused(UpdateMalformed(str(error)))
            raise
        else:
            seat.gaps = 0
            if admitted.update:
                batch.admitted.append(admitted)
                self._enter(batch, seat.author, admitted.update)
            else:
                self._counts.known += 1
                batch.known.append((seat, edit.update))

    def _take_gap(self, seat: Seat, error: UpdateIncomplete) -> None:
        self._counts.incomplete += 1
        seat.gaps += 1
        if seat.gaps > self._limits.gaps:
            seat.client.refused(error)
        else:
            self._lacking[seat] = None

    def _take_write(self, write: _Write, batch: _Batch) -> None:
        if self.read_only is not None:
            _settle(write.done, ReadOnly(self.read_only.text))
            return
        batch.writes.append(write.done)
        self._enter(batch, write.author, self._document.write(write.change))

    def _enter(self, batch: _Batch, author: AuthorId, update: bytes) -> None:
        if update:
            seq = self.seq + len(batch.entries) + 1
            batch.entries.append(Entry(self.chapter.id, seq, self._now(), author, update))

    def _send_all(self, message: bytes) -> None:
        clocks = self._document.clocks
        for seat in self.seats:
            seat.send(message, clocks)

    # Answers, when all is committed

    def _answer(self) -> None:
        clocks = self._document.clocks
        if self._joining:
            self._welcome()
        asking, self._asking = self._asking, {}
        for seat, wanted in asking.items():
            if seat.behind is not None:
                seat.behind = dict(wanted)
            else:
                seat.send(protocol.sync_step2(self._since(wanted)), clocks)
        lacking, self._lacking = self._lacking, {}
        for seat in lacking:
            seat.send(self._step1(), clocks)
        replies, self._replies = self._replies, []
        for seat, message in replies:
            seat.send(message, clocks)
        catching_up, self._catching_up = self._catching_up, []
        for seat in catching_up:
            self._catch_up(seat)
        news = self.presences.news()
        if news:
            self._send_all(protocol.presences(news))
        reads, self._reads = self._reads, []
        for read in reads:
            read()

    def _welcome(self) -> None:
        step1, clocks = self._step1(), self._document.clocks
        everybody = protocol.presences(self.presences.everybody())
        joining, self._joining = self._joining, []
        for seat in joining:
            self.seats.append(seat)
            seat.send(step1, clocks)
            seat.send(everybody, clocks)
            if self.read_only is not None:
                seat.client.denied(self.read_only)

    def _catch_up(self, seat: Seat) -> None:
        if seat.behind is None:
            return
        missed, seat.behind = self._document.since(seat.behind), None
        clocks = self._document.clocks
        seat.send(protocol.sync_step2(missed), clocks)
        seat.send(self._step1(), clocks)  # acknowledges what it sent again, and so is in no update
        seat.send(protocol.presences(self.presences.everybody()), clocks)

    def _step1(self) -> bytes:
        return protocol.sync_step1(protocol.write_state_vector(self._document.clocks))

    def _since(self, clocks: Mapping[ClientId, int]) -> bytes:
        """What someone lacks; the whole state is encoded once for all who have nothing."""
        if clocks:
            return self._document.since(clocks)
        if self._state is None or self._state[0] != self.seq:
            self._state = (self.seq, self._document.state())
        return self._state[1]

    # When something fails

    async def _rebuild(self, error: Exception) -> bool:
        """Go back to what is committed, and be read-only until the storage works. False: closed before it did."""
        log.error("chapter %s is read-only: %s", self.chapter.id, error)
        self._counts.rebuilds += 1
        self._set_read_only(STORAGE_FAILING)
        wait = self._limits.retry_seconds
        rebuilt = False
        while True:
            try:
                if not rebuilt:
                    recovery = await self._storage.recover(self.chapter.id)
                    self._document, self.seq, self._state = ChapterDocument.recover(recovery), recovery.seq, None
                    rebuilt = True
                await self._storage.probe()
                break
            except StorageError as failure:
                log.warning("chapter %s: %s", self.chapter.id, failure)
            if self._closing:
                return False
            if rebuilt:
                self._take(_Batch())  # turns every edit away: nobody may write
                self._answer()
            await asyncio.sleep(wait)
            wait = min(2 * wait, self._limits.retry_most)
        self._set_read_only(None)
        self._send_all(self._step1())
        self._wake.set()
        log.warning("chapter %s is writable again", self.chapter.id)
        return True

    def _set_read_only(self, denial: Denial | None) -> None:
        self.read_only = denial
        for seat in self.seats:
            if denial is not None:
                seat.client.denied(denial)
            elif seat.read_only is None:
                seat.client.allowed()

    # Snapshots

    def _save_if_due(self) -> None:
        """Plan a snapshot, or take one now: only here, between steps, is the document what is committed."""
        unsaved = self.seq - self._saved_seq
        if unsaved == 0 or (self._save_task is not None and not self._save_task.done()):
            return
        if self._save_due or unsaved >= self._limits.snapshot_updates:
            self._save_due = False
            self._cancel_timer()
            self._save_task = asyncio.create_task(self._save(self._snapshot()))
        elif self._save_timer is None:
            loop = asyncio.get_running_loop()
            self._save_timer = loop.call_later(self._limits.snapshot_seconds, self._save_now_due)

    def _save_now_due(self) -> None:
        self._save_timer = None
        self._save_due = True
        self._wake.set()

    def _cancel_timer(self) -> None:
        if self._save_timer is not None:
            self._save_timer.cancel()
            self._save_timer = None

    def _snapshot(self) -> Snapshot:
        document = self._document
        return Snapshot(self.chapter.id, self.seq, self._now(), document.state(), dict(document.owners))

    async def _save(self, snapshot: Snapshot) -> None:
        """Keep a snapshot. A failure costs nothing but a longer recovery."""
        try:
            await self._storage.save_snapshot(snapshot)
            self._saved_seq = snapshot.seq
            self._counts.snapshots += 1
            await self._storage.pack(self.chapter.id, snapshot.seq)
        except StorageError as error:
            log.warning("chapter %s: no snapshot: %s", self.chapter.id, error)

    async def close(self) -> None:
        """Write what has arrived, save a snapshot, and stop. Connections are the caller's to close."""
        self._closing = True
        self._wake.set()
        await self._task
        self._cancel_timer()
        if self._save_task is not None:
            await self._save_task
        if self.seq > self._saved_seq and self.read_only is None:
            await self._save(self._snapshot())


def merge(updates: list[bytes]) -> bytes:
    """Many admitted updates as one."""
    while len(updates) > 1:
        updates = [
            merge_updates(*updates[start : start + MERGE_AT_ONCE]) for start in range(0, len(updates), MERGE_AT_ONCE)
        ]
    return updates[0]


def _settle(done: asyncio.Future[None], error: Exception | None = None) -> None:
    """Resolve a future that its waiter may have given up."""
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
