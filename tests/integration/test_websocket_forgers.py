"""Clients that try what they may not: nothing of it is used, they are told, and nobody else notices."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Map, Text

from documents.crdt import protocol
from documents.crdt.update_v1 import write_update
from tests.fuzz.hostile import Draft, string
from tests.livekit import CHAPTER, ROOT, LiveServer
from tests.wirekit import Heard, Replica, Wire, eventually, presence, replica, wire

OWN_CASES = ROOT / "tests" / "data" / "updates.json"
SHARED_CASES = Path(os.environ.get("ADREF_FUZZ_UPDATES", ROOT.parent / "shared" / "fuzz" / "updates.json"))
EDITS = 20
"""Updates of each kind that an observer's client sends."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("forgers") / "data", {"refusals_burst": 100_000})
    live.start()
    yield live
    live.stop()


@asynccontextmanager
async def nothing_changes(server: LiveServer) -> AsyncIterator[Callable[[], Any]]:
    """Whatever happens within: the text stays, the process lives, and an honest pair of clients works on."""
    pid = server.pid
    async with replica(server, "japan") as (editor, client), replica(server, "kenya") as (mirror, _):
        await client.send(protocol.sync_update(editor.type("Honest. ")))
        await client.synced()
        before = await asyncio.to_thread(server.text)
        yield lambda: server.text() == before
        assert await asyncio.to_thread(server.text) == before
        await client.send(protocol.sync_update(editor.type("Still here. ")))
        await client.synced()
        await eventually(lambda: mirror.text() == editor.text(), "the same text")
        assert client.socket.close_code is None
    assert server.pid == pid
    assert server.process is not None
    assert server.process.poll() is None
    assert "Traceback" not in server.log()


async def refused(server: LiveServer, who: str, message: bytes) -> Wire:
    """Send one message, and be closed for it with 4400."""
    async with wire(server, who) as client:
        await client.send(message)
        assert await client.closed() == 4400
    return client


async def test_an_observer_changes_nothing(server: LiveServer) -> None:
    """A stock client sends its step 2 whatever its rights are, and is not closed for it, nor for trying to write."""
    async with nothing_changes(server), replica(server, "observer") as (editor, client):
        for _ in range(EDITS):
            await client.send(protocol.sync_step2(editor.doc.get_update()))
            await client.send(protocol.sync_update(editor.type("Mine! ")))
            await client.send(protocol.sync_step2(editor.doc.get_update()))
        await client.synced()
        assert client.socket.close_code is None
        assert len(client.bodies("denied")) == 1
        assert client.bodies("update") == []


async def test_nobody_adds_to_anothers_client_id(server: LiveServer) -> None:
    async with replica(server, "egypt") as (editor, client):
        await client.send(protocol.sync_update(editor.type("Egypt's own. ")))
        await client.synced()
        forged = Replica(editor.client)
        forged.doc.apply_update(editor.doc.get_update())
        async with nothing_changes(server):
            closed = await refused(server, "acme", protocol.sync_update(forged.type("Egypt agrees to everything. ")))
            assert "client id" in closed.reason
        assert client.socket.close_code is None
    async with replica(server, "egypt", editor=editor) as (_, client):  # the owner may, from another connection too
        await client.send(protocol.sync_update(editor.type("Egypt's again. ")))
        await client.synced()
    assert "Egypt's again." in await asyncio.to_thread(server.text)


async def test_nobody_writes_by_a_client_id_that_another_announced(server: LiveServer) -> None:
    async with wire(server, "egypt") as client, nothing_changes(server):
        await client.send(presence(55_001, 1, {}))
        await client.synced()
        await refused(server, "acme", protocol.sync_update(Replica(55_001).paragraph("Not Egypt's.")))


async def test_nobody_is_the_server(server: LiveServer) -> None:
    """It writes by client id 1."""
    async with nothing_changes(server):
        fresh = Replica(1)
        await refused(server, "egypt", protocol.sync_update(fresh.paragraph("By the server.")))
        async with replica(server, "chair") as (known, _):
            forged = Replica(1)
            forged.doc.apply_update(known.doc.get_update())
            await refused(server, "chair", protocol.sync_update(forged.paragraph("By the server.")))


@pytest.mark.parametrize("root", ["meta", "comments", "sources", "other", "t", "é" * 100])
async def test_server_owned_and_unknown_roots_are_not_written(server: LiveServer, root: str) -> None:
    async with nothing_changes(server):
        doc: Doc[Any] = Doc()
        doc.get(root, type=Map)["status"] = "agreed"
        await refused(server, "chair", protocol.sync_update(doc.get_update()))
        doc = Doc()
        words = doc.get(root, type=Text)
        words += "agreed"
        await refused(server, "chair", protocol.sync_update(doc.get_update()))


