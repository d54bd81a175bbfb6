"""Rights that change while a connection is open bite in it within a second."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pycrdt import XmlElement, XmlFragment

from auth.meeting import Meeting
from auth.people import BreakoutGroup, Role
from auth.tokens import Signer, load_or_create_key
from documents.crdt import protocol
from server.database import open_database
from server.offline import KEY
from tests.livekit import LiveServer
from tests.wirekit import Heard, Replica, Wire, eventually, presence, replica, wire

SOON = 1.0
"""Seconds in which a change of rights has to bite."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("rights") / "data", {})
    live.start()
    yield live
    live.stop()


@pytest.fixture
async def chapter(server: LiveServer, request: pytest.FixtureRequest) -> str:
    """A chapter of the test's own, with one paragraph."""
    answer = await asyncio.to_thread(server.request, "POST", "/api/chapters", json={"title": request.node.name})
    chapter = str(answer.json()["id"])
    async with replica(server, "chair", chapter) as (editor, client):
        await client.send(protocol.sync_update(editor.paragraph("Before.")))
        await client.synced()
    return chapter


async def api(server: LiveServer, method: str, path: str, body: Any = None, who: str = "chair") -> None:
    answer = await asyncio.to_thread(server.request, method, path, who, json=body)
    assert answer.is_success, answer.text


@asynccontextmanager
async def beside(server: LiveServer) -> AsyncIterator[Meeting]:
    """The meeting, as another process (the command line) opens it beside the server."""
    async with await open_database(server.data) as database:
        yield await Meeting.open(database.auth, Signer(load_or_create_key(server.data / KEY)))


async def text(server: LiveServer, chapter: str) -> str:
    return await asyncio.to_thread(server.text, chapter)


async def write(editor: Replica, client: Wire, words: str) -> None:
    """Type at the end of the last paragraph; on return the server has dealt with it."""
    await client.send(protocol.sync_update(editor.type(words, len(editor.fragment.children) - 1)))
    await client.synced()


async def test_deactivated_over_http(server: LiveServer, chapter: str) -> None:
    async with wire(server, "brazil", chapter) as client, wire(server, "japan", chapter) as other:
        await eventually(lambda: client.kinds() and other.kinds(), "a welcome")
        await api(server, "PATCH", "/api/participants/brazil", {"active": False})
        await eventually(lambda: client.socket.close_code == 4401, "4401", SOON)
        await other.synced()
    async with wire(server, "brazil", chapter) as again:
        assert await again.closed() == 4401


async def test_deactivated_by_another_process(server: LiveServer, chapter: str) -> None:
    async with beside(server) as meeting, wire(server, "kenya", chapter) as client:
        await eventually(client.kinds, "a welcome")
        await meeting.update_participant("kenya", active=False)
        await eventually(lambda: client.socket.close_code == 4401, "4401", SOON)


async def test_signed_out(server: LiveServer, chapter: str) -> None:
    async with wire(server, "acme", chapter) as client:
        await eventually(client.kinds, "a welcome")
        await api(server, "DELETE", "/api/session", who="acme")
        await eventually(lambda: client.socket.close_code == 4401, "4401", SOON)


async def test_made_an_observer_and_a_delegate_again(server: LiveServer, chapter: str) -> None:
    async with replica(server, "egypt", chapter, notices="1") as (editor, client):
        await write(editor, client, " As a delegate.")
        before = await text(server, chapter)
        assert "As a delegate." in before

        await api(server, "PATCH", "/api/participants/egypt", {"role": "observer"})
        await eventually(lambda: client.bodies("notice"), "a notice", SOON)
        notice = client.bodies("notice")[0]
        assert (notice["type"], notice["reason"]) == ("read-only", "rights")
        assert "observer" in notice["text"]
        await write(editor, client, " As an observer.")
        assert await text(server, chapter) == before
        assert client.socket.close_code is None
        assert len(client.bodies("notice")) == 1

        await api(server, "PATCH", "/api/participants/egypt", {"role": "delegate"})
        await eventually(lambda: client.bodies("notice")[1:] == [{"type": "read-write"}], "being let write", SOON)

    async with replica(server, "egypt", chapter) as (editor, client):  # a fresh copy, as what was refused is in the old
        await write(editor, client, " As a delegate again.")
        assert await text(server, chapter) == before.replace("delegate.", "delegate. As a delegate again.")


