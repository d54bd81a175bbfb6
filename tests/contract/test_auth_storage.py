"""One suite for every storage of a meeting's people, and what two processes see of each other through one."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiosqlite
import pytest

from auth.errors import (
    AuthStorageDamaged,
    AuthStorageUnavailable,
    InvitationRevoked,
    InvitationUnknown,
    RevisionConflict,
    SessionEnded,
)
from auth.invitations import Invitation
from auth.meeting import Meeting
from auth.people import BreakoutGroup, Delegation, Participant, Role, StakeholderGroup
from auth.roster import parse_roster
from auth.sessions import Session
from auth.state import Changes, State
from auth.storage.base import AuthStorage
from auth.storage.memory import MemoryAuthStorage
from auth.storage.sqlite import MIGRATIONS, SqliteAuthStorage
from auth.tokens import Signer

EGYPT = Delegation("egypt", "Egypt", StakeholderGroup.GOVERNMENT)
AMINA = Participant("amina", "Amina", EGYPT, Role.DELEGATE)
OMAR = Participant("omar", "Omar", EGYPT, Role.CHAIR, active=False)
GROUP = BreakoutGroup(
    "g",
    "Group",
    frozenset({"amina", "omar"}),
    frozenset({"c-1", "c-2"}),
    frozenset({("c-1", "h-1"), ("c-3", "h-1"), ("c-3", "h-2")}),
)
INVITATION = Invitation(
    id="i", participant="amina", created_at=1, expires_at=2, revoked_at=3, secret_hash="h", used=4, last_used_at=5
)
SESSION = Session(
    id="s",
    participant="amina",
    created_at=1,
    expires_at=2,
    revoked_at=3,
    invitation="i",
    refresh_hash="r",
    previous_hash="p",
    rotated_at=4,
)
ALL = Changes(
    delegations=(EGYPT,), participants=(AMINA, OMAR), groups=(GROUP,), invitations=(INVITATION,), sessions=(SESSION,)
)

Open = Callable[[], Awaitable[AuthStorage]]
"""Opens the same storage once more, as another process does."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def connected(path: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None)
    await connection.execute_fetchall("PRAGMA journal_mode = WAL")
    await connection.execute_fetchall("PRAGMA foreign_keys = ON")
    return connection


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[aiosqlite.Connection]:
    connection = await connected(tmp_path / "meeting.db")
    for script in MIGRATIONS:
        await connection.executescript(script)
    yield connection
    await connection.close()


@pytest.fixture(params=["memory", "sqlite"])
async def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            memory = MemoryAuthStorage()

            async def open_memory() -> AuthStorage:
                return memory

            yield open_memory
            return
        path = tmp_path / "meeting.db"

        async def open_sqlite() -> AuthStorage:
            connection = await connected(path)
            stack.push_async_callback(connection.close)
            return SqliteAuthStorage(connection)

        first = await connected(path)
        stack.push_async_callback(first.close)
        for script in MIGRATIONS:
            await first.executescript(script)
        yield open_sqlite


@pytest.fixture
async def storage(open_again: Open) -> AuthStorage:
    return await open_again()


async def test_a_new_one_is_empty(storage: AuthStorage) -> None:
    assert await storage.load() == State()
    assert await storage.revision() == 0


async def test_everything_comes_back_as_it_was(storage: AuthStorage, open_again: Open) -> None:
    assert await storage.apply(ALL, 0) == 1
    again = await open_again()
    expected = State(
        revision=1,
        delegations={"egypt": EGYPT},
        numbers={"egypt": 1},
        participants={"amina": AMINA, "omar": OMAR},
        groups={"g": GROUP},
        invitations={"i": INVITATION},
        sessions={"s": SESSION},
    )
    assert await again.load() == expected
    assert await again.revision() == 1