async def test_what_the_server_wrote_is_not_deleted(server: LiveServer) -> None:
    """By deletions alone, which need no client id."""
    note = {"paragraph": "p-first", "text": "What does this mean?"}
    made = await asyncio.to_thread(server.request, "POST", f"/api/chapters/{CHAPTER}/comments", "egypt", json=note)
    assert made.status_code == 201, made.text
    async with replica(server, "acme") as (editor, _):
        clock = protocol.read_state_vector(editor.doc.get_state())[1]
    async with nothing_changes(server):
        await refused(server, "acme", protocol.sync_update(write_update([], [(1, 0, clock)])))
    async with replica(server, "acme") as (editor, _):
        assert len(editor.doc.get("comments", type=Map)) == 1


async def test_anothers_presence_is_passed_over(server: LiveServer) -> None:
    async with wire(server, "egypt") as egypt, wire(server, "japan") as other, wire(server, "acme") as forger:
        await egypt.send(presence(66_001, 5, {"caret": 1}))
        await eventually(lambda: states(other, 66_001), "presence")
        for clock in (5, 6, 1_000):
            await forger.send(presence(66_001, clock, {"caret": 99, "user": {"name": "Egypt"}}))
            await forger.send(presence(66_001, clock, None))
        await forger.synced()
        await egypt.send(presence(66_001, 6, {"caret": 2}))
        await eventually(lambda: states(other, 66_001)[-1]["caret"] != 1, "the next presence")
        told = [state["caret"] for state in states(other, 66_001)]
        assert list(dict.fromkeys(told)) == [1, 2]  # who comes in at that moment may be told the first twice
        assert {state["user"]["id"] for state in states(other, 66_001)} == {"egypt"}
        assert forger.socket.close_code is None


async def test_nobody_names_himself(server: LiveServer) -> None:
    """Whatever a client says of who it is, others hear what the sign-in says."""
    forged = {"user": {"id": "chair", "name": "The Chair", "role": "chair", "delegation": "un"}, "caret": 3}
    async with wire(server, "acme") as forger, wire(server, "japan") as other:
        await forger.send(presence(66_002, 1, forged))
        await eventually(lambda: states(other, 66_002), "presence")
        said = states(other, 66_002)[0]
        assert said["caret"] == 3
        assert (said["user"]["id"], said["user"]["role"]) == ("acme", "delegate")
    async with wire(server, "japan") as late:
        await late.synced()
        assert states(late, 66_002) == [], "it goes with its connection"


def states(client: Wire, who: int) -> list[Any]:
    """What was said of a client id, as long as it was there."""
    entries = [entry for entries in client.bodies("presence") for entry in entries if entry.client == who]
    return [json.loads(entry.state) for entry in entries if entry.state != "null"]


async def test_a_gap_is_asked_for_and_then_refused(server: LiveServer) -> None:
    """An honest client that lost a message is asked for what is missing; one that never has it is closed."""
    async with nothing_changes(server), wire(server, "ifip") as client:

        def answer(message: Heard) -> None:
            if message.kind == "step1":
                answers.append(asyncio.create_task(client.send(protocol.sync_step2(gap))))

        answers: list[asyncio.Task[None]] = []
        draft = Draft(4, 1, string("z"), origin=(987_654, 5))
        gap = write_update([(44_001, 7, [draft.encode()])], [])
        client.on_message = answer
        await client.send(protocol.sync_update(gap))
        assert await client.closed() == 4400
        assert client.kinds().count("step1") > 1
        await asyncio.gather(*answers, return_exceptions=True)


def cases() -> list[bytes]:
    """Updates that kill or harm a document without a gate."""
    found = []
    for path in (OWN_CASES, SHARED_CASES):
        if path.exists():
            found += [bytes.fromhex(one["hex"]) for one in json.loads(path.read_text())["updates"]]
    return found


async def test_known_killers_do_no_harm(server: LiveServer) -> None:
    """Each by a signed-in client that has the chapter, as a live update and as a step 2."""
    updates = cases()
    assert updates
    codes: dict[int | None, int] = {}
    async with nothing_changes(server) as unchanged:
        for start in range(0, len(updates), 8):
            batch = updates[start : start + 8]
            for code in await asyncio.gather(*(attack(server, update) for update in batch)):
                codes[code] = codes.get(code, 0) + 1
            assert unchanged(), [update.hex() for update in batch]
    assert set(codes) <= {4400, None}
    assert codes[4400] > len(updates) / 2


async def attack(server: LiveServer, update: bytes) -> int | None:
    """The code that it is closed with, if it is."""
    async with wire(server, "egypt") as client:
        await client.send(protocol.sync_update(update), protocol.sync_step2(update), protocol.sync_step1(b"\x00"))
        await eventually(lambda: "step2" in client.kinds() or client.socket.close_code is not None, "an answer")
        return client.socket.close_code
