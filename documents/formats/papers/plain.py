"""Plain text, in the form that `documents.formats.text` reads."""

import re
from collections.abc import Iterator

from documents.formats import text
from documents.formats.debris import without_bookmarks, without_controls
from documents.incoming.draft import Block, BlockKind, Note
from documents.incoming.opening import Comment
from documents.versions.paper import Paper, PaperParagraph


def plain_text(paper: Paper) -> str:
    """A line for each paragraph, comments and sources behind tabs. Reading it again gives the same text, labels and
    notes; but what this form can't hold is written as it would be read: breaks and tabs as spaces, a heading without
    a label as a paragraph, and a comment without its time."""
    return text.lines([_block(one) for one in paper.paragraphs])


def _block(one: PaperParagraph) -> Block:
    kind: BlockKind = "paragraph"
    if one.level:
        kind = "title" if one.level == 1 and not one.label else "heading"
    return Block(kind, one.label, _line(one.text), tuple(_notes(one)), 0)


def _notes(one: PaperParagraph) -> Iterator[Note]:
    for source in one.sources:
        yield Note("source", _line(source), "")
    yield from map(_note, one.comments)


def _note(comment: Comment) -> Note:
    return Note("comment", _line(comment.name), _line(comment.text))


def _line(said: str) -> str:
    """One line without what the reader would drop."""
    said, _ = without_controls(re.sub(r"[\t\r\n]", " ", said))
    said, _ = without_bookmarks(said)
    return said.strip()
