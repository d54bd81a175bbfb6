"""The record of authorship: by whom and when each id was inserted, by whom and when deleted, and what has moved.

It follows from the journal alone. Kept as ranges of ids, it takes a few numbers for each minute in which somebody wrote
and for each place where something was deleted, not for each character. Equal records are encoded as equal bytes.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeVar

from documents.authorship.marks import Mark, Removed, Written
from documents.authorship.runs import Tag
from documents.crdt.update_v1 import Id, read_string, read_uint, write_uint
from documents.errors import DocumentsError, UpdateMalformed
from documents.model import SERVER, AuthorId, ClientId

T = TypeVar("T")

Range = tuple[ClientId, int, int, Tag, int]
"""Client id, first clock, length, by whom, minute."""

MINUTES: Final = 10
"""How long ago text may have been removed that goes back to its authors."""
MAX_MOVES: Final = 50
"""How often text may have moved that is still traced to where it came from."""
_FORMAT: Final = 1


class RecordDamaged(DocumentsError):
    """Bytes that are no record, or not the one that they should be."""


@dataclass(frozen=True, slots=True)
class Move:
    """So many ids, from `clock` on, say again what the ids from `source` on said, and were put there by `by`."""

    clock: int
    length: int
    source: Id
    by: Tag

    def goes_on_in(self, other: "Move") -> bool:
        """Whether the other one says the same of the ids that come next."""
        client, clock = self.source
        follows = (self.clock + self.length, (client, clock + self.length))
        return self.by == other.by and follows == (other.clock, other.source)


@dataclass(slots=True, eq=False)
class Stretch:
    """Text that one update removed and that stood together, while it is still young."""

    by: AuthorId
    minute: int
    parts: tuple[tuple[ClientId, int, int], ...]
    """Ids as (client, clock, length), in the order in which they stood."""
    words: tuple[tuple[int, int], ...]
    """Where in it whole words of other people begin and end, in order."""
    text: str = ""
    """In UTF-16 units. Not encoded: the chapter's text has it."""
    number: int = 0
    """Counts what this person removed. Not encoded either: only the order matters."""
    left: str | None = None
    """What of it can go back, if that was worked out: `documents.authorship.moves` keeps it."""