async def test_what_was_refused_can_still_be_taken_later(server: LiveServer, chapter: str) -> None:
    """A stock client goes on with the copy that it has: asked for what the chapter lacks, it sends all of it."""
    async with replica(server, "egypt", chapter) as (editor, client):
        answers = set()

        async def send_all_since(state: bytes) -> None:
            await client.send(protocol.sync_step2(editor.doc.get_update(state)))  # as it is when it goes out

        def answer(message: Heard) -> None:
            editor.hear(message)
            if message.kind == "step1":
                answers.add(asyncio.create_task(send_all_since(protocol.write_state_vector(message.body))))

        client.on_message = answer
        await api(server, "PATCH", "/api/participants/egypt", {"role": "observer"})
        await eventually(lambda: client.bodies("denied"), "a denial", SOON)
        await write(editor, client, " Kept.")
        await api(server, "PATCH", "/api/participants/egypt", {"role": "delegate"})
        await write(editor, client, " And more.")
        await eventually(lambda: "Before. Kept. And more." in server.text(chapter), "all of it in the text")


async def test_a_stock_client_is_told_by_a_message_that_it_knows(server: LiveServer, chapter: str) -> None:
    async with wire(server, "ifip", chapter) as client:
        await eventually(client.kinds, "a welcome")
        await api(server, "PATCH", "/api/participants/ifip", {"role": "observer"})
        await eventually(lambda: client.bodies("denied"), "a denial", SOON)
        assert "observer" in client.bodies("denied")[0]
        await api(server, "PATCH", "/api/participants/ifip", {"role": "delegate"})
        await client.synced()
        assert client.bodies("notice") == []


async def test_an_observer_is_told_from_the_start(server: LiveServer, chapter: str) -> None:
    async with wire(server, "observer", chapter, notices="1") as client:
        await eventually(lambda: client.bodies("notice"), "a notice")
        assert client.bodies("notice")[0]["type"] == "read-only"


async def test_a_breakout_group_takes_a_chapter(server: LiveServer, chapter: str) -> None:
    """By another process; then the group is dropped over HTTP."""
    async with beside(server) as meeting, replica(server, "japan", chapter, notices="1") as (editor, client):
        before = await text(server, chapter)
        await meeting.put_group(BreakoutGroup("one", "Breakout 1", frozenset(("egypt",)), frozenset((chapter,))))
        await eventually(lambda: client.bodies("notice"), "a notice", SOON)
        assert "breakout group" in client.bodies("notice")[0]["text"]
        await write(editor, client, " Not a member.")
        assert await text(server, chapter) == before

        await meeting.put_group(
            BreakoutGroup("one", "Breakout 1", frozenset(("egypt", "japan")), frozenset((chapter,)))
        )
        await eventually(lambda: len(client.bodies("notice")) == 2, "being let write", SOON)
        await meeting.delete_group("one")
        await meeting.put_group(BreakoutGroup("two", "Breakout 2", frozenset(("egypt",)), frozenset((chapter,))))
        await eventually(lambda: len(client.bodies("notice")) == 3, "a notice", SOON)
        await api(server, "DELETE", "/api/breakout-groups/two")
        await eventually(lambda: client.bodies("notice")[3:] == [{"type": "read-write"}], "being let write", SOON)


async def test_a_breakout_group_takes_a_section(server: LiveServer, sections: tuple[str, dict[str, int]]) -> None:
    """Who has the chapter open goes on in the rest of it, and is not told that it is read-only."""
    chapter, places = sections
    first = frozenset(((chapter, await heading(server, chapter, "People")),))

    async with beside(server) as meeting, replica(server, "japan", chapter, notices="1") as (editor, client):
        await meeting.put_group(BreakoutGroup("one", "Breakout 1", frozenset(("egypt",)), sections=first))
        await eventually(lambda: client.bodies("notice") == [{"type": "rights"}], "being told to look again", SOON)
        assert not await may_edit(server, "japan", chapter, places["Counts."])
        await write_at(editor, client, places["Counts."], " Not a member.")
        await write_at(editor, client, places["Pays."], " Elsewhere.")
        assert await lines(server, chapter) == ["Counts.", "Inner.", "Pays. Elsewhere."]
        await eventually(lambda: client.bodies("notice")[1:], "a card")
        notice = client.bodies("notice")[1]
        assert (notice["type"], notice["words"]) == ("set-aside", " Not a member.")
        assert "this section is with a breakout group" in notice["reason"]
        await write_at(editor, client, places["Inner."], " Nor in what lies within it.")
        assert await lines(server, chapter) == ["Counts.", "Inner.", "Pays. Elsewhere."]

        await meeting.put_group(BreakoutGroup("one", "Breakout 1", frozenset(("japan",)), sections=first))
        await eventually(lambda: client.bodies("notice")[-1] == {"type": "rights"}, "being told to look again", SOON)
        assert await may_edit(server, "japan", chapter, places["Counts."])
        await write_at(editor, client, places["Counts."], " A member.")
        assert await lines(server, chapter) == ["Counts. A member.", "Inner.", "Pays. Elsewhere."]
        assert {notice["type"] for notice in client.bodies("notice")} == {"rights", "set-aside"}
        await api(server, "DELETE", "/api/breakout-groups/one")


