"""WordprocessingML: the elements of a paragraph with tracked changes, and the text in them."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count, groupby
from typing import Any, Final

from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement

from documents.formats.papers.tracked import NOBODY, Piece, Row, Who
from documents.versions.paper import Formats

SERVER_NAME: Final = "Adref"
"""The author of what is nobody's: Word wants a name for each change."""
LABEL_STYLE: Final = "ParagraphLabel"
STATUS_STYLE: Final = "ParagraphStatus"
TEXT_STYLE: Final = "NumberedParagraph"
_BOOKMARK: Final = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\Z")
_LONGEST_BOOKMARK: Final = 40
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_TAB: Final = "\t"
_LEFT_TO_RIGHT: Final = "\u200e"
_PARTS: Final = re.compile(r"\t|\n|[^\t\n]+")
_FORMATS: Final = {"strong": ("w:b", "w:bCs"), "em": ("w:i", "w:iCs"), "strike": ("w:strike",)}

Element = Any
"""Of lxml, which has no types."""


def element(tag: str, attributes: dict[str, str] | None = None, *children: Element) -> Element:
    """An element by its prefixed name."""
    made: Element = OxmlElement(tag)
    for name, value in (attributes or {}).items():
        made.set(qn(name), value)
    made.extend(children)
    return made


def bookmark(paragraph: str) -> str:
    """The bookmark that bears a paragraph's id: "adref_" and the id, with "_" for "-", which Word takes in no name.

    Ids that would be too long for Word, or be taken for another, are told by a digest.
    """
    name = f"adref_{paragraph.replace('-', '_')}"
    if _BOOKMARK.match(paragraph) and len(name) <= _LONGEST_BOOKMARK:
        return name
    return f"adref__{hashlib.sha256(paragraph.encode()).hexdigest()[:32]}"


def writable(text: str) -> str:
    """The text without what XML can't hold: a replacement character stands for each of those."""
    return _UNWRITABLE.sub("\ufffd", text)


def is_right_to_left(text: str) -> bool:
    """Whether a text runs from right to left: its first letter of a direction says so."""
    kinds = map(unicodedata.bidirectional, text)
    return next((kind in {"R", "AL"} for kind in kinds if kind in {"L", "R", "AL"}), False)


def directed(text: str, *, start: bool) -> Iterator[tuple[str, bool]]:
    """Its parts of one direction, each with whether it runs from right to left, as the paragraph does if `start`.

    What has no direction, such as a bracket, has that of its neighbours if these agree, or else the paragraph's.
    """
    parts = [(way, "".join(letters)) for way, letters in groupby(text, _direction)]
    ways = [start, *(way for way, _ in parts), start]
    known = [
        (way if way is not None else before if before == after else start, part)
        for (way, part), before, after in zip(parts, ways, ways[2:], strict=False)
    ]
    for is_right, some in groupby(known, key=lambda one: one[0]):
        yield "".join(part for _, part in some), bool(is_right)


def _direction(letter: str) -> bool | None:
    """Whether a letter runs from right to left; None for what has no direction of its own."""
    kind = unicodedata.bidirectional(letter)
    return kind != "L" if kind in {"L", "R", "AL", "AN"} else None


