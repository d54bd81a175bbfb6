"""A chapter's text, then and now, cut into pieces, each of which knows what became of it.

Editors can't move text: they delete it and insert it anew (`documents.authorship.moves`). So a new piece may say again
what a piece of then said, and is then its partner, wherever the two stand.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from documents.authorship.marks import Mark
from documents.authorship.parts import ParagraphParts, Part
from documents.authorship.record import Move
from documents.authorship.runs import Deletion
from documents.crdt.update_v1 import Id
from documents.model import ClientId
from documents.redline.base import Base

MovesByClient = Mapping[ClientId, list[Move]]
"""What each client moved, in the order of its clocks."""


@dataclass(slots=True, eq=False)
class Piece:
    """Text with neighbouring ids of which the same is to be said; or, without a part, where a paragraph begins."""

    paragraph: ParagraphParts
    mark: Mark
    """Who inserted the paragraph, and when."""
    part: Part | None
    start: int
    """The first clock, and the one after the last."""
    end: int
    then: bool
    """Whether it could be read then."""
    now: bool
    source: Id | None = None
    """Of what is here only now: the first id of the piece of then that it says again."""
    partner: "Piece | None" = None
    """The same text at the other time."""
    lost: Deletion | None = None
    """Of what was moved away, and then deleted there."""
    order: int = 0
    is_next: bool = False
    """Of a paragraph's beginning: what was there then and is there now lies behind it, not before it."""
    stood: bool = False
    """Whether it is a part of the text then, for the order: where `is_next`, it stands for the paragraph behind it."""
    stands: bool = False
    behind: "tuple[Piece, ...]" = ()
    """What came and went in between and stands right behind it, where that is asked for."""

    @property
    def struck(self) -> bool:
        """Whether it came and went in between, so that it could be read neither then nor now."""
        return not (self.then or self.now)

    @property
    def units(self) -> str:
        """What it says, in UTF-16 units; nothing for the beginning of a paragraph."""
        part = self.part
        if part is None:
            return ""
        start = self.start - part.clock
        return part.units[start : start + self.end - self.start]

    @property
    def length(self) -> int:
        """In UTF-16 units; that a paragraph begins weighs as much as one."""
        return self.end - self.start

    def cut(self, start: int, end: int, source: Id | None = None) -> "Piece":
        """A part of it."""
        return Piece(self.paragraph, self.mark, self.part, start, end, self.then, self.now, source)


def pieces(
    paragraphs: Iterable[tuple[ParagraphParts, Mark]], moves: MovesByClient, base: Base, *, struck: bool = False
) -> list[Piece]:
    """What could be read at the base or can be read now, in the order in which it stands in the document.

    With `struck`, what came and went in between too, each behind what stands before it.
    """
    found = _Copies(list(_pieces(paragraphs, base, struck)), moves, base).paired()
    kept = [piece for piece in found if not piece.struck]
    if struck:
        _hang(found, base)
    return kept


def _hang(found: Iterable[Piece], base: Base) -> None:
    """Hang what came and went behind what stands before it; in the very beginning nothing does."""
    last: Piece | None = None
    waiting: list[Piece] = []
    is_old = False
    for piece in found:
        if piece.part is None:
            is_old = piece.struck and piece.start < base.known(piece.paragraph.item[0])  # gone by then, with all in it
        if not piece.struck:
            if last is not None:
                last.behind = tuple(waiting)
            last, waiting = piece, []
        elif piece.part is None and not is_old:
            waiting.append(piece)
        elif piece.part is not None and not is_old and _is_gone(piece):
            known = base.known(piece.part.client)  # up to there, it was deleted by then
            waiting += [piece.cut(max(piece.start, known), piece.end)] if piece.end > known else []
    if last is not None:
        last.behind = tuple(waiting)


def _is_gone(piece: Piece) -> bool:
    """Whether text that came and went is neither a copy of what was there then, nor has gone elsewhere."""
    part = piece.part
    return part is not None and piece.source is None and not part.given and isinstance(part.deletion, Deletion)


def _pieces(paragraphs: Iterable[tuple[ParagraphParts, Mark]], base: Base, struck: bool) -> Iterator[Piece]:
    """What could be read then or can be read now, in order; and what was moved here and away again in between."""
    for one, mark in paragraphs:
        now, then = one.deletion is None, base.has(one.item)
        if then or now or struck:
            clock = one.item[1]
            yield Piece(one, mark, None, clock, clock + 1, then, now)
        for part in one.parts:
            now = part.deletion is None
            for start, end, then in base.visible(part.client, part.clock, part.clock + len(part.units)):
                if then or now or struck or part.move is not None:
                    yield Piece(one, mark, part, start, end, then, now)


