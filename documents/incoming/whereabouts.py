"""Every letter of a chapter's text as it was at an earlier point: whether it still stands, and where."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import NamedTuple

from documents.authorship.parts import ParagraphParts, Part
from documents.authorship.runs import Tag
from documents.chapter import ChapterDocument
from documents.crdt import update_v1
from documents.crdt.sequence import from_units
from documents.crdt.update_v1 import Id
from documents.incoming.composing import FILES
from documents.model import SERVER
from documents.redline.base import Base
from documents.redline.pieces import Piece, pieces
from documents.redline.redline import Text, read

Spell = Callable[[str], str]
"""How a file spells a letter of the text; empty for one that it can't hold."""


class Letter(NamedTuple):
    """A letter of the earlier text."""

    text: str
    """One character, as the file spells it."""
    ids: tuple[Id, ...]
    """Where it stands now, or stood last: one id, or two for what is beyond U+FFFF. Empty for one that is unknown."""
    home: Id
    """The paragraph in which that is, by item."""
    stands: bool


class Unit(NamedTuple):
    """A UTF-16 unit of a paragraph as it is now, deleted or not."""

    id: Id
    text: str
    stands: bool
    old: bool
    """Whether the earlier text had it, here or elsewhere."""
    since: bool
    """Whether it has come since."""
    mine: bool
    """Whether those who bring the file put it here."""
    brought: bool
    """Whether an earlier file of theirs put it here."""
    undone: bool
    """Whether it was undone, for want of a right."""


@dataclass(slots=True)
class Then:
    """A paragraph of the earlier text."""

    id: str
    item: Id
    label: str
    kind: str
    pieces: list[Piece] = field(default_factory=list)


