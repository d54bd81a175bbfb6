"""Words that move keep their author: which of what is inserted was removed a moment ago, and by the same person.

Editors can't move text in a Yjs document: they delete it and insert it anew, under the mover's client id, whenever
somebody splits or joins a paragraph, cuts and pastes, changes a paragraph into a heading, or undoes a deletion. So what
a person inserts is held against what the same person removed in the last ten minutes. A *stretch* is removed text that
stood together. What is inserted goes back to its first authors as far as it says again what a stretch says, and

1. a whole word of what was removed is in it (two or more letters or digits between other characters or the ends of the
   text; in a script without spaces, any two characters); or
2. it stands again where it stood: an undo, or a join after a split; or
3. it was removed by the same update and begins a text that held nothing before: a split in the middle of a word.

Each removed character goes back once at most. Thus nobody's words can be invented: only what an author had really
written, and this person had really removed, can go back to him, and not by single letters from which others could be
put together.
"""

import re
from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Final

from documents import update_v1
from documents.model import SERVER, AuthorId, ClientId
from documents.record import Record
from documents.sequence import Block, Removal, Sequence, text_of
from documents.update_v1 import Id

MINUTES: Final = 10
"""How long ago text may have been removed that goes back to its authors."""
MAX_REMOVED: Final = 50_000
"""How much removed text of one person is looked at, in UTF-16 units, the latest first."""
MAX_PLACES: Final = 4_096
"""In a longer insertion, only pieces that begin with a word are looked for."""
MAX_PIECES: Final = 256
"""How many pieces of one insertion go back; all further ones are the inserter's."""
MAX_STEPS: Final = 1_000
"""How many deleted blocks beside an insertion are looked at for its old place."""

_SPACELESS: Final = (
    "(?:[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff]"
    "|[\ud840-\ud887][\udc00-\udfff])"
)
_TWO: Final = re.compile(f"{_SPACELESS}{{2}}|[^\\W_]{{2}}")
_WORD: Final = re.compile(r"[^\W_]{2,}")
_TWO_SPACELESS: Final = re.compile(f"{_SPACELESS}{{2}}")
_START: Final = re.compile(rf"(?<![^\W_])[^\W_]|{_SPACELESS}")
_END: Final = "\udfff"
"""Stands between stretches: nothing that is inserted holds half a pair that fits."""

Range = tuple[ClientId, int, int]
"""A client id, the first clock and the one after the last."""


@dataclass(frozen=True, slots=True)
class Piece:
    """So many inserted units, from an id on, say again what those from the id `source` on said."""

    client: ClientId
    clock: int
    length: int
    source: Id


class Removals:
    """What each person removed lately, as ranges of ids."""

    def __init__(self) -> None:
        self._ranges: dict[AuthorId, list[tuple[int, ClientId, int, int]]] = {}

    def add(self, by: AuthorId, minute: int, client: ClientId, start: int, end: int) -> None:
        """Note a removal."""
        ranges = self._ranges.setdefault(by, [])
        if ranges:
            last, before, low, high = ranges[-1]
            if last == minute and before == client and start <= high and low <= end:
                ranges[-1] = (minute, client, min(low, start), max(high, end))
                return
        ranges.append((minute, client, start, end))

    def of(self, by: AuthorId, minute: int) -> list[tuple[int, ClientId, int, int]]:
        """What this person removed not too long before a minute. The server may put back what anybody removed."""
        if by == SERVER:
            return [one for each in self._ranges for one in self._lately(each, minute)]
        return self._lately(by, minute)

    def _lately(self, by: AuthorId, minute: int) -> list[tuple[int, ClientId, int, int]]:
        ranges = self._ranges.get(by)
        if not ranges:
            return []
        old = 0
        while old < len(ranges) and minute - ranges[old][0] > MINUTES:
            old += 1
        del ranges[:old]
        return ranges


@dataclass(slots=True)
class Insertion:
    """What an update inserts in one place: strings that stand side by side."""

    strings: list[tuple[ClientId, int, str]]
    """Client id, clock and text (UTF-16 units) of each string, in the order in which they stand."""
    begins: bool
    """Whether a text begins with it that held nothing before."""


