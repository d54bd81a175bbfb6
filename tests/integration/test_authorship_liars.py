"""Clients that lie about who wrote what: the record tells the truth, over HTTP and in the live maps."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pycrdt import Doc, Map, XmlElement, XmlFragment, XmlText

from documents.crdt import protocol
from tests.integration.authorship_kit import Chapter
from tests.integration.http_schema import Description
from tests.livekit import LiveServer
from tests.wirekit import Replica, presence, replica, wire

WORDS = "Egypt reserves its position. "


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("liars") / "data", {})
    live.start()
    yield live
    live.stop()


@pytest.fixture
async def chapter(server: LiveServer, request: pytest.FixtureRequest) -> AsyncIterator[Chapter]:
    """A chapter in which Egypt has written a sentence; the live maps say of each word what the API says."""
    description = Description(server.request("GET", "/api/openapi.json", "observer").json())
    made = await asyncio.to_thread(Chapter, server, description, f"Lies {request.node.name}")
    async with made.editor("egypt") as egypt:
        await egypt.write("The draft reads so.", f" {WORDS}")
    yield made
    assert "Traceback" not in server.log()


async def authors(chapter: Chapter, words: str, *, deleted: bool = False) -> set[str]:
    """The participants of the runs that hold these words."""
    answer = await chapter.get("runs?deleted=1" if deleted else "runs")
    runs = [run for paragraph in answer["paragraphs"] for run in paragraph["runs"]]
    found = {run["participant"] for run in runs if words in run["text"]}
    assert found, f"{words!r} is in no run of {runs}"
    return found


async def test_words_under_anothers_client_id_are_refused(server: LiveServer, chapter: Chapter) -> None:
    async with replica(server, "egypt", chapter.id) as (editor, client):
        await client.send(protocol.sync_update(editor.type("Egypt agrees")))
        await client.synced()
        forged = Replica(editor.client)
        forged.doc.apply_update(editor.doc.get_update())
        async with wire(server, "acme", chapter.id) as liar:
            await liar.send(protocol.sync_update(forged.type(" to everything.")))
            assert await liar.closed() == 4400
        await client.synced()
    answer = await chapter.get("runs")
    assert "everything" not in str(answer)
    assert await authors(chapter, "Egypt agrees") == {"egypt"}


async def test_words_made_by_anothers_editor_are_whose_connection_brought_them(
    server: LiveServer, chapter: Chapter
) -> None:
    """A client id that nobody has used belongs to whoever brings it first."""
    async with replica(server, "egypt", chapter.id) as (editor, _):
        stolen = editor.paragraph("Taken from Egypt's screen before it was sent.")
    async with wire(server, "acme", chapter.id) as liar:
        await liar.send(protocol.sync_update(stolen))
        await liar.synced()
    assert await authors(chapter, "Taken from") == {"acme"}


async def test_a_forged_name_in_presence_changes_nothing(server: LiveServer, chapter: Chapter) -> None:
    async with replica(server, "acme", chapter.id) as (editor, client):
        user = {"id": "egypt", "name": "Amina", "delegation": "egypt", "group": "government", "participant": "egypt"}
        await client.send(presence(editor.client, 1, {"user": user, "delegation": "egypt"}))
        await client.send(protocol.sync_update(editor.type("Said under a false flag.")))
        await client.synced()
    assert await authors(chapter, "Said under") == {"acme"}
    await assert_maps_tell_the_same(server, chapter)


@pytest.mark.parametrize("root", ["authors", "authorship"])
async def test_the_servers_maps_are_not_written(server: LiveServer, chapter: Chapter, root: str) -> None:
    async with replica(server, "acme", chapter.id) as (editor, client):
        await client.send(protocol.sync_update(editor.type("Mine to give away.")))
        await client.synced()
        before = editor.doc.get(root, type=Map).to_py()
        key = "acme" if root == "authors" else f"{editor.client}:0"
        value: Any = {"participant": "egypt", "delegation": "egypt"} if root == "authors" else "egypt"
        state = editor.doc.get_state()
        editor.doc.get(root, type=Map)[key] = value
        await client.send(protocol.sync_update(editor.doc.get_update(state)))
        assert await client.closed() == 4400
    async with wire(server, "acme", chapter.id) as liar:
        doc: Doc[Any] = Doc()
        doc.get(root, type=Map)["acme"] = value
        await liar.send(protocol.sync_update(doc.get_update()))
        assert await liar.closed() == 4400
    async with replica(server, "observer", chapter.id) as (honest, client):
        await client.synced()
        assert honest.doc.get(root, type=Map).to_py() == before
    assert await authors(chapter, "Mine to give") == {"acme"}


async def test_marks_and_attributes_that_name_an_author_are_only_marks(server: LiveServer, chapter: Chapter) -> None:
    async with replica(server, "acme", chapter.id) as (editor, client):

        def edit(fragment: XmlFragment) -> None:
            lie = {"insert": ["egypt"], "author": "egypt", "delegation": "egypt"}
            element = fragment.children.append(XmlElement("paragraph", {"author": "egypt", "delegation": "egypt"}))
            element.children.append(XmlText()).insert(0, "Marked as another's.", lie)

        await client.send(protocol.sync_update(editor.change(edit)))
        await client.synced()
    assert await authors(chapter, "Marked as") == {"acme"}


async def test_words_that_another_deleted_are_the_pasters(server: LiveServer, chapter: Chapter) -> None:
    """Also when the paster's update names them as deleted, which is what a whole delete set does."""
    async with chapter.editor("japan") as japan:
        await japan.delete(WORDS)
    async with replica(server, "acme", chapter.id) as (editor, client):
        await client.synced()
        await client.send(protocol.sync_update(editor.type(WORDS, 1)))
        await client.synced()
    assert await authors(chapter, WORDS.strip()) == {"acme"}
    answer = await chapter.get("runs?deleted=1")
    gone = [run for one in answer["paragraphs"] for run in one["runs"] if "deleted_by" in run]
    assert [(run["text"], run["participant"], run["deleted_by"]["participant"]) for run in gone] == [
        (WORDS, "egypt", "japan")
    ]


