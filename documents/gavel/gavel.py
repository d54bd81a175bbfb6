"""The gavel: what is held in a chapter, and whose edits that bars.

An edit that changes what its author may not change is let in and undone in the same step, all but what it does
elsewhere: `documents.gavel.watch` looks at each edit, `documents.gavel.repair` undoes, `documents.gavel.cards` keeps
what was undone for its author.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from documents.chapter import ChapterDocument, Identity
from documents.crdt.gate import Admitted
from documents.crdt.update_v1 import MAX_CLOCK, Id
from documents.gavel.cards import Barred, Cards
from documents.gavel.rulings import AGREED, Place, iso, lock_on, locks, standings, void
from documents.model import SERVER, AuthorId, ChapterId
from documents.outline import HEADING
from documents.seat import Seat

NAMELESS: Final = Identity("", "")
"""What a paragraph is called that came in this very step."""

MAX_COPIES: Final = 10_000
"""Times at which text was put back, the last ones."""
MAX_STRAYS: Final = 1_000
"""New paragraphs that had to go and are still known as such."""


class Gavel:
    """Of one chapter, for as long as its document is in memory."""

    def __init__(self, chapter: ChapterId, number: int) -> None:
        """`number` is the highest that a card of this chapter has."""
        self.cards = Cards(chapter, number)
        self.strays: dict[Id, Barred] = {}
        """New paragraphs that had to go: what is still on its way to them belongs to a card."""
        self.holds = False
        """Whether anything is locked or sealed."""
        self._copies: deque[tuple[int, int]] = deque(maxlen=MAX_COPIES)
        self.free: set[Id] = set()
        """Paragraphs that are known to be held by nobody, as long as rulings and names stay what they are."""
        self._since = object()
        """Another one after each change of those."""
        self._ruled = -1
        self._agreed: dict[str, None] = {}
        self._changed: dict[str, AuthorId] = {}

    def look(self, document: ChapterDocument) -> None:
        """Learn what is ruled now."""
        if self._ruled != document.ruled:
            known = standings(document)
            self.holds = bool(locks(document)) or any(one.sealed for one in known.values())
            self._agreed = dict.fromkeys(key for key, one in known.items() if one.status in AGREED and one.void is None)
            self._ruled = document.ruled
            self.forget()

    def forget(self) -> None:
        """It has to be asked anew who may change what: rulings or names are others."""
        self.free.clear()
        self._since = object()

    def allowed(self, document: ChapterDocument, seat: Seat) -> set[Id]:
        """Paragraphs that this person is known to have a right to change; to be added to.

        Forgotten once rulings, names, sections or the person's rights are others.
        """
        under = (self._since, seat.bar, document.outline() if seat.by_section else None)
        if seat.allowed_under != under:
            seat.allowed, seat.allowed_under = set(), under
        return seat.allowed

    def note_stray(self, item: Id, why: Barred) -> None:
        """A new paragraph has to go."""
        self.strays[item] = why
        if len(self.strays) > MAX_STRAYS:
            del self.strays[next(iter(self.strays))]

    def note_copies(self, copies: Iterable[tuple[int, int, Id]], at: int) -> None:
        """Text was put back, as (clock of the server, length, what it says again)."""
        first = min((clock for clock, *_ in copies), default=None)
        if first is not None:
            self._copies.append((at, first))  # the last ones are enough: older ones were heard of by everybody

    def copies_since(self, at: int) -> int:
        """The first clock of the server by which something was put back since then."""
        return next((first for made, first in self._copies if made >= at), MAX_CLOCK)

    def see(self, document: ChapterDocument, admitted: Admitted, author: AuthorId) -> None:
        """Note of an edit that it changed what is agreed, if it did; `void` says so."""
        self.look(document)
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


def is_held(document: ChapterDocument, item: Id) -> bool:
    """Whether a child of the text is locked or sealed."""
    identity, block = document.identity(item) or NAMELESS, document.sequence.at(*item)
    heading = block is not None and isinstance(block.value, tuple) and block.value[1] == HEADING
    standing = standings(document).get(identity.id)
    return lock_on(document, identity.id, heading=heading) is not None or (standing is not None and standing.sealed)


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
