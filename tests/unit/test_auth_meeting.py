"""The people of a meeting, their sign-in and its end, by a clock that the test moves."""

from dataclasses import dataclass, replace

import pytest

from auth.errors import (
    AuthStorageUnavailable,
    FieldInvalid,
    GroupNotFound,
    InvitationExpired,
    InvitationRevoked,
    InvitationUnknown,
    LimitReached,
    ParticipantInactive,
    ParticipantNotFound,
    RosterInvalid,
    SessionEnded,
    TokenExpired,
)
from auth.invitations import MAX_INVITATIONS
from auth.meeting import ACCESS_SECONDS, SESSION_SECONDS, Meeting
from auth.people import MAX_GROUPS, MAX_PARTICIPANTS, BreakoutGroup, Role, StakeholderGroup
from auth.roster import Roster, parse_roster
from auth.rules import ChapterAccess
from auth.sessions import GRACE_SECONDS, MAX_SECONDS, MAX_SESSIONS
from auth.state import Changes
from auth.storage.memory import MemoryAuthStorage
from auth.tokens import Claims, Signer

HEADING = "id,name,delegation,group,role,breakout\n"
PEOPLE = (
    HEADING + "chair,Nadia,Chair,government,chair,\n"
    "amina,Amina,Egypt,government,delegate,Group A\n"
    "omar,Omar,Egypt,government,delegate,\n"
)
SIGNER = Signer(bytes(range(32)))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Storage(MemoryAuthStorage):
    """Keeps in memory, and fails when it is told to."""

    full = False

    async def apply(self, changes: Changes, revision: int) -> int:
        if self.full:
            raise AuthStorageUnavailable("the disk is full")
        return await super().apply(changes, revision)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
async def meeting(storage: Storage, clock: Clock) -> Meeting:
    meeting = await Meeting.open(storage, SIGNER, clock)
    await meeting.import_roster(roster(PEOPLE))
    return meeting


def roster(text: str) -> Roster:
    return parse_roster(text.encode())


def counted(meeting: Meeting) -> list[str]:
    calls: list[str] = []
    meeting.on_change(lambda: calls.append("called"))
    return calls


# Participants and groups


async def test_what_was_imported_is_there(meeting: Meeting) -> None:
    assert [one.id for one in meeting.participants()] == ["amina", "chair", "omar"]
    assert [(one.id, one.group) for one in meeting.delegations()] == [
        ("chair", StakeholderGroup.GOVERNMENT),
        ("egypt", StakeholderGroup.GOVERNMENT),
    ]
    assert meeting.breakout_groups() == [BreakoutGroup("group-a", "Group A", frozenset({"amina"}))]
    with pytest.raises(ParticipantNotFound, match="'nobody'"):
        meeting.participant("nobody")


async def test_the_same_list_again_changes_nothing(meeting: Meeting, storage: Storage) -> None:
    before = await storage.revision()
    calls = counted(meeting)
    report = await meeting.import_roster(roster(PEOPLE))
    assert report.unchanged == ("chair", "amina", "omar")
    assert (report.added, report.changed, report.delegations, report.groups) == ((), (), (), ())
    assert await storage.revision() == before
    assert calls == []


async def test_a_second_list_adds_and_changes_and_removes_nobody(meeting: Meeting) -> None:
    report = await meeting.import_roster(
        roster(
            HEADING + "wei,Wei,IFIP,civil society,observer,\n"
            "amina,Amina S.,Egypt,government,delegate,Group B\n"
            "omar,Omar,Egypt,government,delegate,\n"
        )
    )
    assert (report.added, report.changed, report.unchanged) == (("wei",), ("amina",), ("omar",))
    assert (report.delegations, report.groups) == (("ifip",), ("group-a", "group-b"))
    assert meeting.participant("amina").name == "Amina S."
    assert meeting.participant("chair").role is Role.CHAIR
    assert [group.members for group in meeting.breakout_groups()] == [frozenset(), frozenset({"amina"})]


