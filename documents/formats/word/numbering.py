"""Labels as Word shows them: computed from lists and levels, since the file does not hold them."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from documents.formats.word.nodes import Node, whole
from documents.formats.word.styles import NumberedBy, Styles

MAX_LABEL: Final = 100
"""Characters."""
BULLET: Final = "bullet"
_LEVELS: Final = 9
_LARGEST: Final = 32_767
_MAX_LETTERS: Final = 26 * 20
_MAX_ROMAN: Final = 3_999
_PLACE: Final = re.compile("%([1-9])")
_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_KNOWN: Final = frozenset((
    "decimal", "decimalZero", "lowerLetter", "upperLetter", "lowerRoman", "upperRoman", "none", BULLET,
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Level:
    """How one level of a list is numbered."""

    start: int = 1
    format: str = "decimal"
    text: str = ""
    """``"%1.%2"``: a place for the number of each level; empty for no label."""
    restart: int | None = None
    """After which level (counted from 1) it begins anew; 0 for never, None for any above it."""
    style: str = ""
    """The paragraph style that this level is of."""
    legal: bool = False
    """All numbers in decimals, whatever their level says."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a paragraph is numbered as."""

    text: str
    """Empty for a bullet."""
    bullet: bool = False
    simplified: str = ""
    """A way of numbering that is not known here, and was written in decimals; or what was cut."""


@dataclass(slots=True)
class _Count:
    """Of one abstract list, whose numbers all lists made of it go on with."""

    numbers: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)
    begun: set[tuple[int, int]] = field(default_factory=set)
    """The overrides of a start (list, level) that were used already."""


@dataclass(frozen=True, slots=True)
class _List:
    abstract: int
    levels: dict[int, Level]
    starts: dict[int, int]
    """By level, where this list begins whatever went before."""


class Numbering:
    """Counts, paragraph by paragraph in the order of the text."""

    def __init__(self, part: Node | None, styles: Styles) -> None:
        self._styles = styles
        self._lists: dict[int, _List] = {}
        self._counts: dict[int, _Count] = {}
        self._by_style: dict[tuple[int, str], int] = {}
        part = part or Node("")
        self._abstract = {_number(node, "w:abstractNumId"): node for node in part.all("w:abstractNum")}
        nums = {_number(node, "w:numId"): node for node in part.all("w:num")}
        self._places = {list_id: node.number("w:abstractNumId") for list_id, node in nums.items()}
        self._levels = cache(lambda place: _levels(self._followed(place)))
        for list_id, node in nums.items():
            self._lists[list_id] = self._list(list_id, node)

    def _list(self, list_id: int, node: Node) -> _List:
        abstract = self._places[list_id]
        place = -1 if abstract is None else abstract
        levels = dict(self._levels(place))
        starts: dict[int, int] = {}
        for override in node.all("w:lvlOverride"):
            at = _number(override, "w:ilvl")
            start = override.number("w:startOverride")
            own = override.find("w:lvl")
            if own is not None and 0 <= at < _LEVELS:
                levels[at] = _level(own)
            if start is not None:
                starts[at] = _bounded(start)
        for at, level in levels.items():
            if level.style:
                self._by_style.setdefault((list_id, level.style), at)
        return _List(place, levels, starts)

    def _followed(self, place: int) -> Node | None:
        """The abstract list, or the one that its style of numbering leads to."""
        node = self._abstract.get(place)
        link = node.value("w:numStyleLink") if node else None
        other = self._styles.style_of_list(link) if link else None
        target = self._places.get(other) if other is not None else None
        return node if target is None else self._abstract.get(target, node)

    def label(self, properties: Node | None, style: str | None) -> Label | None:
        """The next label of a paragraph with these properties, counted on; None when it has none."""
        by = self._numbered_by(properties, style)
        found = self._lists.get(by.list_id) if by else None
        if by is None or found is None or not 0 <= by.level < _LEVELS:
            return None
        level = found.levels.get(by.level)
        if level is None:
            return None
        count = self._counts.setdefault(found.abstract, _Count())
        _advance(count, by, found)
        return Label("", bullet=True) if level.format == BULLET else _written(level, count, found)

    def _numbered_by(self, properties: Node | None, style: str | None) -> NumberedBy | None:
        from_style = self._styles.numbering(style)
        if from_style and style and (from_style.list_id, style) in self._by_style:
            from_style = NumberedBy(from_style.list_id, self._by_style[from_style.list_id, style])
        own = properties.find("w:numPr") if properties else None
        if own is None:
            return from_style
        list_id, level = own.number("w:numId"), own.number("w:ilvl")
        if list_id is None:
            return from_style and NumberedBy(from_style.list_id, from_style.level if level is None else level)
        return NumberedBy(list_id, level or 0)


