"""The margin of a paper for Word: native comments, and which of them are settled."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from docx.document import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml.ns import qn
from lxml import etree

from documents.formats.papers.wordml import iso, writable
from documents.incoming.opening import Comment
from documents.versions.paper import PaperParagraph

_W14: Final = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_W15: Final = "http://schemas.microsoft.com/office/word/2012/wordml"
_COMPATIBLE: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_EXTENDED: Final = "/word/commentsExtended.xml"
_EXTENDED_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.commentsExtended+xml"
_EXTENDED_RELATION: Final = "http://schemas.microsoft.com/office/2011/relationships/commentsExtended"


def add_comments(document: Document, paragraphs: Iterable[PaperParagraph]) -> Mapping[str, list[int]]:
    """Add the comments; returns their numbers by paragraph. Where a paragraph came from is a comment too."""
    numbers: dict[str, list[int]] = defaultdict(list)
    settled: list[int] = []
    for one in paragraphs:
        for source in one.sources:
            text = f"Contribution by {source}".rstrip()
            numbers[one.id].append(_add(document, source, text, None))
        for comment in one.comments:
            number = _add(document, comment.name, comment.text, _time(comment))
            numbers[one.id].append(number)
            settled += [number] if comment.resolved else []
    if settled:
        _settle(document, settled)
    return numbers


def _add(document: Document, name: str, text: str, at: datetime | None) -> int:
    initials = "".join(word[0] for word in name.split())[:3].upper()
    comment = document.comments.add_comment(writable(text), writable(name), writable(initials))
    made = comment._comment_elm  # noqa: SLF001 (the library dates every comment with now)
    if at is None:
        del made.attrib[qn("w:date")]
    else:
        made.set(qn("w:date"), iso(at))
    return comment.comment_id


def _time(comment: Comment) -> datetime | None:
    """When, if that can be read: a comment that was imported says it as its file did."""
    try:
        return datetime.fromisoformat(comment.at).astimezone(UTC)
    except (ValueError, OverflowError):  # of no form that is known, or before the first year once it is in UTC
        return None


def _settle(document: Document, settled: list[int]) -> None:
    """Tell which comments are settled, in a part of its own that knows comments by their last paragraphs' ids."""
    part: Any = document.part._comments_part  # noqa: SLF001 (the library has no other way to it)
    part.element.set(f"{_COMPATIBLE}Ignorable", "w14")
    extended = etree.Element(f"{{{_W15}}}commentsEx", nsmap={"w15": _W15})
    for number in settled:
        comment = document.comments.get(number)
        name = f"{number + 1:08X}"
        comment.paragraphs[-1]._p.set(f"{_W14}paraId", name)  # type: ignore[union-attr]  # noqa: SLF001
        etree.SubElement(extended, f"{{{_W15}}}commentEx", {f"{{{_W15}}}paraId": name, f"{{{_W15}}}done": "1"})
    data = etree.tostring(extended, xml_declaration=True, encoding="UTF-8", standalone=True)
    document.part.relate_to(Part(PackURI(_EXTENDED), _EXTENDED_TYPE, data, document.part.package), _EXTENDED_RELATION)
