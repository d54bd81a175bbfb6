"""An invitation: a link that opens sessions for one participant until it expires or is revoked."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from auth.credentials import Credential, hash_of, new_secret
from auth.errors import FieldInvalid, InvitationExpired, InvitationRevoked, InvitationUnknown

MAX_INVITATIONS = 50
"""Kept for each participant; a further one takes the place of the oldest."""
MAX_HOURS = 24 * 366

_ID_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation(Credential):
    """It may be used several times: a delegate has a laptop and a phone."""

    secret_hash: str = field(repr=False)
    used: int = 0
    """How many sessions it has opened."""
    last_used_at: int | None = None


def new_invitation(participant: str, now: float, hours: float) -> tuple[Invitation, str]:
    """An invitation and its secret, which is shown now and never again. Raises `FieldInvalid`."""
    if not 0 < hours <= MAX_HOURS:
        raise FieldInvalid("lifetime in hours", hours, f"more than 0 and at most {MAX_HOURS}")
    secret = new_secret()
    hashed = hash_of(secret)
    created = int(now)
    expires = created + max(1, int(hours * 3600))
    invitation = Invitation(
        id=hashed[:_ID_LENGTH], participant=participant, created_at=created, expires_at=expires, secret_hash=hashed
    )
    return invitation, secret


def find_invitation(invitations: Mapping[str, Invitation], secret: str, now: float) -> Invitation:
    """The open invitation of this secret. Raises `InvitationUnknown`, `InvitationExpired`, `InvitationRevoked`."""
    hashed = hash_of(secret)
    invitation = invitations.get(hashed[:_ID_LENGTH])
    if invitation is None or not hmac.compare_digest(invitation.secret_hash, hashed):
        raise InvitationUnknown
    if invitation.revoked_at is not None:
        raise InvitationRevoked(invitation.revoked_at)
    if now >= invitation.expires_at:
        raise InvitationExpired(invitation.expires_at)
    return invitation


def used(invitation: Invitation, now: float) -> Invitation:
    """The invitation after one more use."""
    return replace(invitation, used=invitation.used + 1, last_used_at=int(now))