async def test_a_line_without_breakout_groups_leaves_them(meeting: Meeting) -> None:
    await meeting.put_group(BreakoutGroup("group-a", "Group A", frozenset({"amina", "omar"}), frozenset({"c"})))
    await meeting.import_roster(roster(HEADING + "omar,Omar,Egypt,government,delegate,\n"))
    assert meeting.access("c", "omar").member


async def test_a_delegation_that_changes_its_group_changes_for_all_of_it(meeting: Meeting) -> None:
    report = await meeting.import_roster(roster(HEADING + "amina,Amina,Egypt,academia,delegate,Group A\n"))
    assert (report.changed, report.delegations) == (("amina",), ("egypt",))
    assert meeting.participant("omar").delegation.group is StakeholderGroup.ACADEMIA


async def test_a_delegation_keeps_its_number(meeting: Meeting, storage: Storage, clock: Clock) -> None:
    lines = (
        "wei,Wei,Zambia,government,delegate,\nomar,Omar,EGYPT,academia,delegate,\nzoe,Zoe,Andorra,academia,observer,\n"
    )
    await meeting.import_roster(roster(HEADING + lines))
    assert meeting.participant("amina").delegation.name == "EGYPT"
    for one in (meeting, await Meeting.open(storage, SIGNER, clock)):
        numbers = {
            delegation: one.delegation_number(delegation) for delegation in ("chair", "egypt", "zambia", "andorra")
        }
        assert numbers == {"chair": 1, "egypt": 2, "zambia": 3, "andorra": 4}
        assert one.delegation_number("atlantis") == 0


async def test_nobody_takes_the_place_of_a_namesake_of_another_delegation(meeting: Meeting) -> None:
    with pytest.raises(RosterInvalid) as caught:
        await meeting.import_roster(roster("name,delegation,group,role\nAmina,Japan,government,delegate\n"))
    ((line, column, message),) = caught.value.problems
    assert (line, column) == (2, "id")
    assert "already, for Egypt" in message
    assert meeting.participant("amina").delegation.name == "Egypt"
    await meeting.import_roster(roster(HEADING + "amina,Amina,Japan,government,delegate,\n"))
    assert meeting.participant("amina").delegation.name == "Japan"


async def test_who_was_inactive_stays_so_on_import(meeting: Meeting) -> None:
    await meeting.update_participant("amina", active=False)
    await meeting.import_roster(roster(PEOPLE))
    assert not meeting.participant("amina").active


async def test_there_is_room_for_so_many_participants(meeting: Meeting) -> None:
    lines = [f"p-{number},P {number},Egypt,government,delegate," for number in range(MAX_PARTICIPANTS - 2)]
    with pytest.raises(LimitReached, match="at most 5000 participants"):
        await meeting.import_roster(roster(HEADING + "\n".join(lines)))
    assert len(meeting.participants()) == 3
    await meeting.import_roster(roster(HEADING + "\n".join(lines[1:])))
    assert len(meeting.participants()) == MAX_PARTICIPANTS


async def test_there_is_room_for_so_many_groups(meeting: Meeting) -> None:
    names = ";".join(f"G{number}" for number in range(MAX_GROUPS - 1))
    line = f"amina,Amina,Egypt,government,delegate,{names}"
    with pytest.raises(LimitReached, match="at most 500 breakout groups"):
        await meeting.import_roster(roster(f"{HEADING}{line};One more"))
    await meeting.import_roster(roster(HEADING + line))
    with pytest.raises(LimitReached):
        await meeting.put_group(BreakoutGroup("more", "More"))
    await meeting.put_group(BreakoutGroup("group-a", "Renamed"))


async def test_breakout_groups_say_who_may_write_what(meeting: Meeting) -> None:
    assert meeting.access("c", "amina") == ChapterAccess("c", named=False, member=False)
    await meeting.put_group(BreakoutGroup("group-a", "Group A", frozenset({"amina"}), frozenset({"c"})))
    await meeting.put_group(BreakoutGroup("group-b", "Group B", frozenset({"chair"}), frozenset({"c", "d"})))
    assert meeting.access("c", "amina") == ChapterAccess("c", named=True, member=True)
    assert meeting.access("d", "amina") == ChapterAccess("d", named=True, member=False)
    await meeting.delete_group("group-a")
    assert meeting.access("c", "amina") == ChapterAccess("c", named=True, member=False)
    await meeting.delete_group("group-b")
    assert meeting.access("c", "amina") == ChapterAccess("c", named=False, member=False)
    with pytest.raises(GroupNotFound, match="'group-b'"):
        await meeting.delete_group("group-b")
    with pytest.raises(ParticipantNotFound):
        await meeting.put_group(BreakoutGroup("g", "G", frozenset({"nobody"})))


