"""Who sends faster than the room takes is held up, until it has."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from documents.crdt import protocol
from documents.errors import StorageUnavailable
from documents.room import Room
from server import pressure
from server.pressure import EDITS, SIZE, Pressure
from tests.editorkit import Editor
from tests.roomkit import CHAPTER, FaultyMemory, content_of, open_rooms, until


class Line:
    """A link, as far as it is needed here."""

    def __init__(self) -> None:
        self.held = False
        self.holds = 0

    def hold_reading(self) -> None:
        self.holds += not self.held
        self.held = True

    def release_reading(self) -> None:
        self.held = False


@pytest.fixture
def storage() -> FaultyMemory:
    return FaultyMemory()


@pytest.fixture
async def room(storage: FaultyMemory) -> AsyncIterator[Room]:
    async with open_rooms(storage) as rooms:
        yield await rooms.open(CHAPTER)


def send(room: Room, editor: Editor, pressure: Pressure, edits: int) -> None:
    """Type so many characters, and hand them to the room."""
    assert editor.seat is not None
    for _ in range(edits):
        editor.type("x")
    for frame in editor.outgoing:
        for message in protocol.read(frame):
            room.receive(editor.seat, message)
    editor.outgoing.clear()
    pressure.handed(edits, 20 * edits)


async def typing(room: Room) -> Editor:
    editor = Editor("egypt", 77, live=False).join(room)
    editor.post()
    await room.read(lambda _: None)
    editor.take()
    return editor


async def test_a_sender_waits_until_what_it_sent_is_on_disk(room: Room, storage: FaultyMemory) -> None:
    editor, line = await typing(room), Line()
    holding = Pressure(line, room, "egypt")
    gate = storage.faults.hold("append")
    for _ in range(2 * EDITS - 1):
        send(room, editor, holding, 1)
    assert line.holds == 0
    send(room, editor, holding, 1)
    await storage.faults.reached("append")
    assert line.holds == 1
    gate.set()
    await until(lambda: not line.held)
    assert str((await content_of(room))["text"]).count("x") == 2 * EDITS
    holding.stop()


async def test_who_sends_no_more_than_the_room_takes_is_never_held_up(room: Room) -> None:
    editor, line = await typing(room), Line()
    holding = Pressure(line, room, "egypt")
    for _ in range(3 * EDITS):
        send(room, editor, holding, 1)
        await room.read(lambda _: None)
    assert line.holds == 0


async def test_who_goes_on_is_held_up_again(room: Room) -> None:
    editor, line = await typing(room), Line()
    holding = Pressure(line, room, "egypt")
    for _ in range(5):
        send(room, editor, holding, EDITS)
        send(room, editor, holding, EDITS)
        assert line.held
        await until(lambda: not line.held)
    assert line.holds == 5


async def test_nobody_is_held_up_for_ever(room: Room, storage: FaultyMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressure, "LONGEST", 0.05)
    editor, line = await typing(room), Line()
    holding = Pressure(line, room, "egypt")
    storage.faults.fail(StorageUnavailable("disk full"), "append", "probe", "recover")
    send(room, editor, holding, EDITS)
    send(room, editor, holding, EDITS)
    assert line.held
    await until(lambda: not line.held)
    holding.stop()


async def test_a_room_that_closes_holds_nobody(room: Room) -> None:
    line = Line()
    await room.close()
    holding = Pressure(line, room, "egypt")
    holding.handed(EDITS, 0)
    holding.handed(EDITS, 0)
    assert line.held
    await until(lambda: not line.held)


async def test_what_has_ended_asks_no_more(room: Room, storage: FaultyMemory) -> None:
    editor, line = await typing(room), Line()
    holding = Pressure(line, room, "egypt")
    gate = storage.faults.hold("append")
    send(room, editor, holding, EDITS)
    holding.stop()
    holding.stop()
    await asyncio.sleep(0)
    gate.set()
    await room.read(lambda _: None)
    assert not line.holds


async def test_few_large_edits_count_as_many(room: Room, storage: FaultyMemory) -> None:
    editor, line = await typing(room), Line()
    holding = Pressure(line, room, "egypt")
    gate = storage.faults.hold("append")
    send(room, editor, holding, 1)
    await storage.faults.reached("append")
    holding.handed(1, EDITS * SIZE)
    assert line.holds == 0
    holding.handed(1, EDITS * SIZE)
    assert line.held
    gate.set()
    await until(lambda: not line.held)
    holding.stop()