class _Copies:
    """Finds which piece of now, and which that came and went in between, says again what a piece of then said."""

    def __init__(self, pieces: list[Piece], moves: MovesByClient, base: Base) -> None:
        self._pieces = pieces
        self._moves = moves
        self._base = base
        self._cuts: dict[ClientId, list[int]] = {}

    def paired(self) -> list[Piece]:
        """All pieces, cut so that each has one partner at most, which they know."""
        copies = {piece: list(self._sources(piece)) for piece in self._pieces if _is_copy(piece)}
        if not copies:
            _pair_paragraphs(self._pieces)
            return self._pieces
        self._find_cuts(source for sources in copies.values() for source in sources)
        found: list[Piece] = []
        old: dict[Id, Piece] = {}
        for piece in self._pieces:
            if piece in copies:
                found.extend(self._cut_copy(piece, copies[piece]))
            elif piece.part is not None and piece.then and not piece.now:
                cut = [piece.cut(*ends) for ends in pairwise(self._within(piece.part.client, piece.start, piece.end))]
                old.update(((piece.part.client, one.start), one) for one in cut)
                found.extend(cut)
            else:
                found.append(piece)
        for piece in found:
            if piece.source is not None and piece.source in old:
                _pair(old[piece.source], piece)
        _pair_paragraphs(found)
        return found

    def _sources(self, piece: Piece) -> Iterator[tuple[int, int, Id | None]]:
        """What each stretch of a piece was at the base, if it was there: (start, end, id), in order."""
        assert piece.part is not None  # noqa: S101 (copies are text)
        found: list[tuple[int, int, Id | None]] = []
        waiting = [(piece.start, piece.part.client, piece.start, piece.end)]
        while waiting:
            own, client, start, end = waiting.pop()
            for low, high, move in _moved(self._moves.get(client, []), start, end):
                at = own + low - start
                if move is None:
                    found.append((at, at + high - low, None))
                    continue
                source, clock = move.source
                clock += low - move.clock
                for first, last, visible in self._base.visible(source, clock, clock + high - low):
                    begin = at + first - clock
                    if visible:
                        found.append((begin, begin + last - first, (source, first)))
                    else:
                        waiting.append((begin, source, first, last))
        found.sort(key=lambda one: one[0])
        return iter(found)

    def _find_cuts(self, sources: Iterable[tuple[int, int, Id | None]]) -> None:
        """Where pieces of then are to be cut: where a copy's source, or a piece of then, begins or ends."""
        cuts: dict[ClientId, set[int]] = {}
        for start, end, source in sources:
            if source is not None:
                cuts.setdefault(source[0], set()).update((source[1], source[1] + end - start))
        for piece in self._pieces if cuts else ():
            if piece.part is not None and piece.then and piece.part.client in cuts:
                cuts[piece.part.client].update((piece.start, piece.end))
        self._cuts = {client: sorted(places) for client, places in cuts.items()}

    def _within(self, client: ClientId, start: int, end: int) -> list[int]:
        """A range's ends, and all cuts between them."""
        cuts = self._cuts.get(client, [])
        return [start, *cuts[bisect_right(cuts, start) : bisect_left(cuts, end)], end]

    def _cut_copy(self, piece: Piece, sources: list[tuple[int, int, Id | None]]) -> Iterator[Piece]:
        for start, end, source in sources:
            if source is None:
                yield piece.cut(start, end)
                continue
            client, clock = source
            for low, high in pairwise(self._within(client, clock, clock + end - start)):
                yield piece.cut(start + low - clock, start + high - clock, (client, low))


def _moved(moves: list[Move], start: int, end: int) -> Iterator[tuple[int, int, Move | None]]:
    """The moves that a client's ids from `start` up to `end` came by, as (start, end, move)."""
    index = bisect_right(moves, start, key=lambda move: move.clock + move.length)
    while start < end:
        move = moves[index] if index < len(moves) and moves[index].clock < end else None
        if move is None or start < move.clock:
            stop = end if move is None else move.clock
            yield start, stop, None
        else:
            stop = min(move.clock + move.length, end)
            yield start, stop, move
            index += 1
        start = stop


def _is_copy(piece: Piece) -> bool:
    """Whether it may say again what was said at the base: those that were moved on do not."""
    part = piece.part
    return part is not None and not piece.then and part.move is not None and (piece.now or not part.given)


def _pair(old: Piece, new: Piece) -> None:
    if new.now:
        old.partner, new.partner = new, old
    else:
        assert new.part is not None  # noqa: S101 (a copy is text)
        old.lost = new.part.deletion


def _pair_paragraphs(pieces: list[Piece]) -> None:
    """An editor that makes a heading of a paragraph puts a new element of the same id into its place."""
    beginnings = [piece for piece in pieces if piece.part is None and piece.paragraph.id and not piece.struck]
    old = {piece.paragraph.id: piece for piece in beginnings if not piece.now}
    for piece in beginnings:
        if not piece.then and piece.paragraph.id in old:
            _pair(old[piece.paragraph.id], piece)
