"""The websocket lets through what the table of rights allows, and nothing else: see `test_rules_at_the_doors.py`."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pycrdt import XmlElement, XmlFragment, XmlText

from auth.meeting import Meeting
from auth.people import Participant
from auth.roster import parse_roster
from auth.rules import Action, ParagraphState, decide
from auth.tokens import Signer, load_or_create_key
from documents.crdt import protocol
from documents.rooms import Rooms
from server.database import open_database
from server.offline import KEY
from tests.integration.doors_kit import (
    KINDS,
    OPEN_RULED,
    ROLES,
    SECTIONS,
    WIDE,
    access,
    make_chapter,
    make_wide,
    may_edit,
    state,
)
from tests.integration.http_world import PEOPLE
from tests.livekit import LiveServer
from tests.wirekit import Replica, Wire, eventually, replica, wire


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