async def test_sections_are_with_the_groups_that_name_them(meeting: Meeting) -> None:
    sections = frozenset({("c", "h-1"), ("d", "h-9")})
    await meeting.put_group(BreakoutGroup("group-a", "Group A", frozenset({"amina"}), sections=sections))
    assert meeting.access("c", "amina") == ChapterAccess("c", named=False, member=False)
    assert meeting.access("c", "amina", "h-1") == ChapterAccess("c", named=True, member=True, section="h-1")
    assert meeting.access("c", "omar", "h-1") == ChapterAccess("c", named=True, member=False, section="h-1")
    for other in ("", "h-2", "h-9"):
        assert meeting.access("c", "omar", other) == ChapterAccess("c", named=False, member=False)


async def test_a_section_goes_before_its_chapter_and_the_innermost_before_those_around_it(meeting: Meeting) -> None:
    outer = frozenset({("c", "outer")})
    await meeting.put_group(BreakoutGroup("one", "One", frozenset({"omar"}), frozenset({"c"})))
    await meeting.put_group(BreakoutGroup("two", "Two", frozenset({"amina"}), sections=outer))
    await meeting.put_group(BreakoutGroup("three", "Three", frozenset({"chair"}), sections=outer | {("c", "inner")}))

    def members(*sections: str) -> list[str]:
        return [one for one in ("amina", "chair", "omar") if meeting.access("c", one, *sections).member]

    assert members() == members("unnamed") == ["omar"]
    assert members("outer") == members("unnamed", "outer") == ["amina", "chair"]
    assert members("inner", "outer") == ["chair"]
    await meeting.delete_group("three")
    assert members("inner", "outer") == ["amina"]


async def test_all_that_the_groups_say_of_a_chapter(meeting: Meeting) -> None:
    assert meeting.accesses("c", "amina") == [ChapterAccess("c", named=False, member=False)]
    sections = frozenset({("c", "h-1"), ("d", "h-2")})
    await meeting.put_group(BreakoutGroup("one", "One", frozenset({"amina"}), frozenset({"d"}), sections))
    await meeting.put_group(BreakoutGroup("two", "Two", frozenset({"omar"}), sections=frozenset({("c", "h-3")})))
    assert meeting.accesses("c", "amina") == [
        ChapterAccess("c", named=False, member=False),
        ChapterAccess("c", named=True, member=True, section="h-1"),
        ChapterAccess("c", named=True, member=False, section="h-3"),
    ]


async def test_a_list_of_participants_leaves_the_sections_of_groups(meeting: Meeting) -> None:
    sections = frozenset({("c", "h")})
    await meeting.put_group(BreakoutGroup("group-a", "Group A", frozenset({"amina"}), sections=sections))
    await meeting.import_roster(roster(HEADING + "omar,Omar,Egypt,government,delegate,Group A\n"))
    (group,) = meeting.breakout_groups()
    assert (group.members, group.sections) == (frozenset({"amina", "omar"}), sections)


async def test_a_participant_changes_as_told(meeting: Meeting) -> None:
    changed = await meeting.update_participant("amina", role=Role.OBSERVER, name="Amina S.")
    assert meeting.participant("amina") == changed
    assert (changed.role, changed.name, changed.active) == (Role.OBSERVER, "Amina S.", True)
    with pytest.raises(FieldInvalid):
        await meeting.update_participant("amina", name="")
    with pytest.raises(ParticipantNotFound):
        await meeting.update_participant("nobody", active=False)


# Invitations


