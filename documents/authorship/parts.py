"""Reads the text with its authorship: paragraph by paragraph, in parts of which one thing is to be said."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from documents.authorship.authorship import Authorship
from documents.authorship.marks import Mark
from documents.authorship.record import Move, Record
from documents.authorship.runs import Deletion, ParagraphRuns, Run, join
from documents.crdt import update_v1
from documents.crdt.ledger import Container
from documents.crdt.sequence import Block, from_units
from documents.crdt.update_v1 import Id
from documents.model import SERVER, ClientId

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
    """Reads a chapter as it stands now; to be used between changes only. What it has read once it keeps."""

    def __init__(self, authorship: Authorship, root: Container) -> None:
        self._authorship = authorship
        self._sequence = authorship.sequence
        self._root = root
        self._types = authorship.types
        self._parts: dict[Id, ParagraphParts] = {}
        self._runs: dict[tuple[Id, bool], ParagraphRuns] = {}

    @property
    def _record(self) -> Record:
        return self._authorship.record

    def forget(self, items: Iterable[Id]) -> None:
        """These paragraphs have changed."""
        if self._parts or self._runs:
            for item in items:
                self._parts.pop(item, None)
                self._runs.pop((item, False), None)
                self._runs.pop((item, True), None)

    def warm_up(self, seconds: float, *, deleted: bool) -> bool:
        """Read for about so long; returns whether all is read.

        Then `runs` is quick, and after reading what was `deleted`, so is `paragraphs`.
        """
        end = time.perf_counter() + seconds
        for block in self._blocks():
            if (block.id, deleted) not in self._runs:
                if time.perf_counter() > end:
                    return False
                self._read_runs(block, deleted=deleted)
        return True

    def paragraphs(self) -> Iterator[ParagraphParts]:
        """All children of the text in order, those that are gone in their places."""
        return map(self._read_parts, self._blocks())

    def runs(self, *, deleted: bool) -> list[ParagraphRuns]:
        """See `ChapterDocument.runs`."""
        found = []
        for block in self._blocks():
            if block.deleted and not deleted:
                continue
            one = self._runs.get((block.id, deleted)) or self._read_runs(block, deleted=deleted)
            if one.runs or one.deleted is None:
                found.append(one)
        return found

    def _blocks(self) -> Iterator[Block]:
        return (block for block in self._sequence.line(self._root) if block.kind == update_v1.TYPE)

    def _read_parts(self, block: Block) -> ParagraphParts:
        found = self._parts.get(block.id)
        if found is None:
            found = self._parts[block.id] = self._paragraph(block)
        return found

    def _read_runs(self, block: Block, *, deleted: bool) -> ParagraphRuns:
        known = self._read_parts(block) if deleted else self._parts.get(block.id)
        one = known or self._paragraph(block, visible_only=True)
        kept = (part for part in one.parts if part.deletion is None or (deleted and not part.given))
        runs = ParagraphRuns(one.id, one.label, one.kind, join(map(self._run, kept)), one.deletion)
        self._runs[block.id, deleted] = runs
        return runs

    def _paragraph(self, block: Block, *, visible_only: bool = False) -> ParagraphParts:
        container = self._types[block.id]
        deletion = self._deletion(block)
        name = _name(block)
        inner = self._text(block, visible_only) if name == "text" else self._children(container, visible_only)
        parts = () if block.deleted and visible_only else tuple(inner)
        return ParagraphParts(
            block.id, self._value(container, "id"), self._value(container, "label"), name, deletion, parts
        )

    def _value(self, container: Container, key: str) -> str:
        values = container.keys.get(key)
        last = None if values is None else self._sequence.line(values).last
        return last.value if last is not None and isinstance(last.value, str) else ""

    def _children(self, container: Container, visible_only: bool) -> Iterator[Part]:
        """The text in an element; where an element begins within text, a space stands for it."""
        begun = False
        for block in self._sequence.line(container):
            if block.kind != update_v1.TYPE or (block.deleted and visible_only):
                continue
            if _name(block) == "text":
                inner = self._text(block, visible_only)
            else:
                if begun:
                    yield self._space(block)
                inner = self._children(self._types[block.id], visible_only)
            for part in inner:
                begun = True
                yield part

    def _text(self, owner: Block, visible_only: bool) -> Iterator[Part]:
        for block in self._sequence.line(self._types[owner.id]):
            if block.deleted and visible_only:
                continue
            if block.kind == update_v1.STRING:
                mark = None if block.deleted else self._record.only(block.client, block.clock, block.length)
                if mark is not None:
                    yield Part(block.client, block.clock, block.text, mark, None, None, False)
                else:
                    yield from self._some(block)
            elif block.kind == update_v1.EMBED:
                yield self._space(block)

    def _space(self, block: Block) -> Part:
        mark = self._record.writer(*block.id)
        return Part(block.client, block.clock, " ", mark, self._deletion(block), None, given=False)

    def _some(self, block: Block) -> Iterator[Part]:
        client, record = block.client, self._record
        for start, stop, mark in record.written(client, block.clock, block.clock + block.length):
            for low, high, move in record.moved(client, start, stop):
                if not block.deleted:
                    yield _part(block, low, high, mark, None, move, False)
                    continue
                for first, last, removed in record.removed(client, low, high):
                    deletion = UNKNOWN if removed is None else Deletion(*removed)
                    for one, end, given in record.given(client, first, last):
                        yield _part(block, one, end, mark, deletion, move, given)

    def _run(self, part: Part) -> Run:
        tag, minute = part.written
        moved_by = None if part.move is None else self._record.mover(part.move)
        return Run(from_units(part.units), tag, minute, part.deletion, moved_by)

    def _deletion(self, block: Block) -> Deletion | None:
        if not block.deleted:
            return None
        mark = self._record.remover(*block.id)
        return UNKNOWN if mark is None else Deletion(*mark)


def _part(  # noqa: PLR0913, PLR0917 (two places above call it)
    block: Block, start: int, end: int, mark: Mark, deletion: Deletion | None, move: Move | None, given: bool
) -> Part:
    units = block.text[start - block.clock : end - block.clock]
    return Part(block.client, start, units, mark, deletion, move, given)


def _name(block: Block) -> str:
    """The element's name; `text` for a text."""
    value = block.value
    if isinstance(value, tuple) and value[0] == update_v1.XML_ELEMENT_TYPE:
        return str(value[1])
    return "text"
