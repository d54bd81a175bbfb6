"""What somebody sends who rules: for whom, why, until when."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from auth.errors import ParticipantNotFound
from auth.meeting import Meeting
from auth.people import Participant, Role
from documents.gavel.rulings import MAX_REASON, Person, Status
from server.http.problems import Refusal
from server.http.ruled import person_of

MAX_ID: Final = 100
"""Characters in an id that somebody sends."""


class ParticipantRef(BaseModel):
    """One participant."""

    model_config = ConfigDict(extra="forbid")

    participant: str = Field(max_length=MAX_ID)


class DelegationRef(BaseModel):
    """Everybody of a delegation."""

    model_config = ConfigDict(extra="forbid")

    delegation: str = Field(max_length=MAX_ID)


class HeadingsLock(BaseModel):
    """For whom to lock the headings, why, and until when. What is left out is not kept from the lock before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The structure is approved"}]})

    holder: Annotated[str, Field(max_length=MAX_ID)] | ParticipantRef | DelegationRef | None = Field(
        default=None,
        alias="for",
        description="The id of a participant or, if there is none, of a delegation. Left out: whoever asks.",
    )
    reason: str = Field(default="", max_length=MAX_REASON)
    until: AwareDatetime | None = Field(default=None, description="The deadline, as ISO 8601 with its offset from UTC.")


class NewLock(HeadingsLock):
    """For whom to lock a paragraph or a section, why, and until when. What is left out is not kept from before."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"for": {"delegation": "egypt"}, "reason": "Redrafting", "until": "2030-05-15T18:00:00+02:00"}]
        }
    )

    scope: Literal["paragraph", "section"] = Field(
        default="paragraph", description="`section`: the heading and all below it."
    )


class NewStatus(BaseModel):
    """Which status, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "agreed", "reason": "Third reading"}]})

    status: Status
    reason: str = Field(default="", max_length=MAX_REASON)
    hash: str | None = Field(
        None,
        max_length=64,
        description="SHA-256 of the paragraph's text (UTF-8): set the status only if this is still its text.",
    )


def holder_of(meeting: Meeting, caller: Participant, said: str | ParticipantRef | DelegationRef | None) -> Person:
    """Raises `Refusal` for nobody, and for who may never write."""
    if said is None:
        return replace(person_of(caller), role="")
    if isinstance(said, DelegationRef):
        return _delegation(meeting, said.delegation)
    named = said.participant if isinstance(said, ParticipantRef) else said
    try:
        found = meeting.participant(named)
    except ParticipantNotFound:
        if isinstance(said, str):
            return _delegation(meeting, said)
        raise Refusal(422, "holder-not-found", "there is no such participant") from None
    if not found.active or found.role is Role.OBSERVER:
        raise Refusal(422, "holder-cannot-write", "an observer, or who is no longer active, can't hold a lock")
    return replace(person_of(found), role="")


def _delegation(meeting: Meeting, wanted: str) -> Person:
    for delegation in meeting.delegations():
        if delegation.id == wanted:
            return Person("", "", delegation.id, delegation.name)
    raise Refusal(422, "holder-not-found", "there is no such participant or delegation")


def deadline(until: datetime | None) -> str:
    """Raises `Refusal` for what has passed, or can't be a time in UTC."""
    if until is None:
        return ""
    try:
        at = until.astimezone(UTC)
    except OverflowError:
        raise Refusal(422, "until-invalid", "the deadline can't be told in UTC") from None
    if at <= datetime.now(UTC):
        raise Refusal(422, "until-passed", "the deadline has passed already")
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clean(reason: str) -> str:
    """Every run of white space as one space."""
    return " ".join(reason.split())
