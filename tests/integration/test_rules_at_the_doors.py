"""Each route of the HTTP API, and the websocket, lets through what the table of rights allows, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pycrdt import XmlElement, XmlFragment, XmlText

from auth.meeting import Meeting
from auth.people import Participant
from auth.roster import parse_roster
from auth.rules import Action, ParagraphState, SetAsideOf, StatusChange, decide
from auth.tokens import Signer, load_or_create_key
from documents import protocol
from documents.chapter import ChapterDocument
from documents.opening import Comment, add_comment
from documents.rooms import Rooms
from documents.rulings import HEADINGS, STATUS, Status, drop_lock, put_lock, set_status
from documents.set_aside import SetAside
from server.database import open_database
from server.offline import KEY
from tests.integration.doors_kit import (
    AT,
    KINDS,
    OPEN_RULED,
    OTHER,
    ROLES,
    RULED,
    SECTIONS,
    WIDE,
    access,
    lock,
    make_chapter,
    make_wide,
    may_edit,
    state,
)
from tests.integration.http_world import PEOPLE, Caller, World
from tests.livekit import LiveServer
from tests.wirekit import Replica, Wire, eventually, replica, wire

Route = tuple[str, str]

CHAPTER = "/api/chapters/{chapter}"
CSV = {"content": PEOPLE.encode(), "headers": {"Content-Type": "text/csv"}}
DRAFT = {"content": b"A title\n", "headers": {"Content-Type": "text/plain"}}

WITHOUT_STATE: dict[Route, tuple[Action, dict[str, Any]]] = {
    ("GET", "/api/chapters"): (Action.READ, {}),
    ("POST", "/api/chapters"): (Action.CREATE_CHAPTER, {"json": {"title": "Another"}}),
    ("POST", "/api/chapters/import"): (Action.IMPORT_CHAPTER, DRAFT),
    ("GET", CHAPTER): (Action.READ, {}),
    ("GET", f"{CHAPTER}/text"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/paragraphs"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/rulings"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/set-aside"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/runs"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/authorship/totals"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/authorship/activity"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/authorship/content-map"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/redline"): (Action.READ, {"params": {"since": AT}}),
    ("GET", f"{CHAPTER}/versions"): (Action.READ, {}),
    ("POST", f"{CHAPTER}/versions"): (Action.NAME_VERSION, {"json": {"name": "Status of today"}}),
    ("GET", f"{CHAPTER}/history"): (Action.SEE_HISTORY, {}),
    ("GET", "/api/search"): (Action.READ, {"params": {"q": "plain"}}),
    ("GET", "/api/participants"): (Action.SEE_PEOPLE, {}),
    ("POST", "/api/participants/import"): (Action.MANAGE_PEOPLE, CSV),
    ("PATCH", "/api/participants/{participant}"): (Action.MANAGE_PEOPLE, {"json": {"name": "Søren H."}}),
    ("POST", "/api/participants/{participant}/invitations"): (Action.MANAGE_PEOPLE, {"json": {"hours": 1}}),
    ("GET", "/api/participants/{participant}/invitations"): (Action.MANAGE_PEOPLE, {}),
    ("DELETE", "/api/invitations/{invitation}"): (Action.MANAGE_PEOPLE, {}),
    ("GET", "/api/breakout-groups"): (Action.SEE_PEOPLE, {}),
    ("PUT", "/api/breakout-groups/{group}"): (Action.MANAGE_PEOPLE, {"json": {"name": "A"}}),
    ("DELETE", "/api/breakout-groups/{group}"): (Action.MANAGE_PEOPLE, {}),
}
"""Routes for which the person alone decides, with an action of the table."""
BY_STATE: dict[Route, dict[str, Any]] = {
    ("POST", f"{CHAPTER}/comments"): {"json": {"paragraph": "plain-free", "text": "Unclear"}},
    ("PATCH", f"{CHAPTER}/comments/{{comment}}"): {"json": {"resolved": True}},
    ("PUT", f"{CHAPTER}/paragraphs/{{paragraph}}/lock"): {"json": {}},
    ("DELETE", f"{CHAPTER}/paragraphs/{{paragraph}}/lock"): {},
    ("PUT", f"{CHAPTER}/headings/lock"): {"json": {}},
    ("DELETE", f"{CHAPTER}/headings/lock"): {},
    ("PUT", f"{CHAPTER}/paragraphs/{{paragraph}}/status"): {"json": {"status": "draft"}},
    ("POST", f"{CHAPTER}/set-aside/{{number}}/propose"): {},
    ("DELETE", f"{CHAPTER}/set-aside/{{number}}"): {},
}
"""Routes for which a state of the table decides too; each has a test of its own here."""
WITHOUT_RIGHTS: set[Route] = {
    ("POST", "/api/session"),
    ("GET", "/api/session"),
    ("DELETE", "/api/session"),
    ("POST", "/api/session/refresh"),
    ("GET", "/health"),
    ("GET", "/ready"),
}
"""Signing in and out, and what watches the server: no right is needed."""


def said(answer: httpx.Response) -> str:
    """`allowed`, or the code of the problem."""
    return "allowed" if answer.is_success else str(answer.json()["code"])


def expected(allowed: bool) -> str:
    return "allowed" if allowed else "forbidden"


async def person(world: World, who: str, kind: str = "open") -> tuple[Participant, Caller, str]:
    """A participant, signed in, and a chapter of this kind for them."""
    me = world.services.meeting.participant(who)
    chapter = f"{who}-{kind}"
    await make_chapter(world.services.meeting, world.services.rooms, chapter, kind, me)
    return me, await world.caller(who), chapter


async def send(world: World, caller: Caller, route: Route, options: dict[str, Any], chapter: str) -> str:
    """Ask a route for which the person alone decides."""
    method, path = route
    invitation, _ = await world.services.meeting.invite("acme", hours=1)
    address = path.format(
        chapter=chapter,
        participant="acme",
        invitation=invitation.id,
        group=f"{chapter}-theirs",
        paragraph="plain-free",
        comment="c",
        number=1,
    )
    return said(await caller.request(method, address, **options))


# HTTP


async def test_every_route_is_held_against_the_table(world: World) -> None:
    assert set(world.description.routes) == set(WITHOUT_STATE) | set(BY_STATE) | WITHOUT_RIGHTS


@pytest.mark.parametrize("who", ROLES)
async def test_what_the_role_decides(world: World, who: str) -> None:
    wrong = {}
    for kind in KINDS:
        me, caller, chapter = await person(world, who, kind)
        for route, (action, options) in WITHOUT_STATE.items():
            got = await send(world, caller, route, options, chapter)
            if got != expected(decide(me, action, access(chapter, kind, "plain")).allowed):
                wrong[kind, route] = got
    assert wrong == {}


async def test_who_is_not_active_or_not_signed_in_may_nothing(world: World) -> None:
    me, caller, chapter = await person(world, "egypt")
    await world.services.meeting.update_participant("egypt", active=False)
    routes = {route: options for route, (_, options) in WITHOUT_STATE.items()} | BY_STATE
    for route, options in routes.items():
        assert await send(world, caller, route, options, chapter) == "session-ended", route
        assert await send(world, world.stranger(), route, options, chapter) == "not-signed-in", route
    assert not any(decide(world.services.meeting.participant(me.id), action).allowed for action in Action)


@pytest.mark.parametrize("who", ROLES)
async def test_which_paragraphs_one_may_edit_is_told(world: World, who: str) -> None:
    for kind in KINDS:
        me, caller, chapter = await person(world, who, kind)
        answer = await caller.get(f"/api/chapters/{chapter}/paragraphs")
        told = {one["id"]: one["may_edit"] for one in answer.json()["paragraphs"] if one["kind"] == "paragraph"}
        assert told == may_edit(me, chapter, kind)
        body = (await caller.get(f"/api/chapters/{chapter}")).json()
        assert body["may_write"] is any(told.values())
        accesses = [access(chapter, kind, section) for section in SECTIONS]
        assert body["may_comment"] is any(decide(me, Action.COMMENT, one).allowed for one in accesses)
        (listed,) = (one for one in (await caller.get("/api/chapters")).json()["chapters"] if one["id"] == chapter)
        assert listed == body


@pytest.mark.parametrize("who", ROLES)
async def test_comments(world: World, who: str) -> None:
    for kind in KINDS:
        me, caller, chapter = await person(world, who, kind)
        for section in SECTIONS:
            right = expected(decide(me, Action.COMMENT, access(chapter, kind, section)).allowed)
            for name in RULED:
                body = {"paragraph": f"{section}-{name}", "text": "Unclear"}
                assert said(await caller.post(f"/api/chapters/{chapter}/comments", json=body)) == right, section
            await write(world, chapter, add_comment(Comment(section, f"{section}-free", "Acme", "acme", "Unclear", AT)))
            change = await caller.patch(f"/api/chapters/{chapter}/comments/{section}", json={"resolved": True})
            assert said(change) == right, section


@pytest.mark.parametrize("who", ROLES)
async def test_locks(world: World, who: str) -> None:
    me, caller, chapter = await person(world, who)
    taking, releasing = {}, {}
    for name, ruled in RULED.items():
        taken = await caller.put(f"/api/chapters/{chapter}/paragraphs/plain-{name}/lock", json={})
        released = await caller.delete(f"/api/chapters/{chapter}/paragraphs/theirs-{name}/lock")
        now = state(me, ruled)
        if said(taken) != may_take(me, now):
            taking[name] = said(taken)
        if said(released) != may_release(me, now):
            releasing[name] = said(released)
    assert (taking, releasing) == ({}, {})


@pytest.mark.parametrize("who", ROLES)
async def test_the_lock_of_the_headings(world: World, who: str) -> None:
    me, caller, chapter = await person(world, who)
    address = f"/api/chapters/{chapter}/headings/lock"
    for ruled in OPEN_RULED.values():

        def rule(document: ChapterDocument, ruled: Any = ruled) -> None:
            drop_lock(document, HEADINGS, OTHER, "break", "", AT)
            if ruled.holder:
                put_lock(document, lock(me, HEADINGS, ruled), "lock")

        await write(world, chapter, rule)
        assert said(await caller.put(address, json={})) == may_take(me, state(me, ruled)), ruled
        await write(world, chapter, rule)
        assert said(await caller.delete(address)) == may_release(me, state(me, ruled)), ruled


def may_take(me: Participant, now: ParagraphState) -> str:
    """What taking a lock is answered with: one that stands is changed, or in the way."""
    if not decide(me, Action.LOCK, state=now).allowed:
        return "forbidden"
    return "locked" if now.locked and not decide(me, Action.CHANGE_LOCK, state=now).allowed else "allowed"


def may_release(me: Participant, now: ParagraphState) -> str:
    """What releasing a lock is answered with. Where none stands, whoever may release their own is told so."""
    if now.locked:
        return expected(decide(me, Action.CHANGE_LOCK, state=now).allowed)
    own = decide(me, Action.CHANGE_LOCK, state=ParagraphState(taken_by=me.id))
    return "not-locked" if own.allowed else "forbidden"


@pytest.mark.parametrize("who", ROLES)
async def test_statuses(world: World, who: str) -> None:
    me, caller, chapter = await person(world, who)
    wrong = {}
    for before in STATUS:
        for after in STATUS:
            await write(world, chapter, lambda document, now=before: set_now(document, now))
            got = said(
                await caller.put(f"/api/chapters/{chapter}/paragraphs/plain-free/status", json={"status": after})
            )
            if got != expected(decide(me, Action.SET_STATUS, state=StatusChange(before, after)).allowed):
                wrong[before, after] = got
    assert wrong == {}
    body = {"status": "bracketed"}
    fresh = await caller.put(f"/api/chapters/{chapter}/paragraphs/mine-free/status", json=body)
    assert said(fresh) == expected(decide(me, Action.SET_STATUS, state=StatusChange("draft", "bracketed")).allowed)


def set_now(document: ChapterDocument, status: Status) -> None:
    set_status(document, "plain-free", status, OTHER, AT, "")


@pytest.mark.parametrize("who", ROLES)
async def test_what_is_set_aside(world: World, who: str) -> None:
    for kind in KINDS:
        me, caller, chapter = await person(world, who, kind)
        items = [(section, by) for section in SECTIONS for by in (who, "acme")]
        await world.services.storage.append(
            [],
            [
                SetAside(chapter, number, by, f"{section}-free", "", 1, 1, "why", 0, (("inserted", "x"),))
                for number, (section, by) in enumerate(items, 1)
            ],
        )
        address = f"/api/chapters/{chapter}/set-aside"
        others = decide(me, Action.SEE_SET_ASIDE, state=SetAsideOf("acme")).allowed
        everybody = await caller.get(address, params={"all": True})
        own = await caller.get(address, params={"all": False})
        assert said(everybody) == expected(others)
        assert {one["participant"] for one in own.json()["set_aside"]} == {who}
        assert not others or len(everybody.json()["set_aside"]) == len(items)
        for number, (section, by) in enumerate(items, 1):
            settle = decide(me, Action.SETTLE_SET_ASIDE, state=SetAsideOf(by)).allowed
            comment = decide(me, Action.COMMENT, access(chapter, kind, section)).allowed
            assert said(await caller.post(f"{address}/{number}/propose")) == expected(settle and comment)
            assert said(await caller.delete(f"{address}/{number}")) == expected(settle)


async def write(world: World, chapter: str, change: Any) -> None:
    await (await world.services.rooms.open(chapter)).write("chair", change)


# The websocket


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    # What is refused here is refused once, but all of it by a few people: nobody is to be closed for that.
    live = LiveServer(tmp_path_factory.mktemp("doors") / "data", {"locked_edits_burst": 100_000})
    asyncio.run(seed(live.data, live.tokens))
    live.start()
    yield live
    live.stop()


async def seed(data: Path, tokens: dict[str, str]) -> None:
    """The meeting of the other tests, with chapters of every kind for everybody."""
    async with await open_database(data) as database:
        meeting = await Meeting.open(database.auth, Signer(load_or_create_key(data / KEY)))
        await meeting.import_roster(parse_roster(PEOPLE.encode()))
        rooms = Rooms(database.documents)
        for who in ROLES:
            tokens[who] = await meeting.open_session(who, 3600)
            for kind in KINDS:
                await make_chapter(meeting, rooms, f"{who}-{kind}", kind, meeting.participant(who))
            for name, ruled in OPEN_RULED.items():
                await make_wide(rooms, f"{who}-wide-{name}", ruled, meeting.participant(who))
        tokens["acme"] = await meeting.open_session("acme", 3600)
        await rooms.close()
        await meeting.update_participant("acme", active=False)


@pytest.fixture
async def people(server: LiveServer) -> AsyncIterator[Meeting]:
    async with await open_database(server.data) as database:
        yield await Meeting.open(database.auth, Signer(load_or_create_key(server.data / KEY)))


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("kind", KINDS)
async def test_the_websocket_lets_through_what_one_may_edit(
    server: LiveServer, people: Meeting, who: str, kind: str
) -> None:
    chapter = f"{who}-{kind}"
    allowed = may_edit(people.participant(who), chapter, kind)
    async with replica(server, who, chapter, notices="1") as (editor, client):
        for place, paragraph in enumerate(ids(editor)):
            if paragraph in allowed:
                await client.send(protocol.sync_update(editor.type(" typed", place)))
        await client.synced()
        now = texts(server, chapter)
        assert {paragraph: now[paragraph].endswith(" typed") for paragraph in allowed} == allowed
        if any(allowed.values()):
            undone = {paragraph for paragraph, may in allowed.items() if not may}
            await eventually(lambda: cards(client) == undone, "being told of each edit that was undone")
            await eventually(lambda: editor.text() == server.text(chapter), "the text that stands")
        else:
            assert client.bodies("notice")[0]["type"] == "read-only"
            assert not cards(client)


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_new_paragraph_is_let_in_where_one_may_write(
    server: LiveServer, people: Meeting, who: str, kind: str
) -> None:
    chapter, me = f"{who}-{kind}", people.participant(who)
    async with replica(server, who, chapter) as (editor, client):
        for section in SECTIONS:
            await client.send(
                protocol.sync_update(insert(editor, ids(editor).index(section) + 1, f"New in {section}."))
            )
        await client.synced()
        written = {one for one in texts(server, chapter).values() if one.startswith("New in")}
    assert written == {
        f"New in {section}."
        for section in SECTIONS
        if decide(me, Action.EDIT, access(chapter, kind, section), ParagraphState()).allowed
    }


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("name", OPEN_RULED)
async def test_locks_of_a_section_and_of_the_headings(server: LiveServer, people: Meeting, who: str, name: str) -> None:
    chapter, me = f"{who}-wide-{name}", people.participant(who)
    held = expect(me, state(me, OPEN_RULED[name]))
    free = expect(me, ParagraphState())
    async with replica(server, who, chapter) as (editor, client):
        for paragraph in WIDE:
            await client.send(protocol.sync_update(editor.type(" typed", ids(editor).index(paragraph))))
        for place, tag in ((1, "paragraph"), (2, "heading"), (len(ids(editor)) + 2, "heading"), (0, "paragraph")):
            await client.send(protocol.sync_update(insert(editor, place, f"New {tag} {place}.", tag)))
        await client.synced()
        now = everything(server, chapter)
        if free:
            await eventually(lambda: editor.text() == server.text(chapter), "the text that stands")
    assert {one: f"{one}: typed" in now for one in WIDE} == {"s": held, "s-1": held, "t": held, "t-1": free}
    new = {one: one in now for one in ("New paragraph 1.", "New heading 2.", "New heading 6.", "New paragraph 0.")}
    assert new == dict(zip(new, (held, held, held, free), strict=True))


def expect(me: Participant, now: ParagraphState) -> bool:
    """Whether somebody may edit in a chapter that is with nobody."""
    return decide(me, Action.EDIT, access("c", "open", "plain"), now).allowed


async def test_who_is_not_active_has_no_websocket(server: LiveServer) -> None:
    async with wire(server, "acme", "egypt-open") as client:
        assert await client.closed() == 4401
    async with wire(server, None, "egypt-open") as client:
        assert await client.closed() == 4401


def cards(client: Wire) -> set[str]:
    """The paragraphs of which the client was told that its words were set aside."""
    return {notice["paragraph"] for notice in client.bodies("notice") if notice["type"] == "set-aside"}


def insert(editor: Replica, place: int, text: str, tag: str = "paragraph") -> bytes:
    """Put a paragraph or a heading in at this place; returns the update."""
    name = f"new-{editor.client}-{editor.clock}"

    def change(fragment: XmlFragment) -> None:
        element = fragment.children.insert(place, XmlElement(tag, {"id": name, "label": ""}))
        element.children.append(XmlText(text))

    return editor.change(change)


def ids(editor: Replica) -> list[str]:
    """The ids of the text's children, in order."""
    return [child.attributes["id"] for child in editor.fragment.children]


def texts(server: LiveServer, chapter: str) -> dict[str, str]:
    """What the server says each paragraph is."""
    found = server.get(f"/api/chapters/{chapter}/paragraphs").json()["paragraphs"]
    return {one["id"]: one["text"] for one in found if one["kind"] == "paragraph"}


def everything(server: LiveServer, chapter: str) -> set[str]:
    """What all paragraphs and headings say."""
    return {one["text"] for one in server.get(f"/api/chapters/{chapter}/paragraphs").json()["paragraphs"]}