class Whereabouts:
    """Of one chapter, between two changes of it."""

    def __init__(self, document: ChapterDocument, base: Base, mine: Callable[[Tag], bool], spell: Spell) -> None:
        """`base` is of the same chapter, and of no later entry; `mine` says whose contributions count as one's own."""
        self.document = document
        self._base = base
        self._spelled: dict[str, str] = {}
        """How each character is spelled, as far as it has been asked."""
        self._mine = mine
        self._spell = spell
        text: Text = read(document)
        self.parts: dict[Id, ParagraphParts] = {one.item: one for one, _ in text.paragraphs}
        """All paragraphs, also those that are gone, in order."""
        self._pieces: dict[Id, list[Piece]] = {}
        self.then: list[Then] = []
        """The paragraphs of the earlier text, in order."""
        current: Then | None = None
        for piece in pieces(text.paragraphs, text.moves, base):
            self._pieces.setdefault(piece.paragraph.item, []).append(piece)
            if piece.part is None:
                current = None
                if piece.then:
                    one = piece.paragraph
                    current = Then(one.id, one.item, base.label(one.item), one.kind)
                    self.then.append(current)
            elif piece.then and current is not None:
                current.pieces.append(piece)
        self._texts: dict[Id, str] = {}
        self._brought: dict[tuple[Id, bool], str] = {}
        self._rows: dict[Id, list[Unit]] = {}
        self._places: dict[Id, dict[Id, int]] = {}

    def spelled(self, text: str) -> str:
        """A text as the file would have it."""
        known = self._spelled
        for char in set(text).difference(known):
            known[char] = self._spell(char)
        return "".join(map(known.__getitem__, text))

    # Then

    def letters(self, one: Then) -> list[Letter]:
        """What a paragraph of the earlier text said, letter by letter."""
        return [letter for piece in one.pieces for letter in self._letters(piece)]

    def _letters(self, piece: Piece) -> Iterator[Letter]:
        where = piece if piece.now or piece.partner is None else piece.partner
        part = where.part
        assert part is not None  # noqa: S101 (the pieces of a text are text)
        home, client, clock, stands = where.paragraph.item, part.client, where.start, where.now
        known, spell = self._spelled, self._spell
        for char, length in _characters(piece.units):
            spelled = known.get(char)
            if spelled is None:
                spelled = known[char] = spell(char)
            if spelled:
                ids: tuple[Id, ...] = ((client, clock),) if length == 1 else ((client, clock), (client, clock + 1))
                yield Letter(spelled, ids, home, stands)
            clock += length

    def said(self, one: Then) -> str:
        """What a paragraph of the earlier text said, as the file would have it."""
        return self.spelled("".join(from_units(piece.units) for piece in one.pieces))

    # Now

    def is_there(self, item: Id) -> bool:
        """Whether a paragraph is in the text."""
        return item in self.parts and self.parts[item].deletion is None

    def is_new(self, item: Id) -> bool:
        """Whether a paragraph has come since."""
        found = self._pieces.get(item, ())
        return not any(piece.then for piece in found if piece.part is None)

    def text(self, item: Id) -> str:
        """What a paragraph says now, as the file would have it."""
        if item not in self._texts:
            parts = self.parts[item].parts if self.is_there(item) else ()
            units = "".join(part.units for part in parts if part.deletion is None)
            self._texts[item] = self.spelled(from_units(units))
        return self._texts[item]

    def brought(self, item: Id, *, undone: bool) -> str:
        """What an earlier file of theirs put into a paragraph, whatever has become of it; or what was `undone` too."""
        if (item, undone) not in self._brought:
            units = (unit.text for unit in self.row(item) if unit.brought and (undone or not unit.undone))
            self._brought[item, undone] = self.spelled(from_units("".join(units)))
        return self._brought[item, undone]

    def is_plain(self, item: Id) -> bool:
        """Whether all that a paragraph holds is text: no list, no table."""
        line = self.document.sequence.line(self.document.ledger.types[item])
        inner = [block for block in line if not block.deleted and block.kind == update_v1.TYPE]
        return all(block.value is not None and block.value[0] == update_v1.XML_TEXT_TYPE for block in inner)  # type: ignore[index]

    def row(self, item: Id) -> list[Unit]:
        """A paragraph's text unit by unit, what was deleted in its place."""
        if item not in self._rows:
            old = _ids(piece for piece in self._pieces.get(item, ()) if piece.then or piece.partner is not None)
            self._rows[item] = [unit for part in self.parts[item].parts for unit in self._units(part, old)]
            self._places[item] = {unit.id: place for place, unit in enumerate(self._rows[item])}
        return self._rows[item]

    def _units(self, part: Part, old: set[Id]) -> Iterator[Unit]:
        tag = part.written[0] if part.move is None else part.move.by
        undone = part.deletion is not None and part.deletion.by == SERVER
        mine = self._mine(tag) and not part.given
        brought = mine and part.client >= FILES
        client, first, stands, end = part.client, part.clock, part.deletion is None, self._base.known(part.client)
        for clock, unit in enumerate(part.units, first):
            found = client, clock
            yield Unit(found, unit, stands, found in old, clock >= end, mine, brought, undone)

    def place(self, letter: Letter) -> int:
        """Where in its paragraph's row a letter ends."""
        self.row(letter.home)
        return self._places[letter.home][letter.ids[-1]]


def characters(units: Sequence[Unit]) -> Iterator[tuple[str, int, int]]:
    """Whole characters, each with the places of its first and its last unit."""
    at = 0
    for char, length in _characters("".join(unit.text for unit in units)):
        yield char, at, at + length - 1
        at += length


def _characters(units: str) -> Iterator[tuple[str, int]]:
    if units.isascii():
        yield from zip(units, repeat(1))
        return
    at = 0
    while at < len(units):
        pair = "\ud800" <= units[at] <= "\udbff" and at + 1 < len(units)
        yield from_units(units[at : at + 1 + pair]), 1 + pair
        at += 1 + pair


def _ids(found: Iterable[Piece]) -> set[Id]:
    ids: set[Id] = set()
    for piece in found:
        if piece.part is not None:
            ids.update((piece.part.client, clock) for clock in range(piece.start, piece.end))
    return ids
