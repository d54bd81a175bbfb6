"""The blocks of a Word file in reading order: paragraphs, tables row by row, the text of boxes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from documents.formats.word.errors import WordTooLarge
from documents.formats.word.model import Piece, Revision, RevisionKind, WordParagraph, WordProblem
from documents.formats.word.nodes import Node
from documents.formats.word.numbering import Numbering
from documents.formats.word.plain import every_text
from documents.formats.word.runs import Runs, is_unfilled
from documents.formats.word.shared import NOWHERE, TRACKED, Shared, Where, chosen

MAX_PARAGRAPHS: Final = 20_000
CELLS: Final = " | "
"""What stands between the cells of a row."""
LINES: Final = " / "
"""What stands between the paragraphs of a cell."""

_CONTAINERS: Final = ("w:sdt", "w:sdtContent", "w:customXml", "w:smartTag", *TRACKED)
_ROWS: Final[dict[str, RevisionKind]] = {"w:ins": "row-inserted", "w:del": "row-deleted"}
_PARTS_OF_TABLES: Final = ("w:tblPr", "w:tblGrid", "w:tblPrEx")


@dataclass(slots=True)
class Body:
    """Reads blocks, one after the other; numbers count on from one to the next."""

    shared: Shared
    numbering: Numbering
    paragraphs: list[WordParagraph] = field(default_factory=list)
    _waiting: list[Node] = field(default_factory=list)
    """Marks of comments between paragraphs, and what is said of forms' fields: they belong to the next one."""
    _loose: list[Revision] = field(default_factory=list)
    """Changes around whole blocks, or of tables: the next paragraph tells of them."""
    _count: int = 0

    def read(self, node: Node, where: Where = NOWHERE) -> None:
        """All blocks within a node. Raises `WordTooLarge`."""
        for child in chosen(node):
            self.block(child, where)

    def finish(self) -> None:
        """Give what waited for a next paragraph to the last one."""
        if self._waiting or self._loose:
            self._take_waiting(Runs(self.shared, self.paragraphs[-1] if self.paragraphs else self._new()))

    def _new(self) -> WordParagraph:
        self._count += 1
        if self._count > MAX_PARAGRAPHS:
            raise WordTooLarge(f"it has more than {MAX_PARAGRAPHS} paragraphs")
        paragraph = WordParagraph("paragraph", 0, "")
        self.paragraphs.append(paragraph)
        return paragraph

    def block(self, node: Node, where: Where = NOWHERE) -> None:
        """One block. Raises `WordTooLarge`."""
        if node.name == "w:p":
            self._paragraph(node, where)
        elif node.name == "w:tbl":
            self._table(node, where)
        elif node.name == "w:sdt" and is_unfilled(node):
            Runs(self.shared, self._new()).read(Node("", children=(node,)), where)
        elif node.name in _CONTAINERS:
            self._control(node)
            if node.name in TRACKED:
                revision = self.shared.revision(node, TRACKED[node.name])
                self._loose.append(revision)
                where = where.within(revision)
            self.read(node, where)
        elif node.name == "w:altChunk":
            Runs(self.shared, self._new()).embedded(node)
        elif node.name in {"w:commentRangeStart", "w:r"}:
            self._waiting.append(node)
        elif node.name in {"w:sectPr", *_PARTS_OF_TABLES}:
            self._properties(node)
        else:
            self.shared.mark(node)
            if every_text(node):
                Runs(self.shared, self._new()).unknown(node)

    def _control(self, node: Node) -> None:
        """Let the next paragraph tell of a form's field, if it is one, of which the text is read."""
        if node.name == "w:sdt":
            self._waiting.append(Node(node.name, children=list(node.all("w:sdtPr"))))

    def _properties(self, node: Node | None) -> None:
        changes = [one for one in node.walk() if one.name.endswith("Change")] if node else []
        self._loose += [self.shared.revision(one, "formatting") for one in changes]

    def _take_waiting(self, runs: Runs) -> None:
        waiting, self._waiting = self._waiting, []
        for node in waiting:
            runs.read(Node("", children=(node,)), NOWHERE)
        loose, self._loose = self._loose, []
        runs.into.revisions += loose
        for revision in loose:
            if revision.kind == "formatting":
                who = revision.author or "nobody named"
                runs.problem("format-change", f"a change of the form of a table or section, by {who}, was accepted")

    # Paragraphs

    def _paragraph(self, node: Node, where: Where) -> None:
        paragraph = self._new()
        self.shared.paragraphs.add(id(node))
        runs = Runs(self.shared, paragraph)
        self._take_waiting(runs)
        properties = node.find("w:pPr")
        self._mark(runs, properties, where)
        self._name(runs, properties)
        hidden = self.shared.styles.hides(properties.value("w:pStyle") if properties else None)
        runs.read(node, where)
        runs.end_fields()
        if hidden and paragraph.pieces:
            runs.problem("hidden-text", "a paragraph of a hidden style was kept")
        paragraph.pieces = joined(paragraph.pieces)
        for box in runs.boxes:
            self.read(box, where)
        paragraph.revisions += self.shared.left_out(node)

    def _mark(self, runs: Runs, properties: Node | None, where: Where) -> None:
        """What happened to the paragraph's end."""
        paragraph = runs.into
        paragraph.break_inserted, paragraph.break_deleted = where.inserted, where.deleted
        if properties is None:
            return
        for name, kind in TRACKED.items():
            found = properties.find("w:rPr", name)
            if found is None:
                continue
            arrives = kind in {"inserted", "moved-here"}
            revision = runs.changed(found, "break-inserted" if arrives else "break-deleted")
            if arrives:
                paragraph.break_inserted = revision
            else:
                paragraph.break_deleted = revision
        runs.formatting(properties)

    def _name(self, runs: Runs, properties: Node | None) -> None:
        """Its kind, level and label. What is joined to the next paragraph does not count."""
        paragraph = runs.into
        style = properties.value("w:pStyle") if properties else None
        own = properties.number("w:outlineLvl") if properties else None
        level = self.shared.styles.heading_level(style) if own is None else own + 1
        if self.shared.styles.is_title(style):
            paragraph.kind, paragraph.level = "title", 1
        elif 1 <= level <= 9:
            paragraph.kind, paragraph.level = "heading", level
        if paragraph.break_deleted is not None:
            return
        label = self.numbering.label(properties, style)
        if label is None:
            return
        if label.bullet:
            runs.problem("bullet", "a list without numbers: its sign became a dash before the text")
            paragraph.pieces.append(Piece("– "))
        if label.simplified:
            runs.problem("numbering", label.simplified)
        paragraph.label = label.text.rstrip(".:") if label.text.strip(".:") else ""

    # Tables

    def _table(self, node: Node, where: Where) -> None:
        for child in chosen(node):
            if child.name == "w:tr":
                self._row(child, where)
            elif child.name in _CONTAINERS and not is_unfilled(child):
                self._control(child)
                self._table(child.find("w:sdtContent") or child, where)
            else:
                self.block(child, where)

    def _row(self, node: Node, where: Where) -> None:
        properties = node.find("w:trPr")
        revisions: list[Revision] = []
        for name, kind in _ROWS.items():
            found = properties.find(name) if properties else None
            if found is not None:
                revisions.append(self.shared.revision(found, kind))
                where = where.within(revisions[-1])
        self._properties(properties)
        cells = [self._cell(cell, where) for cell in self._cells(node)]
        cells = [cell for cell in cells if cell]
        row = cells[0] if len(cells) == 1 else [_joined_row(cells, where)] if cells else []
        if row:
            row[0].revisions[:0] = revisions
            row[-1].break_deleted = row[-1].break_deleted or where.deleted
        else:
            self._loose += revisions
        self.paragraphs += row

    def _cells(self, row: Node) -> Iterator[Node]:
        for child in chosen(row):
            if child.name == "w:tc":
                yield child
            elif is_unfilled(child):
                yield Node("w:tc", children=(child,))  # so that the others stay in their columns
            elif child.name in _CONTAINERS:
                self._control(child)
                yield from self._cells(child)
            elif child.name != "w:trPr":
                self.block(child, NOWHERE)

    def _cell(self, node: Node, where: Where) -> list[WordParagraph]:
        """The paragraphs of one cell, apart from all others."""
        outside, self.paragraphs = self.paragraphs, []
        self._cell_properties(node.find("w:tcPr"))
        self.read(node, where)
        cell, self.paragraphs = self.paragraphs, outside
        return cell

    def _cell_properties(self, properties: Node | None) -> None:
        for child in properties.children if properties else ():
            if child.name in {"w:cellIns", "w:cellDel", "w:cellMerge"}:
                self._loose.append(self.shared.revision(child, "formatting"))
        self._properties(properties)


