"""What a file that comes back has changed goes into the live chapter, as the updates of those who made the changes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.crdt import protocol
from documents.crdt.update_v1 import Id
from documents.errors import DocumentsError, ReadOnly
from documents.gavel.cards import Barred
from documents.gavel.gavel import barred
from documents.gavel.rulings import HEADINGS, Place, holding, locks
from documents.gavel.set_aside import SetAside
from documents.incoming.differences import Difference, NewComment, Plan
from documents.incoming.opening import Comment, add_comment, new_comment_id
from documents.model import AuthorId, ChapterId
from documents.room import Room
from documents.seat import Bar, Denial, Seat, nothing_barred


@dataclass(frozen=True, slots=True)
class Bringer:
    """Who brings a file, or has changed something in it: with what the sign-in says of them."""

    author: AuthorId
    stamp: Mapping[str, Any]
    denial: Denial | None = None
    """Why they may change nothing at all."""
    bar: Bar = nothing_barred
    by_section: bool = False
    byline: Byline | None = None
    """In place of what the stamp says, for a delegation that none of its participants stands for."""


@dataclass(slots=True, eq=False)
class OtherChapter(DocumentsError):
    """The file was made of another chapter than the one that it is brought to."""

    chapter: ChapterId
    """The one that it was made of."""

    def __str__(self) -> str:
        return f"the file was made of the chapter {self.chapter!r}"


@dataclass(slots=True, eq=False)
class NotTaken(DocumentsError):
    """The room did not take an update, and nothing of it is in the chapter."""

    reason: str

    def __str__(self) -> str:
        return self.reason


class _Post:
    """The client at a seat that sends one update and hears what becomes of it."""

    def __init__(self) -> None:
        self.cards: dict[str, SetAside] = {}
        """What was set aside, by paragraph."""
        self.denial: Denial | None = None
        self.error: DocumentsError | None = None

    def send(self, _message: bytes) -> bool:
        """See `documents.seat.Client`."""
        return True

    def denied(self, denial: Denial) -> None:
        """See `documents.seat.Client`."""
        self.denial = denial

    def allowed(self) -> None:
        """See `documents.seat.Client`."""
        self.denial = None

    def set_aside(self, kept: SetAside) -> None:
        """See `documents.seat.Client`."""
        if kept.number:
            self.cards[kept.paragraph] = kept

    def refused(self, error: DocumentsError) -> None:
        """See `documents.seat.Client`."""
        self.error = error


def barred_for(document: ChapterDocument, who: Bringer, item: Id) -> Barred | None:
    """Why somebody may not change a paragraph; None when they may."""
    return barred(document, _seat(who), item)


def barred_behind(document: ChapterDocument, who: Bringer, item: Id | None, *, heading: bool) -> Barred | None:
    """Why somebody may put nothing new behind a paragraph, as far as that can be told before it is done."""
    outline = document.outline()
    sections = outline.sections(item) if item in outline.places else ()
    identity = None if item is None else document.identity(item)
    lock = holding(document).get(identity.id) if identity is not None else None
    around = lock if lock is not None and lock.scope == "section" else None
    if heading and HEADINGS in locks(document):
        around = locks(document)[HEADINGS]
    if around is None and not who.by_section:
        return None
    reason = who.bar(Place("", sections, around, sealed=False))
    return None if reason is None else Barred("", "", reason, 0 if around is None else around.number)


def _seat(who: Bringer) -> Seat:
    return Seat(_Post(), who.author, who.stamp, who.denial, bar=who.bar, by_section=who.by_section)


async def bring(
    room: Room, plan: Plan, who: Bringer, others: Mapping[str, Bringer], comment_at: str
) -> tuple[Difference, ...]:
    """Put it into the live chapter: each author's changes are an update of theirs, and one entry of the journal.

    `others` are those whose changes the plan has by name. Returns the differences with what was set aside; what that
    is of lies with whoever brings the file. All of it is on disk on return. Raises `NotTaken` (then nothing of that
    update is in the chapter), `ReadOnly`, `RoomBusy`.
    """
    cards: dict[str, SetAside] = {}
    for name, update in plan.updates:
        cards.update(await _send(room, update, others[name] if name else who))
    if plan.comments:
        await _comment(room, plan.comments, who, comment_at)
    return tuple(_with_card(one, cards) for one in plan.differences)


def _with_card(told: Difference, cards: Mapping[str, SetAside]) -> Difference:
    card = cards.get(told.paragraph)
    if card is None and told.state == "locked":  # what is new stands on the card of what is beside it
        card = next((one for one in cards.values() if told.wanted and told.wanted in one.words), None)
    if card is None:
        return told
    return replace(told, state="locked", reason=card.reason, set_aside=card.number)


async def _send(room: Room, update: bytes, who: Bringer) -> Mapping[str, SetAside]:
    post = _Post()
    with _seated(room, post, who) as seat:
        room.receive(seat, protocol.SyncUpdate(update, answer=False))
        there = await room.read(lambda document: document.has_all_of(update), after=who.author)
    if post.error is not None:
        raise NotTaken(str(post.error))
    if not there:
        raise ReadOnly(post.denial.text if post.denial is not None else "it could not be saved")
    return post.cards


@contextmanager
def _seated(room: Room, post: _Post, who: Bringer) -> Iterator[Seat]:
    seat = room.join(post, who.author, who.stamp, who.denial, bar=who.bar, by_section=who.by_section)
    if who.byline is not None:
        seat.byline = who.byline
    try:
        yield seat
    finally:
        room.leave(seat)


async def _comment(room: Room, comments: Sequence[NewComment], who: Bringer, at: str) -> None:
    name = str(who.stamp.get("delegation_name", ""))

    def write(document: ChapterDocument) -> None:
        for one in comments:
            if document.has_paragraph(one.paragraph):
                add_comment(Comment(new_comment_id(), one.paragraph, name, who.author, one.text, at))(document)

    await room.write(who.author, write)
