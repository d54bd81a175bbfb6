"""The room and those who read slowly."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from documents.crdt import protocol
from documents.errors import StorageUnavailable
from documents.room import Room
from documents.rooms import Rooms
from documents.seat import Denial
from tests.editorkit import Editor
from tests.roomkit import CHAPTER, FaultyStorage, assert_same, open_rooms, open_storage, quiet, until

OBSERVER = Denial("role", "Observers read.")
DISK_FULL = StorageUnavailable("disk full")


@pytest.fixture(params=["memory", "sqlite"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FaultyStorage]:
    async with open_storage(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
async def rooms(storage: FaultyStorage) -> AsyncIterator[Rooms]:
    async with open_rooms(storage) as opened:
        yield opened


@pytest.fixture
async def room(rooms: Rooms) -> Room:
    return await rooms.open(CHAPTER)


# Who reads slowly


def slow_editor(room: Room, capacity: int) -> Editor:
    editor = Editor("slow", 77, live=False)
    editor.capacity = capacity
    return editor.join(room)


async def test_a_slow_reader_is_sent_nothing_more_until_it_has_caught_up(room: Room) -> None:
    egypt, slow = Editor("egypt", 11).join(room), slow_editor(room, 20)
    await quiet(room, egypt, slow)
    for number in range(200):
        egypt.type(str(number % 10))
        await room.read(lambda _: None)
    assert len(slow.incoming) == 21
    egypt.words(1).clear()
    del egypt.text.children[2]
    await quiet(room, egypt)
    slow.type("By the slow one. ")
    slow.post()
    await room.read(lambda _: None)
    assert len(slow.incoming) == 21
    slow.take()
    assert slow.seat is not None
    room.caught_up(slow.seat)
    await room.read(lambda _: None)
    acknowledging = [message for frame in slow.incoming for message in protocol.read(frame)]
    assert any(isinstance(one, protocol.SyncStep1) and one.state_vector[77] > 0 for one in acknowledging)
    await assert_same(room, egypt, slow)
    assert slow.acknowledged[77] == len("By the slow one. ")
    assert len(slow.text.children) == 2


async def test_falling_behind_before_step_1_was_answered(room: Room) -> None:
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    slow = Editor("slow", 77, live=False)
    slow.capacity = 0
    slow.join(room)
    await room.read(lambda _: None)
    assert len(slow.incoming) == 1, "its first message was too much already"
    egypt.type("Meanwhile ")
    await quiet(room, egypt)
    slow.post()
    await room.read(lambda _: None)
    assert len(slow.incoming) == 1
    slow.capacity = 5
    await assert_same(room, egypt, slow)
    assert str(slow.words(0)) == "Meanwhile Paragraph 1."


async def test_catching_up_before_asking_costs_nothing(room: Room) -> None:
    slow = Editor("slow", 77, live=False)
    slow.capacity = 0
    slow.join(room)
    await room.read(lambda _: None)
    slow.take()
    assert slow.seat is not None
    room.caught_up(slow.seat)
    slow.capacity = None
    await assert_same(room, slow)
    assert len(slow.text.children) == 3


async def test_falling_behind_again_while_catching_up(room: Room) -> None:
    egypt, slow = Editor("egypt", 11).join(room), slow_editor(room, 3)
    await quiet(room, egypt, slow)
    rng = Random(1)  # noqa: S311 (nothing secret)
    for _ in range(30):
        for _ in range(rng.randrange(6)):
            egypt.type("x", at=rng.randrange(3))
            if rng.random() < 0.3:
                del egypt.words(0)[0:1]
            await room.read(lambda _: None)
        slow.capacity = rng.randrange(3)
        slow.take(rng.randrange(3))
        if slow.seat is not None and slow.seat.behind is not None and not slow.incoming:
            room.caught_up(slow.seat)
        await room.read(lambda _: None)
        assert len(slow.incoming) <= 5
    slow.capacity = 3
    await assert_same(room, egypt, slow)


async def test_a_slow_reader_learns_who_has_gone(room: Room) -> None:
    egypt, slow = Editor("egypt", 11).join(room), slow_editor(room, 20)
    slow.announce()
    egypt.announce(cursor=1)
    await quiet(room, egypt, slow)
    assert 11 in slow.sees()
    slow.capacity = 0
    egypt.announce(cursor=2)
    await room.read(lambda _: None)
    egypt.leave()
    await room.read(lambda _: None)
    slow.capacity = 20
    await quiet(room, slow)
    assert 11 not in slow.sees()


async def test_a_storage_that_fails_while_somebody_is_behind(room: Room, storage: FaultyStorage) -> None:
    egypt, slow = Editor("egypt", 11).join(room), slow_editor(room, 0)
    await quiet(room, egypt)
    slow.post()
    egypt.type("Before ")
    await quiet(room, egypt)
    storage.faults.fail(DISK_FULL, "append", "probe")
    slow.capacity = 3
    egypt.type("During ")
    await until(lambda: room.read_only is not None)
    storage.faults.mend()
    await until(lambda: room.read_only is None)
    await assert_same(room, egypt, slow)
    assert str(slow.words(0)) == "During Before Paragraph 1."