class _Stretch:
    """Removed text that stood together."""

    __slots__ = ("parts", "text", "words")

    def __init__(self, blocks: list[Block]) -> None:
        self.parts = [(block.client, block.clock, block.length) for block in blocks]
        self.text = text_of(blocks)
        before, after = _visible(blocks[0], -1), _visible(blocks[-1], 1)
        whole = before + self.text + after
        start, end = len(before), len(before) + len(self.text)
        self.words = [
            (match.start() - start, match.end() - start)
            for match in _WORD.finditer(whole)
            if match.start() >= start and match.end() <= end
        ]

    def holds_word(self, start: int, end: int) -> bool:
        """Whether there is a whole word between two places of the text."""
        return (
            any(start <= low and high <= end for low, high in self.words)
            or _TWO_SPACELESS.search(self.text, start, end) is not None
        )

    def ids(self, start: int, end: int) -> Iterator[Range]:
        """The ids between two places of the text."""
        for client, clock, length in self.parts:
            low, high = max(start, 0), min(end, length)
            if low < high:
                yield client, clock + low, clock + high
            start -= length
            end -= length


class Moves:
    """Finds what goes back to its authors, among what people insert into one chapter."""

    def __init__(self, sequence: Sequence, record: Record) -> None:
        self._sequence = sequence
        self._record = record
        self._removals = Removals()

    def removed(self, removal: Removal, client: ClientId, start: int, end: int) -> None:
        """Note that ids were deleted just now."""
        self._removals.add(removal.by, removal.minute, client, start, end)

    def find(self, insertion: Insertion, removal: Removal) -> list[Piece]:
        """The parts of an insertion that go back to their first authors, in order; their sources are then spent.

        `removal` is that of the same update. What the record does not know yet is not looked at.
        """
        lately = self._removals.of(removal.by, removal.minute)
        if not lately:
            return []
        strings = insertion.strings
        text = strings[0][2] if len(strings) == 1 else "".join(text for _, _, text in strings)
        if (insertion.begins and removal.removed) or (len(text) > 1 and _TWO.search(text) is not None):
            blocks = self._blocks(lately, removal)
        else:  # only what stands again in its old place can go back
            before, after = _deleted_beside(insertion, self._sequence)
            place = before + after
            if any(block.given for block in place):
                blocks = self._blocks(lately, removal)
            else:
                blocks = [block for block in place if _may_return(block, removal)]
        if not blocks:
            return []
        return _Search(insertion, text, _stretches(blocks), self._sequence, self._record, removal).run()

    def _blocks(self, lately: list[tuple[int, ClientId, int, int]], removal: Removal) -> list[Block]:
        """All that can go back, the latest first. It depends on the record and the order of the text alone."""
        left = MAX_REMOVED
        blocks: list[Block] = []
        for _, client, start, end in sorted(lately, key=lambda one: (-one[0], one[1], one[2])):
            end = min(end, start + left, self._record.known(client))  # noqa: PLW2901
            if start < end:
                left -= end - start
                within = self._sequence.within(client, start, end)
                blocks += (block for block in within if _may_return(block, removal))
        return blocks


def _deleted_beside(insertion: Insertion, sequence: Sequence) -> tuple[list[Block], list[Block]]:
    """What lies deleted right before and right behind an insertion, formats left out."""
    client, clock, _ = insertion.strings[0]
    first = sequence.at(client, clock)
    before: list[Block] = []
    if first is not None and first.clock == clock:
        _gather(_step(first, -1), -1, before)
    client, clock, text = insertion.strings[-1]
    last = sequence.at(client, clock + len(text) - 1)
    after: list[Block] = []
    if last is not None and last.clock + last.length == clock + len(text):
        _gather(_step(last, 1), 1, after)
    return before, after


def _gather(block: Block | None, way: int, found: list[Block]) -> None:
    while block is not None and block.deleted and len(found) < MAX_STEPS:
        found.append(block)
        block = _step(block, way)


def _step(block: Block | None, way: int) -> Block | None:
    """The next block that is no format."""
    while block is not None:
        block = block.next if way > 0 else block.prev
        if block is None or block.kind != update_v1.FORMAT:
            return block
    return None


def _visible(block: Block, way: int) -> str:
    """The character that is seen beside a block, if there is text."""
    other = _step(block, way)
    while other is not None and other.deleted:
        other = _step(other, way)
    if other is None or other.kind != update_v1.STRING:
        return ""
    return other.text[0] if way > 0 else other.text[-1]


def _stretches(blocks: list[Block]) -> list[_Stretch]:
    """Blocks by what stood together."""
    free = set(blocks)
    stretches = []
    for block in blocks:
        if block in free:
            together = _together(block, free)
            free.difference_update(together)
            stretches.append(_Stretch(together))
    return stretches


def _may_return(block: Block, removal: Removal) -> bool:
    return (
        block.kind == update_v1.STRING
        and block.deleted
        and not block.given
        and block.removal is not None
        and removal.by in (block.removal.by, SERVER)
        and removal.minute - block.removal.minute <= MINUTES
    )