async def test_what_is_there_is_replaced(storage: AuthStorage) -> None:
    await storage.apply(ALL, 0)
    amina = Participant("amina", "Amina S.", EGYPT, Role.OBSERVER, active=False)
    group = BreakoutGroup("g", "Other", frozenset({"omar"}), frozenset({"c-3"}), frozenset({("c-3", "h-3")}))
    invitation = Invitation(id="i", participant="amina", created_at=1, expires_at=9, secret_hash="h")
    session = Session(id="s", participant="amina", created_at=1, expires_at=9)
    changes = Changes(participants=(amina,), groups=(group,), invitations=(invitation,), sessions=(session,))
    assert await storage.apply(changes, 1) == 2
    state = await storage.load()
    assert state.participants == {"amina": amina, "omar": OMAR}
    assert (state.groups, state.invitations, state.sessions) == ({"g": group}, {"i": invitation}, {"s": session})


async def test_a_delegation_changes_for_all_its_participants(storage: AuthStorage) -> None:
    await storage.apply(ALL, 0)
    moved = Delegation("egypt", "Arab Republic of Egypt", StakeholderGroup.ACADEMIA)
    await storage.apply(Changes(delegations=(moved,)), 1)
    state = await storage.load()
    assert {one.delegation for one in state.participants.values()} == {moved}
    assert state.delegations == {"egypt": moved}


async def test_delegations_keep_the_numbers_in_which_they_came(storage: AuthStorage, open_again: Open) -> None:
    first = [Delegation(name, name.title(), StakeholderGroup.GOVERNMENT) for name in ("tonga", "egypt", "brazil")]
    await storage.apply(Changes(delegations=tuple(first)), 0)
    renamed = Delegation("egypt", "Arab Republic of Egypt", StakeholderGroup.ACADEMIA)
    later = Delegation("acme", "ACME", StakeholderGroup.PRIVATE_SECTOR)
    other = await open_again()
    await other.apply(Changes(delegations=(later, renamed, first[0])), 1)
    await storage.apply(Changes(delegations=(Delegation("aa", "AA", StakeholderGroup.ACADEMIA),)), 2)
    expected = {"tonga": 1, "egypt": 2, "brazil": 3, "acme": 4, "aa": 5}
    assert (await storage.load()).numbers == expected
    assert (await (await open_again()).load()).numbers == expected


async def test_what_is_dropped_is_gone_and_the_rest_is_not(storage: AuthStorage) -> None:
    await storage.apply(ALL, 0)
    other = BreakoutGroup("other", "Other", frozenset({"amina"}), frozenset({"c-1"}), frozenset({("c-1", "h-1")}))
    await storage.apply(Changes(groups=(other,)), 1)
    dropped = Changes(dropped_groups=("g", "never"), dropped_invitations=("i",), dropped_sessions=("s",))
    await storage.apply(dropped, 2)
    state = await storage.load()
    assert (state.groups, state.invitations, state.sessions) == ({"other": other}, {}, {})
    assert set(state.participants) == {"amina", "omar"}


async def test_a_change_on_top_of_an_old_revision_is_refused(storage: AuthStorage, open_again: Open) -> None:
    other = await open_again()
    await storage.apply(ALL, 0)
    with pytest.raises(RevisionConflict) as caught:
        await other.apply(Changes(dropped_groups=("g",)), 0)
    assert (caught.value.expected, caught.value.found) == (0, 1)
    assert (await other.load()).groups == {"g": GROUP}


async def test_what_was_loaded_does_not_change_afterwards(storage: AuthStorage) -> None:
    before = await storage.load()
    await storage.apply(ALL, 0)
    assert before == State()


async def test_of_many_at_once_one_is_kept(storage: AuthStorage) -> None:
    groups = [BreakoutGroup(f"g-{number}", "Group") for number in range(10)]
    tried = await asyncio.gather(*(storage.apply(Changes(groups=(g,)), 0) for g in groups), return_exceptions=True)
    assert [one for one in tried if one == 1] == [1]
    assert sum(isinstance(one, RevisionConflict) for one in tried) == 9
    assert len((await storage.load()).groups) == 1


