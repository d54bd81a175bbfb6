"""Whoever writes where it is locked is told, and keeps what was written; who does not stop is slowed and closed."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import pytest
from pycrdt import XmlFragment
from websockets.exceptions import ConnectionClosed

from documents.crdt import protocol
from tests.livekit import LiveServer
from tests.wirekit import Replica, Wire, eventually, replica, wire

RULED = "The parties shall report."
SECONDS = 10
"""How long honest people type on."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("locked") / "data", {})
    live.start()
    yield live
    live.stop()


class Hand(Replica):
    """An editor that sends each change by itself, as the editors of people do."""

    def change(self, edit: Callable[[XmlFragment], object]) -> bytes:
        made: list[bytes] = []
        subscription = self.doc.observe(lambda event: made.append(event.update))
        with self.doc.transaction():
            edit(self.fragment)
        self.doc.unobserve(subscription)
        (update,) = made
        return update


def connected(
    server: LiveServer, who: str, chapter: str, **query: str
) -> AbstractAsyncContextManager[tuple[Replica, Wire]]:
    """Somebody at work in the chapter."""
    return replica(server, who, chapter, editor=Hand(), **query)


async def ask(server: LiveServer, method: str, path: str, who: str = "chair", **more: Any) -> Any:
    answer = await asyncio.to_thread(server.request, method, f"/api/chapters/{path}", who, **more)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
async def chapter(server: LiveServer, request: pytest.FixtureRequest) -> str:
    """A chapter whose only paragraph is locked for the chair."""
    answer = await asyncio.to_thread(server.request, "POST", "/api/chapters", json={"title": request.node.name})
    return await ruled(server, str(answer.json()["id"]))


async def ruled(server: LiveServer, chapter: str) -> str:
    """Write and lock the first paragraph of a new chapter."""
    async with replica(server, "chair", chapter) as (editor, client):
        await client.send(protocol.sync_update(editor.type(RULED)))
        await client.synced()
    (paragraph,) = (await ask(server, "GET", f"{chapter}/paragraphs"))["paragraphs"]
    await ask(server, "PUT", f"{chapter}/paragraphs/{paragraph['id']}/lock", json={"reason": "read out"})
    return chapter


def notices(client: Wire) -> list[dict[str, Any]]:
    return [one for one in client.bodies("notice") if one["type"] == "set-aside"]


async def kept(server: LiveServer, chapter: str, who: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await ask(server, "GET", f"{chapter}/set-aside", who))["set_aside"]
    return found


async def test_who_asked_is_told_and_converges(server: LiveServer, chapter: str) -> None:
    async with connected(server, "egypt", chapter, notices="1") as (editor, client):
        await client.send(protocol.sync_update(editor.type(" Yearly.")))
        await client.synced()
        assert editor.text() == f"{RULED}\n"
        await eventually(lambda: notices(client), "a notice")
        (told,) = notices(client)
        (item,) = await kept(server, chapter, "egypt")
        assert told.pop("type") == "set-aside"
        assert told == {name: item[name] for name in told}
        assert (told["words"], item["text"]) == (" Yearly.", f"{RULED} Yearly.")
        assert "read out" in told["reason"]
    assert await kept(server, chapter, "japan") == []
    assert await asyncio.to_thread(server.text, chapter) == f"{RULED}\n"


async def test_a_stock_client_sees_the_ruled_text_and_no_notice(server: LiveServer, chapter: str) -> None:
    async with (
        connected(server, "egypt", chapter) as (editor, client),
        connected(server, "japan", chapter) as (other, _),
    ):
        await client.send(protocol.sync_update(editor.type(" Yearly.")))
        await client.synced()
        assert editor.text() == other.text() == f"{RULED}\n"
        assert "notice" not in client.kinds()
        assert client.socket.close_code is None
    assert [one["words"] for one in await kept(server, chapter, "egypt")] == [" Yearly."]


