"""Words that move keep their author: which of what is inserted was removed a moment ago, and by the same person.

Editors can't move text in a Yjs document: they delete it and insert it anew, under the mover's client id, whenever
somebody splits or joins a paragraph, cuts and pastes, changes a paragraph into a heading, or undoes a deletion. So what
a person inserts is held against what the same person removed in the last ten minutes. A *stretch* is text that one
update removed and that stood together. What is inserted goes back to its first authors as far as it says again what a
stretch says, and

1. a whole word of what was removed is in it: two or more letters or digits, between other characters or the ends of the
   text when it was removed; or, in a script without spaces, any two characters in a row; or
2. it is the whole of what is inserted, and all of what was removed last from where it now stands again, in the same
   order: an undo, or a join after a split; or
3. it was removed by the same update and begins a text that held nothing before: a split in the middle of a word.

Each removed character goes back once at most. Thus nobody's words can be invented: only what an author had really
written, and this person had really removed, can go back to him, and not by single letters from which others could be
put together.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Final, NamedTuple

from documents.model import SERVER, AuthorId, ClientId
from documents.ranges import RangeSet
from documents.record import Record, Stretch
from documents.sequence import Block, Sequence, beside, deleted_beside, text_of
from documents.update_v1 import Id

MAX_REMOVED: Final = 50_000
"""How much removed text of one person is looked at, in UTF-16 units, the latest first."""
MAX_PLACES: Final = 4_096
"""In a longer insertion, only pieces that begin with a word are looked for."""
MAX_BESIDE: Final = 200
"""How far to look for living text that has gone back to the same place, in UTF-16 units."""
MAX_PIECES: Final = 256
"""How many pieces of one insertion go back; all further ones are the inserter's."""

_SPACELESS: Final = (
    "(?:[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff]"
    "|[\ud840-\ud887][\udc00-\udfff])"
)
_TWO: Final = re.compile(f"{_SPACELESS}{{2}}|[^\\W_]{{2}}")
_WORD: Final = re.compile(r"[^\W_]{2,}")
_TWO_SPACELESS: Final = re.compile(f"{_SPACELESS}{{2}}")
_START: Final = re.compile(rf"(?<![^\W_])[^\W_]|{_SPACELESS}")
_END: Final = "\udfff"
"""Stands between stretches, and for what has gone back: nothing that is inserted holds half a pair that fits."""

Range = tuple[ClientId, int, int]
"""A client id, the first clock and the one after the last."""


@dataclass(frozen=True, slots=True)
class Piece:
    """So many inserted units, from an id on, say again what those from the id `source` on said."""

    client: ClientId
    clock: int
    length: int
    source: Id


@dataclass(slots=True)
class Insertion:
    """What an update inserts in one place: strings that stand side by side."""

    strings: list[Block]
    """In the order in which they stand."""
    begins: bool
    """Whether a text begins with it that held nothing before."""


class Moves:
    """Finds what goes back to its authors, among what people insert into one chapter."""

    def __init__(self, sequence: Sequence, record: Record) -> None:
        self._sequence = sequence
        self._record = record

    def removed(self, blocks: list[Block], by: AuthorId, minute: int, new: Mapping[ClientId, int]) -> list[Stretch]:
        """Note the text that an update removed, as it stood before: in stretches.

        `new` is the first clock that the update inserted, for each client. What it inserted and removed itself makes
        stretches of its own.
        """
        texts = [block for block in blocks if block.text]
        stretches = []
        for was_there in (True, False):
            free = {block for block in texts if _is_old(block, new) is was_there}
            for block in texts:
                if block in free:
                    together = _together(block, free, new)
                    free.difference_update(together)
                    stretches.append(_stretch(together, by, minute, new))
                    for one in together:
                        one.stretch = stretches[-1]
        for stretch in stretches:
            self._record.remember(stretch)
        return stretches

    def find(
        self, insertion: Insertion, by: AuthorId, minute: int, own: Many[Stretch], later: Mapping[ClientId, RangeSet]
    ) -> list[Piece]:
        """The parts of an insertion that go back to their first authors, in order; their sources are then spent.

        `own` are the stretches that the same update removed; `later` is what it inserted here or after, which can't
        have been moved to here.
        """
        text = text_of(insertion.strings)
        around = _around(insertion.strings)
        here = self._removed_from(around, by, minute)
        before = [stretch for stretch in here if stretch not in own]
        # An undo may take away what was typed instead, in the same update: that was not removed from here before.
        for stretches in (here, before) if len(before) < len(here) else (here,):
            removed = [_Removed(stretch, self._record, later if stretch in own else {}) for stretch in stretches]
            search = _Search(insertion, text, removed, own, self._record)
            if search.in_old_place(around):
                return search.pieces
        if not (insertion.begins and own) and (len(text) < 2 or _TWO.search(text) is None):
            return []
        left = MAX_REMOVED
        lately: list[_Removed] = []
        for stretch in self._record.removed_lately(by, minute):
            left -= len(stretch.text)
            if left < 0:
                break
            lately.append(_Removed(stretch, self._record, later if stretch in own else {}))
        search = _Search(insertion, text, lately, own, self._record)
        search.elsewhere()
        return search.pieces

    def _removed_from(self, gap: list[Block], by: AuthorId, minute: int) -> list[Stretch]:
        """The stretches of which anything, or what was moved from it, lies deleted in a gap; the latest first."""
        found: dict[Stretch, None] = {}
        waiting = gap.copy()
        while waiting:
            block = waiting.pop()
            if block.stretch is not None and self._record.is_late_enough(block.stretch, by, minute):
                found[block.stretch] = None
            for low, high, there in self._record.went(block.client, *block.clocks):
                if there is not None:
                    client, clock = there
                    others = self._sequence.overlapping(client, clock, clock + high - low)
                    waiting += (other for other in others if other.deleted)
        return sorted(found, key=lambda one: (one.minute, one.by, one.number) if by == SERVER else one.number)[::-1]