def _together(block: Block, free: set[Block]) -> list[Block]:
    """The free blocks that stood together with this one, in order: only what was gone lies between them."""
    found = [block]
    for way in (-1, 1):
        other = _step(block, way)
        while other is not None and other.deleted:
            if other in free:
                found.append(other)
            other = _step(other, way)
        if way < 0:
            found.reverse()
    return found


class _Search:
    """Looks for the pieces of one insertion."""

    def __init__(  # noqa: PLR0913, PLR0917 (one place calls it)
        self,
        insertion: Insertion,
        text: str,
        stretches: list[_Stretch],
        sequence: Sequence,
        record: Record,
        removal: Removal,
    ) -> None:
        self._insertion = insertion
        self._text = text
        self._stretches = stretches
        self._sequence = sequence
        self._record = record
        self._removal = removal
        self._pieces: list[Piece] = []
        self._old_place: list[Range] | None = None
        self._hay = "".join(stretch.text + _END for stretch in stretches)
        self._offsets: list[int] = []
        at = 0
        for stretch in stretches:
            self._offsets.append(at)
            at += len(stretch.text) + 1

    def run(self) -> list[Piece]:
        """All pieces, in the order of the insertion."""
        if not self._whole_ring():
            self._parts()
        return self._pieces

    def _whole_ring(self) -> bool:
        """An editor that finds out by comparing may remove "cat the " for "the cat ": the same, turned round."""
        text = self._text
        for stretch in self._stretches:
            turn = -1
            if len(stretch.text) == len(text):
                turn = (stretch.text + stretch.text).find(text)
            if turn >= 0 and self._counts(0, stretch, 0, len(text)):
                rest = len(text) - turn
                self._give(0, stretch, turn, rest)
                self._give(rest, stretch, 0, turn)
                return True
        return False

    def _parts(self) -> None:
        text = self._text
        at = 0
        while at < len(text) and len(self._pieces) < MAX_PIECES:
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

    def _find(self, at: int, length: int) -> tuple[_Stretch, int] | None:
        """A stretch, and the place in it, from which the text goes back to its authors."""
        piece = self._text[at : at + length]
        index = 0
        place = self._hay.find(piece)
        while place >= 0:
            while index + 1 < len(self._offsets) and self._offsets[index + 1] <= place:
                index += 1
            stretch = self._stretches[index]
            if self._counts(at, stretch, place - self._offsets[index], length):
                return stretch, place - self._offsets[index]
            place = self._hay.find(piece, place + 1)
        return None

    def _counts(self, at: int, stretch: _Stretch, start: int, length: int) -> bool:
        end = start + length
        if stretch.holds_word(start, end):
            return True
        ids = list(stretch.ids(start, end))
        if at == 0 and self._insertion.begins and all(self._is_own(client, clock) for client, clock, _ in ids):
            return True
        place = self._find_old_place()
        return bool(place) and all(self._stood(one, place) for one in ids)

    def _is_own(self, client: ClientId, clock: int) -> bool:
        block = self._sequence.at(client, clock)
        return block is not None and block.removal is self._removal

    def _find_old_place(self) -> list[Range]:
        """What lies deleted right beside the insertion."""
        if self._old_place is None:
            self._old_place = [
                (block.client, block.clock, block.clock + block.length)
                for side in _deleted_beside(self._insertion, self._sequence)
                for block in side
            ]
        return self._old_place

    def _stood(self, ids: Range, place: Many[Range]) -> bool:
        """Whether these ids, or those from which they were moved, stood there."""
        return any(
            client == other and low < high and start < end
            for client, start, end in self._record.sources(*ids)
            for other, low, high in place
            if start < high and low < end
        )

    def _give(self, at: int, stretch: _Stretch, start: int, length: int) -> None:
        """Note a piece, id by id, and that it can't go back again."""
        for client, low, high in stretch.ids(start, start + length):
            for block in self._sequence.within(client, low, high):
                block.given = True
            for own, clock, size in self._own(at, high - low):
                self._pieces.append(Piece(own, clock, size, (client, low)))
                low += size  # noqa: PLW2901
                at += size
        where = self._offsets[self._stretches.index(stretch)] + start
        self._hay = self._hay[:where] + _END * length + self._hay[where + length :]

    def _own(self, at: int, length: int) -> Iterator[tuple[ClientId, int, int]]:
        """The inserted ids from a place of the text on, as (client, clock, length)."""
        for client, clock, text in self._insertion.strings:
            low, high = max(at, 0), min(at + length, len(text))
            if low < high:
                yield client, clock + low, high - low
            at -= len(text)