async def test_who_types_on_for_ten_seconds_is_not_closed(server: LiveServer, chapter: str) -> None:
    """All of it comes at once, each key by itself, from a client that does not hear what becomes of it."""
    typed = "".join(str(number % 10) for number in range(12 * SECONDS))
    async with connected(server, "egypt", chapter, notices="1") as (editor, client):
        keys = [protocol.sync_update(editor.type(key)) for key in typed]
        await client.send(*keys)
        await client.synced()
        await eventually(lambda: notices(client) and notices(client)[-1]["words"] == typed, "all words being kept")
        await client.send(protocol.sync_update(editor.paragraph("Elsewhere.")))
        await client.synced()
        assert editor.text() == f"{RULED}\nElsewhere.\n"
    assert [one["words"] for one in await kept(server, chapter, "egypt")] == [typed]


async def test_hours_of_work_without_a_connection_close_nobody(server: LiveServer, chapter: str) -> None:
    async with replica(server, "japan", chapter) as (editor, client):
        pass
    words = "A long night. " * 2_000
    editor.type(words)
    for number in range(20):
        editor.paragraph(f"Elsewhere {number}.")
    async with replica(server, "japan", chapter, editor=editor, notices="1") as (_, client):
        has = protocol.write_state_vector(client.bodies("step1")[0])
        answer = protocol.sync_step2(editor.doc.get_update(has))
        await client.send(answer)
        await client.synced()
        assert editor.text() == f"{RULED}\n" + "".join(f"Elsewhere {number}.\n" for number in range(20))
        assert client.socket.close_code is None
    assert [one["words"] for one in await kept(server, chapter, "japan")] == [words]


def rewriting(editor: Replica) -> bytes:
    """Replace the paragraph's text."""

    def edit(fragment: Any) -> None:
        text = fragment.children[0].children[0]
        del text[0 : len(str(text))]
        text.insert(0, "The parties may do as they like. " * 5)

    return editor.change(edit)


def deleting(editor: Replica) -> bytes:
    """Delete the paragraph."""

    def edit(fragment: Any) -> None:
        del fragment.children[0]

    return editor.change(edit)


def typing(editor: Replica) -> bytes:
    """Type a character."""
    return editor.type("x")


async def attack(client: Wire, editor: Replica, edit: Callable[[Replica], bytes], *, patient: bool) -> None:
    """Edit for ever: as fast as can be, or when the answer to each edit has come."""
    # asyncio's transport says so when it is written to at the moment in which it is closed.
    with suppress(ConnectionClosed, AttributeError, AssertionError if patient else ConnectionClosed):
        while True:
            await eventually(lambda: editor.text().startswith("The"), "a paragraph")
            await client.send(protocol.sync_update(edit(editor)))
            if patient:
                await client.synced()
            await asyncio.sleep(0)


@pytest.mark.parametrize(("edit", "patient"), [(rewriting, False), (deleting, True), (typing, True)])
async def test_a_robot_is_slowed_and_closed(
    live: Callable[..., LiveServer], edit: Callable[[Replica], bytes], patient: bool
) -> None:
    server = live()
    chapter = await begin(server)
    async with (
        connected(server, "egypt", chapter) as (editor, client),
        connected(server, "japan", chapter) as (other, _),
    ):
        await asyncio.wait_for(attack(client, editor, edit, patient=patient), 60)
        assert await client.closed() == 4423
        assert client.reason == "keeps writing where it may not"
        if not patient:  # the patient one may notice late that it was closed
            async with wire(server, "egypt", chapter) as again:
                assert await again.closed() == 4423, "who comes back at once is not let in"
        await eventually(lambda: other.text() == f"{RULED}\n", "the ruled text")
    metrics = (await asyncio.to_thread(server.get, "/metrics")).text
    assert "adref_locked_closed_total 1.0" in metrics
    assert "adref_locked_pauses_total 0.0" not in metrics


async def begin(server: LiveServer) -> str:
    answer = await asyncio.to_thread(server.request, "POST", "/api/chapters", json={"title": "Robots"})
    return await ruled(server, str(answer.json()["id"]))
