"""Restoring a version: the chapter's text becomes the version's again, as a new state of it.

What it was until then becomes an automatic version in the same step, so nothing is lost, and that can be restored in
turn. Statuses, locks, comments and versions stay as they are: an agreement on a text that changes is void, and it takes
a ruling to agree again.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Final

from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.errors import DocumentsError
from documents.gavel import rulings
from documents.gavel.borders import among
from documents.gavel.rulings import MAX_RULINGS, Lock, Person, Place
from documents.model import SERVER, AuthorId
from documents.outline import Top
from documents.redline.base import Base
from documents.redline.redline import RedlineParagraph, read, redline
from documents.room import Room
from documents.seat import Bar
from documents.versions import frozen
from documents.versions.reverting import Difference, Past, Reverting
from documents.versions.versions import Version, add_version, status_line

MAX_QUOTED: Final = 90
"""Bytes of a version's name that stand in the name of the one that is made before it is restored."""
NAMED: Final = 20
"""Paragraphs that a refusal names."""


@dataclass(frozen=True, slots=True)
class Restorer:
    """Who restores."""

    author: AuthorId
    byline: Byline
    person: Person
    bar: Bar


@dataclass(frozen=True, slots=True)
class Held:
    """A paragraph that would change and that somebody may not change."""

    label: str
    reason: str


@dataclass(slots=True, eq=False)
class RestoreRefused(DocumentsError):
    """What would change is locked, or agreed."""

    held: tuple[Held, ...]

    def __str__(self) -> str:
        named = "; ".join(f"{one.label or 'one without a number'}: {one.reason}" for one in self.held[:NAMED])
        more = f"; and {len(self.held) - NAMED} more" if len(self.held) > NAMED else ""
        many = "s" if len(self.held) > 1 else ""
        return f"it would change paragraph{many} that you may not change ({named}{more})"


class LogFull(DocumentsError):
    """The chapter's log holds no more acts."""

    def __str__(self) -> str:
        return f"a chapter's log holds {MAX_RULINGS} acts: no version can be restored any more"


@dataclass(frozen=True, slots=True)
class Restored:
    """What restoring a version did, or would do."""

    differences: tuple[Difference, ...]
    """The paragraphs that changed; none when the text was the version's already, to the author of each word."""
    voided: tuple[str, ...] = ()
    """The ids of those of them of which an agreement is void by it."""
    before: Version | None = None
    """The text as it was; None when nothing changed."""
    changes: tuple[RedlineParagraph, ...] = field(default=(), repr=False)
    """The redline, of a preview."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to restore."""

    version: Version
    past: Past
    """The version's text."""
    by: Restorer
    at: int
    """When, in milliseconds since 1970."""


async def restore(room: Room, wanted: Wanted) -> Restored:
    """Make a chapter's text what it was in a version; it is on disk, and shown to all, on return.

    All is one entry of the journal, so it is there as a whole or
    not at all. Raises `RestoreRefused` and `LogFull` with nothing written, and as `Room.write` does.
    """
    act = _Act(wanted)
    await room.write(wanted.by.author, lambda document: act.carry_out(document, room.before_write), apart=True)
    return act.outcome()


def preview(document: ChapterDocument, base: Base, wanted: Wanted) -> Restored:
    """What `restore` would do, with the redline.

    `document` is a copy of the chapter that is of no other use, and `base` of the same entry. Raises as `restore`.
    """
    act = _Act(wanted)
    document.write(lambda one: act.carry_out(one, base.seq), wanted.by.author, wanted.at)
    done = act.outcome()
    return replace(done, before=None, changes=tuple(redline(read(document), base)))


class _Act:
    """One restoring, in one step of the room."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._at = rulings.iso(wanted.at)
        self._failure: DocumentsError | None = None
        self._done: Restored | None = None

    def outcome(self) -> Restored:
        """What came of it. Raises what kept it from being done."""
        if self._failure is not None:
            raise self._failure
        assert self._done is not None  # noqa: S101 (it was carried out)
        return self._done

    def carry_out(self, document: ChapterDocument, seq: int) -> None:
        """To be called within `ChapterDocument.write`; `seq` is the last entry before that."""
        reverting = Reverting(document, self._wanted.past)
        if not reverting.differences:
            self._done = Restored(())
        elif held := tuple(_held(document, reverting, self._wanted.by.bar)):
            self._failure = RestoreRefused(held)
        elif not rulings.has_room(document):
            self._failure = LogFull()
        else:
            self._done = self._restore(document, reverting, seq)

    def _restore(self, document: ChapterDocument, reverting: Reverting, seq: int) -> Restored:
        by, at = self._wanted.by, self._at
        before = self._before(document, seq)
        document.introduce(by.author, by.byline)
        changed = [one.paragraph for one in reverting.differences]
        agreed = [paragraph for paragraph in changed if rulings.may_void(document, paragraph)]
        said = reverting.carry_out(agreed)
        add_version(document, before)
        rulings.note_restored(document, self._wanted.version.name, reverting.clocks, by.person, at)
        voided = (one for one in agreed if rulings.void_but(document, one, said.get(one), by.author, at))
        return Restored(reverting.differences, tuple(voided), before)

    def _before(self, document: ChapterDocument, seq: int) -> Version:
        """The text as it is now, as an automatic version."""
        text = frozen.of_chapter(document)
        moment = datetime.fromisoformat(self._at)
        status = status_line(moment.date(), f"{moment:%H:%M} UTC")
        restored = self._wanted.version.name
        name = _free(f"Automatic: before “{_short(restored)}” was restored, {status}", document.value("versions"))
        told = Version(name, seq, self._at, SERVER, status=status, automatic=True, before=restored)
        return replace(told, exceptions=frozen.exceptions(text), hash=frozen.hash_of(text))


def _short(name: str) -> str:
    return name if len(name.encode()) <= MAX_QUOTED else name.encode()[:MAX_QUOTED].decode(errors="ignore") + "…"


def _free(name: str, taken: Container[str]) -> str:
    """The name, or with a number behind it when another has it."""
    numbered = (f"{name} ({number})" for number in count(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


# What may not change


def _held(document: ChapterDocument, reverting: Reverting, bar: Bar) -> Iterator[Held]:
    """The paragraphs that would change, and that may not, each with the reason."""
    standings = rulings.standings(document)
    new = {one.anew for one in reverting.differences if one.anew is not None}

    def barred(_: Top, around: Sequence[Lock]) -> str | None:
        reasons = (bar(Place("", (), lock, sealed=False)) for lock in around)
        return next((reason for reason in reasons if reason is not None), None)

    misplaced = {top.item: reason for top, _, reason in among(document, reverting.tops, new, barred)}
    for one in reverting.differences:
        lock = rulings.lock_on(document, one.paragraph, heading=one.level > 0)
        standing = standings.get(one.paragraph)
        reason = bar(Place(one.paragraph, (), lock, standing is not None and standing.sealed))
        if reason is None and one.anew is not None:
            reason = misplaced.get(one.anew)
        if reason is not None:
            yield Held(one.label, reason)