def _together(block: Block, free: set[Block], new: Mapping[ClientId, int]) -> list[Block]:
    """The free blocks that stood together with this one, in order: nothing visible lay between them."""
    found = [block]
    for way in (-1, 1):
        other = beside(block, way)
        while other is not None and (other.deleted or not _is_old(other, new)):
            if other in free:
                found.append(other)
            other = beside(other, way)
        if way < 0:
            found.reverse()
    return found


def _is_old(block: Block, new: Mapping[ClientId, int]) -> bool:
    """Whether a block stood there before the update: it was cut where what is new begins."""
    return block.clock < new.get(block.client, block.clock + 1)


def _stretch(blocks: list[Block], by: AuthorId, minute: int, new: Mapping[ClientId, int]) -> Stretch:
    text = text_of(blocks)
    before, after = _seen(blocks[0], -1, new), _seen(blocks[-1], 1, new)
    parts: list[tuple[ClientId, int, int]] = []
    for block in blocks:  # how items lie in blocks must not be seen
        client, clock, length = parts[-1] if parts else (None, 0, 0)
        if (client, clock + length) == block.id:
            parts[-1] = (block.client, clock, length + block.length)
        else:
            parts.append((block.client, block.clock, block.length))
    torn = _is_word(before + text[0]), _is_word(text[-1] + after)
    return Stretch(by, minute, tuple(parts), *torn, text)


def _seen(block: Block, way: int, new: Mapping[ClientId, int]) -> str:
    """The character that was seen beside a block, if there was text."""
    other = beside(block, way)
    while other is not None and (other.deleted or not _is_old(other, new)):
        other = beside(other, way)
    if other is None or not other.text:
        return ""
    return other.text[0] if way > 0 else other.text[-1]


def _is_word(two: str) -> bool:
    return len(two) == 2 and _WORD.fullmatch(two) is not None


class _Removed:
    """A stretch, with what of it can go back."""

    __slots__ = ("_later", "_left", "_record", "stretch", "words")

    def __init__(self, stretch: Stretch, record: Record, later: Mapping[ClientId, RangeSet]) -> None:
        self.stretch = stretch
        self.words: list[tuple[int, int]] | None = None
        self._left: str | None = None
        self._record = record
        self._later = later

    @property
    def text(self) -> str:
        """All that was removed."""
        return self.stretch.text

    @property
    def left(self) -> str:
        """What can go back; in place of what can't, or has gone, stand other characters."""
        if self._left is None:
            self._left = "".join(self._parts())
        return self._left

    def _parts(self) -> Iterator[str]:
        at = 0
        nothing = RangeSet()
        for client, clock, length in self.stretch.parts:
            rest, said = _END * length, self.text[at : at + length]
            for low, high, given in self._record.given(client, clock, clock + length):
                for start, end in () if given else self._later.get(client, nothing).missing(low, high):
                    rest = rest[: start - clock] + said[start - clock : end - clock] + rest[end - clock :]
            yield rest
            at += length

    def holds_word(self, start: int, end: int) -> bool:
        """Whether there is a whole word between two places of the text."""
        if self.words is None:
            self.words = [
                match.span()
                for match in _WORD.finditer(self.text)
                if not (self.stretch.torn_before and match.start() == 0)
                and not (self.stretch.torn_after and match.end() == len(self.text))
            ]
        return (
            any(start <= low and high <= end for low, high in self.words)
            or _TWO_SPACELESS.search(self.text, start, end) is not None
        )

    def ids(self, start: int, end: int) -> Iterator[Range]:
        """The ids between two places of the text."""
        for client, clock, length in self.stretch.parts:
            low, high = max(start, 0), min(end, length)
            if low < high:
                yield client, clock + low, clock + high
            start -= length
            end -= length


