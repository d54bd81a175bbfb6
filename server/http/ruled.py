"""Locks, statuses and acts as the HTTP API tells of them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from auth.people import Participant
from documents.gavel.rulings import Act, Lock, Person, Scope, Standing, Status
from documents.room import Room


class HolderBody(BaseModel):
    """For whom something is locked."""

    participant: str = Field(description="Empty when everybody of the delegation holds the lock.")
    name: str
    delegation: str
    delegation_name: str


class RulerBody(HolderBody):
    """Who ruled, as they were then."""

    participant: str
    role: str


class LockBody(BaseModel):
    """A lock. It stays until it is released or broken: also when its holder is not there, and after its deadline."""

    model_config = ConfigDict(populate_by_name=True)

    key: str = Field(description="The paragraph's id; of a section its heading's; `*` for all headings.")
    scope: Scope
    number: int = Field(description="Of the act in the log by which it was taken.")
    by: RulerBody
    holder: HolderBody = Field(alias="for")
    reason: str
    at: str = Field(description="When it became what it is, as ISO 8601 in UTC.")
    until: str = Field(description="The deadline, as ISO 8601 in UTC; empty for none.")
    paragraphs: list[str] = Field(description="Of a section: the ids that it had then, its heading's first.")
    overdue: bool = Field(description="Whether the deadline has passed.")
    holder_online: bool = Field(description="Whether the holder, or anybody of the delegation, has the chapter open.")


class VoidBody(BaseModel):
    """That an agreed text was changed."""

    at: str
    by: str = Field(description="The id of the participant who changed it.")


class StatusBody(BaseModel):
    """The status of a paragraph."""

    status: Status = Field(description="`draft` where none was set.")
    number: int = Field(description="Of the act in the log that set it; 0 where none was set.")
    by: RulerBody | None
    at: str = Field(description="When it was set, as ISO 8601 in UTC; empty where none was set.")
    hash: str = Field(description="SHA-256 of the text that it was set on (UTF-8), in hexadecimal.")
    void: VoidBody | None = Field(description="When, and by whom, a text that had been agreed was changed.")


class ActBody(BaseModel):
    """One act of the log, which never changes. What does not belong to it is left out."""

    model_config = ConfigDict(populate_by_name=True)

    n: int = Field(description="Counts from 1 without gaps.")
    act: Act
    paragraph: str = Field(description="As the `key` of a lock.")
    by: RulerBody
    at: str
    reason: str
    scope: Scope | None = None
    holder: HolderBody | None = Field(None, alias="for")
    until: str | None = None
    status: Status | None = None
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """Who has a chapter open."""

    participants: frozenset[str]
    delegations: frozenset[str]

    @classmethod
    def of(cls, room: Room | None) -> "Present":
        """Whoever is in a room; nobody while it is not open."""
        seats = [] if room is None else room.seats
        return cls(frozenset(one.author for one in seats), frozenset(one.byline.delegation for one in seats))

    def has(self, holder: Person) -> bool:
        """Whether a holder is among them."""
        if holder.participant:
            return holder.participant in self.participants
        return holder.delegation in self.delegations


def person_of(participant: Participant) -> Person:
    """A participant as somebody who rules, or holds a lock."""
    delegation = participant.delegation
    return Person(participant.id, participant.name, delegation.id, delegation.name, str(participant.role))


def lock_body(lock: Lock, present: Present) -> LockBody:
    """A lock, now."""
    overdue = bool(lock.until) and datetime.fromisoformat(lock.until) < datetime.now(UTC)
    return LockBody.model_validate(
        {**lock.to_map(), "key": lock.paragraph, "overdue": overdue, "holder_online": present.has(lock.holder)}
    )


def status_body(standing: Standing | None) -> StatusBody:
    """A status, set or not."""
    if standing is None:
        return StatusBody(status="draft", number=0, by=None, at="", hash="", void=None)
    return StatusBody.model_validate({"void": None, **standing.to_map()})
