"""Invitations: links that sign a participant in."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from auth.invitations import MAX_HOURS
from server.http.guard import Manager, ServicesOf
from server.http.problems import problems

router = APIRouter(tags=["invitations"])


class NewInvitation(BaseModel):
    """How long it is good for."""

    hours: float | None = Field(
        None, gt=0, le=MAX_HOURS, allow_inf_nan=False, description="As the server is set up, when left out."
    )


class InvitationLink(BaseModel):
    """A new invitation. The link is shown now and never again."""

    id: str
    link: str
    expires_at: int = Field(description="Whole seconds since 1970 (UTC), as all times here.")


class InvitationBody(BaseModel):
    """What is kept of an invitation."""

    id: str
    created_at: int
    expires_at: int
    revoked_at: int | None
    used: int = Field(description="How many sessions it has opened.")
    last_used_at: int | None


class InvitationList(BaseModel):
    """A participant's invitations, those too that have expired or were revoked, while they are kept."""

    invitations: list[InvitationBody] = Field(description="Oldest first.")


@router.post(
    "/api/participants/{participant}/invitations",
    status_code=201,
    responses=problems(401, 403, 404, 409, 422, 503),
)
async def invite_participant(
    participant: str, _: Manager, services: ServicesOf, new: NewInvitation | None = None
) -> InvitationLink:
    """Make a link that signs the participant in, several times if need be, until it expires or is revoked."""
    hours = (new and new.hours) or services.settings.invitation_hours
    invitation, secret = await services.meeting.invite(participant, hours=hours)
    return InvitationLink(
        id=invitation.id, link=f"{services.settings.url}/join#{secret}", expires_at=invitation.expires_at
    )


@router.get("/api/participants/{participant}/invitations", responses=problems(401, 403, 404, 422, 503))
async def list_invitations(participant: str, _: Manager, services: ServicesOf) -> InvitationList:
    """A participant's invitations."""
    services.meeting.participant(participant)
    return InvitationList(
        invitations=[
            InvitationBody(
                id=one.id,
                created_at=one.created_at,
                expires_at=one.expires_at,
                revoked_at=one.revoked_at,
                used=one.used,
                last_used_at=one.last_used_at,
            )
            for one in services.meeting.invitations(participant)
        ]
    )


@router.delete("/api/invitations/{invitation}", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def revoke_invitation(invitation: str, _: Manager, services: ServicesOf) -> None:
    """End an invitation, and every session that was opened with it."""
    await services.meeting.revoke_invitation(invitation)
