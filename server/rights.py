"""What a participant may change in a chapter: from the table of rights, the breakout groups, and what was ruled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auth.meeting import Meeting
from auth.people import Participant, Role
from auth.rules import FREE, Action, ParagraphState, decide
from documents.gavel.rulings import Lock, Person, Place
from documents.model import ChapterId
from documents.seat import Bar, Denial


@dataclass(frozen=True, slots=True)
class Rights:
    """What a participant may change in a chapter, until something of the meeting's people changes."""

    denial: Denial | None
    """Why they may change nothing at all; None when they may change something."""
    by_section: bool
    """Whether it depends on the section, or on a lock, what they may."""
    bar: Bar
    """Why they may not change what is there."""
    role: Role
    where: Mapping[str, bool]
    """Whether they may write where nothing is ruled: in the chapter (under the empty string), and in each section of it
    that some group names."""


def rights_in(meeting: Meeting, chapter: ChapterId, person: Participant, locks: Iterable[Lock] = ()) -> Rights:
    """The rights that hold now. `locks`: those of the chapter, since one may be for this person where all else is
    with others."""
    accesses = meeting.accesses(chapter, person.id)
    decisions = {access.section: decide(person, Action.WRITE, access) for access in accesses}
    where = {section: decision.allowed for section, decision in decisions.items()}
    everywhere, somewhere = all(where.values()), any(where.values())
    if not somewhere:
        somewhere = any(decide(person, Action.EDIT, state=state_of(lock)).allowed for lock in locks)

    def bar(place: Place) -> str | None:
        access = meeting.access(chapter, person.id, *place.sections)
        decision = decide(person, Action.EDIT, access, state_of(place.lock, sealed=place.sealed))
        return None if decision.allowed else decision.reason

    denial = None if somewhere else Denial("rights", decisions[""].reason)
    return Rights(denial, somewhere and not everywhere, bar, person.role, where)


def state_of(lock: Lock | None, *, sealed: bool = False) -> ParagraphState:
    """What is ruled, as the table of rights asks for it."""
    if lock is None:
        return ParagraphState(sealed=True) if sealed else FREE
    return ParagraphState(
        locked=True,
        holder_participant=lock.holder.participant,
        holder_delegation=lock.holder.delegation,
        sealed=sealed,
        holder_name=called(lock.holder),
        lock_reason=lock.reason,
        taken_by=lock.by.participant,
        scope=lock.scope,
    )


def called(holder: Person) -> str:
    """What people call a lock's holder."""
    return f"{holder.name} ({holder.delegation_name})" if holder.participant else holder.delegation_name