class Record:
    """See the module."""

    def __init__(self) -> None:
        self._written: dict[ClientId, Written] = {}
        self._removed: dict[ClientId, Removed] = {}
        self._moves: dict[ClientId, list[Move]] = {}
        self._went: dict[ClientId, list[tuple[int, int, ClientId, int]]] = {}
        """The moves by their sources: start, end, and the client and clock to which they went."""
        self._stretches: dict[AuthorId, list[Stretch]] = {}
        self._newest = 0

    # Keeping it

    def insert(self, client: ClientId, length: int, mark: Mark) -> bool:
        """Note the next `length` ids of a client. Returns whether somebody else begins here than wrote before."""
        written = self._written.get(client)
        if written is None:
            written = self._written[client] = Written()
        return written.add(length, mark)

    def delete(self, client: ClientId, start: int, end: int, mark: Mark) -> list[tuple[int, int]]:
        """Note a deletion; returns the parts that nobody had deleted before."""
        removed = self._removed.get(client)
        if removed is None:
            removed = self._removed[client] = Removed()
        new = list(removed.missing(start, end))
        for low, high in new:
            removed.add(low, high, mark)
        return new

    def move(self, client: ClientId, move: Move) -> None:
        """Note that ids of a client, which are in the record, say again what others said: they get those's marks.

        If these have gone elsewhere already, they have come from there.
        """
        for part in self._of_one_mover(move) if move.by == SERVER else (move,):
            self._move(client, part)

    def _of_one_mover(self, move: Move) -> Iterator[Move]:
        """What the server puts back, in parts that one person had put there, or nobody."""
        client, clock = move.source
        for low, high, _ in list(self.moved(client, clock, clock + move.length)):
            yield Move(move.clock + low - clock, high - low, (client, low), SERVER)

    def _go_on(self, one: Move, other: Move) -> bool:
        """Whether they are one move."""
        return one.goes_on_in(other) and self.mover(one) == self.mover(other)

    def _move(self, client: ClientId, move: Move) -> None:
        moves = self._moves.setdefault(client, [])
        index = bisect_left(moves, move.clock, key=lambda one: one.clock)
        first = index - 1 if index > 0 and self._go_on(moves[index - 1], move) else index
        last = index + 1 if index < len(moves) and self._go_on(move, moves[index]) else index
        together = [*moves[first:index], move, *moves[index:last]]
        begin = together[0]
        moves[first:last] = [Move(begin.clock, sum(one.length for one in together), begin.source, move.by)]
        source, start = move.source
        for low, high, (stand, at) in list(self.stands(source, start, start + move.length)):
            insort(self._went.setdefault(stand, []), (at, at + high - low, client, move.clock + low - start))
        written = self._written[client]
        for low, high, mark in list(self.written(source, start, start + move.length)):
            written.replace(move.clock + low - start, move.clock + high - start, mark)

    def see(self, minute: int) -> None:
        """Know that it is so late by now."""
        self._newest = max(self._newest, minute)

    def remember(self, stretch: Stretch) -> None:
        """Keep what was just removed, for a while."""
        stretches = self._stretches.setdefault(stretch.by, [])
        stretch.number = stretches[-1].number + 1 if stretches else 0
        stretches.append(stretch)
        if self._newest - stretches[0].minute > MINUTES:
            stretches[:] = [one for one in stretches if self._newest - one.minute <= MINUTES]

    # Reading it

    def known(self, client: ClientId) -> int:
        """The first clock of a client that is not in the record."""
        written = self._written.get(client)
        return 0 if written is None else written.end

    def only(self, client: ClientId, clock: int, length: int) -> Mark | None:
        """The mark of some ids, if it is the same for all and this client moved nothing; else None."""
        return None if client in self._moves else self._written[client].only(clock, clock + length)

    def written(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int, Mark]]:
        """By whom the ids from `start` up to `end` were first written, as (start, end, mark)."""
        return self._written[client].within(start, end)

    def removed(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int, Mark | None]]:
        """By whom the ids from `start` up to `end` were deleted, if they were, as (start, end, mark)."""
        removed = self._removed.get(client)
        return iter(((start, end, None),)) if removed is None else removed.within(start, end)

    def writer(self, client: ClientId, clock: int) -> Mark:
        """By whom an id was first written."""
        ((_, _, mark),) = self.written(client, clock, clock + 1)
        return mark

    def remover(self, client: ClientId, clock: int) -> Mark | None:
        """By whom an id was deleted, if it was."""
        ((_, _, mark),) = self.removed(client, clock, clock + 1)
        return mark

    def moved(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int, Move | None]]:
        """The moves that the ids from `start` up to `end` came by, as (start, end, move)."""
        moves = self._moves.get(client, ())
        index = bisect_right(moves, start, key=lambda move: move.clock + move.length)
        while start < end:
            if index == len(moves) or moves[index].clock >= end:
                yield start, end, None
                return
            move = moves[index]
            if start < move.clock:
                yield start, move.clock, None
                start = move.clock
            stop = min(move.clock + move.length, end)
            yield start, stop, move
            start = stop
            index += 1

    def mover(self, move: Move) -> Tag | None:
        """Who put text last where it stands: not the server, which puts it back where it was."""
        last: Move | None = move
        while last is not None and last.by == SERVER:
            client, clock = last.source
            ((_, _, last),) = self.moved(client, clock, clock + 1)
        return None if last is None else last.by

    def gave(self, client: ClientId) -> bool:
        """Whether any of a client's ids have gone anywhere."""
        return client in self._went

    def went(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int, Id | None]]:
        """Where the deleted ids from `start` up to `end` have gone, if anywhere, as (start, end, first id there)."""
        went = self._went.get(client, ())
        index = bisect_right(went, start, key=lambda one: one[1])
        while start < end:
            if index == len(went) or went[index][0] >= end:
                yield start, end, None
                return
            low, high, other, clock = went[index]
            if start < low:
                yield start, low, None
                start = low
            stop = min(high, end)
            yield start, stop, (other, clock + start - low)
            start = stop
            index += 1

    def stands(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int, Id]]:
        """To where ids went last, as (start, end, first id there), in order; themselves, if they went nowhere."""
        waiting = [(start, end, (client, start))]
        while waiting:
            start, end, (client, clock) = waiting.pop()
            shift = start - clock
            parts = list(self.went(client, clock, clock + end - start))
            if len(parts) == 1 and parts[0][2] is None:
                yield start, end, (client, clock)
                continue
            waiting.extend((low + shift, high + shift, other or (client, low)) for low, high, other in reversed(parts))

    def given(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Whether the deleted ids from `start` up to `end` stand elsewhere by now, as (start, end, whether)."""
        return ((low, high, other is not None) for low, high, other in self.went(client, start, end))

    def may_have_removed(self, by: AuthorId) -> bool:
        """Whether it is worth looking for what this person removed lately."""
        return by in self._stretches or (by == SERVER and bool(self._stretches))

    def removed_lately(self, by: AuthorId, minute: int) -> Iterator[Stretch]:
        """What this person removed in the ten minutes before, the latest first; for the server, what anybody removed.

        What was once too old stays so, though the clock be set back.
        """
        for author in sorted(self._stretches) if by == SERVER else [by]:
            for stretch in reversed(self._stretches.get(author, [])):
                if self.is_late_enough(stretch, by, minute):
                    yield stretch

    def is_late_enough(self, stretch: Stretch, by: AuthorId, minute: int) -> bool:
        """Whether this person removed a stretch in the ten minutes before."""
        return by in (stretch.by, SERVER) and max(minute, self._newest) - stretch.minute <= MINUTES

    def stretches(self) -> Iterator[Stretch]:
        """All that was removed lately."""
        for stretches in self._stretches.values():
            yield from stretches

    def sources(self, client: ClientId, start: int, end: int) -> Iterator[tuple[ClientId, int, int, int]]:
        """These ids, and those that say the same and were moved to here: by the last `MAX_MOVES` moves.

        As (client, start, end, offset), where the offset counts from the first of these ids.
        """
        waiting = [(client, start, end, 0, MAX_MOVES)]
        while waiting:
            client, start, end, offset, moves = waiting.pop()
            yield client, start, end, offset
            for low, high, move in self.moved(client, start, end) if moves else ():
                if move is not None:
                    source, clock = move.source
                    shift = clock - move.clock
                    waiting.append((source, low + shift, high + shift, offset + low - start, moves - 1))

    def roots(self, client: ClientId, start: int, end: int) -> Iterator[tuple[ClientId, int, int] | None]:
        """Where these ids were written first, as (client, start, end); None for what has moved too often to tell."""
        waiting = [(client, start, end, MAX_MOVES)]
        while waiting:
            client, start, end, moves = waiting.pop()
            for low, high, move in self.moved(client, start, end):
                if move is None:
                    yield client, low, high
                elif not moves:
                    yield None
                else:
                    source, clock = move.source
                    waiting.append((source, clock + low - move.clock, clock + high - move.clock, moves - 1))

    def insertions(self) -> Iterator[Range]:
        """All ids that were ever inserted, by client and clock."""
        for client in sorted(self._written):
            written = self._written[client]
            for start, stop, (tag, minute) in self.written(client, 0, written.end):
                yield client, start, stop - start, tag, minute

    def deletions(self) -> Iterator[Range]:
        """All ids that were deleted, by client and clock."""
        for client in sorted(self._removed):
            removed = self._removed[client]
            for start, end, (tag, minute) in zip(removed.starts, removed.ends, removed.marks, strict=True):
                yield client, start, end - start, tag, minute

    def moves(self) -> Iterator[tuple[ClientId, Move]]:
        """All moves, by client and clock."""
        for client in sorted(self._moves):
            for move in self._moves[client]:
                yield client, move

    def authors(self) -> Iterator[tuple[ClientId, int, Tag]]:
        """Where in each client's ids another author begins, as (client, clock, tag)."""
        for client in sorted(self._written):
            yield from self.authors_from(client, 0)

    def authors_from(self, client: ClientId, clock: int) -> Iterator[tuple[ClientId, int, Tag]]:
        """The same for one client, from a clock on."""
        before = next((tag for *_, (tag, _) in self.written(client, clock - 1, clock)), None) if clock else None
        for start, _, (tag, _) in self.written(client, clock, self._written[client].end):
            if tag != before:
                yield client, start, tag
            before = tag

    # On disk

    def copy(self) -> "Record":
        """As it is now, to be read or encoded in another thread: much quicker than either."""
        other = Record()
        other._written = {client: written.copy() for client, written in self._written.items()}
        other._removed = {client: removed.copy() for client, removed in self._removed.items()}
        other._moves = {client: moves.copy() for client, moves in self._moves.items()}
        other._went = {client: went.copy() for client, went in self._went.items()}
        other._stretches = {by: stretches.copy() for by, stretches in self._stretches.items()}
        other._newest = self._newest
        return other

    def encode(self) -> bytes:
        """The whole record: the same bytes for the same record, whichever way it was come by.

        A version, the newest minute, the names (of tags and authors), then insertions, deletions and moves by client,
        and stretches by author: counts and numbers as in updates, names by their index, clocks and minutes as what
        they differ by from the ones before (minutes zigzag-coded).
        """
        insertions, deletions, moves = list(self.insertions()), list(self.deletions()), list(self.moves())
        stretches = {
            by: [one for one in self._stretches[by] if self._newest - one.minute <= MINUTES]
            for by in sorted(self._stretches)
        }
        names = {one[3] for one in insertions} | {one[3] for one in deletions} | {move.by for _, move in moves}
        writer = _Writer(sorted(names.union(by for by, some in stretches.items() if some)), self._newest)
        writer.ranges(insertions)
        writer.ranges(deletions)
        writer.moves(moves)
        writer.stretches(stretches)
        return bytes(writer.out)

    @classmethod
    def decode(cls, data: bytes) -> "Record":
        """What `encode` wrote. Raises `RecordDamaged`."""
        try:
            return _Reader(data).record()
        except (IndexError, UpdateMalformed) as error:
            raise RecordDamaged(str(error)) from error


class _Writer:
    """Writes a record's parts."""

    def __init__(self, names: list[str], newest: int) -> None:
        self.out = bytearray()
        self._index = {name: number for number, name in enumerate(names)}
        self._uints(_FORMAT, newest, len(names))
        for name in names:
            data = name.encode()
            self._uints(len(data))
            self.out += data

    def ranges(self, ranges: list[Range]) -> None:
        groups = _by_client([(one[0], one) for one in ranges])
        self._uints(len(groups))
        for client, group in groups.items():
            self._uints(client, len(group))
            end = before = 0
            for _, clock, length, name, minute in group:
                self._uints(clock - end, length, self._index[name], _zigzag(minute - before))
                end, before = clock + length, minute

    def moves(self, moves: list[tuple[ClientId, Move]]) -> None:
        groups = _by_client(moves)
        self._uints(len(groups))
        for client, group in groups.items():
            self._uints(client, len(group))
            end = 0
            for move in group:
                self._uints(move.clock - end, move.length, *move.source, self._index[move.by])
                end = move.clock + move.length

    def stretches(self, stretches: dict[AuthorId, list[Stretch]]) -> None:
        kept = {by: some for by, some in stretches.items() if some}
        self._uints(len(kept))
        for by, some in kept.items():
            self._uints(self._index[by], len(some))
            for one in some:
                self._uints(one.minute, len(one.words), *chain.from_iterable(one.words), len(one.parts))
                for part in one.parts:
                    self._uints(*part)

    def _uints(self, *numbers: int) -> None:
        out = self.out
        for number in numbers:
            if number < 0x80:
                out.append(number)
            else:
                out += write_uint(number)


def _by_client(items: list[tuple[ClientId, T]]) -> dict[ClientId, list[T]]:
    groups: dict[ClientId, list[T]] = {}
    for client, item in items:
        groups.setdefault(client, []).append(item)
    return groups


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _unzigzag(number: int) -> int:
    return -((number + 1) >> 1) if number & 1 else number >> 1


class _Reader:
    """Reads a record from its bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def record(self) -> Record:
        record = Record()
        if self._uint() != _FORMAT:
            raise RecordDamaged("it is of another version")
        record.see(self._uint())
        names = [self._string() for _ in range(self._uint())]
        for client, clock, length, tag, minute in self._ranges(names):
            if clock != record.known(client):
                raise RecordDamaged(f"the ids of client {client} have a gap")
            record.insert(client, length, (tag, minute))
        for client, clock, length, tag, minute in self._ranges(names):
            record.delete(client, clock, clock + length, (tag, minute))
        moves = sorted(
            self._moves(names), key=lambda one: one[1].by == SERVER
        )  # nobody moves what was put back already
        for client, move in moves:
            source, start = move.source
            if move.clock + move.length > record.known(client) or start + move.length > record.known(source):
                raise RecordDamaged(f"what client {client} moved is not known")
            record.move(client, move)
        for stretch in self._stretches(names):
            record.remember(stretch)
        if self._at != len(self._data):
            raise RecordDamaged("bytes follow its end")
        return record

    def _moves(self, names: list[str]) -> Iterator[tuple[ClientId, Move]]:
        for _ in range(self._uint()):
            client, count = self._uint(), self._uint()
            end = 0
            for _ in range(count):
                clock, length = end + self._uint(), self._uint()
                source = (self._uint(), self._uint())
                yield client, Move(clock, length, source, names[self._uint()])
                end = clock + length

    def _stretches(self, names: list[str]) -> Iterator[Stretch]:
        for _ in range(self._uint()):
            by, count = names[self._uint()], self._uint()
            for _ in range(count):
                minute = self._uint()
                words = tuple((self._uint(), self._uint()) for _ in range(self._uint()))
                parts = tuple((self._uint(), self._uint(), self._uint()) for _ in range(self._uint()))
                yield Stretch(by, minute, parts, words)

    def _ranges(self, tags: list[Tag]) -> Iterator[Range]:
        for _ in range(self._uint()):
            client, count = self._uint(), self._uint()
            end = minute = 0
            for _ in range(count):
                clock, length, tag = end + self._uint(), self._uint(), tags[self._uint()]
                minute += _unzigzag(self._uint())
                yield client, clock, length, tag, minute
                end = clock + length

    def _uint(self) -> int:
        number, self._at = read_uint(self._data, self._at)
        return number

    def _string(self) -> str:
        text, self._at = read_string(self._data, self._at)
        return text
