"""Which words an update took from one place and put into another.

Yjs can't move text: who splits a paragraph, joins two, drags a sentence or makes a heading of a paragraph deletes words
and inserts them elsewhere in the same update. Here that matters where a lock stands in between. Unlike the rule of
authorship (`documents.authorship.moves`), which lets every whole word go back to its author, this takes only what an
editor carries in one go: all that was removed in one place, its end or its beginning, or most of it in a new paragraph.
Else words that somebody wrote anew while offline would be taken for those that they removed.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import groupby
from math import ceil
from operator import attrgetter, itemgetter
from typing import Final

from documents.authorship.record import Record
from documents.chapter import SERVER_CLIENT, ChapterDocument
from documents.crdt import update_v1
from documents.crdt.ledger import Container
from documents.crdt.sequence import Block, Sequence
from documents.crdt.update_v1 import Id
from documents.gavel.repair import Ids, IdSet, last_stands
from documents.model import SERVER

ENOUGH: Final = 8
"""Letters that are no coincidence in hours of work."""
MOMENTS: Final = 4
"""And in one edit of a moment."""
WIDE: Final = "\u2e80"
"""From here on are the scripts in which a character is a syllable or a word."""
MOST: Final = 0.6
"""How much of what was removed stands in a new paragraph that was made of it."""
EFFORT: Final = 6_000_000
"""Products of lengths that are compared letter by letter in one update."""
GLANCES: Final = 4_000_000
"""Characters at ends that are compared in one update, and twenty for each pair: it takes about half a second."""
SEARCHED: Final = 64
"""Characters of a target that are searched for a source in about the time that one is compared in."""


MOST_BESIDE: Final = 64
"""Stretches of what is gone beside a paragraph, on either side, that are looked at."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters that stood together when they were removed, or stand together where they were inserted."""

    container: Container
    ids: tuple[Ids, ...]
    text: str
    """In UTF-16 units."""
    home: Id | None
    """The paragraph in which it stands, or stood, or stands again since the server put it back there."""
    beside: IdSet = field(default_factory=IdSet, compare=False)
    """Paragraphs that are gone, right beside the one in which it stands: that may have taken their place."""

    def at_homes(self, document: ChapterDocument) -> Iterator["Span"]:
        """The parts of it that the server has put back into one paragraph each, or has not; and the whole."""
        at = 0
        parts: list[tuple[Id | None, Ids, str]] = []
        for client, start, end in self.ids:
            for low, high, stand in last_stands(document, (client, start, end)):
                block = document.sequence.at(*stand)
                moved = stand[0] == SERVER_CLIENT and stand != (client, low)
                home = block.line.top if moved and block is not None else self.home
                parts.append((home, (client, low, high), self.text[at + low - start : at + high - start]))
            at += end - start
        groups = [(home, [*group]) for home, group in groupby(parts, key=itemgetter(0))]
        for home, some in groups:
            yield Span(self.container, tuple(ids for _, ids, _ in some), "".join(text for *_, text in some), home)
        if len(groups) > 1:
            yield self

    def left(self, used: IdSet) -> Iterator["Span"]:
        """What of it is not in this set, in pieces that stand together; nothing if none of it is."""
        start = at = 0
        parts: list[tuple[int, int]] = []
        for ids in self.ids:
            for low, high, inside in used.split(*ids):
                if inside:
                    parts.append((start, at))
                    start = at + high - low
                at += high - low
        for low, high in [*parts, (start, at)]:
            if low < high:
                yield Span(self.container, tuple(self.within(low, high)), self.text[low:high], self.home, self.beside)

    def within(self, start: int, end: int) -> Iterator[Ids]:
        """The ids of a part of it."""
        at = 0
        for client, low, high in self.ids:
            length = high - low
            first, last = max(start - at, 0), min(end - at, length)
            if first < last:
                yield client, low + first, low + last
            at += length


