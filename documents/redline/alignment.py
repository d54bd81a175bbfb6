"""Two texts of a chapter, then and now, put into one order that both follow.

Everything deleted keeps its place, so what was there then and is there now stands in the same order in both: these
pieces are fixed. Between two fixed pieces stand pieces of then and pieces of now. Editors split and join paragraphs by
deleting text and inserting it anew, so some of the new pieces say again what an old one said
(`documents.redline.pieces`). As many of those as stand in the same order in both texts, between the same fixed pieces,
are the same text still in its place; what was moved elsewhere is not.
"""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import takewhile
from operator import attrgetter
from typing import NamedTuple

from documents.authorship.marks import Mark
from documents.authorship.parts import ParagraphParts
from documents.redline.base import Base
from documents.redline.pieces import MovesByClient, Piece, pieces


class Pair(NamedTuple):
    """What stands in one place: then, now, or at both times."""

    then: Piece | None
    now: Piece | None

    @property
    def either(self) -> Piece:
        """The one of now, if there is one."""
        one = self.now or self.then
        assert one is not None  # noqa: S101 (something stands there)
        return one


def align(
    paragraphs: Iterable[tuple[ParagraphParts, Mark]], moves: MovesByClient, base: Base, *, struck: bool = False
) -> list[Pair]:
    """Everything that could be read at the base or can be read now, each once.

    The pairs with `then` are the text of then, those with `now` the text of now, each in order. With `struck`, the
    pieces know what came and went behind them.
    """
    found = pieces(paragraphs, moves, base, struck=struck)
    for order, piece in enumerate(found):
        piece.order, piece.stood, piece.stands = order, piece.then, piece.now
    _find_heads(found)
    return list(_aligned(found))


# Splits and joins before a paragraph


def _find_heads(found: list[Piece]) -> None:
    """Where the head of a paragraph was split off into a new one before it, that one begins where it began.

    And where one was joined to the next, the next one begins where it began.
    """
    paragraphs: list[list[Piece]] = []
    for piece in found:
        if piece.part is None:
            paragraphs.append([])
        paragraphs[-1].append(piece)
    for index, paragraph in enumerate(paragraphs):
        first = paragraph[0]
        if first.then and first.now:
            before = index
            while before and _holds(paragraphs[before - 1], paragraph, paragraphs[index - 1][0]):
                before -= 1
                paragraphs[before][0].is_next = True
            if before < index:
                beginning = paragraphs[before][0]
                first.stood, first.stands = beginning.then, beginning.now
                beginning.stood = beginning.stands = True


def _holds(paragraph: list[Piece], following: list[Piece], like: Piece) -> bool:
    """Whether a paragraph of one time alone has its text from the head of a following one, or gave it there.

    Not if some of it is from, or in, what lies behind: another paragraph would then begin in between.
    """
    first = paragraph[0]
    if (first.then and first.now) or first.then != like.then or first.partner is not None:
        return False
    head = set(takewhile(lambda piece: not (piece.then and piece.now), following[1:]))
    partners = [piece.partner for piece in paragraph if piece.partner is not None]
    if any(partner not in head and partner.order > following[0].order for partner in partners):
        return False
    near = sum(partner.length for partner in partners if partner in head)
    return 2 * near > sum(partner.length for partner in partners)


# The order


def _aligned(found: list[Piece]) -> Iterator[Pair]:
    old: list[Piece] = []
    new: list[Piece] = []
    for piece in found:
        if piece.stood and piece.stands:
            if old or new:
                yield from _merged(old, new)
                old, new = [], []
            yield _alone(piece)
        elif piece.stood:
            old.append(piece)
        else:
            new.append(piece)
    yield from _merged(old, new)


def _alone(piece: Piece) -> Pair:
    return Pair(piece if piece.then else None, piece if piece.now else None)


def _merged(old: list[Piece], new: list[Piece]) -> Iterator[Pair]:
    """What stands between two fixed pieces: text that is still in its place, and the rest around it."""
    left = right = 0
    for one, other in _in_place(old, new) if old and new else ():
        yield from _interleaved(old[left:one], new[right:other])
        yield Pair(old[one], new[other])
        left, right = one + 1, other + 1
    yield from _interleaved(old[left:], new[right:])


def _in_place(old: list[Piece], new: list[Piece]) -> list[tuple[int, int]]:
    """Which pieces of then and of now are the same text still in its place."""
    places = {piece: place for place, piece in enumerate(old)}
    same = [(places[piece.partner], place, piece.length) for place, piece in enumerate(new) if piece.partner in places]
    return _heaviest(same, len(old)) if same else []


def _interleaved(old: list[Piece], new: list[Piece]) -> Iterator[Pair]:
    both = merge(old, new, key=attrgetter("order")) if old and new else old or new
    return map(_alone, both)


def _heaviest(same: list[tuple[int, int, int]], size: int) -> list[tuple[int, int]]:
    """Of (place then, place now, weight), by place now: the heaviest choice of which the places then rise too.

    A binary indexed tree holds, for the places then up to each, the heaviest choice that ends there.
    """
    tree: list[tuple[int, int]] = [(0, -1)] * (size + 1)
    before: list[int] = []
    for index, (old, _, weight) in enumerate(same):
        best, at = (0, -1), old
        while at:
            best, at = max(best, tree[at]), at & (at - 1)
        before.append(best[1])
        at = old + 1
        while at <= size:
            tree[at] = max(tree[at], (best[0] + weight, index))
            at += at & -at
    best, at = (0, -1), size
    while at:
        best, at = max(best, tree[at]), at & (at - 1)
    chosen: list[tuple[int, int]] = []
    index = best[1]
    while index >= 0:
        chosen.append(same[index][:2])
        index = before[index]
    return chosen[::-1]
