"""Styles of a Word file: which are headings, and what numbering comes with them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from documents.formats.word.nodes import Node

MAX_CHAIN: Final = 20
"""Styles that are followed, each based on the next."""
_TITLES: Final = ("title", "subtitle")
_MAX_LEVEL: Final = 9
_MAX_NAME: Final = 100

_Wanted = Mapping[str, "_Wanted"]
_ASKED: Final[_Wanted] = {
    "w:basedOn": {},
    "w:name": {},
    "w:pPr": {"w:outlineLvl": {}, "w:numPr": {"w:numId": {}, "w:ilvl": {}}},
    "w:rPr": {switch: {} for switch in ("w:b", "w:i", "w:u", "w:strike", "w:dstrike", "w:vanish")},
}
"""What is asked of a style, by the ways to it."""


@dataclass(frozen=True, slots=True)
class NumberedBy:
    """Which list numbers a paragraph, and on which level (counted from 0)."""

    list_id: int
    """0 takes a paragraph out of its list."""
    level: int


class Styles:
    """The part `styles`; all that is asked of it goes up the chain of styles."""

    def __init__(self, part: Node | None) -> None:
        nodes = list(part.all("w:style")) if part else []
        self._styles = {one.get("w:styleId"): _brief(one, _ASKED) for one in nodes}
        defaults = (
            one.get("w:styleId")
            for one in nodes
            if one.get("w:default") in {"1", "true", "on"} and one.get("w:type") == "paragraph"
        )
        self._default = next(defaults, "")

    def _chain(self, style: str | None) -> Iterator[Node]:
        name = style or self._default
        for _ in range(MAX_CHAIN):
            node = self._styles.get(name)
            if node is None:
                return
            yield node
            name = node.value("w:basedOn") or ""

    def has(self, style: str) -> bool:
        """Whether there is such a style."""
        return style in self._styles

    def heading_level(self, style: str | None) -> int:
        """1 to 9 for a heading's style, 0 for others. An outline level counts, or else the built-in name."""
        for node in self._chain(style):
            level = node.number("w:pPr", "w:outlineLvl")
            if level is not None:
                return level + 1 if 0 <= level < _MAX_LEVEL else 0
            word, _, number = _name(node).partition(" ")
            if word == "heading" and number.isdecimal() and 1 <= int(number[:3]) <= _MAX_LEVEL:
                return int(number[:3])
        return 0

    def is_title(self, style: str | None) -> bool:
        """Whether it is, or is based on, the style of titles."""
        return any(_name(node) in _TITLES for node in self._chain(style))

    def numbering(self, style: str | None) -> NumberedBy | None:
        """What a style says of numbering; None when nothing."""
        list_id: int | None = None
        level: int | None = None
        for node in self._chain(style):
            found = node.find("w:pPr", "w:numPr")
            if found is not None:
                list_id = found.number("w:numId") if list_id is None else list_id
                level = found.number("w:ilvl") if level is None else level
        return None if list_id is None else NumberedBy(list_id, level or 0)

    def style_of_list(self, style: str) -> int | None:
        """The list that a style of numbering names."""
        node = self._styles.get(style)
        return None if node is None else node.number("w:pPr", "w:numPr", "w:numId")

    def has_on(self, style: str | None, switch: str) -> bool:
        """Whether a style turns on what is asked of styles, such as ``w:b``. The nearest one that names it decides."""
        chain = self._chain(style) if style else ()
        nearest = next((node for node in chain if node.find("w:rPr", switch) is not None), None)
        return nearest is not None and nearest.is_on("w:rPr", switch)

    def hides(self, style: str | None) -> bool:
        """Whether a style of characters or paragraphs makes text hidden."""
        return self.has_on(style, "w:vanish")


def _name(node: Node) -> str:
    return (node.value("w:name") or "")[:_MAX_NAME].casefold()


def _brief(node: Node, wanted: _Wanted) -> Node:
    """With the first child of each wanted name alone: what is asked for every paragraph has to be found fast."""
    found: dict[str, Node] = {}
    for child in node.children:
        if child.name in wanted:
            found.setdefault(child.name, child)
    return Node(node.name, node.attributes, [_brief(child, wanted[name]) for name, child in found.items()])