def spans(sequence: Sequence, record: Record, container: Container, wanted: IdSet, *, gone: bool) -> Iterator[Span]:
    """What of a text is wanted, in pieces that no other visible character parts; `gone` if it was removed.

    What the server put back does not part them: whoever removed them had not heard of it.
    """
    ids: list[Ids] = []
    texts: list[str] = []
    beside = IdSet(() if gone else _gone_beside(sequence, container.top))
    for block in sequence.line(container):
        if block.kind != update_v1.STRING:
            continue
        for low, high, inside in wanted.split(block.client, *block.clocks):
            if inside and block.deleted == gone:
                ids.append((block.client, low, high))
                texts.append(_units(block, low, high))
            elif not block.deleted and ids and not _is_put_back(record, block):
                yield Span(container, tuple(ids), "".join(texts), container.top, beside)
                ids, texts = [], []
    if ids:
        yield Span(container, tuple(ids), "".join(texts), container.top, beside)


def _gone_beside(sequence: Sequence, top: Id | None) -> Iterator[Ids]:
    block = None if top is None else sequence.at(*top)
    if block is None or block.deleted:
        return
    for step in (attrgetter("prev"), attrgetter("next")):
        other: Block | None = step(block)
        for _ in range(MOST_BESIDE):
            if other is None or not other.deleted:
                break
            yield other.client, *other.clocks
            other = step(other)


def _is_put_back(record: Record, block: Block) -> bool:
    ((_, _, move),) = record.moved(block.client, block.clock, block.clock + 1)
    return move is not None and move.by == SERVER


def _units(block: Block, start: int, end: int) -> str:
    return block.text[start - block.clock : end - block.clock]


@dataclass(frozen=True, slots=True)
class Carried:
    """What was removed in one place and inserted in another."""

    source: Span
    target: Span
    pieces: tuple[tuple[int, int, int], ...]
    """Where in the source, where in the target, how long."""

    def sources(self) -> Iterator[Ids]:
        """The ids that were removed."""
        for start, _, length in self.pieces:
            yield from self.source.within(start, start + length)

    def targets(self) -> Iterator[Ids]:
        """The ids that say the same now."""
        for _, start, length in self.pieces:
            yield from self.target.within(start, start + length)


def find(
    sources: Iterable[Span],
    targets: Iterable[Span],
    new: Iterable[Container],
    going: Iterable[Container],
    *,
    moment: bool,
) -> Iterator[Carried]:
    """What went from sources to targets.

    `new` are texts that the update made; from those that are `going` all goes, so that rather too much is taken for
    carried there than too little; and so it is where a new one stands in place of the source's. `moment` says that it
    is one edit.
    """
    search = _Search(set(new), set(going), moment)
    sources, targets = sorted(sources, key=_size), sorted(targets, key=_size)
    found = [*search.go(sources, targets, search.at_once)]
    yield from found
    taken, given = (
        IdSet(ids for one in found for ids in one.sources()),
        IdSet(ids for one in found for ids in one.targets()),
    )
    rest = [left for one in sources if _has_some(one, taken) for left in one.left(taken)]
    yield from search.go(rest, [left for one in targets for left in one.left(given)], search.of_the_rest)


def _has_some(span: Span, ids: IdSet) -> bool:
    return any(True for one in span.ids for _ in ids.within(*one))


Pieces = list[tuple[int, int, int]]


class _Search:
    """What `find` goes by, and how much it may still do."""

    def __init__(self, fresh: set[Container], going: set[Container], moment: bool) -> None:
        self._fresh, self._going, self._moment = fresh, going, moment
        self._effort, self._glances = EFFORT, GLANCES

    def go(
        self, sources: list[Span], targets: list[Span], compare: Callable[[Span, Span], Pieces]
    ) -> Iterator[Carried]:
        for source in sources:
            for target in targets:
                if source.container is target.container:
                    continue
                shorter = min(len(source.text), len(target.text))
                self._glances -= 20 + shorter + len(target.text) // SEARCHED
                if self._glances < 0:
                    return
                whole = tuple(_whole(source.text, *piece) for piece in compare(source, target))
                if whole:
                    yield Carried(source, target, whole)

    def at_once(self, source: Span, target: Span) -> Pieces:
        fresh = target.container in self._fresh
        instead = fresh and source.container.top is not None and target.beside.has(*source.container.top)
        moment = self._moment or instead or target.container in self._going
        pieces = _ends(source.text, target.text, moment=moment)
        if not pieces and fresh:
            pieces, self._effort = _most(source.text, target.text, self._effort)
        if not pieces and (instead or target.container in self._going):
            pieces = _inside(source.text, target.text)
        return pieces

    def of_the_rest(self, source: Span, target: Span) -> Pieces:
        """Some of what stood there was carried already: the rest may have gone elsewhere, or have been written in."""
        pieces = _ends(source.text, target.text, moment=target.container in self._fresh)
        return pieces or _inside(source.text, target.text)


