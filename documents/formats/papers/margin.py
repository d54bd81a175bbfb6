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

from documents.formats.papers.wordml import Element, element, iso, lines, writable
from documents.incoming.opening import Comment
from documents.versions.paper import PLAIN, PaperParagraph

_W14: Final = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_W15: Final = "http://schemas.microsoft.com/office/word/2012/wordml"
_COMPATIBLE: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_EXTENDED: Final = "/word/commentsExtended.xml"
_EXTENDED_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.commentsExtended+xml"
_EXTENDED_RELATION: Final = "http://schemas.microsoft.com/office/2011/relationships/commentsExtended"


def add_comments(document: Document, paragraphs: Iterable[PaperParagraph]) -> Mapping[str, list[int]]:
    """Add the comments; returns their numbers by paragraph. Where a paragraph came from is a comment too."""
    numbers: dict[str, list[int]] = defaultdict(list)
    made: list[Element] = []
    settled: list[Element] = []
    for one in paragraphs:
        for source in one.sources:
            numbers[one.id].append(len(made))
            made.append(_comment(len(made), source, f"Contribution by {source}".rstrip(), None))
        for comment in one.comments:
            numbers[one.id].append(len(made))
            made.append(_comment(len(made), comment.name, comment.text, _time(comment)))
            settled += [made[-1]] if comment.resolved else []
    if made:
        part: Any = document.part._comments_part  # noqa: SLF001 (the library would look through all for each new one)
        part.element.extend(made)
        _settle(document, part, settled)
    return numbers


def _comment(number: int, name: str, text: str, at: datetime | None) -> Element:
    initials = "".join(word[0] for word in name.split())[:3].upper()
    signed = {"w:id": str(number), "w:author": writable(name), "w:initials": writable(initials)}
    made = element("w:comment", signed if at is None else {**signed, "w:date": iso(at)})
    made.extend(lines("CommentText", (line, PLAIN)) for line in text.split("\n"))
    mark = element("w:r", None, element("w:rPr", None, element("w:rStyle", {"w:val": "CommentReference"})))
    mark.append(element("w:annotationRef"))
    made[0].insert(1, mark)
    return made


def _time(comment: Comment) -> datetime | None:
    """When, if that can be read: a comment that was imported says it as its file did."""
    try:
        return datetime.fromisoformat(comment.at).astimezone(UTC)
    except (ValueError, OverflowError):  # of no form that is known, or before the first year once it is in UTC
        return None


def _settle(document: Document, part: Any, settled: list[Element]) -> None:
    """Tell which comments are settled, in a part of its own that knows comments by their last paragraphs' ids."""
    if not settled:
        return
    part.element.set(f"{_COMPATIBLE}Ignorable", "w14")
    extended = etree.Element(f"{{{_W15}}}commentsEx", nsmap={"w15": _W15})
    for comment in settled:
        name = f"{int(comment.get(qn('w:id'))) + 1:08X}"
        comment[-1].set(f"{_W14}paraId", name)
        etree.SubElement(extended, f"{{{_W15}}}commentEx", {f"{{{_W15}}}paraId": name, f"{{{_W15}}}done": "1"})
    data = etree.tostring(extended, xml_declaration=True, encoding="UTF-8", standalone=True)
    document.part.relate_to(Part(PackURI(_EXTENDED), _EXTENDED_TYPE, data, document.part.package), _EXTENDED_RELATION)
