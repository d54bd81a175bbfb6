"""What was undone of somebody's edits, as a card for each paragraph that grows while they go on."""

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from documents.chapter import SERVER_CLIENT, ChapterDocument
from documents.crdt import update_v1
from documents.crdt.sequence import Block, Sequence, from_units
from documents.crdt.update_v1 import Id
from documents.gavel.repair import Ids, IdSet, Part, part_of
from documents.gavel.set_aside import MAX_CHARACTERS, Change, SetAside
from documents.model import AuthorId, ChapterId, ClientId

MAX_GROWING: Final = 1_000
"""Cards of a chapter that may still grow; the oldest is closed when there are more."""


@dataclass(frozen=True, slots=True)
class Barred:
    """Why somebody may not change a paragraph."""

    paragraph: str
    label: str
    reason: str
    lock: int
    """The number of the ruling; 0 for none."""


@dataclass(slots=True)
class Growing:
    """A card to which its author still adds."""

    number: int
    at: int
    why: Barred
    inserted: IdSet = field(default_factory=IdSet)
    """What the author put into the paragraph as it stands, or has put."""
    erased: IdSet = field(default_factory=IdSet)
    """Of that, what the author took back."""
    deleted: IdSet = field(default_factory=IdSet)
    """What the author would have deleted: also where it stands again."""
    more: dict[Id, str] = field(default_factory=dict)
    """Words that stood in no text that is left, by the paragraph in which they stood."""

    def say(self, top: Id, words: str) -> None:
        """Add such words, as far as there is room for them."""
        room = MAX_CHARACTERS - sum(map(len, self.more.values()))
        if words and room > 0:
            self.more[top] = self.more.get(top, "") + words[:room]

    def erase(self, ids: list[Ids]) -> bool:
        """Note what the author took back; False, with nothing noted, if nothing would be left: rather keep it."""
        erased = IdSet([*self.erased, *ids])
        if not any(True for one in self.inserted for _ in _without(erased, one)):
            return False
        self.erased = erased
        return True


Key = tuple[AuthorId, str, int]


class Cards:
    """Of one chapter."""

    def __init__(self, chapter: ChapterId, number: int) -> None:
        """`number` is the highest that a card of this chapter has."""
        self._chapter = chapter
        self._number = number
        self._growing: dict[Key, Growing] = {}

    def of(self, author: AuthorId) -> list[Growing]:
        """All that this person may still add to."""
        return [one for key, one in self._growing.items() if key[0] == author]

    def close(self, number: int) -> None:
        """This card does not grow any more."""
        for key in [key for key, one in self._growing.items() if one.number == number]:
            del self._growing[key]

    def card(  # noqa: PLR0913 (what is new on it)
        self,
        document: ChapterDocument,
        author: AuthorId,
        why: Barred,
        at: int,
        *,
        part: Part | None = None,
        inserted: IdSet | None = None,
        words: Mapping[Id, str] | None = None,
    ) -> SetAside:
        """The author's card for a paragraph, with what is new on it; number 0 if there is nothing to keep.

        `part` is the paragraph as it was before the edit that is about to be undone, `inserted` what that inserted,
        `words` what it put where no text is left, by paragraph.
        """
        key = author, why.paragraph, why.lock
        known = self._growing.get(key)
        if part is None and known is not None:  # what it says of the paragraph stays on it
            item = document.item_of(why.paragraph)
            element = None if item is None else document.element(item)
            part = None if item is None or element is None else part_of(document, item, element)
        growing = known or Growing(self._number + 1, at, why)
        for top, said in (words or {}).items():
            growing.say(top, said)
        runs = [] if part is None else [*_runs(document.sequence, part, inserted or IdSet(), growing)]
        if growing.more:
            runs.append(
                (
                    "inserted",
                    ("\n" if any(change != "kept" for change, _ in runs) else "") + "\n".join(growing.more.values()),
                )
            )
        worth = known is not None or any(change != "kept" for change, _ in runs)
        if worth:
            self._keep(key, growing)
        return SetAside(
            self._chapter, growing.number if worth else 0, author, why.paragraph, why.label, growing.at, at, why.reason,
            why.lock, tuple(runs),
        )  # fmt: skip

    def _keep(self, key: Key, growing: Growing) -> None:
        self._number = max(self._number, growing.number)
        self._growing[key] = growing
        if len(self._growing) > MAX_GROWING:
            del self._growing[next(iter(self._growing))]

    def put_back(self, copies: Iterable[tuple[int, int, Id]], paragraphs: Container[str]) -> None:
        """What was put back in these stands for what it says again: its deletion is on cards, though it is there."""
        by_client: dict[ClientId, list[tuple[int, int, int]]] = {}
        for clock, length, (client, source) in copies:
            by_client.setdefault(client, []).append((source, source + length, clock))
        for some in by_client.values():
            some.sort()
        for growing in self._growing.values():
            for client, start, end in [*growing.deleted] if growing.why.paragraph in paragraphs else ():
                some = by_client.get(client, [])
                for source, stop, clock in some[bisect_right(some, start, key=itemgetter(1)) :]:
                    if source >= end:
                        break
                    low, high = max(source, start), min(stop, end)
                    growing.deleted.add(SERVER_CLIENT, clock + low - source, clock + high - source)

    def loosen(self, sequence: Sequence, paragraph: str) -> None:
        """The texts of a paragraph are made anew: what cards have of the old ones they keep apart from now on."""
        for growing in self._growing.values():
            if growing.why.paragraph == paragraph and growing.inserted:
                left = (ids for one in growing.inserted for ids in _without(growing.erased, one))
                for block in [block for ids in left for block in sequence.within(*ids)]:
                    growing.say(block.line.top or block.id, from_units(block.text))
                growing.inserted = IdSet()


def _without(erased: IdSet, ids: Ids) -> Iterator[Ids]:
    return ((ids[0], low, high) for low, high, gone in erased.split(*ids) if not gone)


def _runs(sequence: Sequence, part: Part, inserted: IdSet, growing: Growing) -> Iterator[tuple[Change, str]]:
    for text in part.texts():
        known = IdSet(text.ids)
        for block in sequence.line(text.container):
            if block.kind == update_v1.STRING:
                yield from _changes(block, known, inserted, growing)


def _changes(block: Block, known: IdSet, inserted: IdSet, growing: Growing) -> Iterator[tuple[Change, str]]:
    """What the author of a card would have done with the characters of a block."""
    ids = block.client, *block.clocks
    if block.deleted:
        for one in known.within(*ids):
            growing.deleted.add(*one)
    else:
        for one in inserted.within(*ids):
            growing.inserted.add(*one)
    for low, high, mine in growing.inserted.split(*ids):
        if mine:
            back = growing.erased.split(block.client, low, high)
            yield from (("inserted", _units(block, *one)) for *one, erased in back if not erased)
            continue
        for client, start, end in known.within(block.client, low, high):
            gone = growing.deleted.split(client, start, end)
            yield from (("deleted" if out else "kept", _units(block, *one)) for *one, out in gone)


def _units(block: Block, start: int, end: int) -> str:
    return from_units(block.text[start - block.clock : end - block.clock])
