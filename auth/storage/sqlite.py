"""A meeting's people in SQLite: the tables whose names begin with `auth_`."""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from operator import attrgetter
from typing import Any, TypeVar

import aiosqlite

from auth.errors import AuthStorageDamaged, AuthStorageUnavailable, FieldInvalid, RevisionConflict
from auth.invitations import Invitation
from auth.people import BreakoutGroup, Delegation, Participant, Role, StakeholderGroup
from auth.sessions import Session
from auth.state import Changes, State

MIGRATIONS: Sequence[str] = (
    """
    CREATE TABLE auth_revision (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
    INSERT INTO auth_revision (id, revision) VALUES (1, 0);
    CREATE TABLE auth_delegation (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        stakeholder_group TEXT NOT NULL
    );
    CREATE TABLE auth_participant (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        delegation TEXT NOT NULL REFERENCES auth_delegation (id),
        role TEXT NOT NULL,
        active INTEGER NOT NULL
    );
    CREATE TABLE auth_breakout_group (id TEXT PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE auth_member (
        breakout_group TEXT NOT NULL REFERENCES auth_breakout_group (id),
        participant TEXT NOT NULL REFERENCES auth_participant (id),
        PRIMARY KEY (breakout_group, participant)
    );
    CREATE TABLE auth_group_chapter (
        breakout_group TEXT NOT NULL REFERENCES auth_breakout_group (id),
        chapter TEXT NOT NULL,
        PRIMARY KEY (breakout_group, chapter)
    );
    CREATE TABLE auth_invitation (
        id TEXT PRIMARY KEY,
        participant TEXT NOT NULL REFERENCES auth_participant (id),
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        revoked_at INTEGER,
        secret_hash TEXT NOT NULL,
        used INTEGER NOT NULL,
        last_used_at INTEGER
    );
    CREATE TABLE auth_session (
        id TEXT PRIMARY KEY,
        participant TEXT NOT NULL REFERENCES auth_participant (id),
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        revoked_at INTEGER,
        invitation TEXT,
        refresh_hash TEXT,
        previous_hash TEXT,
        rotated_at INTEGER
    );
    """,
    # A delegation's number is the row's own: one more than the last, since no row ever goes.
    """
    CREATE TABLE auth_delegation_number (
        number INTEGER PRIMARY KEY,
        delegation TEXT NOT NULL UNIQUE REFERENCES auth_delegation (id)
    );
    INSERT INTO auth_delegation_number (delegation) SELECT id FROM auth_delegation ORDER BY rowid;
    """,
    """
    CREATE TABLE auth_group_section (
        breakout_group TEXT NOT NULL REFERENCES auth_breakout_group (id),
        chapter TEXT NOT NULL,
        section TEXT NOT NULL,
        PRIMARY KEY (breakout_group, chapter, section)
    );
    """,
)
"""Scripts that bring a database from nothing to the newest shape; the index of each is the version it starts from.
One that was released is never changed."""

_CREDENTIAL = ("id", "participant", "created_at", "expires_at", "revoked_at")
_DELEGATION = ("id", "name", "stakeholder_group")
_PARTICIPANT = ("id", "name", "delegation", "role", "active")
_GROUP = ("id", "name")
_INVITATION = (*_CREDENTIAL, "secret_hash", "used", "last_used_at")
_SESSION = (*_CREDENTIAL, "invitation", "refresh_hash", "previous_hash", "rotated_at")

T = TypeVar("T")
Rows = Iterable[Sequence[Any]]


