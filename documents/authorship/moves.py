"""Words that move keep their author: which of what is inserted was removed a moment ago, and by the same person.

Editors can't move text in a Yjs document: they delete it and insert it anew, under the mover's client id, whenever
somebody splits or joins a paragraph, cuts and pastes, changes a paragraph into a heading, or undoes a deletion. So what
a person inserts is held against what the same person removed in the last ten minutes. A *stretch* is text that one
update removed and that stood together. What is inserted goes back to its first authors as far as it says again what a
stretch says, and

1. a whole word of what was removed is in it: two or more letters or digits, between other characters or the ends of the
   text, as that would stand if this person had done nothing to it; or, in a script without spaces, any two characters
   in a row; or nothing but words of his own; or
2. it is the whole of what is inserted, and all of what was removed last from where it now stands again, in the same
   order: an undo, or a join after a split; or
3. it was removed by the same update and begins a text that held nothing before: a split in the middle of a word.

Each removed character goes back once at most. Thus nobody's words can be invented: only what an author had really
written, and this person had really removed, can go back to him, and not by single letters from which others could be
put together.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import Final, NamedTuple

from documents.authorship.record import MAX_MOVES, Record, Stretch
from documents.authorship.runs import person
from documents.crdt import update_v1
from documents.crdt.ranges import RangeSet
from documents.crdt.sequence import MAX_STEPS, Block, Sequence, beside, deleted_beside, near, text_of
from documents.crdt.update_v1 import Id
from documents.model import SERVER, AuthorId, ClientId

MAX_REMOVED: Final = 50_000
"""How much removed text of one person is looked at, in UTF-16 units, the latest first."""
MAX_STRETCHES: Final = 2_000
"""How many stretches of one person are looked at, the latest first."""
MAX_PLACES: Final = 4_096
"""In a longer insertion, only pieces that begin with a word are looked for."""
MAX_BESIDE: Final = 200
"""How far to look for living text that has gone back to the same place, in UTF-16 units."""
MAX_PIECES: Final = 256
"""How many pieces of one insertion go back; all further ones are the inserter's."""
MAX_EFFORT: Final = 40_000
"""How much work the search may take for one update: about as many microseconds, and one more for each inserted unit.

It is counted by what the texts are, not by the clock, so that it ends at the same place whenever it is done again.
What is not reached is the inserter's.
"""
_SCAN: Final = 512
"""How many units are looked through in the time of one other step."""