async def test_an_invitation_opens_several_sessions(meeting: Meeting, clock: Clock) -> None:
    invitation, secret = await meeting.invite("amina", hours=2)
    first = await meeting.sign_in(secret)
    clock.now += 60
    second = await meeting.sign_in(secret)
    assert first.session.id != second.session.id
    assert meeting.authenticate(first.access_token).participant.id == "amina"
    (kept,) = meeting.invitations("amina")
    assert (kept.id, kept.used, kept.last_used_at) == (invitation.id, 2, 1_000_060)
    assert (kept.created_at, kept.expires_at) == (1_000_000, 1_007_200)


async def test_secrets_are_long_random_and_not_kept(meeting: Meeting, storage: Storage) -> None:
    secrets = [(await meeting.invite("amina", hours=2))[1] for _ in range(5)]
    signed_in = await meeting.sign_in(secrets[0])
    refreshed = await meeting.refresh(signed_in.refresh_secret)
    assert len(set(secrets)) == 5
    assert all(len(secret) == 43 for secret in secrets)
    state = await storage.load()
    kept = " ".join(
        str(getattr(one, name))
        for one in (*state.invitations.values(), *state.sessions.values())
        for name in ("id", "secret_hash", "refresh_hash", "previous_hash")
        if hasattr(one, name)
    )
    shown = repr((state, signed_in, refreshed))
    for whole in (*secrets, signed_in.refresh_secret, refreshed.refresh_secret, signed_in.access_token):
        for part in whole.split("."):
            assert part not in kept
            assert part not in shown


async def test_an_invitation_expires(meeting: Meeting, clock: Clock) -> None:
    _, secret = await meeting.invite("amina", hours=0.5)
    clock.now += 1799
    await meeting.sign_in(secret)
    clock.now += 1
    with pytest.raises(InvitationExpired) as caught:
        await meeting.sign_in(secret)
    assert caught.value.expired_at == 1_001_800


async def test_revoking_an_invitation_ends_the_sessions_it_opened(meeting: Meeting) -> None:
    invitation, secret = await meeting.invite("amina", hours=2)
    _, other_secret = await meeting.invite("amina", hours=2)
    lost, kept = await meeting.sign_in(secret), await meeting.sign_in(other_secret)
    calls = counted(meeting)
    await meeting.revoke_invitation(invitation.id)
    assert [one.revoked_at for one in meeting.invitations("amina")].count(1_000_000) == 1
    assert calls == ["called"]
    with pytest.raises(InvitationRevoked):
        await meeting.sign_in(secret)
    with pytest.raises(SessionEnded):
        meeting.authenticate(lost.access_token)
    assert meeting.authenticate(kept.access_token).session_id == kept.session.id
    await meeting.revoke_invitation(invitation.id)
    assert calls == ["called"]


async def test_revoking_an_invitation_that_has_gone_ends_the_sessions_it_opened(
    meeting: Meeting, storage: Storage, clock: Clock
) -> None:
    expiring, secret = await meeting.invite("amina", hours=1)
    displaced, other_secret = await meeting.invite("omar", hours=2)
    lost = [await meeting.sign_in(secret), await meeting.sign_in(other_secret)]
    for _ in range(MAX_INVITATIONS):
        clock.now += 1
        await meeting.invite("omar", hours=3)
    clock.now += 3600
    again = await Meeting.open(storage, SIGNER, clock)
    assert {expiring.id, displaced.id}.isdisjoint((await storage.load()).invitations)
    for invitation, signed_in in zip((expiring, displaced), lost, strict=True):
        assert again.session(signed_in.session.id).participant == signed_in.participant
        await again.revoke_invitation(invitation.id)
        with pytest.raises(SessionEnded):
            await again.refresh(signed_in.refresh_secret)
        with pytest.raises(InvitationUnknown):  # nothing of it is left
            await again.revoke_invitation(invitation.id)
    for gone in (secret, other_secret):
        with pytest.raises(InvitationUnknown):
            await again.sign_in(gone)


@pytest.mark.parametrize("secret", ["", "x" * 43, "é", "\ud800", "a.b"])
async def test_an_unknown_invitation(meeting: Meeting, secret: str) -> None:
    with pytest.raises(InvitationUnknown):
        await meeting.sign_in(secret)
    with pytest.raises(InvitationUnknown):
        await meeting.revoke_invitation(secret)


