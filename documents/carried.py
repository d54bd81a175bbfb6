"""Which words an update took from one place and put into another.

Yjs can't move text: who splits a paragraph, joins two, drags a sentence or makes a heading of a paragraph deletes words
and inserts them elsewhere in the same update. Here that matters where a lock stands in between. Unlike the rule of
authorship (`documents.moves`), which lets every whole word go back to its author, this takes only what an editor
carries in one go: all that was removed in one place, its end or its beginning, or most of it in a new paragraph. Else
words that somebody wrote anew while offline would be taken for those that they removed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Final

from documents import update_v1
from documents.chapter import SERVER_CLIENT, ChapterDocument
from documents.ledger import Container
from documents.model import SERVER
from documents.record import Record
from documents.repair import Ids, IdSet, last_stands
from documents.sequence import Block, Sequence
from documents.update_v1 import Id

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


@dataclass(frozen=True, slots=True)
class Span:
    """Characters that stood together when they were removed, or stand together where they were inserted."""

    container: Container
    ids: tuple[Ids, ...]
    text: str
    """In UTF-16 units."""
    home: Id | None
    """The paragraph in which it stands, or stood, or stands again since the server put it back there."""
    beside: frozenset[Id] = frozenset()
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
    beside = frozenset() if gone else frozenset(_gone_beside(sequence, container.top))
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


def _gone_beside(sequence: Sequence, top: Id | None) -> Iterator[Id]:
    block = None if top is None else sequence.at(*top)
    if block is None or block.deleted:
        return
    for step in (attrgetter("prev"), attrgetter("next")):
        other: Block | None = step(block)
        while other is not None and other.deleted:
            yield from ((other.client, clock) for clock in range(*other.clocks))
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
    effort, glances = EFFORT, GLANCES
    fresh, going = set(new), set(going)
    targets = sorted(targets, key=_size)
    for source in sorted(sources, key=_size):
        for target in targets:
            if source.container is target.container:
                continue
            glances -= 20 + min(len(source.text), len(target.text))
            if glances < 0:
                return
            instead = target.container in fresh and source.container.top in target.beside
            pieces = _ends(source.text, target.text, moment=moment or instead or target.container in going)
            if not pieces and target.container in fresh:
                pieces, effort = _most(source.text, target.text, effort)
            whole = tuple(_whole(source.text, *piece) for piece in pieces)
            if whole:
                yield Carried(source, target, whole)


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


def _ends(source: str, target: str, *, moment: bool) -> list[tuple[int, int, int]]:
    """All of the one in the other, or what they begin or end with in common, if that is no coincidence."""
    enough = MOMENTS if moment else ENOUGH
    if source == target or (_weight(source) >= enough / 2 and source in target):
        return [(0, target.index(source), len(source))]
    if _weight(target) >= enough and target in source:
        return [(source.index(target), 0, len(target))]
    if moment and source.endswith(target) and any(map(str.isalnum, target)):
        return [(len(source) - len(target), 0, len(target))]
    shorter = min(len(source), len(target))
    head = next((at for at in range(shorter) if source[at] != target[at]), shorter)
    tail = next((at for at in range(shorter) if source[-1 - at] != target[-1 - at]), shorter)
    said = _weight(source[:head]) >= enough
    tail = min(tail, shorter - head) if said else tail
    half = head + tail >= max(2, len(source) / 2)
    pieces = [(0, 0, head)] if head and (half or said) else []
    if tail and (half or _weight(source[-tail:]) >= enough):
        pieces.append((len(source) - tail, len(target) - tail, tail))
    return pieces


def _weight(text: str) -> int:
    """How much it says that two texts have this in common: a Han character as much as four letters."""
    return sum(4 if char >= WIDE else 1 for char in text)


def _most(source: str, target: str, effort: int) -> tuple[list[tuple[int, int, int]], int]:
    """Most of what was removed, in its order, with other words in between; and what is left of the effort."""
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