_SPACELESS: Final = (
    "(?:[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff]"
    "|[\ud840-\ud887][\udc00-\udfff])"
)
_TWO: Final = re.compile(f"{_SPACELESS}{{2}}|[^\\W_]{{2}}")
_WORD: Final = re.compile(r"[^\W_]{2,}")
_TWO_SPACELESS: Final = re.compile(f"{_SPACELESS}{{2}}")
_PAIRS: Final = re.compile(f"(?=({_SPACELESS}{{2}}))")
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
        self._effort = Effort(0)
        self._lately: _Hay | None = None

    def begin(self, units: int) -> None:
        """What `find` is asked from now on is of one update, which inserts so much text."""
        self._effort = Effort(MAX_EFFORT + units)
        self._lately = None

    def free(self) -> None:
        """What was just inserted can go on, as the same update removed it."""
        self._lately = None

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
                    stretches.append(self._stretch(together, by, minute, new))
                    for one in together:
                        one.stretch = stretches[-1]
        for stretch in stretches:
            self._record.remember(stretch)
        return stretches

    def _stretch(self, blocks: list[Block], by: AuthorId, minute: int, new: Mapping[ClientId, int]) -> Stretch:
        text = text_of(blocks)
        parts: list[tuple[ClientId, int, int]] = []
        for block in blocks:  # how items lie in blocks must not be seen
            client, clock, length = parts[-1] if parts else (None, 0, 0)
            if (client, clock + length) == block.id:
                parts[-1] = (block.client, clock, length + block.length)
            else:
                parts.append((block.client, block.clock, block.length))
        words = self._words(blocks, by, new) if len(text) > 1 else ()
        return Stretch(by, minute, tuple(parts), words, text)

    def _words(self, blocks: list[Block], by: AuthorId, new: Mapping[ClientId, int]) -> tuple[tuple[int, int], ...]:
        """Where in a stretch there are whole words of other people.

        Whole they are in the text as it would stand if this person had done nothing to it: a space of one's own parts
        no word, and a word of which one has deleted a part before is no other word.
        """
        text = [self._beside(blocks[0], -1, by, new)]
        places = [-1] * len(text[0])
        offset, wanted = 0, set(blocks)
        block: Block | None = blocks[0]
        while block is not None:
            is_part = block in wanted
            if block.kind == update_v1.EMBED:
                text.append(" ")
                places.append(-1)
            for low, high in self._others(block, by, new):
                text.append(block.text[low:high])
                places += range(offset + low, offset + high) if is_part else [-1] * (high - low)
            offset += block.length if is_part else 0
            block = None if block is blocks[-1] else beside(block, 1)
        text.append(self._beside(blocks[-1], 1, by, new))
        places += [-1] * len(text[-1])
        found = (places[match.start() : match.end()] for match in _WORD.finditer("".join(text)))
        return tuple((word[0], word[-1] + 1) for word in found if -1 not in word)

    def _beside(self, block: Block, way: int, by: AuthorId, new: Mapping[ClientId, int]) -> str:
        """The character that would stand beside a block; a letter, if it is too far off to be told."""
        last = block
        for last in near(block, way):
            if not last.text and not last.deleted:
                return ""
            others = list(self._others(last, by, new))
            if others:
                return last.text[others[0][0]] if way > 0 else last.text[others[-1][1] - 1]
        return "" if beside(last, way) is None else "x"

    def _others(self, block: Block, by: AuthorId, new: Mapping[ClientId, int]) -> Iterator[tuple[int, int]]:
        """The parts of a block that would stand if this person had done nothing, as (start, end)."""
        if not block.text or not _is_old(block, new):
            return
        for start, stop, (tag, _) in self._record.written(block.client, *block.clocks):
            if person(tag) != by:
                for low, high, mark in self._record.removed(block.client, start, stop):
                    if mark is None or person(mark[0]) == by:
                        yield low - block.clock, high - block.clock

    def find(
        self,
        insertion: Insertion,
        by: AuthorId,
        minute: int,
        own: AbstractSet[Stretch],
        later: Mapping[ClientId, RangeSet],
    ) -> list[Piece]:
        """The parts of an insertion that go back to their first authors, in order; their sources are then spent.

        `own` are the stretches that the same update removed; `later` is what it inserted here or after, which can't
        have been moved to here.
        """
        if self._effort.is_spent:
            return []
        text = text_of(insertion.strings)
        self._effort.spend(1 + len(text) // _SCAN)
        around = _around(insertion.strings)
        self._effort.spend(sum(end - start for _, start, end in around))
        here = self._removed_from(around, by, minute)
        gap = _Gap(around if here else [])
        before = [stretch for stretch in here if stretch not in own]
        # An undo may take away what was typed instead, in the same update: that was not removed from here before.
        for stretches in (here, before) if len(before) < len(here) else (here,) if here else ():
            removed = [_Removed(stretch, self._record, later if stretch in own else {}) for stretch in stretches]
            search = _Search(insertion, text, _Hay(removed), own, self._record, self._effort)
            if search.in_old_place(gap):
                self._lately = None
                return search.pieces
        if not (insertion.begins and own) and (len(text) < 2 or _TWO.search(text) is None):
            return []
        search = _Search(insertion, text, self._hay(by, minute, own, later), own, self._record, self._effort)
        search.elsewhere()
        return search.pieces

    def _hay(self, by: AuthorId, minute: int, own: AbstractSet[Stretch], later: Mapping[ClientId, RangeSet]) -> "_Hay":
        """All that this person removed lately."""
        if self._lately is None:
            left = MAX_REMOVED
            lately: list[_Removed] = []
            for stretch in self._record.removed_lately(by, minute):
                left -= len(stretch.text)
                if left < 0 or len(lately) == MAX_STRETCHES:
                    break
                lately.append(_Removed(stretch, self._record, later if stretch in own else {}))
            self._effort.spend(len(lately) + (MAX_REMOVED - left) // _SCAN)
            self._lately = _Hay(lately)
        return self._lately

    def _removed_from(self, gap: list[tuple[Block, int, int]], by: AuthorId, minute: int) -> list[Stretch]:
        """The stretches of which anything, or what was moved from it, lies deleted in a gap; the latest first."""
        found = {block.stretch: None for block, *_ in gap if block.stretch is not None}
        waiting = [
            (block.client, start, end, MAX_MOVES) for block, start, end in gap if self._record.gave(block.client)
        ]
        seen = {(client, start, end) for client, start, end, _ in waiting}
        while waiting:
            client, start, end, moves = waiting.pop()
            for block in self._sequence.overlapping(client, start, end):
                if block.deleted and block.stretch is not None:
                    found[block.stretch] = None
            for low, high, there in self._record.went(client, start, end) if moves else ():
                if there is not None and (ids := (*there, there[1] + high - low)) not in seen:
                    seen.add(ids)
                    waiting.append((*ids, moves - 1))
        late = [one for one in found if self._record.is_late_enough(one, by, minute)]
        return sorted(late, key=lambda one: (one.minute, one.by, one.number) if by == SERVER else one.number)[::-1]


class Effort:
    """What may still be done for one update."""

    __slots__ = ("_left",)

    def __init__(self, left: int) -> None:
        self._left = left

    @property
    def is_spent(self) -> bool:
        """Whether it is enough."""
        return self._left <= 0

    def spend(self, steps: int) -> None:
        """Note what was done."""
        self._left -= steps


def _together(block: Block, free: set[Block], new: Mapping[ClientId, int]) -> list[Block]:
    """The free blocks that stood together with this one, in order: nothing visible lay between them."""
    found = [block]
    for way in (-1, 1):
        at: Block | None = block
        while at is not None:
            at = next((one for one in _unseen(at, way, new) if one in free), None)
            if at is not None:
                found.append(at)
        if way < 0:
            found.reverse()
    return found


def _unseen(block: Block, way: int, new: Mapping[ClientId, int]) -> Iterator[Block]:
    """What lies beside a block up to what was seen there before the update."""
    for other in near(block, way):
        if not other.deleted and _is_old(other, new):
            return
        yield other


def _is_old(block: Block, new: Mapping[ClientId, int]) -> bool:
    """Whether a block stood there before the update: it was cut where what is new begins."""
    return block.clock < new.get(block.client, block.clock + 1)


class _Removed:
    """A stretch, with what of it can go back."""

    __slots__ = ("_later", "_left", "_record", "_starts", "stretch")

    def __init__(self, stretch: Stretch, record: Record, later: Mapping[ClientId, RangeSet]) -> None:
        self.stretch = stretch
        self._left: str | None = None
        self._starts: list[int] | None = None
        self._record = record
        self._later = later

    @property
    def text(self) -> str:
        """All that was removed."""
        return self.stretch.text

    @property
    def left(self) -> str:
        """What can go back; in place of what can't, or has gone, stand other characters."""
        if not self._later:
            if self.stretch.left is None:
                self.stretch.left = "".join(self._parts())
            return self.stretch.left
        if self._left is None:
            self._left = "".join(self._parts())
        return self._left

    def give(self, start: int, length: int) -> None:
        """This part of it goes back."""
        gone = _END * length
        if self._left is not None:
            self._left = self._left[:start] + gone + self._left[start + length :]
        left = self.stretch.left
        if left is not None:
            self.stretch.left = left[:start] + gone + left[start + length :]

    def _parts(self) -> Iterator[str]:
        at = 0
        nothing = RangeSet()
        for client, clock, length in self.stretch.parts:
            said, done = self.text[at : at + length], clock
            for low, high, given in self._record.given(client, clock, clock + length):
                for start, end in () if given else self._later.get(client, nothing).missing(low, high):
                    yield _END * (start - done) + said[start - clock : end - clock]
                    done = end
            yield _END * (clock + length - done)
            at += length

    def holds_word(self, start: int, end: int) -> bool:
        """Whether there is a whole word between two places of the text, or nothing but words of the remover's own."""
        words = self.stretch.words
        index = bisect_left(words, (start, start))
        return (
            (index < len(words) and words[index][1] <= end)
            or _TWO_SPACELESS.search(self.text, start, end) is not None
            or (_TWO.search(self.text, start, end) is not None and self._is_own(start, end))
        )

    def _is_own(self, start: int, end: int) -> bool:
        return all(
            person(tag) == self.stretch.by
            for ids in self.ids(start, end)
            for _, _, (tag, _) in self._record.written(*ids)
        )

    def ids(self, start: int, end: int) -> Iterator[Range]:
        """The ids between two places of the text."""
        parts = self.stretch.parts
        if self._starts is None:
            self._starts = [0, *accumulate(length for _, _, length in parts)]
        index = bisect_right(self._starts, start) - 1
        while start < end:
            client, clock, length = parts[index]
            low = start - self._starts[index]
            high = min(end - self._starts[index], length)
            yield client, clock + low, clock + high
            index += 1
            start = self._starts[index]


class _Hay:
    """What is looked through: stretches, one behind the other."""

    __slots__ = ("_first", "offsets", "stretches", "text")

    def __init__(self, stretches: list[_Removed]) -> None:
        self.stretches = stretches
        self.offsets: list[int] = []
        self.text = ""
        self._first: dict[str, tuple[str, ...]] | None = None

    def fill(self) -> None:
        """Before it is looked through."""
        if not self.offsets:
            self.offsets = [0, *accumulate(len(one.text) + 1 for one in self.stretches)]
            self.text = "".join(one.left + _END for one in self.stretches)

    def first(self) -> dict[str, tuple[str, ...]]:
        """All whole words that were removed, and what stands for one, by their first two units."""
        if self._first is None:
            words = {match[0] for one in self.stretches for match in _WORD.finditer(one.text)}
            words.update(one.text[low:high] for one in self.stretches for low, high in one.stretch.words)
            words.update(match[1] for one in self.stretches for match in _PAIRS.finditer(one.text))
            by_first: dict[str, list[str]] = {}
            for word in sorted(words):
                by_first.setdefault(word[:2], []).append(word)
            self._first = {two: tuple(some) for two, some in by_first.items()}
        return self._first

    def at(self, place: int) -> tuple[int, int]:
        """The stretch, by its index, and the place in it."""
        index = bisect_right(self.offsets, place) - 1
        return index, place - self.offsets[index]

    def give(self, index: int, start: int, length: int) -> None:
        """A part of it goes back."""
        self.stretches[index].give(start, length)
        if self.offsets:
            where = self.offsets[index] + start
            self.text = self.text[:where] + _END * length + self.text[where + length :]


class _Place(NamedTuple):
    """One removed unit that lies around an insertion."""

    position: int
    """Counted from the first unit that lies there."""
    stretch: int
    """By its index."""
    at: int
    """Where in the stretch."""


def _around(strings: list[Block]) -> list[tuple[Block, int, int]]:
    """What lies deleted directly before, between and behind blocks that stand side by side, in order."""
    before = [*deleted_beside(strings[0], -1)]
    inserted = set(strings)
    behind = [
        span for one in strings for span in takewhile(lambda span: span[0] not in inserted, deleted_beside(one, 1))
    ]
    return [*reversed(before), *behind]


class _Gap:
    """What lies deleted around an insertion: ids, each with its position there."""

    def __init__(self, spans: list[tuple[Block, int, int]]) -> None:
        self._spans: dict[ClientId, list[tuple[int, int, int]]] = {}
        self.units = 0
        """How many lie there."""
        for block, start, end in spans:
            self._spans.setdefault(block.client, []).append((start, end, self.units))
            self.units += end - start
        for some in self._spans.values():
            some.sort()

    def positions(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The ids of a range that lie there, as (clock, position)."""
        spans = self._spans.get(client, [])
        index = bisect_right(spans, start, key=lambda one: one[1])
        while index < len(spans) and spans[index][0] < end:
            low, high, position = spans[index]
            for clock in range(max(start, low), min(end, high)):
                yield clock, position + clock - low
            index += 1


class _Search:
    """Looks for the pieces of one insertion; finds them in its order."""

    def __init__(  # noqa: PLR0913, PLR0917 (made in two places)
        self, insertion: Insertion, text: str, hay: _Hay, own: AbstractSet[Stretch], record: Record, effort: Effort
    ) -> None:
        self.pieces: list[Piece] = []
        self._insertion = insertion
        self._text = text
        self._hay = hay
        self._stretches = hay.stretches
        self._own = own
        self._record = record
        self._effort = effort
        self._starts = [0, *accumulate(block.length for block in insertion.strings)]

    # Where it stood

    def in_old_place(self, gap: _Gap) -> bool:
        """Whether it is all that was removed last from where it stands: then it goes back, be it a single letter."""
        if gap.units < len(self._text):
            return False
        taken: list[_Place] = []
        for index, stretch in enumerate(self._stretches):
            self._effort.spend(1)
            left = len(stretch.left) - stretch.left.count(_END)
            if not left:
                continue
            if left > len(self._text) - len(taken):
                return False
            self._effort.spend(len(stretch.stretch.parts))
            taken += self._places(gap, index)
            if len(taken) >= len(self._text):
                break
        taken.sort()
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
        left = stretch.left
        found: dict[int, _Place] = {}  # what was moved within the gap lies there more than once
        at = 0
        for client, clock, length in stretch.stretch.parts:
            for other, start, end, offset in self._record.sources(client, clock, clock + length):
                for one, position in gap.positions(other, start, end):
                    here = at + offset + one - start
                    if left[here] != _END:
                        found.setdefault(here, _Place(position, index, here))
            at += length
        return [*found.values()]

    def _is_in_order(self, gap: _Gap, taken: list[_Place]) -> bool:
        """Whether what lives beside the insertion, as far as it stood here too, stood on the same side of it."""
        ids = [ids for one in taken for ids in self._stretches[one.stretch].ids(one.at, one.at + 1)]
        stood = [position for one in ids for position in self._stood(gap, *one)]
        known = [position for position in stood if position is not None]
        if not known:
            return True
        strings = self._insertion.strings
        before, behind = [*self._lives(gap, strings[0], -1)], [*self._lives(gap, strings[-1], 1)]
        if None in before or None in behind or len(known) < len(stood):
            return False
        lowest, highest = min(known), max(known)
        return all(one is not None and one < lowest for one in before) and all(
            one is not None and one > highest for one in behind
        )

    def _lives(self, gap: _Gap, block: Block, way: int) -> Iterator[int | None]:
        """Where the living text before or behind a block had stood in the gap, as far as it had."""
        room = MAX_BESIDE
        passed = 0
        for other in near(block, way):
            if room <= 0 or passed > MAX_STEPS:
                return
            if not other.deleted and other.text:
                start, end = other.clocks
                low, high = (start, min(end, start + room)) if way > 0 else (max(start, end - room), end)
                yield from self._stood(gap, other.client, low, high)
                room -= other.length
            elif not other.deleted:
                passed += other.length

    def _stood(self, gap: _Gap, client: ClientId, start: int, end: int) -> Iterator[int | None]:
        """Where in the gap ids were written first, as far as it was there; None if nobody can tell."""
        for root in self._record.roots(client, start, end):
            if root is None:
                yield None
            else:
                yield from (position for _, position in gap.positions(*root))

    # Anywhere

    def elsewhere(self) -> None:
        """Look for pieces that hold whole words, or begin a text."""
        self._hay.fill()
        if not self._whole_ring():
            self._parts()

    def _whole_ring(self) -> bool:
        """An editor that finds out by comparing may remove "cat the " for "the cat ": the same, turned round."""
        text = self._text
        self._effort.spend(len(self._stretches) // 8)
        for index, stretch in enumerate(self._stretches):
            if len(stretch.text) != len(text) or stretch.left == text:
                continue
            self._effort.spend(1 + len(text) // _SCAN)
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
        reached = -1
        while at < len(text) and len(self.pieces) < MAX_PIECES and not self._effort.is_spent:
            if at > reached and not (at == 0 and self._insertion.begins and self._own):
                first = self._first_word(at)
                if first is None:
                    return
                at, reached = self._reach(at, first), first
                if at > reached:
                    continue
            length, place = self._longest(at)
            found = self._find(at, length, place) if length else None
            if found is None:
                at = self._next(at)
            else:
                self._give(at, *found, length)
                at += length
                reached = -1

    def _first_word(self, at: int) -> int | None:
        """The next place from which on the text says a whole word of what was removed: a piece must hold one."""
        text, first = self._text, self._hay.first()
        for place in range(at, len(text) - 1):
            words = first.get(text[place : place + 2])
            if words is not None:
                self._effort.spend(1 + len(words) // 16)
                if text.startswith(words, place):
                    return place
        return None

    def _reach(self, at: int, word: int) -> int:
        """The first place from `at` on where a piece that goes as far as into this word may begin; else behind it."""
        start = word + 1
        while start > at and self._look(self._text[start - 1 : word + 2], 0) >= 0:
            start -= 1
        return start if start == at else self._next(start - 1)

    def _look(self, piece: str, start: int) -> int:
        """The first place of a piece in what was removed, from a place on; negative if there is none."""
        place = self._hay.text.find(piece, start)
        self._effort.spend(1 + ((len(self._hay.text) if place < 0 else place) - start) // _SCAN)
        return place

    def _next(self, at: int) -> int:
        """The next place where a piece may begin."""
        if len(self._text) <= MAX_PLACES:
            at += 1
            return at + 1 if "\udc00" <= self._text[at : at + 1] <= "\udfff" else at
        match = _START.search(self._text, at + 1)
        return len(self._text) if match is None else match.start()

    def _longest(self, at: int) -> tuple[int, int]:
        """How much of the text from here on is said by some stretch, and where first."""
        text = self._text
        low, high = 0, 1
        place = 0
        while at + high <= len(text) and (found := self._look(text[at : at + high], place)) >= 0:
            low, high, place = high, 2 * high, found
        high = min(high, len(text) - at + 1)
        while high - low > 1:
            middle = (low + high) // 2
            found = self._look(text[at : at + middle], place)
            if found >= 0:
                low, place = middle, found
            else:
                high = middle
        if low and "\ud800" <= text[at + low - 1] <= "\udbff":
            return low - 1, 0
        return low, place

    def _find(self, at: int, length: int, place: int) -> tuple[int, int] | None:
        """A stretch, by its index, and the place in it, from which the text goes back to its authors."""
        piece = self._text[at : at + length]
        place = self._look(piece, place)
        while place >= 0 and not self._effort.is_spent:
            index, start = self._hay.at(place)
            if self._counts(at, index, start, length):
                return index, start
            self._effort.spend(1 + length // _SCAN)
            place = self._look(piece, place + 1)
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
        self._hay.give(index, start, length)

    def _inserted(self, at: int, length: int) -> Iterator[tuple[ClientId, int, int]]:
        """The inserted ids from a place of the text on, as (client, clock, length)."""
        index = bisect_right(self._starts, at) - 1
        end = at + length
        while at < end:
            block = self._insertion.strings[index]
            low, high = at - self._starts[index], min(end - self._starts[index], block.length)
            yield block.client, block.clock + low, high - low
            index += 1
            at = self._starts[index]
