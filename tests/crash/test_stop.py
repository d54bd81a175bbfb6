"""A server that is stopped, and rooms that close: what had arrived is kept, all are told, all comes back."""

import asyncio
import random
import resource
import shutil
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from server.close_codes import CloseCode
from server.database import DATABASE
from server.offline import KEY
from tests.crashkit import DEADLINE, UNHURRIED, Crowd, Person, adref, check
from tests.livekit import CHAPTER, FIRST, LiveServer

Live = Callable[..., LiveServer]
SHARED = str(FIRST["id"])
STOP = 3.0
"""The setting `stop_seconds` in these tests."""
GRACE = 2.0
"""Seconds that a busy machine may take on top."""


async def end(server: LiveServer, number: signal.Signals = signal.SIGTERM) -> float:
    """Stop a server, while its clients go on; how long it took. It must end well."""
    assert server.process is not None
    began = time.monotonic()
    server.process.send_signal(number)
    status = await asyncio.to_thread(server.process.wait, DEADLINE)
    took = time.monotonic() - began
    assert status == 0
    assert server.stop() == 0  # nothing is left of it
    return took


def unsaved(data: Path) -> int:
    """How many entries a recovery has to replay, after the newest snapshot."""
    with closing(sqlite3.connect(data / DATABASE)) as database:
        ((last, saved),) = database.execute("SELECT (SELECT max(seq) FROM journal), (SELECT max(seq) FROM snapshots)")
    return int(last) - int(saved)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_under_load_keeps_all_that_had_arrived(live: Live, number: signal.Signals) -> None:
    crowd = Crowd(live(**UNHURRIED, stop_seconds=STOP))
    people = await crowd.gather("egypt", "acme", "ifip", "kenya")
    quick = crowd.person("brazil")
    await quick.connect()
    typing = [asyncio.create_task(person.keep_typing(random.Random(5))) for person in people]  # noqa: S311
    await crowd.until(lambda: crowd.promises >= 3_000)
    for _ in range(5_000):
        quick.write(SHARED)
    await quick.flush()
    await quick.arrived()
    quick.promised[quick.client] = quick.clock  # it has arrived, so it is owed
    assert await end(crowd.server, number) < STOP + GRACE
    await crowd.disconnected()
    await asyncio.gather(*typing)
    assert [person.closed for person in crowd.people] == [CloseCode.RESTARTING] * 5
    assert unsaved(crowd.server.data) == 0
    crowd.server.start()
    await crowd.check_kept()
    await crowd.connect()
    await crowd.converge()
    await check(crowd.server.data)


async def test_a_stop_does_not_wait_for_who_does_not_read(live: Live) -> None:
    crowd = Crowd(live(**UNHURRIED, stop_seconds=STOP, outbox_bytes=2**16))
    (egypt,) = await crowd.gather("egypt")
    narrow = socket.create_connection(("127.0.0.1", int(crowd.server.url.rsplit(":", 1)[1])))
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    headers = crowd.server.bearer("acme")
    deaf = await connect(f"{crowd.server.ws}/{CHAPTER}", sock=narrow, additional_headers=headers, max_queue=1)
    for _ in range(10):  # more than the kernel holds for a socket
        with egypt.writing():
            egypt.paragraph(SHARED).insert(0, "A long paste. " * 50_000)
    await egypt.flush()
    egypt.write(SHARED)
    await egypt.flush()
    await crowd.until(lambda: egypt.acknowledged)
    assert await end(crowd.server) < STOP + GRACE
    deaf.transport.abort()
    crowd.server.start()
    await crowd.check_kept()


