"""Who takes part in the meeting."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from auth.people import MAX_NAME, Participant, Role
from auth.roster import parse_roster
from server.http.guard import Manager, Neighbour, ServicesOf
from server.http.people import Person, fields_of
from server.http.problems import problems

router = APIRouter(prefix="/api/participants", tags=["participants"])


class ParticipantBody(Person):
    """A participant in the list."""

    active: bool

    @classmethod
    def of(cls, one: Participant) -> "ParticipantBody":
        """From the meeting's own record."""
        return cls(**fields_of(one), active=one.active)


class ParticipantList(BaseModel):
    """All participants, active or not."""

    participants: list[ParticipantBody] = Field(description="By id.")


class ParticipantChange(BaseModel):
    """What changes; what is left out, or null, stays."""

    role: Role | None = None
    active: bool | None = Field(None, description="Who becomes inactive loses all sessions and invitations.")
    name: str | None = Field(None, max_length=MAX_NAME)


class RosterBody(BaseModel):
    """What an import did."""

    added: list[str] = Field(description="Ids, in the order of the list.")
    changed: list[str]
    unchanged: int


@router.get("", responses=problems(401, 403, 503))
async def list_participants(_: Neighbour, services: ServicesOf) -> ParticipantList:
    """All participants."""
    return ParticipantList(participants=[ParticipantBody.of(one) for one in services.meeting.participants()])


@router.post("/import", responses=problems(401, 403, 409, 422, 503))
async def import_participants(
    content: Annotated[
        bytes, Body(media_type="text/csv", description="UTF-8; columns name, delegation, group, role, id, breakout.")
    ],
    _: Manager,
    services: ServicesOf,
) -> RosterBody:
    """Add and change participants by a list. With any problem in it, nothing is changed."""
    report = await services.meeting.import_roster(await asyncio.to_thread(parse_roster, content))
    return RosterBody(added=list(report.added), changed=list(report.changed), unchanged=len(report.unchanged))


@router.patch("/{participant}", responses=problems(401, 403, 404, 422, 503))
async def change_participant(
    participant: str, change: ParticipantChange, _: Manager, services: ServicesOf
) -> ParticipantBody:
    """Change a participant. It bites at once, in open connections too."""
    changed = await services.meeting.update_participant(
        participant, role=change.role, active=change.active, name=change.name
    )
    return ParticipantBody.of(changed)
