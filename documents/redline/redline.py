"""The redline: the text of now against that of an earlier point, with who inserted, deleted and moved what since.

Everything that could be read then or can be read now stands in it once, in one order, from which both texts follow:

- the text then is what is `kept`, `deleted` and `moved-away`, by paragraphs that are not `inserted`;
- the text now is what is `kept`, `inserted` and `moved-here`, by paragraphs that are not `deleted`;

where an inserted paragraph may hold text that stood in the one before it (or behind it), which somebody split; and a
deleted one, text that stands in the one before it (or behind it) now, since somebody joined them: `part_of` says so.
How the pieces are put in order is in `documents.redline.alignment`. What was written since and deleted again is in
neither text; where it is asked for, it stands among them as `struck`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal

from documents.authorship.marks import Mark
from documents.authorship.parts import UNKNOWN, ParagraphParts
from documents.authorship.record import Move
from documents.authorship.runs import Deletion, Tag
from documents.chapter import ChapterDocument
from documents.crdt.sequence import from_units
from documents.model import SERVER, ClientId
from documents.redline.alignment import Pair, align
from documents.redline.base import Base
from documents.redline.pieces import MovesByClient, Piece

ParagraphChange = Literal["kept", "inserted", "deleted", "struck"]
TextChange = Literal["kept", "inserted", "deleted", "moved-here", "moved-away", "struck"]
Neighbour = Literal["previous", "next"]

THEN: Final[tuple[TextChange, ...]] = ("kept", "deleted", "moved-away")
NOW: Final[tuple[TextChange, ...]] = ("kept", "inserted", "moved-here")


@dataclass(frozen=True, slots=True)
class Change:
    """Neighbouring characters of which the same is to be said."""

    text: str
    change: TextChange
    by: Tag
    """Who wrote what is kept or inserted; who deleted or moved the rest."""
    at: int | None
    """When they did, in minutes since 1970 (UTC); None when nobody can tell."""
    author: Tag
    """Who wrote it first."""
    moved_by: Tag | None = None
    """Of what was inserted: who put it where it stands, if it was written elsewhere."""
    move: int = 0
    """The number of a move, which both its ends have; 0 for what was not moved, or has no other end."""


@dataclass(frozen=True, slots=True)
class RedlineParagraph:
    """A paragraph of then or now."""

    id: str
    label: str
    kind: str
    change: ParagraphChange
    by: Tag | None
    """Who inserted or deleted it."""
    at: int | None
    """When they did, in minutes since 1970 (UTC)."""
    old_label: str
    """The label it bore then; `label` where it was not there."""
    old_kind: str
    part_of: Neighbour | None
    """Of an inserted one: whose text then it holds a part of. Of a deleted one: in which text a part of it is now."""
    changes: tuple[Change, ...]
    struck_by: Tag | None = None
    """Of what is struck: who deleted what `by` inserted."""
    struck_at: int | None = None
    """When they did, as `at`."""


@dataclass(frozen=True, slots=True)
class Text:
    """A chapter at one moment, as far as a redline must know it: nothing in it changes afterwards."""

    paragraphs: tuple[tuple[ParagraphParts, Mark], ...]
    """Each with who inserted it, and when."""
    moves: MovesByClient


def read(document: ChapterDocument) -> Text:
    """Take what is needed of a chapter, between two changes of it."""
    record = document.record
    moves: dict[ClientId, list[Move]] = {}
    for client, move in record.moves():
        moves.setdefault(client, []).append(move)
    paragraphs = tuple((one, record.writer(*one.item)) for one in document.reader().paragraphs())
    return Text(paragraphs, moves)


def redline(text: Text, base: Base, *, struck: bool = False) -> list[RedlineParagraph]:
    """The text against what it was at the base, which is of the same chapter, and not of a later entry.

    With `struck`, what was written since and deleted again is in it too.
    """
    pairs = align(text.paragraphs, text.moves, base, struck=struck)
    moves = _moves(pairs)
    return [_paragraph(group[0], group[1:], base, moves) for group in _groups(pairs)]


def _groups(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    """What stands in each paragraph, behind its beginning. Paragraphs that came and went stand behind others."""
    group: list[Pair] = []
    struck: list[list[Pair]] = []
    for pair in pairs:
        if pair.either.part is None and group:
            yield group
            yield from (one for one in struck if len(one) > 1)
            group, struck = [], []
        group.append(pair)
        for side in dict.fromkeys(filter(None, pair)):
            inner = group
            for piece in side.behind:
                if piece.part is None:
                    inner = []
                    struck.append(inner)
                inner.append(Pair(None, piece))
    if group:
        yield group
        yield from (one for one in struck if len(one) > 1)


def tags(paragraphs: Iterable[RedlineParagraph]) -> Iterator[Tag]:
    """Everybody who is named in a redline, each perhaps many times."""
    for paragraph in paragraphs:
        if paragraph.by is not None:
            yield paragraph.by
        for change in paragraph.changes:
            yield change.by
            yield change.author
            if change.moved_by is not None:
                yield change.moved_by


def _paragraph(head: Pair, inside: list[Pair], base: Base, moves: Mapping[Piece, int]) -> RedlineParagraph:
    one = head.either.paragraph
    old = one if head.then is None else head.then.paragraph
    change, by, at = _change_of(head)
    changes = tuple(_changes(inside, moves))
    return RedlineParagraph(
        id=one.id,
        label=one.label,
        kind=one.kind,
        change=change,
        by=by,
        at=at,
        old_label=one.label if head.then is None else base.label(old.item),
        old_kind=old.kind,
        part_of="next" if head.either.is_next else _part_of(change, changes),
        changes=changes,
        **_struck_by(head),
    )


def _struck_by(head: Pair) -> dict[str, Any]:
    if not head.either.struck:
        return {}
    by, at = _who(head.either.paragraph.deletion)
    return {"struck_by": by, "struck_at": at}


def _change_of(head: Pair) -> tuple[ParagraphChange, Tag | None, int | None]:
    """What happened to a paragraph as a whole, by whom, and when."""
    if head.either.struck:
        return "struck", *head.either.mark
    if head.then is None:
        return "inserted", *head.either.mark
    if head.now is None:
        return "deleted", *_who(head.then.paragraph.deletion)
    return "kept", None, None


def _part_of(change: ParagraphChange, changes: tuple[Change, ...]) -> Neighbour | None:
    elsewhere = {"kept": (), "inserted": THEN, "deleted": NOW, "struck": ()}[change]
    return "previous" if any(one.change in elsewhere for one in changes) else None


def _changes(pairs: Iterable[Pair], moves: Mapping[Piece, int]) -> Iterator[Change]:
    """Neighbours of which the same is to be said as one, in whole characters."""
    for (said, move), group in groupby(pairs, lambda pair: (_said(pair), moves.get(pair.either, 0))):
        yield Change(from_units("".join([pair.either.units for pair in group])), *said, move)


def _moves(pairs: Sequence[Pair]) -> dict[Piece, int]:
    """A number for the two ends of each move; the same for neighbours that went together."""
    places = {pair.now: place for place, pair in enumerate(pairs) if pair.then is None}
    numbers: dict[Piece, int] = {}
    ends: dict[int, int] = {}
    count = 0
    for place, pair in enumerate(pairs):
        other = None if pair.now is not None or pair.either.part is None else pair.either.partner
        end = None if other is None else places.get(other)
        if other is None or end is None or _said(pairs[end])[0] != "moved-here":
            continue
        joins = ends.get(place - 1) == end - 1 and all(_said(pairs[at]) == _said(pairs[at - 1]) for at in (place, end))
        count += not joins
        ends[place] = end
        numbers[pair.either] = numbers[other] = count
    return numbers


def _said(pair: Pair) -> tuple[TextChange, Tag, int | None, Tag, Tag | None]:
    """All that a change says, but for its text."""
    then, now = pair
    piece = pair.either
    part = piece.part
    assert part is not None  # noqa: S101 (the pairs are text)
    author, written = part.written
    if piece.struck:
        return "struck", *_who(part.deletion), author, None
    if now is None:
        gone: TextChange = "deleted" if piece.partner is None else "moved-away"
        return gone, *_who(piece.lost or part.deletion), author, None
    if then is not None:
        return "kept", author, written, author, None
    mover = None if part.move is None else part.move.by
    if piece.partner is None or mover is None:
        return "inserted", author, written, author, mover
    source = piece.partner.part
    return "moved-here", mover, None if source is None else _who(source.deletion)[1], author, None


def _who(deletion: Deletion | None) -> tuple[Tag, int | None]:
    """By whom, and when."""
    return (SERVER, None) if deletion is None or deletion is UNKNOWN else (deletion.by, deletion.at)
