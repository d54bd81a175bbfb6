"""The children of the text in their order, with the sections that headings make of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from documents.crdt.update_v1 import Id

HEADING: Final = "heading"
DEFAULT_LEVEL: Final = 2
MAX_LEVEL: Final = 6


def level_of(said: object) -> int:
    """A heading's level by what its attribute says: that may be anything, also infinity and what is no number."""
    return int(said) if isinstance(said, int | float) and 1 <= said <= MAX_LEVEL else DEFAULT_LEVEL


@dataclass(frozen=True, slots=True)
class Top:
    """One child of the text that is there now."""

    item: Id
    paragraph: str
    """Its id; empty for one that has none yet."""
    tag: str
    """The element's name; empty for a text that lies in no element."""
    level: float = DEFAULT_LEVEL
    """Of a heading: 1 is above 2."""


class Outline:
    """The order of one moment."""

    def __init__(self, tops: Sequence[Top]) -> None:
        self.tops = tops
        self.places = {top.item: place for place, top in enumerate(tops)}
        self._sections = dict(zip((top.item for top in tops), _sections(tops), strict=True))

    def sections(self, item: Id) -> tuple[str, ...]:
        """The headings, by paragraph id, of the sections that a child is in or heads: the innermost first."""
        return self._sections[item]

    def members(self, heading: str) -> list[Top]:
        """A section: the heading, and what follows up to the next one of the same or a higher level."""
        start = next((place for place, top in enumerate(self.tops) if top.paragraph == heading), None)
        if start is None:
            return []
        end = start + 1
        while end < len(self.tops) and not self._ends(self.tops[start], self.tops[end]):
            end += 1
        return list(self.tops[start:end])

    @staticmethod
    def _ends(heading: Top, other: Top) -> bool:
        return heading.tag != HEADING or (other.tag == HEADING and other.level <= heading.level)


def _sections(tops: Sequence[Top]) -> Iterator[tuple[str, ...]]:
    current: list[Top] = []
    for top in tops:
        if top.tag == HEADING:
            current = [top, *(one for one in current if one.level < top.level)]
        yield tuple(one.paragraph for one in current)
