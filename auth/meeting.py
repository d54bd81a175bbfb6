"""The people of one meeting: held in memory, written through a storage, signed in and out."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Self

from auth.changes import (
    active_participant,
    find_participant,
    revoked,
    shut_out,
    with_invitation,
    with_session,
    without_expired,
)
from auth.enrolment import RosterReport, enrol
from auth.errors import (
    GroupNotFound,
    InvitationUnknown,
    LimitReached,
    SessionEnded,
)
from auth.invitations import Invitation, find_invitation, new_invitation, used
from auth.people import MAX_GROUPS, BreakoutGroup, Delegation, Participant, Role
from auth.roster import Roster
from auth.rules import ChapterAccess
from auth.sessions import Authenticated, Session, SignedIn, check_open, find_session, new_session, rotated
from auth.shared import SharedState
from auth.state import Changes, State
from auth.storage.base import AuthStorage
from auth.tokens import Claims, Signer

ACCESS_SECONDS = 15 * 60
"""How long an access token serves, unless said otherwise."""
SESSION_SECONDS = 12 * 3600
"""How long a session lasts, unless said otherwise."""


class Meeting:
    """The service that the server uses. Made by `Meeting.open`; used from one event loop.

    What reads is answered from memory at once. What changes is on disk when it returns; it is made on top of what
    other processes have changed, and raises `AuthStorageUnavailable` when nothing could be kept.
    """

    def __init__(
        self,
        storage: AuthStorage,
        signer: Signer,
        clock: Callable[[], float],
        access_seconds: int,
        session_seconds: int,
    ) -> None:
        self._shared = SharedState(storage)
        self._signer = signer
        self._clock = clock
        self._access_seconds = access_seconds
        self._session_seconds = session_seconds

    @classmethod
    async def open(
        cls,
        storage: AuthStorage,
        signer: Signer,
        clock: Callable[[], float] = time.time,
        *,
        access_seconds: int = ACCESS_SECONDS,
        session_seconds: int = SESSION_SECONDS,
    ) -> Self:
        """Load everything, and drop the sessions and invitations that have expired. ``clock`` gives seconds."""
        meeting = cls(storage, signer, clock, access_seconds, session_seconds)
        await meeting._shared.load()
        await meeting._shared.change(lambda state: (without_expired(state, clock()), None))
        return meeting

    # People

    def participant(self, participant_id: str) -> Participant:
        """Raises `ParticipantNotFound`."""
        return find_participant(self._shared.state, participant_id)

    def participants(self) -> list[Participant]:
        """All, active or not, by id."""
        return sorted(self._shared.state.participants.values(), key=lambda one: one.id)

    def delegations(self) -> list[Delegation]:
        """All, by id."""
        return sorted(self._shared.state.delegations.values(), key=lambda one: one.id)

    def delegation_number(self, delegation_id: str) -> int:
        """A delegation's own number: 1, 2, 3 … in the order in which the meeting first knew them, in one import that
        of the list. It stays when the delegation changes, and is never another's. 0 for one that is not known."""
        return self._shared.state.numbers.get(delegation_id, 0)

    def breakout_groups(self) -> list[BreakoutGroup]:
        """All, by id."""
        return sorted(self._shared.state.groups.values(), key=lambda one: one.id)

    def access(self, chapter: str, participant_id: str, *sections: str) -> ChapterAccess:
        """What the breakout groups say of this chapter and participant, for `rules.decide`.

        `sections`: those in which a paragraph stands, innermost first. The first that some group names decides; when
        none is named, the chapter does.
        """
        groups = self._shared.state.groups.values()
        for section in sections:
            naming = [group for group in groups if (chapter, section) in group.sections]
            if naming:
                member = any(participant_id in group.members for group in naming)
                return ChapterAccess(chapter, named=True, member=member, section=section)
        naming = [group for group in groups if chapter in group.chapters]
        member = any(participant_id in group.members for group in naming)
        return ChapterAccess(chapter, named=bool(naming), member=member)

    def accesses(self, chapter: str, participant_id: str) -> list[ChapterAccess]:
        """The same of the chapter, and then of each section of it that some group names."""
        groups = self._shared.state.groups.values()
        named = {section for group in groups for its_chapter, section in group.sections if its_chapter == chapter}
        of_sections = [self.access(chapter, participant_id, section) for section in sorted(named)]
        return [self.access(chapter, participant_id), *of_sections]

    async def import_roster(self, roster: Roster) -> RosterReport:
        """Add and change participants, delegations and memberships. Raises `RosterInvalid`, `LimitReached`."""
        return await self._shared.change(lambda state: enrol(state, roster))

    async def update_participant(
        self, participant_id: str, *, role: Role | None = None, active: bool | None = None, name: str | None = None
    ) -> Participant:
        """Change what is given. Who becomes inactive loses all sessions and invitations.

        Raises `ParticipantNotFound`, `FieldInvalid`.
        """

        def build(state: State) -> tuple[Changes, Participant]:
            before = find_participant(state, participant_id)
            after = replace(
                before,
                role=before.role if role is None else role,
                active=before.active if active is None else active,
                name=before.name if name is None else name,
            )
            if after == before:
                return Changes(), after
            lost = Changes() if after.active else shut_out(state, after.id, self._clock())
            return replace(lost, participants=(after,)), after

        return await self._shared.change(build)

    async def put_group(self, group: BreakoutGroup) -> BreakoutGroup:
        """Add a breakout group, or change the one of this id. Raises `ParticipantNotFound`, `LimitReached`."""

        def build(state: State) -> tuple[Changes, BreakoutGroup]:
            for member in sorted(group.members):
                find_participant(state, member)
            if group.id not in state.groups and len(state.groups) >= MAX_GROUPS:
                raise LimitReached("breakout groups", MAX_GROUPS)
            return Changes(groups=() if state.groups.get(group.id) == group else (group,)), group

        return await self._shared.change(build)

    async def delete_group(self, group_id: str) -> None:
        """Drop a breakout group: a chapter that no other names is open to all delegates. Raises `GroupNotFound`."""

        def build(state: State) -> tuple[Changes, None]:
            if group_id not in state.groups:
                raise GroupNotFound(group_id)
            return Changes(dropped_groups=(group_id,)), None

        await self._shared.change(build)

    # Invitations

    async def invite(self, participant_id: str, *, hours: float) -> tuple[Invitation, str]:
        """A new invitation and its secret, which is not kept. Raises `ParticipantNotFound`, `ParticipantInactive`,
        `FieldInvalid`."""

        def build(state: State) -> tuple[Changes, tuple[Invitation, str]]:
            participant = active_participant(state, participant_id)
            invitation, secret = new_invitation(participant.id, self._clock(), hours)
            return with_invitation(state, invitation, self._clock()), (invitation, secret)

        return await self._shared.change(build)

    def invitations(self, participant_id: str) -> list[Invitation]:
        """The participant's, oldest first, expired and revoked ones too while they are kept."""
        held = [one for one in self._shared.state.invitations.values() if one.participant == participant_id]
        return sorted(held, key=lambda one: (one.created_at, one.id))

    async def revoke_invitation(self, invitation_id: str) -> None:
        """End an invitation, and every session that was opened with it. Raises `InvitationUnknown`.

        Sessions may outlast their invitation, which goes when it has expired or another takes its place: they end too.
        """

        def build(state: State) -> tuple[Changes, None]:
            now = self._clock()
            before = state.invitations.get(invitation_id)
            opened = [one for one in state.sessions.values() if one.invitation == invitation_id and one.is_open(now)]
            if before is None and not opened:
                raise InvitationUnknown
            ended = () if before is None or before.revoked_at is not None else (replace(before, revoked_at=int(now)),)
            return Changes(invitations=ended, sessions=revoked(opened, now)), None

        await self._shared.change(build)

    # Sessions

    async def sign_in(self, secret: str) -> SignedIn:
        """Open a session with an invitation's secret. Raises `InvitationRefused`, `ParticipantInactive`."""

        def build(state: State) -> tuple[Changes, SignedIn]:
            now = self._clock()
            invitation = find_invitation(state.invitations, secret, now)
            participant = active_participant(state, invitation.participant)
            session, refresh = new_session(participant.id, now, self._session_seconds, invitation.id)
            changes = replace(with_session(state, session, now), invitations=(used(invitation, now),))
            return changes, self._signed_in(participant, session, refresh)

        return await self._shared.change(build)

    async def refresh(self, refresh_secret: str) -> SignedIn:
        """A new access token, and the refresh secret to use the next time. Raises `SessionEnded`.

        An old secret ends the session, since somebody else may have it; the one before the present one is good for
        30 seconds more, and then gives the same next secret again.
        """

        def build(state: State) -> tuple[Changes, SignedIn | None]:
            now = self._clock()
            before = find_session(state.sessions, refresh_secret, now)
            successor = self._signer.successor(refresh_secret)
            after = rotated(before, refresh_secret, successor, now)
            if after is None:
                return Changes(sessions=revoked([before], now)), None
            answer = self._signed_in(find_participant(state, after.participant), after, successor)
            return Changes(sessions=() if after is before else (after,)), answer

        signed_in = await self._shared.change(build)
        if signed_in is None:
            raise SessionEnded("an old refresh secret was used again")
        return signed_in

    async def sign_out(self, session_id: str) -> None:
        """End a session; one that has ended, or never was, is left as it is."""

        def build(state: State) -> tuple[Changes, None]:
            session = state.sessions.get(session_id)
            return Changes(sessions=revoked([session] if session else [], self._clock())), None

        await self._shared.change(build)

    async def open_session(self, participant_id: str, seconds: int) -> str:
        """Open a session without refresh; returns an access token that is good for all of it.

        Raises `ParticipantNotFound`, `ParticipantInactive`, `FieldInvalid`.
        """

        def build(state: State) -> tuple[Changes, Session]:
            participant = active_participant(state, participant_id)
            session, _ = new_session(participant.id, self._clock(), seconds)
            session = replace(session, refresh_hash=None)
            return with_session(state, session, self._clock()), session

        return self._token(await self._shared.change(build), seconds)[0]

    def authenticate(self, access_token: str) -> Authenticated:
        """Who holds this token now. Raises `TokenInvalid`, `TokenExpired`, `SessionEnded`."""
        claims = self._signer.verify(access_token, self._clock())
        authenticated = self.session(claims.session)
        if authenticated.participant.id != claims.participant:
            raise SessionEnded("it is another participant's")
        return authenticated

    async def recognise(self, access_token: str) -> Authenticated:
        """Like `authenticate`, and knows a session that another process opened only just now."""
        try:
            return self.authenticate(access_token)
        except SessionEnded:
            await self.refresh_if_changed()
            return self.authenticate(access_token)

    def session(self, session_id: str) -> Authenticated:
        """Who holds this session now: for a connection that stays open longer than its token. Raises `SessionEnded`."""
        session = self._shared.state.sessions.get(session_id)
        if session is None:
            raise SessionEnded("it is not known here")
        check_open(session, self._clock())
        participant = self._shared.state.participants.get(session.participant)
        if participant is None or not participant.active:
            raise SessionEnded("the participant is not active")
        return Authenticated(participant, session.id, session.expires_at)

    # Other processes, open connections

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back, at once and without arguments, after any change that may take or change rights: of people, of
        groups, the end of a session. The callback must not raise. Returns a function that stops it.

        Time alone calls nobody back: a session's end is in `Authenticated.session_expires_at`.
        """
        return self._shared.on_change(callback)

    async def refresh_if_changed(self) -> bool:
        """Take over what another process has changed; says whether it had. One small read when it had not."""
        return await self._shared.refresh_if_changed()

    def _signed_in(self, participant: Participant, session: Session, refresh_secret: str) -> SignedIn:
        token, expires_at = self._token(session, self._access_seconds)
        return SignedIn(participant, session, token, expires_at, refresh_secret)

    def _token(self, session: Session, seconds: int) -> tuple[str, int]:
        """An access token, and when it expires: never after its session."""
        now = int(self._clock())
        expires_at = min(now + seconds, session.expires_at)
        return self._signer.sign(Claims(session.participant, session.id, now, expires_at)), expires_at
