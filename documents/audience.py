"""Who is in a room, and what each of them is still to be told.

Nothing is told before the room says so: between commits, so that nobody is shown what is not on disk. Who does not
read, or is held back, is behind: it is sent nothing, and later one update by what it had.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Final

from documents.chapter import ChapterDocument
from documents.crdt import protocol
from documents.crdt.protocol import PresenceEntry
from documents.limits import RoomLimits
from documents.model import ClientId
from documents.pace import Pace
from documents.presence import Presences, Tick
from documents.seat import Denial, Seat

STEP2S: Final = 16
"""Answers to step 1 that are kept, for others who ask the same."""


class Audience:
    """The seats of one room. What has to be answered gathers here until `answer` is called."""

    def __init__(self, pace: Pace, limits: RoomLimits, wake: Callable[[], None]) -> None:
        """`wake` is called when there is something to answer."""
        self.seats: list[Seat] = []
        self.presences = Presences()
        self._pace = pace
        self._hold_back_seconds = limits.hold_back_seconds
        self._slice_seconds = limits.slice_seconds
        self._wake = wake
        self._joining: list[Seat] = []
        self._asking: dict[Seat, tuple[Mapping[ClientId, int], int]] = {}
        """What each has, and how many edits it had sent before it asked."""
        self._lacking: dict[Seat, None] = {}
        self._signs: dict[Seat, list[PresenceEntry]] = {}
        self._querying: dict[Seat, None] = {}
        self._catching_up: dict[Seat, None] = {}
        self._tick = Tick(limits.presence_seconds, wake)
        self._step1: tuple[int, bytes] | None = None
        self._step2s: dict[frozenset[tuple[ClientId, int]], bytes] = {}
        """Answers to step 1 that were given since the last commit, by what was asked."""

    @property
    def occupied(self) -> bool:
        """Whether anybody has a seat."""
        return bool(self.seats or self._joining)

    def join(self, seat: Seat) -> None:
        """Take somebody in, with the next answers."""
        self._joining.append(seat)
        self._wake()

    def leave(self, seat: Seat) -> None:
        """Tell them nothing more."""
        for seats in (self.seats, self._joining):
            if seat in seats:
                seats.remove(seat)
        self.presences.leave(seat)
        self._wake()

    def ask_step1(self, seat: Seat, has: Mapping[ClientId, int]) -> None:
        """A client asks for what it lacks."""
        if not seat.answered:
            seat.had = has
        self._asking[seat] = has, seat.sent
        self._wake()

    def ask_who_is_here(self, seat: Seat) -> None:
        """A client asks for everybody's presence."""
        self._querying[seat] = None
        self._wake()

    def heard(self, seat: Seat, told: Sequence[PresenceEntry]) -> None:
        """A client gave a sign of life. Stock ones hang up after 30 s without a message: each is answered with one."""
        self._signs.setdefault(seat, []).extend(told)

    def lacks(self, seat: Seat) -> None:
        """What this client has is lacking here: ask it."""
        self._lacking[seat] = None

    def caught_up(self, seat: Seat) -> None:
        """The connection of a seat that was behind has drained."""
        self._catching_up[seat] = None
        self._wake()

    def restamp(self, seat: Seat) -> None:
        """What presence says of this person is something else now."""
        self.presences.restamp(seat)
        self._wake()

    def set_read_only(self, denial: Denial | None) -> None:
        """Tell all that nobody can write for now; None: that whoever may can again."""
        for seat in self.seats:
            if denial is not None:
                seat.client.denied(denial)
            elif seat.read_only is None:
                seat.client.allowed()

    def send_all(self, message: bytes, clocks: Mapping[ClientId, int]) -> None:
        """Send to all who keep up; `clocks` is the document's, with this message."""
        with self._pace:
            for seat in self.seats:
                if seat.behind is None and not seat.client.send(message):  # as `Seat.send`, without a call for each
                    seat.behind = dict(clocks)

    def committed(self) -> None:
        """What was encoded for who asks is not all any more."""
        self._step2s.clear()

    def rebuilt(self) -> None:
        """The document is another."""
        self._step1 = None
        self._step2s.clear()

    def stop(self) -> None:
        """Nothing is told any more."""
        self._tick.stop()

    # Telling, when all is committed

    async def answer(self, document: ChapterDocument, seq: int, read_only: Denial | None) -> None:
        """Tell whoever is to be told something. `seq` is the last entry that `document` holds; it stays so meanwhile.

        Step 1 is answered when all that its sender had sent before was taken: the answer says that.
        """
        clocks = document.clocks
        self._welcome(document, seq, read_only)
        began = perf_counter()
        asking, self._asking = self._asking, {}
        for seat, (wanted, sent) in asking.items():
            began = await self._give_way(began)
            if seat.left:
                continue
            if seat.taken < sent:
                self._asking.setdefault(seat, (wanted, sent))
                continue
            if seat.held_back and not wanted:
                self.let_in(seat)
            if seat.behind is not None:
                seat.behind = dict(wanted)
            else:
                seat.send(self._step2(document, wanted), clocks)
        lacking, self._lacking = self._lacking, {}
        for seat in lacking:
            self._ask(seat, document, seq)
        self._answer_queries(clocks)
        catching_up, self._catching_up = self._catching_up, {}
        for seat in catching_up:
            began = await self._give_way(began)
            self._catch_up(seat, document, seq)
        if (self._signs or self.presences.has_news) and self._tick.is_due():
            self._tell_presence(clocks)

    async def _give_way(self, began: float) -> float:
        """Let others run if this has gone on for long: to encode what one lacks may take milliseconds."""
        if perf_counter() - began < self._slice_seconds:
            return began
        await asyncio.sleep(0)
        return perf_counter()

    def _welcome(self, document: ChapterDocument, seq: int, read_only: Denial | None) -> None:
        joining, self._joining = self._joining, []
        if not joining:
            return
        everybody = protocol.presences(self.presences.everybody())
        for seat in joining:
            self.seats.append(seat)
            self._ask(seat, document, seq)
            seat.send(everybody, document.clocks)
            if document.has_restored:
                self._hold_back(seat)
            if read_only is not None:
                seat.client.denied(read_only)

    def ask_all(self, document: ChapterDocument, seq: int) -> None:
        """Ask everybody for what is lacking here; at once, so that whoever answers first is taken first, alone."""
        for seat in self.seats:
            self._ask(seat, document, seq)

    def _ask(self, seat: Seat, document: ChapterDocument, seq: int) -> None:
        """Step 1: "this is what I have, send me the rest". To somebody who is behind it is sent on catching up."""
        if self._step1 is None or self._step1[0] != seq:
            self._step1 = (seq, protocol.sync_step1(protocol.write_state_vector(document.clocks)))
        seat.asked = True
        seat.send(self._step1[1], document.clocks)

    def _step2(self, document: ChapterDocument, has: Mapping[ClientId, int]) -> bytes:
        """What someone lacks who has this; encoded once for all who have the same, and those who have nothing."""
        key = frozenset(has.items())
        if key not in self._step2s:
            if len(self._step2s) >= STEP2S:
                self._step2s.clear()
            self._step2s[key] = protocol.sync_step2(document.since(has))
        return self._step2s[key]

    def _catch_up(self, seat: Seat, document: ChapterDocument, seq: int) -> None:
        if seat.behind is None or seat.held_back:
            return
        missed, seat.behind = self._step2(document, seat.behind), None
        seat.send(missed, document.clocks)
        self._ask(seat, document, seq)  # acknowledges what it sent again, and so is in no update
        seat.send(protocol.presences(self.presences.everybody(gone=True)), document.clocks)

    def _answer_queries(self, clocks: Mapping[ClientId, int]) -> None:
        querying, self._querying = self._querying, {}
        if querying:
            everybody = protocol.presences(self.presences.everybody())
            for seat in querying:
                seat.send(everybody, clocks)

    def _tell_presence(self, clocks: Mapping[ClientId, int]) -> None:
        """Say what is new of anybody to all, and answer who gave a sign of life: with that, if with nothing else."""
        self._tick.done()
        signs, self._signs = self._signs, {}
        news = self.presences.news()
        for seat, entries in signs.items():
            if entries or not news:
                seat.send(protocol.presences(entries), clocks)
        if news:
            self.send_all(protocol.presences(news), clocks)

    # Who must not hear anything yet

    def hold_back_who_is_asked(self) -> None:
        """What was put back here is the first ever: whoever has come and not answered yet is not to hear of it."""
        for seat in self.seats:
            if not seat.answered:
                self._hold_back(seat)

    def _hold_back(self, seat: Seat) -> None:
        """Show it nothing more until it has answered step 1: what it names as deleted then is not hearsay.

        Whoever comes with an empty document, or does not answer for long, is shown everything all the same.
        """
        seat.held_back, seat.behind = True, {}
        asyncio.get_running_loop().call_later(self._hold_back_seconds, self.let_in, seat)

    def let_in(self, seat: Seat) -> None:
        """It is held back no longer."""
        if seat.held_back:
            seat.held_back = False
            self.caught_up(seat)