async def test_sqlite_keeps_nothing_of_a_change_that_fails(connection: aiosqlite.Connection) -> None:
    storage = SqliteAuthStorage(connection)
    await connection.execute_fetchall(
        "CREATE TRIGGER fault BEFORE INSERT ON auth_session BEGIN SELECT RAISE(FAIL, 'fault'); END"
    )
    with pytest.raises(AuthStorageDamaged, match="fault"):
        await storage.apply(ALL, 0)
    assert await storage.load() == State()
    await connection.execute_fetchall("DROP TRIGGER fault")
    assert await storage.apply(ALL, 0) == 1


async def test_sqlite_numbers_the_delegations_of_an_older_database(tmp_path: Path) -> None:
    connection = await connected(tmp_path / "older.db")
    await connection.executescript(MIGRATIONS[0])
    for name in ("tonga", "egypt", "brazil"):
        insert = "INSERT INTO auth_delegation (id, name, stakeholder_group) VALUES (?, ?, 'government')"
        await connection.execute_fetchall(insert, (name, name.title()))
    await connection.execute_fetchall("UPDATE auth_delegation SET name = 'The Kingdom of Tonga' WHERE id = 'tonga'")
    for script in MIGRATIONS[1:]:
        await connection.executescript(script)
    storage = SqliteAuthStorage(connection)
    await storage.apply(Changes(delegations=(EGYPT, Delegation("acme", "ACME", StakeholderGroup.PRIVATE_SECTOR))), 0)
    assert (await storage.load()).numbers == {"tonga": 1, "egypt": 2, "brazil": 3, "acme": 4}
    await connection.close()


async def test_sqlite_takes_over_the_groups_of_an_older_database(tmp_path: Path) -> None:
    connection = await connected(tmp_path / "older.db")
    for script in MIGRATIONS[:2]:
        await connection.executescript(script)
    await connection.execute_fetchall("INSERT INTO auth_breakout_group (id, name) VALUES ('g', 'Group')")
    await connection.execute_fetchall("INSERT INTO auth_group_chapter (breakout_group, chapter) VALUES ('g', 'c-1')")
    for script in MIGRATIONS[2:]:
        await connection.executescript(script)
    storage = SqliteAuthStorage(connection)
    before = BreakoutGroup("g", "Group", chapters=frozenset({"c-1"}))
    assert (await storage.load()).groups == {"g": before}
    after = BreakoutGroup("g", "Group", chapters=frozenset({"c-1"}), sections=frozenset({("c-2", "h")}))
    await storage.apply(Changes(groups=(after,)), 0)
    assert (await storage.load()).groups == {"g": after}
    await connection.close()


async def test_sqlite_on_a_full_disk(connection: aiosqlite.Connection) -> None:
    storage = SqliteAuthStorage(connection)
    await storage.apply(ALL, 0)
    ((pages,),) = await connection.execute_fetchall("PRAGMA page_count")
    await connection.execute_fetchall(f"PRAGMA max_page_count = {pages}")
    many = Changes(groups=tuple(BreakoutGroup(f"g-{n}", "Group " * 30 + "x") for n in range(200)))
    with pytest.raises(AuthStorageUnavailable, match="full"):
        await storage.apply(many, 1)
    assert (await storage.load()).groups == {"g": GROUP}
    await connection.execute_fetchall("PRAGMA max_page_count = 100000")
    assert await storage.apply(many, 1) == 2


