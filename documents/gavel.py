"""The gavel: what is held in a chapter, whose edits that bars, and what becomes of them.

An edit that changes what its author may not change is let in and undone in the same step (`documents.repair`), all but
what it does elsewhere. What was undone is set aside for its author. The other way round, what somebody who may wrote
into a paragraph that was gone for that moment, because another had deleted it, is written into the one that stands in
its place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from documents import update_v1
from documents.chapter import SERVER_CLIENT, ChapterDocument, Identity
from documents.gate import Admitted
from documents.late import Late
from documents.ledger import Kind
from documents.model import SERVER, AuthorId, ChapterId
from documents.outline import HEADING, Top
from documents.repair import IdSet, Part, Undoing, part_of
from documents.rulings import AGREED, HEADINGS, Lock, Place, iso, lock_on, locks, standings, void
from documents.seat import Seat
from documents.sequence import Block, from_units
from documents.set_aside import Change, SetAside
from documents.update_v1 import Id

NAMELESS: Final = Identity("", "")
"""What a paragraph is called that came in this very step."""

MAX_GROWING: Final = 1_000
"""Cards that may still grow; the oldest is closed when there are more."""


@dataclass(frozen=True, slots=True)
class Barred:
    """Why somebody may not change something."""

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
    erased: IdSet = field(default_factory=IdSet)
    """Of what was inserted, what the author took back."""
    deleted: IdSet = field(default_factory=IdSet)
    """What the author would have deleted: also where it stands again."""
    more: list[str] = field(default_factory=list)
    """Words that stood in no paragraph that is left."""


class Gavel:
    """Of one chapter, for as long as its room is open."""

    def __init__(self, chapter: ChapterId, number: int) -> None:
        """`number` is the highest that a card of this chapter has."""
        self.chapter = chapter
        self.number = number
        self.growing: dict[tuple[AuthorId, str, int], Growing] = {}
        self.strays: dict[Id, Barred] = {}
        """New paragraphs that had to go: what is still on its way to them belongs to a card."""
        self._ruled = -1
        self.holds = False
        """Whether anything is locked or sealed."""
        self._agreed: dict[str, None] = {}
        self._changed: dict[str, AuthorId] = {}

    def _look(self, document: ChapterDocument) -> None:
        if self._ruled != document.ruled:
            known = standings(document)
            self.holds = bool(locks(document)) or any(one.sealed for one in known.values())
            self._agreed = dict.fromkeys(key for key, one in known.items() if one.status in AGREED and one.void is None)
            self._ruled = document.ruled

    def watch(self, document: ChapterDocument, seat: Seat, *, answer: bool) -> "Watch | None":
        """To see an edit of this person go in; None where nothing can bar them and nothing was ever put back.

        `answer` says whether it came in answer to step 1.
        """
        self._look(document)
        needed = self.holds or seat.by_section or document.has_restored
        return Watch(self, document, seat, answer=answer) if needed else None

    def begin(self, key: tuple[AuthorId, str, int], growing: Growing) -> None:
        """Keep a new card."""
        self.number = growing.number
        self.growing[key] = growing
        if len(self.growing) > MAX_GROWING:
            del self.growing[next(iter(self.growing))]

    def close_card(self, number: int) -> None:
        """What is set aside under this number does not grow any more."""
        for key in [key for key, one in self.growing.items() if one.number == number]:
            del self.growing[key]

    def see(self, document: ChapterDocument, admitted: Admitted, author: AuthorId) -> None:
        """Note of an edit that it changed what is agreed, if it did; `void` says so."""
        self._look(document)
        for item in admitted.touched if self._agreed else ():
            identity = document.identity(item)
            if identity is not None and identity.id in self._agreed:
                self._changed[identity.id] = author

    def void(self, document: ChapterDocument, at: int) -> bytes:
        """Void what was agreed on texts that are others now; returns the server's update, empty for none."""
        changed, self._changed = self._changed, {}

        def change(one: ChapterDocument) -> None:
            for paragraph, author in changed.items():
                void(one, paragraph, author, iso(at))

        return document.write(change, SERVER, at) if changed else b""


