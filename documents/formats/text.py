"""The plain-text form of a chapter, as meeting papers flattened from a word processor have it.

One block a line; blank lines and outer white space mean nothing (a byte order mark counts as white space):

- unnumbered lines at the top, up to five and none over 200 characters, are ``title`` blocks. The chapter's own heading
  is the one that starts with its mark ("C11. International …"); it gives the draft its title, or else the first line;
- ``1) Access for all`` is a ``heading`` with the label ``"1)"``;
- ``12. Promote …`` is a ``paragraph`` with the label ``"12"``; so are ``12 bis``, ``12bis``, ``12a``, ``12.Alt.1``;
- any other line is a paragraph with an empty label;
- behind a tab, ``Comment by Author: Egypt: Unclear`` is a comment, ``Comment by Author: Contribution by Cuba`` and
  ``Comment by Author: IFIP`` are sources. A line of notes alone belongs to the block before it.

Nothing is dropped or simplified silently. The codes of problems: ``bookmark`` and ``control-character`` (dropped),
``no-text``, ``no-title``, ``empty-heading``, ``empty-paragraph``, ``duplicate-label``, ``label-order``,
``unbalanced-brackets``, ``empty-note``, ``note-without-name``, ``note-without-block``, ``note-in-text``,
``source-with-text``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from documents.errors import DocumentsError
from documents.formats import labels, notes, slips
from documents.formats.debris import without_bookmarks, without_controls
from documents.incoming.draft import Block, BlockKind, Draft, Note, Problem

MAX_BYTES = 5_000_000
MAX_LINES = 20_000
_MAX_TITLES = 5
_MAX_TITLE_LENGTH = 200
_CHAPTER_MARK = re.compile(r"[^\W\d_]{1,2}\d{1,3}[.:]\s+\S")


@dataclass(slots=True, eq=False)
class DraftInvalid(DocumentsError):
    """A text that is beyond the bounds, or a draft that can't be written in this form. Nothing of it was used."""

    reason: str
    line: int
    """The line to look at, counted from 1; 0 when it is the whole text."""

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" if self.line else self.reason


def read(text: str) -> Draft:
    """The draft that a text holds. Raises `DraftInvalid` beyond 5,000,000 bytes of UTF-8 or 20,000 lines, only then."""
    reader = _Reader([], [], [])
    for number, line in enumerate(_lines(text), start=1):
        reader.take(number, line)
    blocks = tuple(replace(block, notes=tuple(found)) for block, found in zip(reader.blocks, reader.notes, strict=True))
    title = _title(blocks)
    problems = [*reader.problems, *slips.of_blocks(blocks), *slips.of_labels(blocks)]
    if not blocks:
        problems.append(Problem(1, "", "no-text", "there is no text"))
    elif not title:
        problems.append(Problem(blocks[0].line, "", "no-title", "no title stands above the text"))
    return Draft(title, blocks, tuple(sorted(problems, key=lambda problem: problem.line)))


def write(draft: Draft) -> str:
    """The blocks in this form; reading it again gives the same blocks, but for their line numbers.

    Raises `DraftInvalid` for the first block with which that is impossible (a line break within it, say).
    """
    text = lines(draft.blocks)
    again = read(text).blocks
    for at, block in enumerate(draft.blocks):
        if at >= len(again) or replace(again[at], line=block.line) != block:
            raise DraftInvalid(f"the plain-text form can't hold {block.text[:60]!r} as one {block.kind}", block.line)
    if len(again) > len(draft.blocks):
        raise DraftInvalid("the plain-text form can't hold the last block", draft.blocks[-1].line)
    return text


def lines(blocks: Sequence[Block]) -> str:
    """The blocks in this form as far as it can hold them; `write` makes sure that it can."""
    return "".join(_written(blocks))


def _lines(text: str) -> list[str]:
    if len(text) > MAX_BYTES or len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise DraftInvalid(f"the text is larger than {MAX_BYTES} bytes", 0)
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MAX_LINES + 1 or (len(lines) > MAX_LINES and lines[-1]):
        raise DraftInvalid(f"the text has more than {MAX_LINES} lines", MAX_LINES + 1)
    return lines


@dataclass(slots=True)
class _Reader:
    """Takes line after line; what has been read so far decides what the next line can be."""

    blocks: list[Block]
    notes: list[list[Note]]
    """Those of each block, apart until all lines are read: any number of lines can add to the last block's."""
    problems: list[Problem]

    def take(self, number: int, line: str) -> None:
        line, controls = without_controls(line)
        line, bookmarks = without_bookmarks(line)
        body, note_bodies = notes.cut(line.strip())
        found, slips = notes.read_all(note_bodies)
        if body:
            self._add(number, *self._parts(body))
        elif found and not self.blocks:
            self._add(number, "paragraph", "", "")
            slips.append(("note-without-block", "a note stands above all text; a paragraph without text now bears it"))
        if found:
            self.notes[-1] += found
        if controls:
            slips.append(("control-character", f"control characters were dropped: {', '.join(controls)}"))
        if bookmarks:
            slips.append(("bookmark", f"a word processor's marks were dropped: {' '.join(bookmarks)}"))
        label = self.blocks[-1].label if self.blocks else ""
        self.problems += [Problem(number, label, code, message) for code, message in slips]

    def _add(self, number: int, kind: BlockKind, label: str, text: str) -> None:
        self.blocks.append(Block(kind, label, text, (), number))
        self.notes.append([])

    def _parts(self, body: str) -> tuple[BlockKind, str, str]:
        if section := labels.heading(body):
            return "heading", section.label, section.rest
        if numbered := labels.paragraph(body):
            return "paragraph", numbered.label, numbered.rest
        above = len(self.blocks) < _MAX_TITLES and all(block.kind == "title" for block in self.blocks)
        return "title" if above and len(body) <= _MAX_TITLE_LENGTH else "paragraph", "", body


def _title(blocks: tuple[Block, ...]) -> str:
    titles = [block.text for block in blocks if block.kind == "title"]
    return next((title for title in titles if _CHAPTER_MARK.match(title)), titles[0] if titles else "")


def _written(blocks: Sequence[Block]) -> Iterator[str]:
    for at, block in enumerate(blocks):
        if at and (block.kind != "paragraph" or blocks[at - 1].kind == "title"):
            yield "\n"
        head = {"title": "", "heading": block.label, "paragraph": block.label and f"{block.label}."}[block.kind]
        yield f"{head} {block.text}".strip() + "".join(map(notes.write, block.notes)) + "\n"