async def test_the_id_of_an_invitation_opens_nothing(meeting: Meeting) -> None:
    invitation, _ = await meeting.invite("amina", hours=2)
    for known in (invitation.id, invitation.secret_hash):
        with pytest.raises(InvitationUnknown):
            await meeting.sign_in(known)


@pytest.mark.parametrize("hours", [0, -1, 24 * 367, float("nan"), float("inf")])
async def test_lifetimes_that_cannot_be(meeting: Meeting, hours: float) -> None:
    with pytest.raises(FieldInvalid, match="lifetime in hours"):
        await meeting.invite("amina", hours=hours)


async def test_a_further_invitation_takes_the_place_of_a_revoked_then_of_the_oldest(
    meeting: Meeting, clock: Clock
) -> None:
    made = []
    for _ in range(MAX_INVITATIONS):
        made.append(await meeting.invite("amina", hours=2))
        clock.now += 1
    await meeting.revoke_invitation(made[7][0].id)
    await meeting.invite("amina", hours=2)
    assert made[7][0].id not in {one.id for one in meeting.invitations("amina")}
    await meeting.sign_in(made[0][1])
    await meeting.invite("amina", hours=2)
    with pytest.raises(InvitationUnknown):
        await meeting.sign_in(made[0][1])
    await meeting.sign_in(made[1][1])
    assert len(meeting.invitations("amina")) == MAX_INVITATIONS


async def test_half_of_a_hash_is_not_enough(meeting: Meeting, storage: Storage) -> None:
    invitation, secret = await meeting.invite("amina", hours=2)
    like_it = replace(invitation, secret_hash=invitation.secret_hash[:16] + "0" * 48)
    await storage.apply(Changes(invitations=(like_it,)), await storage.revision())
    with pytest.raises(InvitationUnknown):
        await meeting.sign_in(secret)


# Sessions


async def signed_in_as(meeting: Meeting, participant: str) -> tuple[str, str, str]:
    """Session, access token, refresh secret."""
    _, secret = await meeting.invite(participant, hours=48)
    signed_in = await meeting.sign_in(secret)
    return signed_in.session.id, signed_in.access_token, signed_in.refresh_secret


async def test_an_access_token_is_short_lived_and_its_session_is_not(meeting: Meeting, clock: Clock) -> None:
    session, token, _ = await signed_in_as(meeting, "amina")
    clock.now += ACCESS_SECONDS - 1
    assert meeting.authenticate(token).session_expires_at == 1_000_000 + SESSION_SECONDS
    clock.now += 1
    with pytest.raises(TokenExpired):
        meeting.authenticate(token)
    assert meeting.session(session).participant.id == "amina"
    clock.now = 1_000_000 + SESSION_SECONDS
    with pytest.raises(SessionEnded, match="its time is over"):
        meeting.session(session)


async def test_lifetimes_as_given(storage: Storage, clock: Clock) -> None:
    meeting = await Meeting.open(storage, SIGNER, clock, access_seconds=10, session_seconds=15)
    await meeting.import_roster(roster(PEOPLE))
    _, secret = await meeting.invite("amina", hours=1)
    signed_in = await meeting.sign_in(secret)
    assert (signed_in.access_expires_at, signed_in.session.expires_at) == (1_000_010, 1_000_015)
    clock.now += 10
    refreshed = await meeting.refresh(signed_in.refresh_secret)
    assert refreshed.access_expires_at == 1_000_015
    clock.now += 5
    with pytest.raises(SessionEnded, match="its time is over"):
        await meeting.refresh(refreshed.refresh_secret)


async def test_refreshing_goes_on_until_the_session_ends(meeting: Meeting, clock: Clock) -> None:
    session, _, secret = await signed_in_as(meeting, "amina")
    seen = {secret}
    for _ in range(47):
        clock.now += ACCESS_SECONDS
        refreshed = await meeting.refresh(secret)
        secret = refreshed.refresh_secret
        seen.add(secret)
        assert meeting.authenticate(refreshed.access_token).session_id == session
    assert len(seen) == 48
    clock.now += ACCESS_SECONDS
    with pytest.raises(SessionEnded):
        await meeting.refresh(secret)