async def test_words_that_were_only_copied_are_the_pasters(server: LiveServer, chapter: Chapter) -> None:
    async with chapter.editor("acme") as acme:
        await acme.write("Second paragraph.", f" {WORDS}")
    answer = await chapter.get("runs")
    assert [
        run["participant"] for one in answer["paragraphs"] for run in one["runs"] if WORDS.strip() in run["text"]
    ] == ["egypt", "acme"]


async def test_letters_of_another_make_no_words_of_his(chapter: Chapter) -> None:
    """Each letter really is Egypt's, and really was removed by the one who puts it elsewhere."""
    async with chapter.editor("egypt") as egypt:
        await egypt.write("The draft reads so.", " REVEALED")
    said = "Second paragraph."
    async with chapter.editor("acme") as acme:
        for letter in "LEAVE":
            await acme.move(letter, said)
            said += letter
    assert await authors(chapter, "LEAVE") == {"acme"}


async def test_whoever_removed_them_gives_them_back(server: LiveServer, chapter: Chapter) -> None:
    """So that the other tests do not hold for want of any words that go back."""
    async with chapter.editor("japan") as japan:
        await japan.move(WORDS.strip(), "Second paragraph.")
    assert await authors(chapter, WORDS.strip()) == {"egypt"}
    moved = (await chapter.get("runs?moved=1"))["paragraphs"]
    by = [run["moved_by"]["participant"] for one in moved for run in one["runs"] if "moved_by" in run]
    assert by == ["japan"]
    await assert_maps_tell_the_same(server, chapter)


async def assert_maps_tell_the_same(server: LiveServer, chapter: Chapter) -> None:
    """Every client id that the map knows is given to a participant who is named, and no word to anybody else."""
    async with replica(server, "observer", chapter.id) as (editor, client):
        await client.synced()
        told = editor.doc.get("authors", type=Map).to_py() or {}
        steps = editor.doc.get("authorship", type=Map).to_py() or {}
    named = {run["participant"] for one in (await chapter.get("runs"))["paragraphs"] for run in one["runs"]}
    assert named - {""} <= {told[tag]["participant"] for tag in steps.values() if tag in told}
