"""One XML part of a Word file as a tree: read in pieces, without entities, within bounds.

The parser is expat, of the standard library. It opens nothing by itself, and a document type, without which there are
no entities, is refused where it begins. Depth and number of elements are counted while reading, so that a part that is
small when packed can't grow beyond them in memory.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from documents.formats.word.errors import WordBroken, WordTooLarge, WordUnsafe

MAX_DEPTH: Final = 150
MAX_ELEMENTS: Final = 400_000
"""Of all parts together."""
MAX_ATTRIBUTES: Final = 200
"""Of one element."""
MAX_ALL_ATTRIBUTES: Final = 1_000_000
"""Of all parts together."""
MAX_MARK: Final = 1_000_000
"""Bytes of one piece of markup, such as an element's start with its attributes."""

_OFFICE: Final = ("http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/")
_SAME: Final = {
    "wordprocessingml/2006/main": "w",
    "wordprocessingml/main": "w",
    "officeDocument/2006/relationships": "r",
    "officeDocument/relationships": "r",
    "officeDocument/2006/math": "m",
    "officeDocument/math": "m",
    "drawingml/2006/main": "a",
    "drawingml/main": "a",
    "drawingml/2006/wordprocessingDrawing": "wp",
    "drawingml/wordprocessingDrawing": "wp",
    "markup-compatibility/2006": "mc",
    "package/2006/relationships": "rel",
    "package/2006/content-types": "ct",
    "officeDocument/2006/custom-properties": "cp",
    "officeDocument/2006/docPropsVTypes": "vt",
}
_OTHERS: Final = {
    "http://schemas.microsoft.com/office/word/2010/wordml": "w14",
    "http://schemas.microsoft.com/office/word/2012/wordml": "w15",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingShape": "wps",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "urn:schemas-microsoft-com:vml": "v",
}
_NONE: Final[Mapping[str, str]] = {}


@dataclass(slots=True)
class Node:
    """An element. Its name has the usual prefix of its namespace, ``w:p``, or ``?:p`` for one not known here."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: Sequence["Node"] = ()
    text: str = ""
    """The character data directly within it."""

    def get(self, name: str, default: str = "") -> str:
        """The value of an attribute."""
        return self.attributes.get(name, default)

    def find(self, *path: str) -> "Node | None":
        """The first child of a name, and so on down the path."""
        node: Node | None = self
        for name in path:
            if node is None:
                return None
            node = next((child for child in node.children if child.name == name), None)
        return node

    def all(self, name: str) -> Iterator["Node"]:
        """The children of a name."""
        return (child for child in self.children if child.name == name)

    def value(self, *path: str) -> str | None:
        """The attribute ``w:val`` of what `find` finds."""
        node = self.find(*path)
        return None if node is None else node.attributes.get("w:val")

    def number(self, *path: str) -> int | None:
        """That value as a whole number; None too for what is none, or has more than nine digits."""
        return whole(self.value(*path))

    def is_on(self, *path: str) -> bool:
        """Whether a switch is there and not turned off."""
        node = self.find(*path)
        return node is not None and node.get("w:val", "1") not in {"0", "false", "off", "none"}

    def walk(self, but: Container[str] = ()) -> Iterator["Node"]:
        """It and all within it, in order; elements of the names in `but` left out, with what is in them."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if node.name not in but:
                yield node
                waiting += reversed(node.children)


def whole(value: str | None) -> int | None:
    """A whole number as the format writes it; None for anything else, or for more than nine digits."""
    digits = (value or "").removeprefix("-")
    return int(value or "") if digits.isascii() and digits.isdecimal() and len(digits) < 10 else None


@dataclass(slots=True)
class Bounds:
    """What the parts of one file may still hold."""

    elements: int = MAX_ELEMENTS
    attributes: int = MAX_ALL_ATTRIBUTES

    def take(self, attributes: int) -> bool:
        """Count one more element; whether that is still within the bounds."""
        self.elements -= 1
        self.attributes -= attributes
        return self.elements >= 0 and self.attributes >= 0


def parse(part: str, chunks: Iterable[bytes], bounds: Bounds) -> Node:
    """The root of the part of this name. Raises `WordBroken`, `WordUnsafe`, `WordTooLarge`."""
    builder = _Builder(part, bounds)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = builder.doctype
    fed = 0
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > MAX_MARK:  # it is looked through anew with every chunk
                raise WordTooLarge(f"{part} has a piece of markup of more than {MAX_MARK} bytes")
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise WordBroken(f"{part}, line {error.lineno}: {expat.ErrorString(error.code)}") from None
    except (ValueError, LookupError):
        raise WordBroken(f"{part} is in an encoding that is not known") from None
    return builder.root


class _Builder:
    """Makes the tree, and stops what goes beyond the bounds."""

    def __init__(self, part: str, bounds: Bounds) -> None:
        self._part = part
        self._bounds = bounds
        self._names: dict[str, str] = {}
        self._open: list[Node] = []
        self._inner: list[list[Node]] = []
        """The children of each open element so far."""
        self._texts: list[list[str]] = []
        self.root = Node("")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._bounds.take(len(attributes)):
            raise WordTooLarge(f"it has more than {MAX_ELEMENTS} elements or {MAX_ALL_ATTRIBUTES} attributes")
        if len(self._open) >= MAX_DEPTH:
            raise WordTooLarge(f"{self._part} is nested deeper than {MAX_DEPTH}")
        if len(attributes) > MAX_ATTRIBUTES:
            raise WordTooLarge(f"{self._part} has an element of more than {MAX_ATTRIBUTES} attributes")
        given = {self._name(key): value for key, value in attributes.items()} if attributes else _NONE
        node = Node(self._name(name), given)
        if not self._open:
            self.root = node
        self._open.append(node)
        self._inner.append([])
        self._texts.append([])

    def end(self, _: str) -> None:
        node, inner, texts = self._open.pop(), self._inner.pop(), self._texts.pop()
        node.text = "".join(texts)
        if inner:  # most elements have none, and an empty list for each would take the most memory of all
            node.children = inner
        if self._inner:
            self._inner[-1].append(node)

    def data(self, text: str) -> None:
        self._texts[-1].append(text)

    def doctype(self, *_: object) -> None:
        raise WordUnsafe(f"{self._part} declares a document type, with which come entities")

    def _name(self, full: str) -> str:
        short = self._names.get(full)
        if short is None:
            space, _, local = full.rpartition(" ")
            short = f"{_prefix(space)}:{local}" if space else local
            if len(self._names) < MAX_ATTRIBUTES * 10:
                self._names[full] = short
        return short


def _prefix(space: str) -> str:
    for office in _OFFICE:
        if space.startswith(office):
            return _SAME.get(space.removeprefix(office), "?")
    return _OTHERS.get(space, "?")