async def test_a_stop_while_the_disk_fails_is_a_stop(live: Live) -> None:
    crowd = Crowd(live(**UNHURRIED, stop_seconds=STOP))
    egypt, _ = await crowd.gather("egypt", "acme")
    resource.prlimit(crowd.server.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    word = egypt.write(SHARED)
    await egypt.flush()
    await crowd.until(lambda: bool(egypt.told))
    assert await end(crowd.server) < STOP + GRACE
    await crowd.disconnected()
    assert [person.closed for person in crowd.people] == [CloseCode.RESTARTING] * 2
    crowd.server.start()
    assert word not in crowd.server.text()
    await crowd.check_kept()
    await crowd.connect()
    await crowd.converge()
    assert word in crowd.server.text()


async def test_a_folder_is_served_once(live: Live) -> None:
    server = live(**UNHURRIED)
    status, output = await adref("serve", "--port", "0", "--data", server.data)
    assert status == 2
    assert output == f"adref: {server.data} is served already, by process {server.pid}\n"
    server.kill()
    server.start()
    assert server.text() == "\n"


async def test_a_backup_taken_under_load_can_be_served(live: Live, tmp_path: Path) -> None:
    crowd = Crowd(live(**UNHURRIED, snapshot_updates=50))
    people = await crowd.gather("egypt", "acme", "ifip")
    typing = [asyncio.create_task(person.keep_typing(random.Random(6))) for person in people]  # noqa: S311
    await crowd.until(lambda: crowd.promises >= 3_000)
    promised = {person.client: person.promised[person.client] for person in people}
    status, output = await adref("backup", tmp_path / "copy.sqlite3", "--data", crowd.server.data)
    assert status == 0, output
    crowd.server.kill()
    await asyncio.gather(*typing)
    restored = LiveServer(tmp_path / "restored", UNHURRIED)
    restored.data.mkdir(mode=0o700)
    shutil.move(tmp_path / "copy.sqlite3", restored.data / DATABASE)
    shutil.copy2(crowd.server.data / KEY, restored.data / KEY)
    await check(restored.data)
    restored.tokens = crowd.server.tokens
    with started(restored):
        after = Crowd(restored)
        reader = after.person("observer")
        await reader.connect()
        assert set(promised) <= set(reader.clocks())
        assert all(reader.clocks()[client] >= clock for client, clock in promised.items())
        assert SHARED in [name for name, _, _ in reader.reading()]
        await reader.leave()


@contextmanager
def started(server: LiveServer) -> Iterator[None]:
    server.start()
    try:
        yield
    finally:
        server.stop()


async def test_a_room_that_closed_comes_back_whole(live: Live) -> None:
    crowd = Crowd(live(**UNHURRIED, room_idle_seconds=0.1))
    egypt, acme = await crowd.gather("egypt", "acme")
    chance = random.Random(7)  # noqa: S311 (places to type at, not secrets)
    for person in (egypt, acme) * 50:
        person.edit(chance)
        await person.flush()
    await crowd.converge()
    for again in range(3):
        for person in crowd.people:
            await person.leave()
        if again == 2:
            await end(crowd.server)
            crowd.server.start()
        else:
            await room_closed(crowd.server)
        await crowd.check_kept()
        await check_owner(crowd, egypt)
        newcomer = crowd.person("kenya", 300 + again)
        await crowd.connect()
        newcomer.write(SHARED)
        await newcomer.flush()
        await crowd.converge()
    await check(crowd.server.data)


async def room_closed(server: LiveServer) -> None:
    async with asyncio.timeout(DEADLINE):
        while "\nadref_rooms 0.0\n" not in (await asyncio.to_thread(server.get, "/metrics")).text:
            pass


async def check_owner(crowd: Crowd, owner: Person) -> None:
    """Nobody else can write under the client id of `owner`; what they try is in no text."""
    thief = Person(Crowd(crowd.server), "japan", owner.client)
    await thief.connect()
    word = thief.write(SHARED)
    await thief.flush()
    await thief.closes()
    assert thief.closed == CloseCode.REFUSED
    assert word not in crowd.server.text()


async def test_who_types_and_leaves_at_once_has_typed(live: Live) -> None:
    crowd = Crowd(live(**UNHURRIED, room_idle_seconds=0))
    await crowd.gather("egypt", "acme")
    for person in crowd.people:
        await person.leave()
    for person in crowd.people * 15:
        await person.connect()
        person.write(SHARED)
        await person.flush()
        await person.leave()
    text = crowd.server.text()
    assert all(text.count(word) == 1 for word in crowd.typed)
    await crowd.check_kept()