async def test_two_tabs_that_refresh_at_once_get_the_same_next_secret(meeting: Meeting, clock: Clock) -> None:
    _, _, secret = await signed_in_as(meeting, "amina")
    first = await meeting.refresh(secret)
    clock.now += GRACE_SECONDS - 1
    second = await meeting.refresh(secret)
    assert second.refresh_secret == first.refresh_secret
    clock.now += 600
    third = await meeting.refresh(second.refresh_secret)
    assert third.refresh_secret != second.refresh_secret
    assert meeting.authenticate(third.access_token).participant.id == "amina"


async def test_an_old_refresh_secret_ends_the_session(meeting: Meeting, clock: Clock) -> None:
    _, _, secret = await signed_in_as(meeting, "amina")
    refreshed = await meeting.refresh(secret)
    calls = counted(meeting)
    clock.now += GRACE_SECONDS
    with pytest.raises(SessionEnded, match="old refresh secret"):
        await meeting.refresh(secret)
    assert calls == ["called"]
    with pytest.raises(SessionEnded):
        meeting.authenticate(refreshed.access_token)
    with pytest.raises(SessionEnded):
        await meeting.refresh(refreshed.refresh_secret)


async def test_the_secret_before_the_last_ends_the_session_at_once(meeting: Meeting) -> None:
    session, _, secret = await signed_in_as(meeting, "amina")
    second = await meeting.refresh(secret)
    await meeting.refresh(second.refresh_secret)
    with pytest.raises(SessionEnded, match="old refresh secret"):
        await meeting.refresh(secret)
    with pytest.raises(SessionEnded):
        meeting.session(session)


async def test_who_does_not_have_a_session_s_secret_does_not_end_it(meeting: Meeting) -> None:
    session, token, _ = await signed_in_as(meeting, "amina")
    for guess in ("", ".", session, f"{session}.x", f".{session}", "é.é", "\ud800", "x" * 100_000):
        with pytest.raises(SessionEnded, match="not known"):
            await meeting.refresh(guess)
    assert meeting.authenticate(token).session_id == session


async def test_signing_out_ends_one_session(meeting: Meeting) -> None:
    session, token, secret = await signed_in_as(meeting, "amina")
    _, other_token, _ = await signed_in_as(meeting, "amina")
    calls = counted(meeting)
    await meeting.sign_out(session)
    await meeting.sign_out(session)
    await meeting.sign_out("never")
    assert calls == ["called"]
    with pytest.raises(SessionEnded):
        meeting.authenticate(token)
    with pytest.raises(SessionEnded):
        await meeting.refresh(secret)
    assert meeting.authenticate(other_token).participant.id == "amina"


async def test_an_opened_session_lasts_as_long_as_its_token(meeting: Meeting, clock: Clock) -> None:
    token = await meeting.open_session("omar", 3 * 24 * 3600)
    clock.now += 3 * 24 * 3600 - 1
    assert meeting.authenticate(token).participant.id == "omar"
    clock.now += 1
    with pytest.raises(TokenExpired):
        meeting.authenticate(token)
    for seconds in (0, -1, MAX_SECONDS + 1):
        with pytest.raises(FieldInvalid, match="lifetime in seconds"):
            await meeting.open_session("omar", seconds)


async def test_a_further_session_ends_the_oldest(meeting: Meeting, clock: Clock) -> None:
    tokens = []
    for _ in range(MAX_SESSIONS):
        tokens.append(await meeting.open_session("amina", 3600))
        clock.now += 1
    other = await meeting.open_session("omar", 3600)
    calls = counted(meeting)
    tokens.append(await meeting.open_session("amina", 3600))
    assert calls == ["called"]
    with pytest.raises(SessionEnded):
        meeting.authenticate(tokens[0])
    for token in (*tokens[1:], other):
        meeting.authenticate(token)


