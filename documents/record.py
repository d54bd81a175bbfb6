"""The record of authorship: by whom and when each id was inserted, by whom and when deleted, and what has moved.

It follows from the journal alone. Kept as ranges of ids, it takes a few numbers for each minute in which somebody wrote
and for each place where something was deleted, not for each character. Equal records are encoded as equal bytes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from documents.errors import DocumentsError, UpdateMalformed
from documents.model import ClientId
from documents.ranges import RangeSet
from documents.runs import Tag
from documents.update_v1 import Id, read_string, read_uint, write_uint

Mark = tuple[Tag, int]
"""By whom, and when, in minutes since 1970 (UTC)."""
Range = tuple[ClientId, int, int, Tag, int]
"""Client id, first clock, length, by whom, minute."""

_FORMAT: Final = 1


class RecordDamaged(DocumentsError):
    """Bytes that are no record."""


@dataclass(frozen=True, slots=True)
class Move:
    """So many ids, from `clock` on, say again what the ids from `source` on said, and were put there by `by`."""

    clock: int
    length: int
    source: Id
    by: Tag


class _Written:
    """A client's ids, from 0 to `end`: a step function of marks."""

    __slots__ = ("end", "marks", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.marks: list[Mark] = []
        self.end = 0


class _Removed:
    """A client's deleted ids: ranges that do not overlap, each with its mark."""

    __slots__ = ("ends", "marks", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.marks: list[Mark] = []

    def missing(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of a range that are not deleted yet."""
        index = bisect_right(self.ends, start)
        while start < end:
            if index == len(self.starts) or self.starts[index] >= end:
                yield start, end
                return
            if start < self.starts[index]:
                yield start, self.starts[index]
            start = self.ends[index]
            index += 1

    def add(self, start: int, end: int, mark: Mark) -> None:
        """Note a range of which nothing was deleted before."""
        index = bisect_left(self.starts, start)
        if index > 0 and self.ends[index - 1] == start and self.marks[index - 1] == mark:
            index -= 1
            start = self.starts[index]
            del self.starts[index], self.ends[index], self.marks[index]
        if index < len(self.starts) and self.starts[index] == end and self.marks[index] == mark:
            end = self.ends[index]
            del self.starts[index], self.ends[index], self.marks[index]
        self.starts.insert(index, start)
        self.ends.insert(index, end)
        self.marks.insert(index, mark)


class Record:
    """See the module."""

    def __init__(self) -> None:
        self._written: dict[ClientId, _Written] = {}
        self._removed: dict[ClientId, _Removed] = {}
        self._moves: dict[ClientId, list[Move]] = {}
        self._given: dict[ClientId, RangeSet] = {}

    # Keeping it

    def insert(self, client: ClientId, length: int, mark: Mark) -> bool:
        """Note the next `length` ids of a client. Returns whether somebody else begins here than wrote before."""
        written = self._written.get(client)
        if written is None:
            written = self._written[client] = _Written()
        marks = written.marks
        begins = not marks or marks[-1][0] != mark[0]
        if begins or marks[-1] != mark:
            written.starts.append(written.end)
            marks.append(mark)
        written.end += length
        return begins

    def delete(self, client: ClientId, start: int, end: int, mark: Mark) -> list[tuple[int, int]]:
        """Note a deletion; returns the parts that nobody had deleted before."""
        removed = self._removed.get(client)
        if removed is None:
            removed = self._removed[client] = _Removed()
        new = list(removed.missing(start, end))
        for low, high in new:
            removed.add(low, high, mark)
        return new

    def move(self, client: ClientId, move: Move) -> None:
        """Note what the next ids of a client that are about to be inserted say again. Its source is given back."""
        self._moves.setdefault(client, []).append(move)
        source, clock = move.source
        self._given.setdefault(source, RangeSet()).add(clock, clock + move.length)

    # Reading it

    def known(self, client: ClientId) -> int:
        """The first clock of a client that is not in the record."""
        written = self._written.get(client)
        return 0 if written is None else written.end

    def written(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int, Mark]]:
        """By whom the ids from `start` up to `end` were first written, as (start, end, mark)."""
        written = self._written[client]
        starts = written.starts
        index = bisect_right(starts, start) - 1
        while start < end:
            stop = min(starts[index + 1], end) if index + 1 < len(starts) else end
            yield start, stop, written.marks[index]
            start = stop
            index += 1

    def removed(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int, Mark | None]]:
        """By whom the ids from `start` up to `end` were deleted, if they were, as (start, end, mark)."""
        removed = self._removed.get(client)
        if removed is None:
            yield start, end, None
            return
        index = bisect_right(removed.ends, start)
        while start < end:
            if index == len(removed.starts) or removed.starts[index] >= end:
                yield start, end, None
                return
            if start < removed.starts[index]:
                yield start, removed.starts[index], None
                start = removed.starts[index]
            stop = min(removed.ends[index], end)
            yield start, stop, removed.marks[index]
            start = stop
            index += 1

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

    def given(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Whether the deleted ids from `start` up to `end` stand elsewhere by now, as (start, end, whether)."""
        ranges = self._given.get(client)
        if ranges is None:
            yield start, end, False
            return
        for low, high in ranges.missing(start, end):
            if start < low:
                yield start, low, True
            yield low, high, False
            start = high
        if start < end:
            yield start, end, True

    def sources(self, client: ClientId, start: int, end: int) -> Iterator[tuple[ClientId, int, int]]:
        """These ids, and all those that say the same and were moved to here, as (client, start, end)."""
        waiting = [(client, start, end)]
        while waiting:
            client, start, end = waiting.pop()
            yield client, start, end
            for low, high, move in self.moved(client, start, end):
                if move is not None:
                    source, clock = move.source
                    waiting.append((source, clock + low - move.clock, clock + high - move.clock))

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
            written = self._written[client]
            before = None
            for start, (tag, _) in zip(written.starts, written.marks, strict=True):
                if tag != before:
                    yield client, start, tag
                before = tag

    # On disk

    def encode(self) -> bytes:
        """The whole record: the same bytes for the same record, whichever way it was come by.

        A version, the tags, then insertions, deletions and moves by client: counts and numbers as in updates, tags by
        their index, clocks and minutes as what they differ by from the ones before (minutes zigzag-coded).
        """
        ranges = (list(self.insertions()), list(self.deletions()))
        moves = list(self.moves())
        tags = sorted({one[3] for some in ranges for one in some} | {move.by for _, move in moves})
        index = {tag: number for number, tag in enumerate(tags)}
        out = bytearray(write_uint(_FORMAT) + write_uint(len(tags)))
        for tag in tags:
            data = tag.encode()
            out += write_uint(len(data)) + data
        for some in ranges:
            for client, group in _by_client(some, out):
                out += write_uint(client) + write_uint(len(group))
                end = before = 0
                for _, clock, length, tag, minute in group:
                    out += write_uint(clock - end) + write_uint(length) + write_uint(index[tag])
                    out += write_uint(_zigzag(minute - before))
                    end, before = clock + length, minute
        for client, group in _by_client([(client, move) for client, move in moves], out):
            out += write_uint(client) + write_uint(len(group))
            end = 0
            for _, move in group:
                source, clock = move.source
                for number in (move.clock - end, move.length, source, clock, index[move.by]):
                    out += write_uint(number)
                end = move.clock + move.length
        return bytes(out)

    @classmethod
    def decode(cls, data: bytes) -> "Record":
        """What `encode` wrote. Raises `RecordDamaged`."""
        try:
            return _Reader(data).record()
        except (IndexError, UpdateMalformed) as error:
            raise RecordDamaged(str(error)) from error


def _by_client(items: list[tuple], out: bytearray) -> Iterable[tuple[ClientId, list[tuple]]]:  # type: ignore[type-arg]
    """Items, which begin with their client, in groups; how many groups there are is written first."""
    groups: dict[ClientId, list[tuple]] = {}  # type: ignore[type-arg]
    for item in items:
        groups.setdefault(item[0], []).append(item)
    out += write_uint(len(groups))
    return groups.items()


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
        tags = [self._string() for _ in range(self._uint())]
        for client, clock, length, tag, minute in self._ranges(tags):
            if clock != 0 and client not in record._written:  # noqa: SLF001 (its own reader)
                raise RecordDamaged(f"client {client} does not begin at 0")
            record.insert(client, length, (tag, minute))
        for client, clock, length, tag, minute in self._ranges(tags):
            record.delete(client, clock, clock + length, (tag, minute))
        for _ in range(self._uint()):
            client, count = self._uint(), self._uint()
            end = 0
            for _ in range(count):
                clock, length = end + self._uint(), self._uint()
                source = (self._uint(), self._uint())
                record.move(client, Move(clock, length, source, tags[self._uint()]))
                end = clock + length
        if self._at != len(self._data):
            raise RecordDamaged("bytes follow its end")
        return record

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