def barred(document: ChapterDocument, seat: Seat, item: Id) -> Barred | None:
    """Why somebody may not change a child of the text; None when they may."""
    identity = document.identity(item) or NAMELESS
    block = document.sequence.at(*item)
    if block is None:
        return None
    heading = isinstance(block.value, tuple) and block.value[1] == HEADING
    lock = lock_on(document, identity.id, heading=heading)
    standing = standings(document).get(identity.id)
    sealed = standing is not None and standing.sealed
    if lock is None and not sealed and not seat.by_section:
        return None
    sections = document.outline().sections(item) if seat.by_section else ()
    reason = seat.bar(Place(identity.id, sections, lock, sealed))
    if reason is None:
        return None
    number = lock.number if lock is not None else standing.number if standing is not None else 0
    return Barred(identity.id, identity.label, reason, number)


class Watch:
    """One edit on its way in."""

    def __init__(self, gavel: Gavel, document: ChapterDocument, seat: Seat, *, answer: bool) -> None:
        self._gavel = gavel
        self._document = document
        self._seat = seat
        self._answer = answer
        self._barred: dict[Id, Barred] = {}
        self._before: dict[Id, Part] = {}

    # Before it is applied

    def note(self, admitted: Admitted) -> None:
        """See what it would change that it may not, and how that is now."""
        if not self._gavel.holds and not self._seat.by_section:
            return
        document = self._document
        new = set(admitted.inserted)
        touched = [item for item in admitted.touched if item not in new and not document.is_gone(item)]
        for item in touched:
            found = barred(document, self._seat, item)
            if found is not None:
                self._barred[item] = found
        if self._barred or (new and self._has_borders()):
            for item in touched:
                element = document.element(item)
                if element is not None:
                    self._before[item] = part_of(document, item, element)
        self._barred = {item: one for item, one in self._barred.items() if item in self._before}

    def _has_borders(self) -> bool:
        return self._seat.by_section or any(one.scope != "paragraph" for one in locks(self._document).values())

    # After it was applied

    def undo(self, admitted: Admitted, at: int) -> tuple[bytes, list[SetAside]]:
        """Undo what is barred; returns the server's update (empty for none) and what was set aside."""
        stray = dict(self._strays(admitted)) if admitted.inserted and self._has_borders() else {}
        back = [*self._taken_back(admitted, at)]
        if not self._barred and not stray:
            return b"", back
        undoing = Undoing(self._document, admitted, self._before, set(self._barred), set(stray))
        undoing.find()
        cards = [*back, *self._cards(undoing, stray, at)]
        update = undoing.undo(at)
        for clock, length, source in undoing.copies:
            for growing in self._gavel.growing.values():
                for _, low, high in [*growing.deleted.within(source[0], source[1], source[1] + length)]:
                    growing.deleted.add(SERVER_CLIENT, clock + low - source[1], clock + high - source[1])
        return update, cards

    def _strays(self, admitted: Admitted) -> Iterator[tuple[Id, Barred]]:
        """New paragraphs where there may be none."""
        document = self._document
        outline = document.outline()
        new = set(admitted.inserted)
        for item in admitted.inserted:
            place = outline.places.get(item)
            if place is None:
                continue
            top = outline.tops[place]
            lock = self._lock_around(outline.tops, place, new)
            if lock is None and not self._seat.by_section:
                continue
            reason = self._seat.bar(Place("", outline.sections(item), lock, sealed=False))
            if reason is not None:
                before = next((one for one in reversed(outline.tops[:place]) if one.item not in new), None)
                identity = None if before is None else document.identity(before.item)
                beside = identity.id if identity else top.paragraph
                yield item, Barred(beside, identity.label if identity else "", reason, lock.number if lock else 0)

    def _lock_around(self, tops: Sequence[Top], place: int, new: set[Id]) -> Lock | None:
        """The lock that a new paragraph would break by being there."""
        known = locks(self._document)
        heading = tops[place].tag == HEADING
        if heading and HEADINGS in known:
            return known[HEADINGS]
        before = next((top for top in reversed(tops[:place]) if top.item not in new), None)
        after = next((top for top in tops[place + 1 :] if top.item not in new), None)
        if before is None:
            return None
        for lock in known.values():
            if before.paragraph in lock.paragraphs and (
                not heading or (after is not None and after.paragraph in lock.paragraphs)
            ):
                return lock
        return None

    # What is set aside

    def _cards(self, undoing: Undoing, stray: dict[Id, Barred], at: int) -> Iterator[SetAside]:
        """What is undone, a card for each paragraph."""
        first = next(iter(self._barred.values()), None) or next(iter(stray.values()))
        words: dict[Barred, list[str]] = {}
        for item in undoing.admitted.inserted:
            if item in undoing.stray:
                why = self._gavel.strays[item] = stray.get(item, first)
                own = self._own_words(undoing, item)
                words.setdefault(why, []).extend([own] if own else [])
        inserted = IdSet(
            (client, clock, struct.clock + struct.length) for client, struct, clock, _ in undoing.admitted.placed
        )
        for item, why in self._barred.items():
            yield self._card(why, self._before[item], inserted, words.pop(why, []), at)
            if self._document.is_gone(item):
                self._gavel.growing.pop(self._key(why), None)  # another is begun with the one that takes its place
        for why, said in words.items():
            yield self._card(why, None, inserted, said, at)

    def _taken_back(self, admitted: Admitted, at: int) -> Iterator[SetAside]:
        """Cards whose author has just deleted some of what had been undone already."""
        for (author, *_), growing in [*self._gavel.growing.items()] if admitted.again and not self._answer else ():
            found = [
                ids
                for client, clock, length in admitted.again
                for ids in growing.inserted.within(client, clock, clock + length)
            ]
            element = (
                None
                if (item := self._document.item_of(growing.why.paragraph)) is None
                else self._document.element(item)
            )
            if author != self._seat.author or not found or item is None or element is None:
                continue
            for ids in found:
                growing.erased.add(*ids)
            if item not in self._barred:
                yield self._card(growing.why, part_of(self._document, item, element), IdSet(), [], at)

    def late(self, admitted: Admitted, at: int) -> tuple[bytes, list[SetAside]]:
        """What came for a paragraph that is gone for good or for a moment: see `documents.late`."""
        late = Late(self._document, self._seat)
        cards = []
        for words in late.words(admitted):
            why = self._gavel.strays.get(words.top)
            if why is None and words.text is not None:
                why = barred(self._document, self._seat, words.paragraph)
            if why is not None:
                late.turn_away(words)
                cards.append(self._card(why, None, IdSet(), [words.said], at))
        return late.rescue(admitted, at, answer=self._answer), cards

    def _own_words(self, undoing: Undoing, item: Id) -> str:
        """What somebody wrote in a new paragraph that goes, without what was carried there."""
        document = self._document
        said = []
        for client, struct, clock, container in undoing.admitted.placed:
            if container.top != item or struct.kind != update_v1.STRING or container.kind is not Kind.TEXT:
                continue
            for low, high, move in document.record.moved(client, clock, struct.clock + struct.length):
                if move is None:
                    said.append(struct.value.encode("utf-16-le")[2 * (low - struct.clock) : 2 * (high - struct.clock)])
        return b"".join(said).decode("utf-16-le", "replace")

    def _key(self, why: Barred) -> tuple[AuthorId, str, int]:
        return self._seat.author, why.paragraph, why.lock

    def _card(self, why: Barred, part: Part | None, inserted: IdSet, words: list[str], at: int) -> SetAside:
        """The author's card for this paragraph, with what is new on it; number 0 if there is nothing to keep."""
        known = self._gavel.growing.get(self._key(why))
        growing = known or Growing(self._gavel.number + 1, at, why)
        growing.more += words
        runs = [] if part is None else [*self._runs(part, inserted, growing)]
        if growing.more:
            runs.append(("inserted", ("\n" if runs else "") + "\n".join(growing.more)))
        worth = any(change != "kept" for change, _ in runs)
        if worth and known is None:
            self._gavel.begin(self._key(why), growing)
        number = growing.number if known or worth else 0
        return SetAside(
            self._gavel.chapter, number, self._seat.author, why.paragraph, why.label, growing.at, at, why.reason,
            why.lock, tuple(runs),
        )  # fmt: skip

    def _runs(self, part: Part, inserted: IdSet, growing: Growing) -> Iterator[tuple[Change, str]]:
        for text in part.texts():
            known = IdSet(text.ids)
            for block in self._document.sequence.line(text.container):
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
