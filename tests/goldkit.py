"""Counts the tracked changes of a Word file by itself, in every part, so that reports can be held against it."""

import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree

SPACES = (
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}",
)
COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
CHANGES = frozenset((
    "ins", "del", "moveFrom", "moveTo", "rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "tblGridChange",
    "tblPrExChange", "trPrChange", "tcPrChange", "numberingChange", "cellIns", "cellDel", "cellMerge",
    "customXmlInsRangeStart", "customXmlDelRangeStart", "customXmlMoveFromRangeStart", "customXmlMoveToRangeStart",
))  # fmt: skip
TEXTS = frozenset(("t", "delText"))

Mark = tuple[str, str]
"""A change's id and author."""


def elements(content: bytes) -> Iterator[tuple[str, ElementTree.Element]]:
    """The elements of the format's own, by local name; of alternatives those of the first."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.startswith("word/") and name.endswith(".xml"):
                yield from _within(ElementTree.fromstring(archive.read(name)))  # noqa: S314 (we have written it)


def _within(element: ElementTree.Element) -> Iterator[tuple[str, ElementTree.Element]]:
    for space in SPACES:
        if element.tag.startswith(space):
            yield element.tag.removeprefix(space), element
    children = list(element)
    if element.tag == f"{COMPATIBLE}AlternateContent":
        choice, fallback = (
            [one for one in children if one.tag == f"{COMPATIBLE}{name}"] for name in ("Choice", "Fallback")
        )
        odd = [one for one in children if one not in [*choice, *fallback]]
        children = [*odd, *(choice or fallback)[:1]]
    for child in children:
        yield from _within(child)


def _said(element: ElementTree.Element, name: str) -> str:
    found = (element.get(f"{space}{name}") for space in SPACES)
    return " ".join(next((one for one in found if one is not None), "").split())


def marks(content: bytes) -> Counter[Mark]:
    """Every tracked change that the file holds, wherever."""
    return Counter((_said(one, "id"), _said(one, "author")) for name, one in elements(content) if name in CHANGES)


def texts(content: bytes) -> Iterator[str]:
    """Every run's text, deleted or not."""
    return (one.text for name, one in elements(content) if name in TEXTS and one.text)