class Writer:
    """Makes the paragraphs of one document."""

    def __init__(self, rows: Iterable[Row], comments: Mapping[str, Sequence[int]]) -> None:
        self._ids = count(1)
        self._named = Counter(row.id for row in rows if not row.went)
        self._comments = comments
        """The numbers of the comments on each paragraph, by its id."""

    def paragraph(self, row: Row) -> Element:
        """A paragraph with its bookmark, label, text and status."""
        right_to_left = is_right_to_left("".join(piece.text for piece in row.pieces))
        number = str(next(self._ids))
        made = element("w:p", None, self._properties(row, right_to_left=right_to_left))
        doubled = self._named[row.id] if row.went else 0  # by what took its place, and has its notes and name
        self._named[row.id] += row.went
        comments = [] if doubled else [str(one) for one in self._comments.get(row.id, ())]
        content = [element("w:commentRangeStart", {"w:id": one}) for one in comments]
        content += self._label(row, right_to_left=right_to_left)
        for piece in row.pieces:
            content += self._piece(piece, right_to_left=right_to_left)
        content += self._status(row, right_to_left=right_to_left)
        for one in comments:
            content.append(element("w:commentRangeEnd", {"w:id": one}))
            content.append(element("w:r", None, element("w:commentReference", {"w:id": one})))
        if row.id:
            name = bookmark(f"{row.id} {doubled}" if doubled else row.id)
            start = element("w:bookmarkStart", {"w:id": number, "w:name": name})
            end = element("w:bookmarkEnd", {"w:id": number})
            content = [start, end, *content] if row.went else [start, *(content or [element("w:r")]), end]
        made.extend(content)
        return made

    def _properties(self, row: Row, *, right_to_left: bool) -> Element:
        properties = element("w:pPr", None, _style(row.level))
        if right_to_left:
            properties.append(element("w:bidi"))
        marks = [("w:ins", row.mark_inserted), ("w:del", row.mark_deleted)]
        made = [element(tag, self._signed(who)) for tag, who in marks if who is not None]
        if made:
            properties.append(element("w:rPr", None, *made))
        if row.old_level != row.level:
            old = element("w:pPr", None, _style(row.old_level))
            properties.append(element("w:pPrChange", self._signed(row.whole or NOBODY), old))
        return properties

    def _label(self, row: Row, *, right_to_left: bool) -> Iterator[Element]:
        whole = row.whole or NOBODY
        label, old_label = (
            _label_text(one, row.level, right_to_left=right_to_left) for one in (row.label, row.old_label)
        )
        old = row.came or row.label != row.old_label
        if not old and not row.went:
            yield from _runs(label, style=LABEL_STYLE)
            return
        if row.struck is not None:
            runs = _runs(label, style=LABEL_STYLE, tag="w:delText")
            yield element("w:ins", self._signed(whole), element("w:del", self._signed(row.struck), *runs))
            return
        if not row.came and row.old_label:
            runs = _runs(old_label, style=LABEL_STYLE, tag="w:delText")
            yield element("w:del", self._signed(whole), *runs)
        if not row.went and row.label:
            runs = _runs(label, style=LABEL_STYLE)
            yield element("w:ins", self._signed(whole), *runs)

    def _status(self, row: Row, *, right_to_left: bool) -> Iterator[Element]:
        details = row.details
        if details is None or row.went or (note := status_note(details.status, void=details.void)) == "":
            return
        runs = _runs(f" {_apart(note) if right_to_left else note}", style=STATUS_STYLE)
        yield from [element("w:ins", self._signed(row.whole or NOBODY), *runs)] if row.came else runs

    def _piece(self, piece: Piece, *, right_to_left: bool) -> Iterator[Element]:
        tag = {
            "inserted": "w:ins",
            "deleted": "w:del",
            "moved-here": "w:moveTo",
            "moved-away": "w:moveFrom",
            "struck": "w:del",
        }
        text_tag = "w:delText" if piece.said in {"deleted", "struck"} else "w:t"
        runs = [
            run
            for text, formats in piece.spans
            for run in _runs(text, formats, tag=text_tag, right_to_left=right_to_left)
        ]
        if piece.said == "kept":
            yield from runs
            return
        change = element(tag[piece.said], self._signed(piece.who), *runs)
        if piece.writer is not None:
            change = element("w:ins", self._signed(piece.writer), change)
        if not piece.move:
            yield change
            return
        signed = self._signed(piece.who)
        yield element(f"{tag[piece.said]}RangeStart", {**signed, "w:name": f"move{piece.move}"})
        yield change
        yield element(f"{tag[piece.said]}RangeEnd", {"w:id": signed["w:id"]})

    def _signed(self, who: Who) -> dict[str, str]:
        signed = {"w:id": str(next(self._ids)), "w:author": writable(who.name) or SERVER_NAME}
        return signed if who.at is None else {**signed, "w:date": iso(who.at)}


def iso(moment: datetime) -> str:
    """A moment as Word writes it, in UTC."""
    # "%Y" would write the year 1 as "1", which is no year in XML
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def status_note(status: str, *, void: bool) -> str:
    """A paragraph's status in the field's notation; empty for a draft."""
    if status == "draft":
        return ""
    said = "Agreed ad ref" if status == "agreed ad referendum" else status.capitalize()
    return f"[{said}; changed since]" if void else f"[{said}]"


def lines(style: str, *parts: tuple[str, Formats]) -> Element:
    """A paragraph that is not of the text."""
    runs = [run for text, formats in parts for run in _runs(text, formats)]
    return element("w:p", None, element("w:pPr", None, element("w:pStyle", {"w:val": style})), *runs)


def _style(level: int) -> Element:
    return element("w:pStyle", {"w:val": f"Heading{level}" if level else TEXT_STYLE})


def _label_text(label: str, level: int, *, right_to_left: bool) -> str:
    if not label:
        return ""
    said = label if level else f"{label}."
    is_latin = any(unicodedata.bidirectional(letter) == "L" for letter in label)
    return f"{_apart(said) if right_to_left and is_latin else said}{' ' if level else _TAB}"


def _apart(text: str) -> str:
    """In a line from right to left: "33 bis." would read "bis 33" there without marks around it."""
    return f"{_LEFT_TO_RIGHT}{text}{_LEFT_TO_RIGHT}"


def _runs(
    text: str, formats: Formats = frozenset(), *, style: str = "", tag: str = "w:t", right_to_left: bool = False
) -> Iterator[Element]:
    written = writable(text)
    whole = [(written, any(map(_direction, written)))] if style else directed(written, start=right_to_left)
    for part, is_right in whole:
        run = element("w:r")
        looks = list(_looks(formats, style, right_to_left=is_right))
        if looks:
            run.append(element("w:rPr", None, *looks))
        run.extend(map(_text(tag), _PARTS.findall(part)))
        yield run


def _text(tag: str) -> Any:
    def make(part: str) -> Element:
        if part in {"\t", "\n"}:
            return element("w:tab" if part == "\t" else "w:br")
        made = element(tag)
        made.text = part
        made.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        return made

    return make


def _looks(formats: Formats, style: str, *, right_to_left: bool) -> Iterator[Element]:
    if style:
        yield element("w:rStyle", {"w:val": style})
    for name, tags in _FORMATS.items():
        if name in formats:
            yield from map(element, tags)
    if "underline" in formats:
        yield element("w:u", {"w:val": "single"})
    if right_to_left:
        yield element("w:rtl")
