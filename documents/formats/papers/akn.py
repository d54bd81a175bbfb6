"""Akoma Ntoso 3.0, for archives: of the United Nations' profile, what the text of a chapter needs.

The text is a `statement`: headings are `section`s, nested by their levels, all else is a `paragraph`; each has its
literal label in `num`, and its id, which stays from version to version, in `wId`. Titles without a label stand in the
preface.
Comments, sources and statuses are `authorialNote`s at the end of their paragraph. Who wrote what is not told.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, Final

from lxml import etree

from documents.formats.papers.notation import numbered
from documents.formats.papers.wordml import status_note, writable
from documents.versions.paper import Formats, Paper, PaperParagraph

NAMESPACE: Final = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
SOURCE: Final = "#adref"
_TAGS: Final = {"strong": "b", "em": "i", "underline": "u"}

Element = Any
"""Of lxml, which has no types."""


def akoma_ntoso(paper: Paper) -> bytes:
    """The text as an XML document, in UTF-8."""
    root = etree.Element(f"{{{NAMESPACE}}}akomaNtoso", nsmap={None: NAMESPACE})
    statement = _add(root, "statement", name="chapter")
    _add_meta(_add(statement, "meta"), paper)
    titles = list(takewhile(lambda one: one.level == 1 and not one.label, paper.paragraphs))
    preface = _add(statement, "preface")
    edition = paper.heading.edition
    if edition is not None and edition.symbol:
        _add(_add(preface, "p"), "docNumber").text = writable(edition.symbol)
    _add(_add(preface, "p"), "docTitle").text = writable(paper.heading.chapter.title)
    if edition is not None:
        _add(_add(preface, "p"), "docStatus").text = writable(paper.heading.status)
    for one in titles:
        _fill(_add(_add(preface, "longTitle", wId=writable(one.id)), "p"), one)
    _add_body(_add(statement, "mainBody"), paper.paragraphs[len(titles) :])
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return content


def _add_meta(meta: Element, paper: Paper) -> None:
    heading = paper.heading
    day = f"{heading.now.astimezone(UTC):%Y-%m-%d}"
    work = f"/akn/un/statement/chapter/{heading.chapter.id}"
    expression = f"{work}/mul@{day}"
    identification = _add(meta, "identification", source=SOURCE)
    begun = f"{datetime.fromtimestamp(heading.chapter.created_at / 1000, UTC):%Y-%m-%d}"
    for level, uri, date, name in (
        ("Work", work, begun, "begun"),
        ("Expression", expression, day, "text"),
        ("Manifestation", f"{expression}.xml", day, "file"),
    ):
        part = _add(identification, f"FRBR{level}")
        _add(part, "FRBRthis", value=f"{uri}/!main" if level != "Manifestation" else f"{expression}/!main.xml")
        _add(part, "FRBRuri", value=uri)
        if heading.edition is not None and level == "Expression":
            _add(part, "FRBRalias", name="sha256", value=heading.edition.hash)
        _add(part, "FRBRdate", date=date, name=name)
        _add(part, "FRBRauthor", href=SOURCE)
        if level == "Work":
            _add(part, "FRBRcountry", value="un")
        elif level == "Expression":
            _add(part, "FRBRlanguage", language="mul")
    references = _add(meta, "references", source=SOURCE)
    _add(references, "TLCOrganization", eId="adref", href="/akn/ontology/organization/adref", showAs="Adref")


def _add_body(body: Element, paragraphs: tuple[PaperParagraph, ...]) -> None:
    above: list[tuple[int, Element]] = []
    """The sections that the next paragraph lies in, with their levels, the outermost first."""
    counts: Counter[str] = Counter()
    """How many of one name lie in one place, by their ids without the number."""
    for one in paragraphs:
        while one.level and above and above[-1][0] >= one.level:
            above.pop()
        place = above[-1][1] if above else body
        made = _add(place, "section" if one.level else "paragraph", eId=_eid(place, one, counts), wId=writable(one.id))
        if one.label:
            _add(made, "num").text = writable(numbered(one))
        if one.level:
            _fill(_add(made, "heading"), one)
            above.append((one.level, made))
        else:
            _fill(_add(_add(made, "content"), "p"), one)


def _eid(place: Element, one: PaperParagraph, counts: Counter[str]) -> str:
    """The place in the order of the text: `sec_2__para_3`."""
    around = place.get("eId")
    name = "sec" if one.level else "para"
    name = f"{around}__{name}" if around else name
    counts[name] += 1
    return f"{name}_{counts[name]}"


def _fill(place: Element, one: PaperParagraph) -> None:
    for text, formats in one.spans:
        _write(place, writable(text), formats)
    for marker, said in enumerate(_notes(one), 1):
        note = _add(place, "authorialNote", marker=str(marker), placement="bottom")
        _add(note, "p").text = writable(said)


def _write(place: Element, text: str, formats: Formats) -> None:
    for name, tag in _TAGS.items():
        if name in formats:
            place = _add(place, tag)
    if "strike" in formats:  # which has no element of its own: `del` would be a change
        place = _add(place, "inline", name="strike", style="text-decoration: line-through")
    first, *others = text.split("\n")
    _say(place, first)
    for other in others:
        _add(place, "eol")
        _say(place, other)


def _say(place: Element, text: str) -> None:
    """Add text behind all that is there."""
    if len(place):
        place[-1].tail = (place[-1].tail or "") + text
    else:
        place.text = (place.text or "") + text


def _notes(one: PaperParagraph) -> Iterator[str]:
    status = status_note(one.status, void=one.void)
    if status:
        yield status
    for source in one.sources:
        yield f"Contribution by {source}"
    for comment in one.comments:
        yield f"{comment.name}{' (settled)' if comment.resolved else ''}: {comment.text}"


def _add(place: Element, tag: str, /, **attributes: str) -> Element:
    return etree.SubElement(place, f"{{{NAMESPACE}}}{tag}", attributes)