class SqliteAuthStorage:
    """An `AuthStorage` over an open connection in autocommit mode that nobody else uses; closing it is not ours.

    How durable a commit is, and how long another process is waited for, is as the connection was set up.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()

    async def load(self) -> State:
        """All that is kept, as of one moment. Raises `AuthStorageDamaged`."""
        try:
            return await self._whole(self._load())
        except (FieldInvalid, KeyError, ValueError) as error:  # values that can't have been written by us
            raise AuthStorageDamaged(str(error)) from error

    async def apply(self, changes: Changes, revision: int) -> int:
        """Keep the changes on top of `revision`, in one commit. Raises `RevisionConflict`.

        When the caller is cancelled the commit goes on; the revision then tells.
        """
        return await self._whole(self._apply(changes, revision))

    async def revision(self) -> int:
        """The number of changes so far."""
        with _translated():
            async with self._lock:
                return await self._revision()

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work to its end though its caller is cancelled, so that no transaction is left half way."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _load(self) -> State:
        async with self._transaction("BEGIN"):
            delegations = {
                id_: Delegation(id_, name, StakeholderGroup(group))
                for id_, name, group in await self._rows("auth_delegation", _DELEGATION)
            }
            return State(
                revision=await self._revision(),
                delegations=delegations,
                numbers={
                    row[0]: row[1] for row in await self._rows("auth_delegation_number", ("delegation", "number"))
                },
                participants={
                    id_: Participant(id_, name, delegations[delegation], Role(role), bool(active))
                    for id_, name, delegation, role, active in await self._rows("auth_participant", _PARTICIPANT)
                },
                groups=await self._groups(),
                invitations={
                    row[0]: Invitation(**dict(zip(_INVITATION, row, strict=True)))
                    for row in await self._rows("auth_invitation", _INVITATION)
                },
                sessions={
                    row[0]: Session(**dict(zip(_SESSION, row, strict=True)))
                    for row in await self._rows("auth_session", _SESSION)
                },
            )

    async def _groups(self) -> dict[str, BreakoutGroup]:
        members: dict[str, set[str]] = defaultdict(set)
        for group, participant in await self._rows("auth_member", ("breakout_group", "participant")):
            members[group].add(participant)
        chapters: dict[str, set[str]] = defaultdict(set)
        for group, chapter in await self._rows("auth_group_chapter", ("breakout_group", "chapter")):
            chapters[group].add(chapter)
        sections: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for group, chapter, section in await self._rows("auth_group_section", ("breakout_group", "chapter", "section")):
            sections[group].add((chapter, section))
        return {
            id_: BreakoutGroup(id_, name, frozenset(members[id_]), frozenset(chapters[id_]), frozenset(sections[id_]))
            for id_, name in await self._rows("auth_breakout_group", _GROUP)
        }

    async def _apply(self, changes: Changes, revision: int) -> int:
        async with self._transaction("BEGIN IMMEDIATE"):
            found = await self._revision()
            if found != revision:
                raise RevisionConflict(revision, found)
            await self._put("auth_delegation", _DELEGATION, [(d.id, d.name, d.group) for d in changes.delegations])
            await self._number(changes.delegations)
            people = [(p.id, p.name, p.delegation.id, p.role, p.active) for p in changes.participants]
            await self._put("auth_participant", _PARTICIPANT, people)
            await self._put_groups(changes.groups)
            await self._put("auth_invitation", _INVITATION, map(attrgetter(*_INVITATION), changes.invitations))
            await self._put("auth_session", _SESSION, map(attrgetter(*_SESSION), changes.sessions))
            await self._empty_groups(changes.dropped_groups)
            await self._delete("auth_breakout_group", "id", changes.dropped_groups)
            await self._delete("auth_invitation", "id", changes.dropped_invitations)
            await self._delete("auth_session", "id", changes.dropped_sessions)
            await self._connection.execute_fetchall("UPDATE auth_revision SET revision = revision + 1")
        return revision + 1

    async def _number(self, delegations: Iterable[Delegation]) -> None:
        insert = "INSERT INTO auth_delegation_number (delegation) VALUES (?) ON CONFLICT (delegation) DO NOTHING"
        await self._many(insert, [(one.id,) for one in delegations])

    async def _put_groups(self, groups: Sequence[BreakoutGroup]) -> None:
        await self._put("auth_breakout_group", _GROUP, [(group.id, group.name) for group in groups])
        await self._empty_groups([group.id for group in groups])
        members = [(group.id, member) for group in groups for member in group.members]
        await self._many("INSERT INTO auth_member (breakout_group, participant) VALUES (?, ?)", members)
        chapters = [(group.id, chapter) for group in groups for chapter in group.chapters]
        await self._many("INSERT INTO auth_group_chapter (breakout_group, chapter) VALUES (?, ?)", chapters)
        sections = [(group.id, *section) for group in groups for section in group.sections]
        await self._many("INSERT INTO auth_group_section (breakout_group, chapter, section) VALUES (?, ?, ?)", sections)

    async def _empty_groups(self, ids: Sequence[str]) -> None:
        await self._delete("auth_member", "breakout_group", ids)
        for table in ("auth_group_chapter", "auth_group_section"):
            await self._delete(table, "breakout_group", ids)

    # Tables and columns are the constants of this file; values are always bound.

    async def _rows(self, table: str, columns: Sequence[str]) -> Rows:
        return await self._connection.execute_fetchall(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608

    async def _put(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        updates = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
        insert = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        await self._many(f"{insert} ON CONFLICT (id) DO UPDATE SET {updates}", rows)

    async def _delete(self, table: str, column: str, ids: Iterable[str]) -> None:
        await self._many(f"DELETE FROM {table} WHERE {column} = ?", [(id_,) for id_ in ids])  # noqa: S608

    async def _many(self, statement: str, rows: Rows) -> None:
        values = list(rows)
        if values:
            await (await self._connection.executemany(statement, values)).close()

    async def _revision(self) -> int:
        ((revision,),) = await self._connection.execute_fetchall("SELECT revision FROM auth_revision")
        return int(revision)

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[None]:
        with _translated():
            async with self._lock:
                await self._roll_back()
                try:
                    await self._connection.execute_fetchall(begin)
                    yield
                    await self._connection.execute_fetchall("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error):  # tried again before the next one begins
                        await self._roll_back()
                    raise

    async def _roll_back(self) -> None:
        if self._connection.in_transaction:
            await self._connection.execute_fetchall("ROLLBACK")


@contextmanager
def _translated() -> Iterator[None]:
    """Raise our own errors for those of SQLite."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise AuthStorageUnavailable(str(error)) from error
    except sqlite3.DatabaseError as error:
        raise AuthStorageDamaged(str(error)) from error