async def test_a_section_of_one_s_own_in_a_chapter_of_others(
    server: LiveServer, sections: tuple[str, dict[str, int]]
) -> None:
    chapter, places = sections
    first = frozenset(((chapter, await heading(server, chapter, "People")),))
    async with beside(server) as meeting, replica(server, "japan", chapter, notices="1") as (editor, client):
        await meeting.put_group(BreakoutGroup("all", "All", frozenset(("egypt",)), frozenset((chapter,))))
        await eventually(lambda: client.bodies("notice"), "a notice", SOON)
        assert client.bodies("notice")[0]["type"] == "read-only"
        await meeting.put_group(BreakoutGroup("one", "Breakout 1", frozenset(("japan",)), sections=first))
        await eventually(lambda: client.bodies("notice")[1:] == [{"type": "read-write"}], "being let write", SOON)
        for place, words in (("Counts.", " Mine."), ("Inner.", " Mine too."), ("Pays.", " Theirs.")):
            await write_at(editor, client, places[place], words)
        assert await lines(server, chapter) == ["Counts. Mine.", "Inner. Mine too.", "Pays."]
        await api(server, "DELETE", "/api/breakout-groups/one")
        await eventually(lambda: client.bodies("notice")[-1]["type"] == "read-only", "a notice", SOON)
        await api(server, "DELETE", "/api/breakout-groups/all")


@pytest.fixture
async def sections(server: LiveServer) -> tuple[str, dict[str, int]]:
    """A chapter with two sections, the first of which has another in it; and where its paragraphs are."""
    draft = "Access\n\n1) People\n1. Counts.\n2. Inner.\n2) Means\n3. Pays.\n"
    headers = {**server.bearer("chair"), "Content-Type": "text/plain"}
    address = f"{server.url}/api/chapters/import"
    answer = await asyncio.to_thread(httpx.post, address, content=draft.encode(), headers=headers)
    chapter = str(answer.json()["chapter"]["id"])
    async with replica(server, "chair", chapter) as (editor, client):
        attributes: dict[str, Any] = {"id": f"inner-{chapter}", "label": "", "level": 3.0}

        def part(fragment: XmlFragment) -> None:
            fragment.children.insert(3, XmlElement("heading", attributes))

        await client.send(protocol.sync_update(editor.change(part)))
        await client.synced()
    found = (await asyncio.to_thread(server.get, f"/api/chapters/{chapter}/paragraphs")).json()["paragraphs"]
    return chapter, {one["text"]: place for place, one in enumerate(found)}


async def heading(server: LiveServer, chapter: str, text: str) -> str:
    found = (await asyncio.to_thread(server.get, f"/api/chapters/{chapter}/paragraphs")).json()["paragraphs"]
    return next(str(one["id"]) for one in found if (one["kind"], one["text"]) == ("heading", text))


async def lines(server: LiveServer, chapter: str) -> list[str]:
    """What the paragraphs say."""
    found = (await asyncio.to_thread(server.get, f"/api/chapters/{chapter}/paragraphs")).json()["paragraphs"]
    return [one["text"] for one in found if one["kind"] == "paragraph"]


async def may_edit(server: LiveServer, who: str, chapter: str, place: int) -> bool:
    """What somebody is told of a paragraph."""
    answer = await asyncio.to_thread(server.get, f"/api/chapters/{chapter}/paragraphs", who)
    return bool(answer.json()["paragraphs"][place]["may_edit"])


async def write_at(editor: Replica, client: Wire, place: int, words: str) -> None:
    await client.send(protocol.sync_update(editor.type(words, place)))
    await client.synced()


async def test_presence_follows_the_role(server: LiveServer, chapter: str) -> None:
    async with wire(server, "vice-chair", chapter) as client, wire(server, "japan", chapter) as other:
        await client.send(presence(77_001, 1, {"user": {"name": "Somebody else"}, "caret": 5}))
        await eventually(lambda: _roles(other, 77_001), "presence")
        async with beside(server) as meeting:
            await meeting.update_participant("vice-chair", role=Role.DELEGATE)
        await eventually(lambda: _roles(other, 77_001)[-1] == "delegate", "the new role", SOON)
        assert _roles(other, 77_001)[0] == "vice-chair"
        said = json.loads(other.bodies("presence")[-1][0].state)
        assert said["caret"] == 5
        assert said["user"]["name"] != "Somebody else"


def _roles(client: Wire, who: int) -> list[str]:
    """The roles in which a client id was shown, in order of the clocks."""
    entries = [entry for entries in client.bodies("presence") for entry in entries if entry.client == who]
    assert [entry.clock for entry in entries] == sorted(entry.clock for entry in entries)
    return [json.loads(entry.state)["user"]["role"] for entry in entries]
