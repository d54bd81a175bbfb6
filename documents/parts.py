"""Reads the text with its authorship: paragraph by paragraph, in parts of which one thing is to be said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from documents import update_v1
from documents.authorship import Authorship
from documents.ledger import Container
from documents.model import SERVER, ClientId
from documents.record import Mark, Move
from documents.runs import Deletion, ParagraphRuns, Run, join
from documents.sequence import Block, from_units
from documents.update_v1 import Id

UNKNOWN: Final = Deletion(SERVER, 0)
"""Of what is gone without anybody's having deleted it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Characters with neighbouring ids of which the same is to be said."""

    client: ClientId
    clock: int
    units: str
    """What it says, in UTF-16 units: as many as it has ids."""
    written: Mark
    deletion: Deletion | None
    move: Move | None
    """How it came here, if it was moved."""
    given: bool
    """For deleted text: whether it was moved away, and so is not gone."""


@dataclass(frozen=True, slots=True)
class ParagraphParts:
    """One child of the text, gone or not."""

    item: Id
    id: str
    label: str
    kind: str
    deletion: Deletion | None
    parts: tuple[Part, ...]


class Reader:
    """Walks through a chapter as it stands now; to be used between changes only."""

    def __init__(self, authorship: Authorship, root: Container, types: Mapping[Id, Container]) -> None:
        """`types` gives the list of each shared type, by its item."""
        self._sequence = authorship.sequence
        self._record = authorship.record
        self._root = root
        self._types = types

    def paragraphs(self) -> Iterator[ParagraphParts]:
        """All children of the text in order, those that are gone in their places."""
        for block in self._sequence.line(self._root):
            if block.kind == update_v1.TYPE:
                yield self._paragraph(block)

    def runs(self, *, deleted: bool) -> list[ParagraphRuns]:
        """See `ChapterDocument.runs`."""
        found = []
        for one in self.paragraphs():
            if one.deletion is not None and not deleted:
                continue
            runs = join(_run(part) for part in one.parts if part.deletion is None or (deleted and not part.given))
            if runs or one.deletion is None:
                found.append(ParagraphRuns(one.id, one.label, one.kind, runs, one.deletion))
        return found

    def _paragraph(self, block: Block) -> ParagraphParts:
        container = self._types[block.id]
        deletion = self._deletion(block, None)
        name = _name(block)
        parts = tuple(self._text(block, deletion) if name == "text" else self._children(container, deletion))
        return ParagraphParts(
            block.id, self._value(container, "id"), self._value(container, "label"), name, deletion, parts
        )

    def _value(self, container: Container, key: str) -> str:
        values = container.keys.get(key)
        last = None if values is None else self._sequence.line(values).last
        return last.value if last is not None and isinstance(last.value, str) else ""

    def _children(self, container: Container, deletion: Deletion | None) -> Iterator[Part]:
        """The text in an element; where an element begins within text, a space stands for it."""
        begun = False
        for block in self._sequence.line(container):
            if block.kind != update_v1.TYPE:
                continue
            gone = self._deletion(block, deletion)
            if _name(block) == "text":
                inner = self._text(block, gone)
            else:
                if begun:
                    yield self._space(block, gone)
                inner = self._children(self._types[block.id], gone)
            for part in inner:
                begun = True
                yield part

    def _text(self, owner: Block, deletion: Deletion | None) -> Iterator[Part]:
        for block in self._sequence.line(self._types[owner.id]):
            if block.kind == update_v1.STRING:
                yield from self._parts(block, deletion)
            elif block.kind == update_v1.EMBED:
                yield self._space(block, self._deletion(block, deletion))

    def _space(self, block: Block, deletion: Deletion | None) -> Part:
        ((_, _, mark),) = self._record.written(block.client, block.clock, block.clock + 1)
        return Part(block.client, block.clock, " ", mark, deletion, None, given=False)

    def _parts(self, block: Block, around: Deletion | None) -> Iterator[Part]:
        client, record = block.client, self._record
        for start, stop, mark in record.written(client, block.clock, block.clock + block.length):
            for low, high, move in record.moved(client, start, stop):
                if not block.deleted and around is None:
                    yield self._part(block, low, high, mark, None, move, given=False)
                    continue
                for first, last, removed in record.removed(client, low, high):
                    deletion = (around or UNKNOWN) if removed is None else Deletion(*removed)
                    for one, end, given in record.given(client, first, last):
                        yield self._part(block, one, end, mark, deletion, move, given=given)

    def _part(  # noqa: PLR0913, PLR0917 (two places above call it)
        self,
        block: Block,
        start: int,
        end: int,
        mark: Mark,
        deletion: Deletion | None,
        move: Move | None,
        *,
        given: bool,
    ) -> Part:
        units = block.text[start - block.clock : end - block.clock]
        return Part(block.client, start, units, mark, deletion, move, given)

    def _deletion(self, block: Block, around: Deletion | None) -> Deletion | None:
        """By whom an item was deleted, by itself or together with what it lies in."""
        if not block.deleted:
            return around
        ((_, _, mark),) = self._record.removed(block.client, block.clock, block.clock + 1)
        return (around or UNKNOWN) if mark is None else Deletion(*mark)


def _name(block: Block) -> str:
    """The element's name; `text` for a text."""
    value = block.value
    if isinstance(value, tuple) and value[0] == update_v1.XML_ELEMENT_TYPE:
        return str(value[1])
    return "text"


def _run(part: Part) -> Run:
    tag, minute = part.written
    moved_by = None if part.move is None else part.move.by
    return Run(from_units(part.units), tag, minute, part.deletion, moved_by)