async def test_a_token_of_another_participant_s_session(meeting: Meeting) -> None:
    session, _, _ = await signed_in_as(meeting, "amina")
    with pytest.raises(SessionEnded, match="another participant"):
        meeting.authenticate(SIGNER.sign(Claims("chair", session, 1_000_000, 1_000_900)))


async def test_a_role_bites_in_the_open_session(meeting: Meeting) -> None:
    session, token, _ = await signed_in_as(meeting, "amina")
    calls = counted(meeting)
    await meeting.update_participant("amina", role=Role.OBSERVER)
    assert calls == ["called"]
    assert meeting.authenticate(token).participant.role is Role.OBSERVER
    assert meeting.session(session).participant.role is Role.OBSERVER


async def test_who_becomes_inactive_loses_everything(meeting: Meeting) -> None:
    invitation, secret = await meeting.invite("amina", hours=2)
    signed_in = await meeting.sign_in(secret)
    other = await meeting.open_session("omar", 60)
    await meeting.update_participant("amina", active=False)
    with pytest.raises(SessionEnded):
        meeting.authenticate(signed_in.access_token)
    with pytest.raises(InvitationRevoked):
        await meeting.sign_in(secret)
    with pytest.raises(ParticipantInactive):
        await meeting.invite("amina", hours=2)
    with pytest.raises(ParticipantInactive):
        await meeting.open_session("amina", 60)
    assert meeting.authenticate(other).participant.id == "omar"
    await meeting.update_participant("amina", active=True)
    with pytest.raises(SessionEnded):
        meeting.authenticate(signed_in.access_token)
    assert [one.id for one in meeting.invitations("amina") if one.revoked_at is None] == []
    assert meeting.invitations("amina")[0].id == invitation.id


async def test_the_session_of_somebody_inactive_is_of_no_use(meeting: Meeting, storage: Storage, clock: Clock) -> None:
    token = await meeting.open_session("amina", 60)
    inactive = replace(meeting.participant("amina"), active=False)
    await storage.apply(Changes(participants=(inactive,)), await storage.revision())
    again = await Meeting.open(storage, SIGNER, clock)
    with pytest.raises(SessionEnded, match="not active"):
        again.authenticate(token)


# Callbacks, storage


async def test_those_who_ask_are_told_of_what_may_change_rights_and_of_nothing_else(meeting: Meeting) -> None:
    calls: list[bool] = []
    stop = meeting.on_change(lambda: calls.append(meeting.participant("omar").active))
    _, secret = await meeting.invite("amina", hours=2)
    signed_in = await meeting.sign_in(secret)
    await meeting.refresh(signed_in.refresh_secret)
    assert calls == []
    await meeting.put_group(BreakoutGroup("g", "G"))
    await meeting.delete_group("g")
    await meeting.update_participant("omar", active=False)
    assert calls == [True, True, False]
    await meeting.update_participant("omar", active=False)
    stop()
    await meeting.update_participant("omar", active=True)
    assert calls == [True, True, False]


async def test_what_has_expired_is_dropped_at_open(meeting: Meeting, storage: Storage, clock: Clock) -> None:
    await meeting.invite("amina", hours=1)
    await meeting.invite("amina", hours=3)
    await meeting.open_session("amina", 3600)
    kept = await meeting.open_session("amina", 3601)
    clock.now += 3600
    again = await Meeting.open(storage, SIGNER, clock)
    state = await storage.load()
    assert (len(state.invitations), len(state.sessions)) == (1, 1)
    assert again.authenticate(kept).participant.id == "amina"


async def test_what_could_not_be_kept_has_not_happened(meeting: Meeting, storage: Storage) -> None:
    _, token, secret = await signed_in_as(meeting, "amina")
    calls = counted(meeting)
    storage.full = True
    with pytest.raises(AuthStorageUnavailable):
        await meeting.update_participant("amina", active=False)
    with pytest.raises(AuthStorageUnavailable):
        await meeting.refresh(secret)
    assert calls == []
    assert meeting.authenticate(token).participant.active
    storage.full = False
    await meeting.refresh(secret)
    await meeting.update_participant("amina", active=False)
    assert calls == ["called"]
