"""A Word file read as a whole: its text, its comments, and what stands elsewhere in it."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from documents.formats.word.body import Body
from documents.formats.word.comments import read_comments
from documents.formats.word.errors import WordBroken, WordTooLarge
from documents.formats.word.model import WordProblem, WordText
from documents.formats.word.nodes import whole
from documents.formats.word.numbering import Numbering
from documents.formats.word.package import Package
from documents.formats.word.plain import plain
from documents.formats.word.shared import LABEL_STYLE, Shared, quoted
from documents.formats.word.styles import Styles

CHAPTER: Final = "adref-chapter"
SEQ: Final = "adref-seq"
"""The properties by which our own files tell of which text they were made."""
MAX_ID: Final = 80
"""Characters of a chapter's id."""
MAX_TEXT: Final = 5_000_000
"""Characters, deleted ones included."""
_NOT_NOTES: Final = ("separator", "continuationSeparator", "continuationNotice")


def read(file: BinaryIO) -> WordText:
    """The text of a Word file. Raises `WordRefused`."""
    package = Package(file)
    styles = Styles(package.part("styles"))
    own = styles.has(LABEL_STYLE)
    body = Body(
        Shared(styles, dict(_notes(package)), package.links(), own), Numbering(package.part("numbering"), styles)
    )
    content = package.document().find("w:body")
    if content is None:
        raise WordBroken("its main part holds no text")
    body.read(content)
    body.finish()
    if sum(len(piece.text) for one in body.paragraphs for piece in one.pieces) > MAX_TEXT:
        raise WordTooLarge(f"it has more than {MAX_TEXT} characters of text")
    comments = tuple(read_comments(package, exact=own))
    told = package.properties()
    return WordText(
        tuple(body.paragraphs),
        comments,
        tuple(_elsewhere(package)),
        own,
        told.get(CHAPTER, "")[:MAX_ID],
        max(0, whole(told.get(SEQ)) or 0),
    )


def _notes(package: Package) -> Iterator[tuple[str, str]]:
    for kind in ("footnote", "endnote"):
        part = package.part(f"{kind}s")
        for node in part.all(f"w:{kind}") if part else ():
            if node.get("w:type") not in _NOT_NOTES:
                yield f"{kind} {node.get('w:id')}", plain(node)


def _elsewhere(package: Package) -> Iterator[WordProblem]:
    """What stands above and below every page, each text once."""
    for kind in ("header", "footer"):
        for text in dict.fromkeys(plain(part) for part in package.parts(kind)):
            if text:
                yield WordProblem(kind, f"a {kind} was left out: {quoted(text)}")
