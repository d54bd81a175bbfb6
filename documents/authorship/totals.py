"""What the runs of a chapter add up to: words by delegation and group, who touched which paragraph, when.

Nobody's, the draft as it was imported, is counted under a `Party` and a group without a name.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Generic, TypeVar

from documents.authorship.runs import NOBODY, Byline, ParagraphRuns, Run, Tag

_SIGNS: Final = "\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Chinese characters and kana, between which there are no spaces."""
_MARK: Final = "\u0300"
_WORD: Final = re.compile(rf"[{_SIGNS}]|[^\W_{_SIGNS}](?:[^\W_{_SIGNS}]|{_MARK})*")


@dataclass(frozen=True, slots=True)
class Party:
    """For whom words were written."""

    delegation: str
    """The delegation's id; empty for nobody, and for one that is only known by its name."""
    name: str
    group: str
    number: int
    color: str


@dataclass(slots=True)
class Share:
    """A part of the text as it reads now."""

    words: int = 0
    """Runs of letters and digits (each Chinese or Japanese sign by itself), each counted for whoever wrote its first
    letter."""
    characters: int = 0
    """All of them, in code points."""


@dataclass(slots=True)
class Touch:
    """What one party did to a paragraph, in characters."""

    inserted: int = 0
    """It wrote them first, in this paragraph or elsewhere, and they stand here now or were deleted here."""
    deleted: int = 0
    moved: int = 0
    """It put them here last, whoever wrote them."""


@dataclass(slots=True)
class Change:
    """What one party did in a stretch of time, in characters."""

    inserted: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """Who wrote the text that can be read now."""

    all: Share
    parties: tuple[tuple[Party, Share], ...]
    """By the delegation's number; then those that have none, by name; nobody at the end."""
    groups: tuple[tuple[str, Share], ...]
    """By the group's name; nobody at the end."""


@dataclass(frozen=True, slots=True)
class Touched:
    """Who had a hand in one paragraph."""

    id: str
    label: str
    deleted: bool
    parties: tuple[tuple[Party, Touch], ...]
    """In the order of `Totals`, without nobody."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was done in one stretch of time."""

    at: int
    """Its beginning, in minutes since 1970 (UTC)."""
    parties: tuple[tuple[Party, Change], ...]
    """In the order of `Totals`."""


def totals(paragraphs: Iterable[ParagraphRuns], bylines: Mapping[Tag, Byline]) -> Totals:
    """Count the text that can be read: what is deleted is passed over. A tag without a byline is nobody's."""
    everything = Share()
    by_party: _Counts[Party, Share] = _Counts(Share)
    by_group: _Counts[str, Share] = _Counts(Share)
    parties = _Parties(bylines)
    for paragraph in paragraphs:
        runs = [run for run in paragraph.runs if run.deleted is None and paragraph.deleted is None]
        for run, words in zip(runs, _words(runs), strict=True):
            party = parties.of(run.by)
            for share in (everything, by_party.of(party), by_group.of(party.group)):
                share.words += words
                share.characters += len(run.text)
    return Totals(everything, by_party.sorted(_in_order), by_group.sorted(lambda group: (not group, group)))


def touched(paragraphs: Iterable[ParagraphRuns], bylines: Mapping[Tag, Byline]) -> tuple[Touched, ...]:
    """Who inserted, deleted and moved in each paragraph; to be given the deleted runs too."""
    parties = _Parties(bylines)
    found = []
    for paragraph in paragraphs:
        counts: _Counts[Party, Touch] = _Counts(Touch)
        for run in paragraph.runs:
            counts.of(parties.of(run.by)).inserted += len(run.text)
            if run.deleted is not None:
                counts.of(parties.of(run.deleted.by)).deleted += len(run.text)
            if run.moved_by is not None:
                counts.of(parties.of(run.moved_by)).moved += len(run.text)
        somebody = tuple((party, touch) for party, touch in counts.sorted(_in_order) if party.name)
        found.append(Touched(paragraph.id, paragraph.label, paragraph.deleted is not None, somebody))
    return tuple(found)


def activity(paragraphs: Iterable[ParagraphRuns], bylines: Mapping[Tag, Byline], minutes: int) -> tuple[Bucket, ...]:
    """What was inserted and deleted in each stretch of so many minutes in which anything was, in order of time.

    To be given the deleted runs too. What was moved counts where and when it was first written, once.
    """
    parties = _Parties(bylines)
    buckets: dict[int, _Counts[Party, Change]] = {}

    def change(tag: Tag, at: int) -> Change:
        return buckets.setdefault(at - at % minutes, _Counts(Change)).of(parties.of(tag))

    for paragraph in paragraphs:
        for run in paragraph.runs:
            change(run.by, run.at).inserted += len(run.text)
            if run.deleted is not None:
                change(run.deleted.by, run.deleted.at).deleted += len(run.text)
    return tuple(Bucket(at, counts.sorted(_in_order)) for at, counts in sorted(buckets.items()))


def tags(paragraphs: Iterable[ParagraphRuns]) -> list[Tag]:
    """Everybody who is named in the runs, each once, in the order of the text."""
    return list(dict.fromkeys(tag for paragraph in paragraphs for run in paragraph.runs for tag in _named(run)))


def _named(run: Run) -> Iterator[Tag]:
    yield run.by
    if run.deleted is not None:
        yield run.deleted.by
    if run.moved_by is not None:
        yield run.moved_by


def _words(runs: list[Run]) -> list[int]:
    """How many words begin in each of the runs, which make one text."""
    text = "".join(run.text for run in runs)
    starts = list(accumulate((len(run.text) for run in runs), initial=0))
    counts = [0] * len(runs)
    for word in _WORD.finditer(_plain_marks(text)):
        counts[bisect_right(starts, word.start()) - 1] += 1
    return counts


def _plain_marks(text: str) -> str:
    """The text with one mark for all vowel signs and accents, which stand behind their letter."""
    if text.isascii():
        return text
    return "".join(_MARK if unicodedata.category(one).startswith("M") else one for one in text)


K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Counts(Generic[K, V]):
    """A count for each key that is asked for."""

    def __init__(self, new: Callable[[], V]) -> None:
        self._new = new
        self._counts: dict[K, V] = {}

    def of(self, key: K) -> V:
        if key not in self._counts:
            self._counts[key] = self._new()
        return self._counts[key]

    def sorted(self, by: Callable[[K], tuple[object, ...]]) -> tuple[tuple[K, V], ...]:
        return tuple((key, self._counts[key]) for key in sorted(self._counts, key=by))


@dataclass(slots=True)
class _Parties:
    """The party behind each tag: the same one for all that wrote for one delegation in one group."""

    bylines: Mapping[Tag, Byline]
    _by_tag: dict[Tag, Party] = field(default_factory=dict)
    _by_capacity: dict[tuple[str, ...], Party] = field(default_factory=dict)

    def of(self, tag: Tag) -> Party:
        if tag not in self._by_tag:
            one = self.bylines.get(tag, NOBODY)
            name = one.delegation_name or one.name
            capacity = (*one.capacity, "" if one.delegation else name)
            party = Party(one.delegation, name, one.group, one.number, one.color)
            self._by_tag[tag] = self._by_capacity.setdefault(capacity, party)
        return self._by_tag[tag]


def _in_order(party: Party) -> tuple[object, ...]:
    return not party.name, not party.number, party.number, party.name, party.group
