"""The room: the one writer of a chapter. Take what has arrived, admit, apply, journal, fan out.

While one batch is being written to disk the next one gathers, so batches grow with the load and the delay does not.

- *Durable before visible*: nobody is shown, and no sender is acknowledged, what is not committed. A sender's own update
  comes back to it after the commit; that echo is its acknowledgement.
- Questions (for the state, for the text) are answered between commits only, so no answer shows what is not on disk;
  and what a client says of itself is passed on after what it wrote before.
- When the storage fails, the batch is as if it had never come: the document is rebuilt from what is committed, the room
  is read-only and says so, and when the storage works again every client is asked for what the chapter lacks.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

from documents.audience import Audience
from documents.batch import Batch, merge
from documents.chapter import ChapterDocument
from documents.crdt import protocol, update_v1
from documents.crdt.gate import Admitted
from documents.errors import (
    DocumentBroken,
    MessageTooLarge,
    ReadOnly,
    RoomBusy,
    StorageError,
    UpdateIncomplete,
    UpdateMalformed,
    UpdateRefused,
)
from documents.gavel.gavel import Gavel
from documents.gavel.rulings import Lock, locks
from documents.gavel.watch import watch
from documents.inbox import OVERHEAD, Edit, Heard, Inbox, Look, Turns, Write
from documents.journal import Journal
from documents.limits import Counts, RoomLimits
from documents.model import SERVER, AuthorId, Entry, Recovery, Snapshot
from documents.pace import Pace
from documents.seat import STORAGE_FAILING, Bar, Client, Denial, Seat, byline_of, nothing_barred
from documents.snapshots import SnapshotKeeper
from documents.storage.base import Storage

log = logging.getLogger(__name__)

T = TypeVar("T")

MANY_PARAGRAPHS = 50
"""To give so many new ones their names takes some milliseconds."""


class Room:
    """One chapter, live. Made by `documents.rooms`; all methods are called on the event loop."""

    def __init__(  # noqa: PLR0913 (all of them are needed, and one place calls it)
        self,
        recovery: Recovery,
        document: ChapterDocument,
        storage: Storage,
        journal: Journal,
        pace: Pace,
        *,
        limits: RoomLimits,
        counts: Counts,
        now: Callable[[], int],
    ) -> None:
        """`document` was rebuilt from `recovery`; `now` gives milliseconds since 1970."""
        self.chapter = recovery.chapter
        self.seq = recovery.seq
        """The number of the last committed entry."""
        self.before_write = self.seq
        """While a `change` of `write` runs: the number of the last entry that it builds on."""
        self.read_only: Denial | None = None
        """Why nobody can write for now; None when all is well."""
        self._document = document  # holds what is not committed while a step waits for the journal
        self._storage = storage
        self._journal = journal
        self._pace = pace
        self._limits = limits
        self._counts = counts
        self._now = now
        self._gavel = Gavel(recovery.chapter.id, recovery.set_aside)
        self._inbox = Inbox(limits.inbox_bytes)
        self._turns = Turns(burst=limits.undone_burst, share=limits.undone_share, rest=limits.undone_rest)
        self._looks: list[Look] = []
        self._wake = asyncio.Event()
        self._audience = Audience(pace, limits, self._wake.set)
        self._left_over = False
        """Whether the last step did not take all that had arrived before: then the next one does not wait."""
        self._closing = False
        self._snapshots = SnapshotKeeper(
            storage,
            0 if recovery.snapshot is None else recovery.snapshot.seq,
            updates=limits.snapshot_updates,
            seconds=limits.snapshot_seconds,
            wake=self._wake.set,
            saved=self._count_snapshot,
            share=limits.snapshot_share,
        )
        self._whole = True
        """Whether the document holds what is committed, and can be gone on with."""
        self._careful = False
        """Whether a step failed, and nothing was written since: then one thing is taken at a time, so that what can't
        be written takes nothing down with it."""
        self._task = asyncio.create_task(self._run(), name=f"room {self.chapter.id}")

    # What connections call

    @property
    def seats(self) -> Sequence[Seat]:
        """Who is here."""
        return self._audience.seats

    @property
    def occupied(self) -> bool:
        """Whether anybody has a seat, or is about to."""
        return self._audience.occupied

    @property
    def locks(self) -> Iterable[Lock]:
        """All locks, those that are just being written too."""
        return locks(self._document).values()

    def join(  # noqa: PLR0913 (it is all that the sign-in says)
        self,
        client: Client,
        author: AuthorId,
        stamp: Mapping[str, Any],
        read_only: Denial | None,
        *,
        bar: Bar = nothing_barred,
        by_section: bool = False,
    ) -> Seat:
        """Take a place: the client is asked for what it has, and shown who is here.

        `bar` says what of the text this person may not change; it is asked for paragraphs that are held, and with
        `by_section` for all. Raises `RoomBusy` when the room closes.
        """
        self._check_open()
        seat = Seat(client, author, stamp, read_only, bar=bar, by_section=by_section, joined=self._now())
        self._audience.join(seat)
        return seat

    def leave(self, seat: Seat) -> None:
        """Give the place up: the connection is closed. What it sent before is still taken, unless it is held."""
        seat.left = True
        self._inbox.forget(seat)
        self._audience.leave(seat)

    def receive(self, seat: Seat, message: protocol.Message) -> None:
        """Take a message. Raises `RoomBusy`; whatever else is wrong is told to the client."""
        self._check_open()
        if isinstance(message, protocol.SyncUpdate):
            self._inbox.put(Edit(seat, message.update, message.answer), OVERHEAD + len(message.update))
            seat.sent += 1
        elif isinstance(message, protocol.SyncStep1):
            self._audience.ask_step1(seat, message.state_vector)
        elif isinstance(message, protocol.Presences):
            size = sum(OVERHEAD + len(entry.state) for entry in message.entries)
            self._inbox.put(Heard(seat, message.entries), OVERHEAD + size)
        else:
            self._audience.ask_who_is_here(seat)
        self._wake.set()

    def _check_open(self) -> None:
        if self._closing:
            raise RoomBusy(f"chapter {self.chapter.id!r}, which is closing,")

    def caught_up(self, seat: Seat) -> None:
        """The connection of a seat that was behind has drained: it gets what it missed, as one update."""
        self._audience.caught_up(seat)

    def rights_changed(
        self,
        seat: Seat,
        stamp: Mapping[str, Any],
        read_only: Denial | None,
        *,
        bar: Bar = nothing_barred,
        by_section: bool = False,
    ) -> None:
        """From now on this person is called, and may, so. What was sent and not yet taken falls under the new right.

        Who may write again is asked for what was turned away meanwhile.
        """
        if read_only is None and seat.read_only is not None:
            self._audience.lacks(seat)
            self._wake.set()
        seat.read_only, seat.bar, seat.by_section = read_only, bar, by_section
        if seat.stamp != stamp:
            seat.stamp = stamp
            seat.byline = byline_of(seat.author, stamp)
            self._audience.restamp(seat)

    def close_card(self, number: int) -> None:
        """What is set aside under this number does not grow any more; to be called before it is settled on disk."""
        self._gavel.cards.close(number)

    async def write(self, author: AuthorId, change: Callable[[ChapterDocument], None], *, apart: bool = False) -> None:
        """Change the server-owned part of the document on somebody's behalf; it is on disk on return.

        `change` runs within the room's step, in a thread if it is to run `apart`, and must not raise. Raises `ReadOnly`
        while the storage fails, and `RoomBusy` when the room closes.
        """
        self._check_open()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.put(Write(author, change, done, apart))
        self._wake.set()
        await done

    async def read(self, look: Callable[[ChapterDocument], T], *, after: AuthorId | None = None) -> T:
        """Look at the document when all that had arrived before is committed, or turned away.

        What is held, since its sender made the room undo much, is waited for only if it is of `after`. The document
        holds nothing that is not committed. `look` must not change or keep it. Raises what `look` raises, and
        `RoomBusy` when the room closes.
        """
        self._check_open()
        found: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._inbox.put(Look(look, found, after))
        self._wake.set()
        return await found

    # The writer

    async def _run(self) -> None:
        goes_on = True
        while goes_on and (not self._closing or self._inbox or self._looks):
            await self._wake.wait()
            if not self._left_over:
                await self._pace.turn()
            self._wake.clear()
            try:
                await self._step()
            except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # a panic in Rust is one
                if not isinstance(error, StorageError | DocumentBroken):
                    log.error("chapter %s: a step failed", self.chapter.id, exc_info=error)
                goes_on = await self._rebuild(error)
        self._turn_away()

    async def _step(self) -> None:
        batch = Batch()
        try:
            await self._take(batch)
            if batch.entries:
                await self._journal.commit(batch.entries, [card for _, card in batch.set_aside if card.number])
        except BaseException:
            for done in batch.writes:
                _settle(done, ReadOnly(STORAGE_FAILING.text))
            raise
        for done in batch.writes:
            _settle(done)
        if batch.entries:
            self._careful = False
            self._counts.steps += 1
            self._counts.updates += len(batch.entries)
            self._audience.send_all(
                protocol.sync_update(merge([entry.update for entry in batch.entries])), self._document.clocks
            )
            self.seq = batch.entries[-1].seq
            self._audience.committed()
        for seat, card in batch.set_aside:
            seat.client.set_aside(card)
        for seat, update in batch.known:
            seat.send(protocol.sync_update(update), self._document.clocks)
        await self._answer()
        self._snapshots.consider(self.seq, self._snapshot)
        if not batch.entries:
            await asyncio.sleep(0)  # nothing else has let others run

    async def _take(self, batch: Batch) -> None:
        """Let in what has arrived, in slices: nobody sees the document meanwhile, no more than during the commit."""
        worked = 0.0
        began = perf_counter()
        waiting = len(self._inbox)
        most = min(waiting, 1 if self._careful else self._limits.batch_updates)
        self._inbox.order_answers(most)
        for _ in range(most):
            item = self._inbox.take()
            waiting -= 1
            if isinstance(item, Edit):
                item.seat.taken += 1
                await self._take_in_turn(item, batch)
                if item.answer:
                    item.seat.answered = True
                    self._audience.let_in(item.seat)
            elif isinstance(item, Heard):
                self._take_heard(item)
            elif isinstance(item, Write):
                await self._take_write(item, batch)
            else:
                self._looks.append(item)
            took = perf_counter() - began
            if took > self._limits.slice_seconds:
                await asyncio.sleep(0)
                worked, began = worked + took, perf_counter()
            if worked > self._limits.step_seconds or not self._inbox:  # what was there may be held by now
                break
        if self.read_only is None:
            at = self._now()
            await self._settle(batch, at)
            self._enter(batch, SERVER, self._gavel.void(self._document, at), at)
            self._enter(batch, SERVER, self._document.tell_authorship(at), at)
        self._left_over = waiting > 0 and bool(self._inbox)
        if self._inbox:
            self._wake.set()

    async def _take_in_turn(self, edit: Edit, batch: Batch) -> None:
        """Take an edit; if it was undone, its sender's next ones wait, for longer than it took to do so."""
        author, undone, began = edit.seat.author, len(batch.set_aside), perf_counter()
        wait = 0.0
        try:
            await self._take_edit(edit, batch)
            if len(batch.set_aside) > undone:
                wait = self._turns.charge(author, perf_counter() - began)
        finally:
            edit.seat.waited += wait
            if wait > 0 and not self._closing:
                self._inbox.hold(author)
                asyncio.get_running_loop().call_later(wait, self._release, author)
            else:
                self._inbox.release(author)

    def _release(self, author: AuthorId) -> None:
        self._inbox.release(author)
        self._wake.set()

    async def _take_edit(self, edit: Edit, batch: Batch) -> None:
        seat, at = edit.seat, self._now()
        denial = self.read_only or seat.read_only
        if edit.answer:
            seat.asked = False
        costly = update_v1.is_costly(edit.update)
        try:
            if denial is not None:
                if not await _work(self._document.has_all_of, edit.update, apart=costly):
                    self._counts.denied += 1
                    seat.client.denied(denial)
                return
            await self._introduce_anew(edit, batch, at)
            watched = watch(self._gavel, self._document, seat, answer=edit.answer)
            note = nothing if watched is None else watched.note
            claims = self._audience.presences.holder
            take = partial(self._document.take, edit.update, seat.author, at, claims=claims, before=note)
            admitted = await asyncio.to_thread(take) if costly else take()
            self._took(edit, admitted, batch, at)
            if watched is not None and watched.has_work(admitted):
                restored = self._document.has_restored
                for author, update, cards in await asyncio.to_thread(list, watched.finish(admitted, at)):
                    self._enter(batch, author, update, at)
                    batch.set_aside.extend((seat, card) for card in cards)
                if self._document.has_restored and not restored:
                    self._audience.hold_back_who_is_asked()
        except UpdateIncomplete as error:
            self._take_gap(edit, error)
        except UpdateRefused as error:
            self._counts.refused += 1
            seat.client.refused(error)
        except Exception as error:  # else it would be sent again, and fail again
            seat.client.refused(UpdateMalformed(str(error)))
            raise

    def _took(self, edit: Edit, admitted: Admitted, batch: Batch, at: int) -> None:
        """Note an edit that was let in."""
        seat, document = edit.seat, self._document
        seat.gaps = 0
        if admitted.update:
            if admitted.identities:
                batch.admitted.append(admitted)
            document.introduce(seat.author, seat.byline)
            self._enter(batch, seat.author, admitted.update, at)
            self._gavel.see(document, admitted, seat.author)
        else:
            self._counts.known += 1
            batch.known.append((seat, edit.update))

    async def _introduce_anew(self, edit: Edit, batch: Batch, at: int) -> None:
        """Before the first words that somebody writes for another delegation than until now, say so."""
        seat, document = edit.seat, self._document
        if not document.is_in_new_capacity(seat.author, seat.byline):
            return
        if not await _work(document.has_all_of, edit.update, apart=update_v1.is_costly(edit.update)):
            document.introduce(seat.author, seat.byline)
            self._enter(batch, SERVER, document.tell_authorship(at), at)

    def _take_gap(self, edit: Edit, error: UpdateIncomplete) -> None:
        """Ask for all that the client has. What it sent before it heard the question is in its answer."""
        seat = edit.seat
        self._counts.incomplete += 1
        seat.gaps += edit.answer
        if seat.gaps > self._limits.gaps:
            self._counts.refused += 1
            seat.client.refused(error)
        elif not seat.asked:
            self._audience.lacks(seat)

    def _take_heard(self, heard: Heard) -> None:
        seat = heard.seat
        if seat.left:
            return
        try:
            told = self._audience.presences.hear(seat, heard.entries, self._document.owners)
        except MessageTooLarge as error:
            self._counts.refused += 1
            seat.client.refused(error)
        else:
            self._audience.heard(seat, told)

    async def _settle(self, batch: Batch, at: int) -> None:
        new = sum(len(one.inserted) for one in batch.admitted)
        update = await _work(self._document.settle, batch.admitted, at, apart=new > MANY_PARAGRAPHS)
        self._enter(batch, SERVER, update, at)

    async def _take_write(self, write: Write, batch: Batch) -> None:
        if self.read_only is not None:
            _settle(write.done, ReadOnly(self.read_only.text))
            return
        at = self._now()
        batch.writes.append(write.done)
        try:
            await self._settle(batch, at)  # what it asks of paragraphs, new ones too, it asks by their ids
            self.before_write = self.seq + len(batch.entries)
            update = await _work(self._document.write, write.change, write.author, at, apart=write.apart)
            locks(self._document)  # read now: a thread may be at the document when somebody asks
        except DocumentBroken as error:
            _settle(write.done, error)
            raise
        self._enter(batch, write.author, update, at)

    def _enter(self, batch: Batch, author: AuthorId, update: bytes, at: int) -> None:
        if update:
            seq = self.seq + len(batch.entries) + 1
            batch.entries.append(Entry(self.chapter.id, seq, at, author, update))

    # Answers, when all is committed

    async def _answer(self) -> None:
        await self._audience.answer(self._document, self.seq, self.read_only)
        looks, self._looks = self._looks, []
        for look in looks:
            await look.answer(self._document)

    # When something fails

    async def _rebuild(self, error: BaseException) -> bool:
        """Go back to what is committed, and be read-only until the storage works. False: closed before it did."""
        log.error("chapter %s is read-only: %s", self.chapter.id, error)
        self._counts.rebuilds += 1
        self._whole = False
        self._set_read_only(STORAGE_FAILING)
        if not await self._wait_for_storage():
            return False
        self._set_read_only(None)
        self._careful = True
        self._audience.ask_all(self._document, self.seq)
        self._wake.set()
        log.warning("chapter %s is writable again", self.chapter.id)
        return True

    async def _wait_for_storage(self) -> bool:
        """Go back, then wait before the first try too: else what always fails is tried without a pause."""
        wait = self._limits.retry_seconds
        while True:
            try:
                if self._whole:
                    await self._storage.probe()
                    return True
                await self._go_back()
            except Exception as failure:
                log.warning("chapter %s: %s", self.chapter.id, failure, exc_info=not isinstance(failure, StorageError))
            await self._serve_readers(wait)
            if self._closing:
                return False
            wait = min(2 * wait, self._limits.retry_most)

    async def _go_back(self) -> None:
        recovery = await self._storage.recover(self.chapter.id)
        document = await asyncio.to_thread(ChapterDocument.recover, recovery)
        before, self._document = self._document, document
        self._gavel = Gavel(self.chapter.id, recovery.set_aside)
        self._audience.rebuilt()
        self._whole = True
        if recovery.seq != self.seq:  # somebody else wrote, or a commit was kept that was said to have failed
            self.seq = recovery.seq
            self._audience.send_all(protocol.sync_update(self._document.state()), self._document.clocks)
        await asyncio.to_thread(before.discard)

    async def _serve_readers(self, seconds: float) -> None:
        """For so many seconds turn every edit away and answer who reads, if there is a document to do it with."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        timer = loop.call_at(end, self._wake.set)  # and nothing is cut short: half an answer is none to all others
        self._wake.set()
        while not self._closing and loop.time() < end:
            await self._wake.wait()
            self._wake.clear()
            if self._whole:
                await self._serve_once()
            await asyncio.sleep(0)
        timer.cancel()
        self._wake.set()

    async def _serve_once(self) -> None:
        try:
            await self._take(Batch())
            await self._answer()
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic in Rust is one
            log.error("chapter %s: a step failed", self.chapter.id, exc_info=error)
            self._whole = False

    def _turn_away(self) -> None:
        """Nothing is taken any more: tell those who still wait."""
        self._inbox.release_all()
        items = [self._inbox.take() for _ in range(len(self._inbox))]
        for item in (*items, *self._looks):
            if isinstance(item, Write):
                _settle(item.done, ReadOnly(STORAGE_FAILING.text))
            elif isinstance(item, Look):
                _settle(item.found, RoomBusy(f"chapter {self.chapter.id!r}, which is closed,"))

    def _set_read_only(self, denial: Denial | None) -> None:
        self.read_only = denial
        self._audience.set_read_only(denial)

    # Snapshots, and the end

    def _count_snapshot(self) -> None:
        self._counts.snapshots += 1

    def _snapshot(self) -> Callable[[], Snapshot]:
        """To be called between steps only: then the document is what is committed."""
        document, seq, at = self._document, self.seq, self._now()
        state, owners, record = document.state(), dict(document.owners), document.record.copy()
        return lambda: Snapshot(self.chapter.id, seq, at, state, owners, record.encode())

    async def close(self) -> None:
        """Write what has arrived, save a snapshot, and stop. Connections are the caller's to close."""
        self._closing = True
        self._inbox.release_all()
        self._wake.set()
        await self._task
        self._audience.stop()
        await self._snapshots.stop()
        if self.read_only is None:
            await self._snapshots.save_last(self.seq, self._snapshot)
        document, self._document = self._document, ChapterDocument()  # whoever still holds the room holds no chapter
        await asyncio.to_thread(document.discard)


async def _work(call: Callable[..., T], *args: Any, apart: bool) -> T:
    """Call it; `apart`, in a thread, what may take long, so that the event loop goes on.

    Nobody else touches the document meanwhile: only the room's step does.
    """
    return await asyncio.to_thread(call, *args) if apart else call(*args)


def nothing(_admitted: Admitted) -> None:
    """To be done before an edit goes in that nothing can bar."""


def _settle(done: asyncio.Future[Any], error: Exception | None = None) -> None:
    """Resolve a future that its waiter may have given up."""
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