async def test_sqlite_locked_by_another_process(connection: aiosqlite.Connection, tmp_path: Path) -> None:
    await connection.execute_fetchall("PRAGMA busy_timeout = 0")
    storage = SqliteAuthStorage(connection)
    other = sqlite3.connect(tmp_path / "meeting.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(AuthStorageUnavailable, match="locked"):
        await storage.apply(ALL, 0)
    other.execute("ROLLBACK")
    other.close()
    assert await storage.apply(ALL, 0) == 1


async def test_sqlite_finishes_what_was_cancelled(connection: aiosqlite.Connection) -> None:
    storage = SqliteAuthStorage(connection)
    caller = asyncio.create_task(storage.apply(ALL, 0))
    while not connection.in_transaction:  # cancelled in the middle of its transaction
        await connection.execute_fetchall("SELECT 1")
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert (await storage.load()).groups == {"g": GROUP}
    assert not connection.in_transaction


async def test_sqlite_leaves_behind_a_transaction_that_could_not_be_rolled_back(
    connection: aiosqlite.Connection,
) -> None:
    storage = SqliteAuthStorage(connection)
    await connection.execute_fetchall("BEGIN")
    await connection.execute_fetchall("UPDATE auth_revision SET revision = 7")
    assert await storage.apply(ALL, 0) == 1


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE auth_participant SET role = 'king'",
        "UPDATE auth_participant SET id = 'Ö'",
        "DELETE FROM auth_delegation",
        "DELETE FROM auth_revision",
    ],
)
async def test_sqlite_says_when_it_is_damaged(connection: aiosqlite.Connection, damage: str) -> None:
    storage = SqliteAuthStorage(connection)
    await storage.apply(Changes(delegations=(EGYPT,), participants=(AMINA,)), 0)
    await connection.execute_fetchall("PRAGMA foreign_keys = OFF")
    await connection.execute_fetchall(damage)
    with pytest.raises(AuthStorageDamaged):
        await storage.load()


# Two meetings over one storage: the server and a command, say.

ROSTER = parse_roster(
    b"id,name,delegation,group,role\nchair,Nadia,Chair,government,chair\namina,Amina,Egypt,government,delegate\n"
)


async def meeting(open_again: Open) -> Meeting:
    return await Meeting.open(await open_again(), Signer(bytes(32)), lambda: 1_000_000.0)


async def test_another_meeting_sees_a_change_when_it_looks(open_again: Open) -> None:
    server, command = await meeting(open_again), await meeting(open_again)
    assert not await server.refresh_if_changed()
    await command.import_roster(ROSTER)
    assert server.participants() == []
    calls: list[int] = []
    server.on_change(lambda: calls.append(len(server.participants())))
    assert await server.refresh_if_changed()
    assert calls == [2]
    assert server.participant("amina").delegation.name == "Egypt"
    assert not await server.refresh_if_changed()


async def test_one_s_own_change_is_no_news(open_again: Open) -> None:
    server = await meeting(open_again)
    await server.import_roster(ROSTER)
    assert not await server.refresh_if_changed()


async def test_a_session_that_a_command_just_opened_is_recognised(open_again: Open) -> None:
    server = await meeting(open_again)
    await server.import_roster(ROSTER)
    token = await (await meeting(open_again)).open_session("amina", 60)
    with pytest.raises(SessionEnded):
        server.authenticate(token)
    assert (await server.recognise(token)).participant.id == "amina"
    assert server.authenticate(token).session_expires_at == 1_000_060


async def test_an_invitation_that_a_command_just_made_opens_a_session(open_again: Open) -> None:
    server = await meeting(open_again)
    await server.import_roster(ROSTER)
    command = await meeting(open_again)
    invitation, secret = await command.invite("amina", hours=1)
    signed_in = await server.sign_in(secret)
    with pytest.raises(InvitationUnknown):
        await server.sign_in(secret + "x")
    await command.revoke_invitation(invitation.id)
    with pytest.raises(InvitationRevoked):
        await server.sign_in(secret)
    with pytest.raises(SessionEnded):
        server.authenticate(signed_in.access_token)


async def test_changes_of_two_meetings_at_once_are_all_kept(open_again: Open) -> None:
    one, two = await meeting(open_again), await meeting(open_again)
    await one.import_roster(ROSTER)
    members = frozenset({"amina"})
    async with asyncio.TaskGroup() as tasks:
        for number in range(10):
            tasks.create_task(one.put_group(BreakoutGroup(f"one-{number}", "One", members)))
            tasks.create_task(two.put_group(BreakoutGroup(f"two-{number}", "Two", members)))
    third = await meeting(open_again)
    assert len(third.breakout_groups()) == 20
