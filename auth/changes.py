"""The changes that a meeting makes, worked out from a state; they alter nothing themselves."""

from collections.abc import Iterable
from dataclasses import replace

from auth.credentials import surplus
from auth.errors import ParticipantInactive, ParticipantNotFound
from auth.invitations import MAX_INVITATIONS, Invitation
from auth.people import Participant
from auth.sessions import MAX_SESSIONS, Session
from auth.state import Changes, State


def find_participant(state: State, participant_id: str) -> Participant:
    """Raises `ParticipantNotFound`."""
    participant = state.participants.get(participant_id)
    if participant is None:
        raise ParticipantNotFound(participant_id)
    return participant


def active_participant(state: State, participant_id: str) -> Participant:
    """Raises `ParticipantNotFound`, `ParticipantInactive`."""
    participant = find_participant(state, participant_id)
    if not participant.active:
        raise ParticipantInactive(participant_id)
    return participant


def with_invitation(state: State, invitation: Invitation, now: float) -> Changes:
    """One more invitation, in the place of the oldest when its participant has too many."""
    held = (one for one in state.invitations.values() if one.participant == invitation.participant)
    return Changes(invitations=(invitation,), dropped_invitations=surplus(held, now, MAX_INVITATIONS))


def with_session(state: State, session: Session, now: float) -> Changes:
    """One more session, in the place of the oldest when its participant has too many."""
    held = (one for one in state.sessions.values() if one.participant == session.participant)
    return Changes(sessions=(session,), dropped_sessions=surplus(held, now, MAX_SESSIONS))


def revoked(sessions: Iterable[Session], now: float) -> tuple[Session, ...]:
    """Those of the sessions that were not revoked yet, revoked."""
    return tuple(replace(one, revoked_at=int(now)) for one in sessions if one.revoked_at is None)


def shut_out(state: State, participant_id: str, now: float) -> Changes:
    """The end of all of a participant's sessions and invitations."""
    invitations = (one for one in state.invitations.values() if one.participant == participant_id)
    return Changes(
        invitations=tuple(replace(one, revoked_at=int(now)) for one in invitations if one.revoked_at is None),
        sessions=revoked((one for one in state.sessions.values() if one.participant == participant_id), now),
    )


def without_expired(state: State, now: float) -> Changes:
    """Sessions and invitations whose time is over go."""
    return Changes(
        dropped_invitations=tuple(one.id for one in state.invitations.values() if now >= one.expires_at),
        dropped_sessions=tuple(one.id for one in state.sessions.values() if now >= one.expires_at),
    )
