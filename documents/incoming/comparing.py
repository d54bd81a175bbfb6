"""Which paragraph of a file that comes back is which of the chapter's, and what the file changes in it: texts alone.

This is what takes long with a long file, and it needs nothing but plain data: so it can be done apart from the chapter.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from documents.gavel.set_aside import Change
from documents.incoming.differences import Kind
from documents.incoming.draft import Words
from documents.incoming.hunks import Hunk, hunks
from documents.incoming.likeness import paired
from documents.incoming.returned import Returned, ReturnedParagraph, without

Marker = Callable[[str], str]
"""The bookmark that bears a paragraph's id."""


@dataclass(frozen=True, slots=True)
class Past:
    """A paragraph of the text that the file is held against, as the file would have it."""

    id: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """A paragraph of the file, held against its own in that text."""

    place: int
    """Of that one."""
    words: tuple[Words, ...]
    """The paragraph's, without a label that stood among them."""
    label: str
    old: str
    """The text that the file has changed."""
    hunks: tuple[Hunk, ...]
    elsewhere: bool = False
    """Whether it stands before or behind others than in that text."""

    @property
    def new(self) -> str:
        """The text in the file."""
        return standing(self.words)

    @property
    def runs(self) -> tuple[tuple[Change, str], ...]:
        """What the file does to the text."""
        old, new = self.old, self.new
        runs: list[tuple[Change, str]] = []
        at = 0
        for start, end, new_start, new_end in self.hunks:
            runs += (("kept", old[at:start]), ("deleted", old[start:end]), ("inserted", new[new_start:new_end]))
            at = end
        runs.append(("kept", old[at:]))
        return tuple((change, text) for change, text in runs if text)


def compare(file: Returned, past: Sequence[Past], kind: Kind, mark: Marker) -> dict[int, Held]:
    """The paragraphs of the file that the text has too, by their places."""
    found = _matched(file.paragraphs, past, kind, mark)
    order = sorted(found)
    ordered = {order[at] for at in _rising([found[index] for index in order])}
    return {
        index: replace(_held(file.paragraphs[index], place, past[place], kind), elsewhere=index not in ordered)
        for index, place in found.items()
    }


def _rising(places: Sequence[int]) -> set[int]:
    """The most of some numbers, all different, that rise in their order; by their indices."""
    ends: list[int] = []
    before: list[int] = []
    for at, place in enumerate(places):
        length = bisect_left(ends, place, key=lambda end: places[end])
        before.append(ends[length - 1] if length else -1)
        ends[length : length + 1] = [at]
    found: set[int] = set()
    at = ends[-1] if ends else -1
    while at >= 0:
        found.add(at)
        at = before[at]
    return found


def before(paragraph: ReturnedParagraph, kind: Kind) -> str | None:
    """How it read before what is tracked in it, if its changes are held against that."""
    return paragraph.before if kind == "tracked" else None


def standing(words: Iterable[Words]) -> str:
    """The text that stands."""
    return "".join(one.text for one in words if one.deleted_by is None)


def _matched(
    paragraphs: Sequence[ReturnedParagraph], past: Sequence[Past], kind: Kind, mark: Marker
) -> Mapping[int, int]:
    """By bookmarks; of a file that is of no known moment, the rest by labels and likeness."""
    marks = {mark(one.id): place for place, one in enumerate(past) if one.id}
    found: dict[int, int] = {}
    taken: set[int] = set()
    for index, paragraph in enumerate(paragraphs):
        place = next((marks[one] for one in paragraph.marks if one in marks and marks[one] not in taken), None)
        if place is not None:
            taken.add(place)
            found[index] = place
    if kind != "version":
        found.update(_alike(paragraphs, past, kind, found, taken))
    return found


def _alike(
    paragraphs: Sequence[ReturnedParagraph], past: Sequence[Past], kind: Kind, found: Mapping[int, int], taken: set[int]
) -> Iterator[tuple[int, int]]:
    left = [index for index in range(len(paragraphs)) if index not in found]
    if kind == "tracked":  # what was written as a whole is like another one's least of all
        left.sort(key=lambda index: not (before(paragraphs[index], kind) or "").strip())
    right = [place for place in range(len(past)) if place not in taken]
    asked = [(one.label, before(one, kind) or one.text) for one in (paragraphs[index] for index in left)]
    for at, other in paired(asked, [(past[place].label, past[place].text) for place in right]):
        yield left[at], right[other]


def _held(paragraph: ReturnedParagraph, place: int, past: Past, kind: Kind) -> Held:
    words, label = paragraph.words, paragraph.label
    if not label and past.label:
        words, label = _without_label(words, past.label)
    text, said = standing(words), before(paragraph, kind)
    cut = paragraph.text.removesuffix(text)  # the label that stood in the text
    old = past.text if said is None else said.removeprefix(cut)
    same = text == old or (kind != "version" and text.strip() == old.strip())
    return Held(place, words, label, old, () if same else tuple(_settled(text, hunks(old, text), words)))


def _settled(new: str, found: Iterable[Hunk], words: Iterable[Words]) -> Iterator[Hunk]:
    """Of the places where something may have been inserted (`a ` before `a `), the one where the file says that it
    was."""
    ends = {0, *accumulate(len(one.text) for one in words if one.deleted_by is None)}
    last = 0
    for hunk in found:
        start, end, new_start, new_end = hunk
        while start == end > last and new[new_start - 1] == new[new_end - 1] and not {new_start, new_end} <= ends:
            start, end, new_start, new_end = start - 1, end - 1, new_start - 1, new_end - 1
        last = hunk.end
        yield Hunk(start, end, new_start, new_end) if {new_start, new_end} <= ends else hunk


def _without_label(words: tuple[Words, ...], label: str) -> tuple[tuple[Words, ...], str]:
    """The label that lost its style stands in the text; returns the rest and the label, or all and no label."""
    text = standing(words)
    rest = text.removeprefix(label)
    if rest == text or (rest and rest[0].isalnum()):
        return words, ""
    return without(words, len(text) - len(rest.removeprefix(".").lstrip())), label