def _joined_row(cells: list[list[WordParagraph]], where: Where) -> WordParagraph:
    row = WordParagraph("paragraph", 0, "", break_inserted=where.inserted, break_deleted=where.deleted)
    row.problems.append(
        WordProblem("table", f"a row of a table became a paragraph, its cells apart by {CELLS.strip()!r}")
    )
    for at, cell in enumerate(cells):
        if at:
            row.pieces.append(Piece(CELLS, where.inserted, where.deleted))
        last = max((number for number, one in enumerate(cell) if one.text), default=-1)
        for number, one in enumerate(cell):
            if number and cell[number - 1].break_deleted is None and (one.pieces or one.label):
                end = cell[number - 1].break_inserted
                gone = one.break_deleted if number > last else None
                row.pieces.append(Piece(LINES, end or where.inserted, where.deleted or gone))
            label = [Piece(f"{one.label} ", where.inserted, where.deleted)] if one.label else []
            row.pieces += label + one.pieces
            row.comments += one.comments
            row.problems += one.problems
            row.revisions += one.revisions
    row.pieces = joined(row.pieces)
    row.problems = list(dict.fromkeys(row.problems))
    return row


def joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbours of which the same is to be said as one each."""
    groups = groupby(pieces, lambda piece: (piece.inserted, piece.deleted, piece.formats, piece.author))
    return [Piece("".join(one.text for one in group), *same) for same, group in groups]
