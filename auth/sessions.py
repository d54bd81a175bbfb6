"""A session: one browser or script signed in for a time, kept alive by a refresh secret that changes with each use."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from auth.credentials import Credential, hash_of, new_secret
from auth.errors import FieldInvalid, SessionEnded
from auth.people import Participant

MAX_SESSIONS = 50
"""Open for each participant; a further one ends the oldest."""
MAX_SECONDS = 31 * 24 * 3600
"""The longest life of a session."""
GRACE_SECONDS = 30
"""How long the refresh secret before the present one still serves: two tabs may refresh at once."""

_ID_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Credential):
    """One sign-in. Its id is half the hash of the first part of its refresh secret, the part that never changes: so
    whoever shows an old secret of a session is told from one who shows none."""

    invitation: str | None = None
    """The invitation that opened it."""
    refresh_hash: str | None = field(default=None, repr=False)
    """Of the present refresh secret; none for a session that is not refreshed."""
    previous_hash: str | None = field(default=None, repr=False)
    rotated_at: int | None = None
    """When the present secret took the previous one's place."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session, and what its holder is given. The secrets are not shown again."""

    participant: Participant
    session: Session
    access_token: str = field(repr=False)
    access_expires_at: int
    """Whole seconds since 1970 (UTC)."""
    refresh_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who is there, by a session that is open now."""

    participant: Participant
    session_id: str
    session_expires_at: int
    """Whole seconds since 1970 (UTC)."""


def new_session(participant: str, now: float, seconds: int, invitation: str | None = None) -> tuple[Session, str]:
    """A session and its first refresh secret. Raises `FieldInvalid`."""
    if not 0 < seconds <= MAX_SECONDS:
        raise FieldInvalid("lifetime in seconds", seconds, f"1 to {MAX_SECONDS}")
    family = new_secret()
    secret = f"{family}.{new_secret()}"
    session = Session(
        id=hash_of(family)[:_ID_LENGTH],
        participant=participant,
        created_at=int(now),
        expires_at=int(now) + seconds,
        invitation=invitation,
        refresh_hash=hash_of(secret),
    )
    return session, secret


def find_session(sessions: Mapping[str, Session], refresh_secret: str, now: float) -> Session:
    """The open session to which this refresh secret belongs or belonged. Raises `SessionEnded`."""
    family = refresh_secret.partition(".")[0]
    session = sessions.get(hash_of(family)[:_ID_LENGTH])
    if session is None or session.refresh_hash is None:
        raise SessionEnded("it is not known here")
    return check_open(session, now)


def check_open(session: Session, now: float) -> Session:
    """The session itself, when it is of use. Raises `SessionEnded`."""
    if session.revoked_at is not None:
        raise SessionEnded("it was signed out, or access was taken away")
    if now >= session.expires_at:
        raise SessionEnded("its time is over")
    return session


def rotated(session: Session, secret: str, successor: str, now: float) -> Session | None:
    """The session after a refresh with this secret; None when the secret was used before, and so may be stolen.

    The secret before the present one leaves the session as it is, for a short while.
    """
    shown = hash_of(secret)
    if _same(shown, session.refresh_hash):
        return replace(session, refresh_hash=hash_of(successor), previous_hash=shown, rotated_at=int(now))
    if _same(shown, session.previous_hash) and now < (session.rotated_at or 0) + GRACE_SECONDS:
        return session
    return None


def _same(one: str, other: str | None) -> bool:
    return other is not None and hmac.compare_digest(one, other)
