"""A Word file read as a whole: its text, its comments, and what stands elsewhere in it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import BinaryIO, Final

from documents.formats.word.body import Body
from documents.formats.word.comments import read_comments
from documents.formats.word.errors import WordBroken, WordTooLarge
from documents.formats.word.model import Revision, WordProblem, WordText
from documents.formats.word.nodes import Node, whole
from documents.formats.word.numbering import Numbering
from documents.formats.word.package import Package
from documents.formats.word.plain import plain
from documents.formats.word.shared import LABEL_STYLE, NoteText, Shared, chosen, quoted
from documents.formats.word.styles import Styles
from documents.progress import Told, each

FORM: Final = "adref-form"
CHAPTER: Final = "adref-chapter"
SEQ: Final = "adref-seq"
"""The properties by which our own files tell of which text they were made."""
MAX_ID: Final = 80
"""Characters of a chapter's id."""
MAX_TEXT: Final = 5_000_000
"""Characters, deleted ones included."""
_NOT_NOTES: Final = ("separator", "continuationSeparator", "continuationNotice")
_KINDS: Final = (
    "styles", "numbering", "footnotes", "endnotes", "comments", "commentsExtended", "header", "footer",
)  # fmt: skip
_Parts = Mapping[str, Sequence[Node]]


def read(file: BinaryIO, told: Told) -> WordText:
    """The text of a Word file. Raises `WordRefused`."""
    told("unpacking", 0)
    package = Package(file)
    # Elements are told apart by their places in memory, so all of them stay until the end.
    parts = {kind: list(package.parts(kind)) for kind in _KINDS}
    document = package.document()
    content = document.find("w:body")
    if content is None:
        raise WordBroken("its main part holds no text")
    styles = Styles(_first(parts["styles"]))
    own = styles.has(LABEL_STYLE)
    shared = Shared(styles, links=package.links(), own=own)
    shared.notes.update(_notes(parts, shared))
    body = Body(shared, Numbering(_first(parts["numbering"]), styles))
    told("unpacking", 1)
    for block in each("reading", chosen(content), told):
        body.block(block)
    body.finish()
    if sum(len(piece.text) for one in body.paragraphs for piece in one.pieces) > MAX_TEXT:
        raise WordTooLarge(f"it has more than {MAX_TEXT} characters of text")
    comments = read_comments(_first(parts["comments"]), _first(parts["commentsExtended"]), exact=own)
    said = package.properties()
    around = () if own and said.get(FORM) else _around(parts)  # of ours, the title and the time
    return WordText(
        tuple(body.paragraphs),
        tuple(comments),
        (*around, *_notes_alone(shared)),
        own,
        said.get(FORM, "")[:MAX_ID],
        said.get(CHAPTER, "")[:MAX_ID],
        max(0, whole(said.get(SEQ)) or 0),
        tuple(_elsewhere(parts, document, shared)),
    )


def _first(parts: Sequence[Node]) -> Node:
    return parts[0] if parts else Node("")


def _notes(parts: _Parts, shared: Shared) -> Iterator[tuple[str, NoteText]]:
    for kind in ("footnote", "endnote"):
        for node in _first(parts[f"{kind}s"]).all(f"w:{kind}"):
            if node.get("w:type") not in _NOT_NOTES:
                yield f"{kind} {node.get('w:id')}", NoteText(plain(node), shared.left_out(node))


def _notes_alone(shared: Shared) -> Iterator[WordProblem]:
    """The notes that nothing in the text refers to, or only what is left out of it."""
    for name, note in shared.notes.items():
        if note.text and name not in shared.told_notes:
            kind = name.partition(" ")[0]
            yield WordProblem(kind, f"a {kind} to which nothing in the text refers was left out: {quoted(note.text)}")


def _around(parts: _Parts) -> Iterator[WordProblem]:
    """What stands above and below every page, each text once."""
    for kind in ("header", "footer"):
        for text in dict.fromkeys(plain(part) for part in parts[kind]):
            if text:
                yield WordProblem(kind, f"a {kind} was left out: {quoted(text)}")


def _elsewhere(parts: _Parts, document: Node, shared: Shared) -> Iterator[Revision]:
    """The changes that nobody has told of yet."""
    for note in shared.notes.values():
        yield from note.revisions
    for part in (document, *chain.from_iterable(parts.values())):
        yield from shared.left_out(part)