def _advance(count: _Count, by: NumberedBy, found: _List) -> None:
    now = count.numbers[by.level]
    if by.level in found.starts and (by.list_id, by.level) not in count.begun:
        count.begun.add((by.list_id, by.level))
        now = None
    count.numbers[by.level] = _start(found, by.level) if now is None else min(now + 1, _LARGEST)
    for above in range(by.level):
        if count.numbers[above] is None:
            count.numbers[above] = _start(found, above)
    for below in range(by.level + 1, _LEVELS):
        restart = found.levels.get(below, Level()).restart
        if restart is None or by.level < restart:
            count.numbers[below] = None


def _start(found: _List, level: int) -> int:
    return found.starts.get(level, found.levels.get(level, Level()).start)


def _written(level: Level, count: _Count, found: _List) -> Label:
    odd: list[str] = []

    def number(place: re.Match[str]) -> str:
        at = int(place[1]) - 1
        form = "decimal" if level.legal else found.levels.get(at, Level()).format
        if form not in _KNOWN:
            odd.append(f"numbers of the form {form!r} are written as 1, 2, 3")
        return _figure(count.numbers[at] or 0, form)

    text = " ".join(_PLACE.sub(number, level.text[: MAX_LABEL * 2]).split())
    if len(text) > MAX_LABEL:
        odd.append(f"the label {text[:20]!r}… was cut")
    return Label(text[:MAX_LABEL].strip(), simplified="; ".join(odd))


def _figure(number: int, form: str) -> str:
    if form in {"lowerLetter", "upperLetter"} and 0 < number <= _MAX_LETTERS:
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters.upper() if form == "upperLetter" else letters
    if form in {"lowerRoman", "upperRoman"} and 0 < number <= _MAX_ROMAN:
        return roman(number).upper() if form == "upperRoman" else roman(number)
    if form in {"none", BULLET}:
        return ""
    return f"{number:02}" if form == "decimalZero" else str(number)


def roman(number: int) -> str:
    """In small roman numerals, from 1 to 3999."""
    written = ""
    for value, letters in _ROMAN:
        times, number = divmod(number, value)
        written += letters * times
    return written


def _levels(abstract: Node | None) -> dict[int, Level]:
    nodes = {_number(node, "w:ilvl"): node for node in abstract.all("w:lvl")} if abstract else {}
    return {at: _level(node) for at, node in nodes.items() if 0 <= at < _LEVELS}


def _level(node: Node) -> Level:
    start = node.number("w:start")
    return Level(
        start=0 if start is None else _bounded(start),
        format=node.value("w:numFmt") or "decimal",
        text=node.value("w:lvlText") or "",
        restart=node.number("w:lvlRestart"),
        style=node.value("w:pStyle") or "",
        legal=node.is_on("w:isLgl"),
    )


def _number(node: Node, attribute: str) -> int:
    """An id; -1 for what is none."""
    value = whole(node.get(attribute))
    return -1 if value is None else value


def _bounded(number: int) -> int:
    return max(0, min(number, _LARGEST))