class _Place(NamedTuple):
    """One removed unit that lies around an insertion."""

    position: int
    """Counted from the first unit that lies there."""
    stretch: int
    """By its index."""
    at: int
    """Where in the stretch."""


def _around(strings: list[Block]) -> list[Block]:
    """What lies deleted directly before, between and behind blocks that stand side by side, in order."""
    before = [*deleted_beside(strings[0], -1)]
    behind = [block for string in strings for block in deleted_beside(string, 1)]
    return [*reversed(before), *behind]


class _Gap:
    """What lies deleted around an insertion: ids, each with its position there."""

    def __init__(self, blocks: list[Block]) -> None:
        self._blocks: dict[ClientId, list[tuple[Block, int]]] = {}
        position = 0
        for block in blocks:
            self._blocks.setdefault(block.client, []).append((block, position))
            position += block.length

    def positions(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The ids of a range that lie there, as (clock, position)."""
        for block, position in self._blocks.get(client, ()):
            for clock in range(max(start, block.clock), min(end, block.clock + block.length)):
                yield clock, position + clock - block.clock


class _Search:
    """Looks for the pieces of one insertion; finds them in its order."""

    def __init__(
        self, insertion: Insertion, text: str, stretches: list[_Removed], own: Iterable[Stretch], record: Record
    ) -> None:
        self.pieces: list[Piece] = []
        self._insertion = insertion
        self._text = text
        self._stretches = stretches
        self._own = own
        self._record = record
        self._hay = ""
        self._offsets: list[int] = []

    # Where it stood

    def in_old_place(self, around: list[Block]) -> bool:
        """Whether it is all that was removed last from where it stands: then it goes back, be it a single letter."""
        gap = _Gap(around)
        taken: list[_Place] = []
        for index, stretch in enumerate(self._stretches):
            if not stretch.left.strip(_END):
                continue
            room = len(self._text) - len(taken)
            if len(stretch.left) - stretch.left.count(_END) > room:
                return False
            taken = sorted([*taken, *self._places(gap, index)])
            if len(taken) >= len(self._text):
                break
        said = "".join(self._stretches[one.stretch].left[one.at] for one in taken)
        if not taken or said != self._text or not self._is_in_order(gap, taken):
            return False
        start = 0
        for offset, one in enumerate(taken):
            following = taken[offset + 1] if offset + 1 < len(taken) else None
            if following is None or (following.stretch, following.at) != (one.stretch, one.at + 1):
                length = offset + 1 - start
                self._give(start, one.stretch, one.at + 1 - length, length)
                start = offset + 1
        return True

    def _places(self, gap: _Gap, index: int) -> list[_Place]:
        """Where in the gap the units of a stretch lie that can go back."""
        stretch = self._stretches[index]
        found: dict[int, _Place] = {}  # what was moved within the gap lies there more than once
        at = 0
        for client, clock, length in stretch.stretch.parts:
            for other, start, end, offset in self._record.sources(client, clock, clock + length):
                for one, position in gap.positions(other, start, end):
                    here = at + offset + one - start
                    if stretch.left[here] != _END:
                        found.setdefault(here, _Place(position, index, here))
            at += length
        return [*found.values()]

    def _is_in_order(self, gap: _Gap, taken: list[_Place]) -> bool:
        """Whether what lives beside the insertion, as far as it stood here too, stood on the same side of it."""
        ids = [ids for one in taken for ids in self._stretches[one.stretch].ids(one.at, one.at + 1)]
        stood = [position for one in ids for position in self._stood(gap, *one)]
        if not stood:
            return True
        strings = self._insertion.strings
        before = max(self._lives(gap, strings[0], -1), default=-1)
        behind = min(self._lives(gap, strings[-1], 1), default=max(stood) + 1)
        return before < min(stood) and max(stood) < behind

    def _lives(self, gap: _Gap, block: Block, way: int) -> Iterator[int]:
        """Where the living text before or behind a block had stood in the gap, as far as it had."""
        other = beside(block, way)
        steps = 0
        while other is not None and steps < MAX_BESIDE:
            if not other.deleted and other.text:
                yield from self._stood(gap, other.client, *other.clocks)
                steps += other.length
            other = beside(other, way)

    def _stood(self, gap: _Gap, client: ClientId, start: int, end: int) -> Iterator[int]:
        """Where in the gap ids were written first, as far as it was there."""
        return (position for root in self._record.roots(client, start, end) for _, position in gap.positions(*root))

    # Anywhere

    def elsewhere(self) -> None:
        """Look for pieces that hold whole words, or begin a text."""
        at = 0
        for stretch in self._stretches:
            self._offsets.append(at)
            at += len(stretch.text) + 1
        self._hay = "".join(stretch.left + _END for stretch in self._stretches)
        if not self._whole_ring():
            self._parts()

    def _whole_ring(self) -> bool:
        """An editor that finds out by comparing may remove "cat the " for "the cat ": the same, turned round."""
        text = self._text
        for index, stretch in enumerate(self._stretches):
            if len(stretch.left) != len(text) or stretch.left == text:
                continue
            turn = (stretch.left + stretch.left).find(text)
            if turn > 0 and (stretch.holds_word(0, turn) or stretch.holds_word(turn, len(text))):
                rest = len(text) - turn
                self._give(0, index, turn, rest)
                self._give(rest, index, 0, turn)
                return True
        return False

    def _parts(self) -> None:
        text = self._text
        at = 0
        while at < len(text) and len(self.pieces) < MAX_PIECES:
            length = self._longest(at)
            found = self._find(at, length) if length else None
            if found is None:
                at = self._next(at)
            else:
                self._give(at, *found, length)
                at += length

    def _next(self, at: int) -> int:
        """The next place where a piece may begin."""
        if len(self._text) <= MAX_PLACES:
            at += 1
            return at + 1 if "\udc00" <= self._text[at : at + 1] <= "\udfff" else at
        match = _START.search(self._text, at + 1)
        return len(self._text) if match is None else match.start()

    def _longest(self, at: int) -> int:
        """How much of the text from here on is said by some stretch."""
        text, hay = self._text, self._hay
        low, high = 0, 1
        while at + high <= len(text) and text[at : at + high] in hay:
            low, high = high, 2 * high
        high = min(high, len(text) - at + 1)
        while high - low > 1:
            middle = (low + high) // 2
            if text[at : at + middle] in hay:
                low = middle
            else:
                high = middle
        if low and "\ud800" <= text[at + low - 1] <= "\udbff":
            low -= 1
        return low

    def _find(self, at: int, length: int) -> tuple[int, int] | None:
        """A stretch, by its index, and the place in it, from which the text goes back to its authors."""
        piece = self._text[at : at + length]
        index = 0
        place = self._hay.find(piece)
        while place >= 0:
            while index + 1 < len(self._offsets) and self._offsets[index + 1] <= place:
                index += 1
            if self._counts(at, index, place - self._offsets[index], length):
                return index, place - self._offsets[index]
            place = self._hay.find(piece, place + 1)
        return None

    def _counts(self, at: int, index: int, start: int, length: int) -> bool:
        stretch = self._stretches[index]
        begins = at == 0 and self._insertion.begins and stretch.stretch in self._own
        return begins or stretch.holds_word(start, start + length)

    def _give(self, at: int, index: int, start: int, length: int) -> None:
        """Note a piece, id by id, and that it can't go back again."""
        for client, low, high in self._stretches[index].ids(start, start + length):
            for own, clock, size in self._inserted(at, high - low):
                self.pieces.append(Piece(own, clock, size, (client, low)))
                low += size  # noqa: PLW2901
                at += size
        if self._hay:
            where = self._offsets[index] + start
            self._hay = self._hay[:where] + _END * length + self._hay[where + length :]

    def _inserted(self, at: int, length: int) -> Iterator[tuple[ClientId, int, int]]:
        """The inserted ids from a place of the text on, as (client, clock, length)."""
        for block in self._insertion.strings:
            low, high = max(at, 0), min(at + length, block.length)
            if low < high:
                yield block.client, block.clock + low, high - low
            at -= block.length