def _whole(source: str, start: int, there: int, length: int) -> tuple[int, int, int]:
    """A piece without halves of surrogate pairs at its ends."""
    if length and "\udc00" <= source[start] <= "\udfff":
        start, there, length = start + 1, there + 1, length - 1
    if length and "\ud800" <= source[start + length - 1] <= "\udbff":
        length -= 1
    return start, there, length


def _size(span: Span) -> int:
    """The longest first, so that many small ones can't hide it."""
    return -len(span.text)


def _ends(source: str, target: str, *, moment: bool) -> Pieces:
    """All of the one in the other, or what they begin or end with in common, if that is no coincidence."""
    enough = MOMENTS if moment else ENOUGH
    if source == target or (_weighs(source, enough / 2) and source in target):
        return [(0, target.index(source), len(source))]
    if _weighs(target, enough) and target in source:
        return [(source.index(target), 0, len(target))]
    if moment and source.endswith(target) and any(map(str.isalnum, target)):
        return [(len(source) - len(target), 0, len(target))]
    shorter = min(len(source), len(target))
    head = next((at for at in range(shorter) if source[at] != target[at]), shorter)
    tail = next((at for at in range(shorter) if source[-1 - at] != target[-1 - at]), shorter)
    said = _weighs(source[:head], enough)
    tail = min(tail, shorter - head) if said else tail
    half = head + tail >= max(2, len(source) / 2)
    pieces = [(0, 0, head)] if head and (half or said) else []
    if tail and (half or _weighs(source[-tail:], enough)):
        pieces.append((len(source) - tail, len(target) - tail, tail))
    return pieces


def _inside(source: str, target: str) -> Pieces:
    """The longest beginning or end of the one that is anywhere in the other, if that is no coincidence."""
    head = _longest(len(source), lambda length: source[:length] in target)
    tail = _longest(len(source), lambda length: source[len(source) - length :] in target)
    length, start = (head, 0) if head >= tail else (tail, len(source) - tail)
    piece = source[start : start + length]
    return [(start, target.index(piece), length)] if _weighs(piece, ENOUGH) else []


def _longest(most: int, holds: Callable[[int], bool]) -> int:
    """The highest number, up to `most`, for which this holds, as it does for all lower ones."""
    return bisect_left(range(1, most + 1), True, key=lambda length: not holds(length))


def _weighs(text: str, enough: float) -> bool:
    """Whether it says so much that two texts have this in common: a Han character as much as four letters."""
    first = text[: ceil(enough)]  # no more is needed, however long it is
    return sum(4 if char >= WIDE else 1 for char in first) >= enough


def _most(source: str, target: str, effort: int) -> tuple[list[tuple[int, int, int]], int]:
    """Most of what was removed, in its order, with other words in between; and what is left of the effort."""
    if len(source) < 2 or len(source) * len(target) > effort:  # the matcher alone goes through all of the target
        return [], effort
    matcher = SequenceMatcher(None, source, target, autojunk=False)
    waiting, found = [(0, len(source), 0, len(target))], []
    while waiting:
        low, high, start, end = waiting.pop()
        cost = (high - low) * (end - start)
        if not 0 < cost <= effort:
            continue
        effort -= cost
        at, there, size = matcher.find_longest_match(low, high, start, end)
        if size:
            found.append((at, there, size))
            waiting += [(low, at, start, there), (at + size, high, there + size, end)]
    enough = len(source) > 1 and sum(size for *_, size in found) >= MOST * len(source)
    return (sorted(found) if enough else []), effort
