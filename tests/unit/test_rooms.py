"""All rooms: opened once however many ask, closed when idle, back whole, and none left over."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from documents.chapter import ChapterDocument
from documents.errors import ChapterExists, ChapterNotFound, RoomBusy, StorageUnavailable
from documents.limits import RoomLimits
from documents.model import SERVER, Chapter
from documents.rooms import Rooms, RoomsLimits, milliseconds
from tests.editorkit import Editor, content
from tests.roomkit import (
    CHAPTER,
    DEADLINE,
    QUICK,
    Clock,
    FaultyStorage,
    assert_same,
    content_of,
    open_rooms,
    open_storage,
    opening,
    quiet,
    until,
)

DISK_FULL = StorageUnavailable("disk full")
AT_ONCE = RoomsLimits(idle_seconds=0)


@pytest.fixture(params=["memory", "sqlite"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FaultyStorage]:
    async with open_storage(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
async def rooms(storage: FaultyStorage) -> AsyncIterator[Rooms]:
    async with open_rooms(storage, rooms_limits=AT_ONCE) as opened:
        yield opened


async def settled(times: int = 20) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


# Opening


async def test_a_chapter_is_made_with_what_it_holds(rooms: Rooms) -> None:
    room = await rooms.open(CHAPTER)
    assert room.chapter == Chapter(CHAPTER, "Principles", 1_000, SERVER)
    assert room.seq == 1
    assert [one.id for one in await room.read(ChapterDocument.paragraphs)] == ["p-1", "p-2", "p-3"]
    with pytest.raises(ChapterExists):
        await rooms.create(Chapter(CHAPTER, "Again", 1, SERVER), SERVER, opening)


async def test_a_chapter_may_begin_empty(rooms: Rooms) -> None:
    await rooms.create(Chapter("empty", "Empty", 1, SERVER), SERVER, lambda _: None)
    room = await rooms.open("empty")
    assert room.seq == 0
    assert await room.read(ChapterDocument.lines) == []
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    egypt.add("First.")
    await assert_same(room, egypt)


async def test_many_who_ask_at_once_get_one_room(rooms: Rooms, storage: FaultyStorage) -> None:
    found = await asyncio.gather(*(rooms.open(CHAPTER) for _ in range(10)))
    assert len(set(map(id, found))) == 1
    assert storage.faults.calls.count("recover") == 1
    assert rooms.opened() == [found[0]]
    assert rooms.find(CHAPTER) is found[0]


async def test_what_is_being_opened_is_not_open(rooms: Rooms, storage: FaultyStorage) -> None:
    gate = storage.faults.hold("recover")
    opening_ = asyncio.create_task(rooms.open(CHAPTER))
    await storage.faults.reached("recover")
    assert rooms.opened() == []
    assert rooms.find(CHAPTER) is None
    gate.set()
    room = await opening_
    assert rooms.find(CHAPTER) is room


async def test_a_failing_open_is_everybodys_error_and_is_tried_anew(rooms: Rooms, storage: FaultyStorage) -> None:
    storage.faults.fail(DISK_FULL, "recover")
    results = await asyncio.gather(*(rooms.open(CHAPTER) for _ in range(3)), return_exceptions=True)
    assert results == [DISK_FULL] * 3
    assert storage.faults.calls.count("recover") == 1
    assert rooms.opened() == [] and rooms.find(CHAPTER) is None
    storage.faults.mend()
    assert await (await rooms.open(CHAPTER)).read(ChapterDocument.lines)


async def test_no_such_chapter_leaves_nothing(storage: FaultyStorage) -> None:
    async with open_rooms(storage, rooms_limits=RoomsLimits(rooms=1)) as rooms:
        for _ in range(3):
            with pytest.raises(ChapterNotFound):
                await rooms.open("nowhere")
        await rooms.open(CHAPTER)


async def test_who_stops_waiting_spoils_it_for_nobody(rooms: Rooms, storage: FaultyStorage) -> None:
    gate = storage.faults.hold("recover")
    first, second = (asyncio.create_task(rooms.open(CHAPTER)) for _ in range(2))
    await storage.faults.reached("recover")
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    gate.set()
    assert await second is rooms.find(CHAPTER)


async def test_an_open_that_fails_when_nobody_waits_any_more_is_forgotten(rooms: Rooms, storage: FaultyStorage) -> None:
    gate = storage.faults.hold("recover")
    storage.faults.fail(DISK_FULL, "recover")
    task = asyncio.create_task(rooms.open(CHAPTER))
    await storage.faults.reached("recover")
    task.cancel()
    gate.set()
    await settled()
    storage.faults.mend()
    assert await rooms.open(CHAPTER)


async def test_too_many_rooms(storage: FaultyStorage) -> None:
    async with open_rooms(storage, rooms_limits=RoomsLimits(rooms=1, idle_seconds=0)) as rooms:
        await rooms.create(Chapter("other", "Other", 1, SERVER), SERVER, opening)
        await rooms.open(CHAPTER)
        with pytest.raises(RoomBusy):
            await rooms.open("other")
        await rooms.evict_idle(1)
        assert (await rooms.open("other")).chapter.id == "other"


# Eviction


async def test_an_idle_room_is_closed_and_comes_back_whole(rooms: Rooms, storage: FaultyStorage) -> None:
    room = await rooms.open(CHAPTER)
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    egypt.type("Kept ")
    egypt.split(0, 4)
    await room.write("chair", lambda document: document.maps["comments"].update({"c": "x"}))
    await quiet(room, egypt)
    before = await content_of(room)
    await rooms.evict_idle(1)
    assert rooms.find(CHAPTER) is room, "somebody is there"
    egypt.leave()
    await rooms.evict_idle(2)
    assert rooms.opened() == []
    assert (await storage.recover(CHAPTER)).tail == (), "it was closed with a snapshot"
    again = await rooms.open(CHAPTER)
    assert again is not room
    assert await content_of(again) == before
    egypt.type("and written on ")
    egypt.join(again)
    await assert_same(again, egypt)


async def test_idle_is_since_the_last_look(storage: FaultyStorage) -> None:
    async with open_rooms(storage, rooms_limits=RoomsLimits(idle_seconds=10)) as rooms:
        room = await rooms.open(CHAPTER)
        await rooms.evict_idle(100)
        await rooms.evict_idle(109)
        assert rooms.find(CHAPTER) is room
        egypt = Editor("egypt", 11).join(room)
        await rooms.evict_idle(111)
        egypt.leave()
        await rooms.evict_idle(112)
        await rooms.evict_idle(121)
        assert rooms.find(CHAPTER) is room
        await rooms.evict_idle(122)
        assert rooms.find(CHAPTER) is None


async def test_opening_waits_for_the_room_that_is_closing(rooms: Rooms, storage: FaultyStorage) -> None:
    room = await rooms.open(CHAPTER)
    await room.write("chair", lambda document: document.maps["meta"].update({"title": "x"}))
    gate = storage.faults.hold("save_snapshot")
    evicting = asyncio.create_task(rooms.evict_idle(1))
    await storage.faults.reached("save_snapshot")
    opening_ = [asyncio.create_task(rooms.open(CHAPTER)) for _ in range(3)]
    await settled()
    assert not any(task.done() for task in opening_)
    gate.set()
    found = await asyncio.gather(*opening_)
    await evicting
    assert found[0] is not room and len(set(map(id, found))) == 1
    assert await found[0].read(lambda document: document.value("meta")) == {"title": "x"}


async def test_an_eviction_whose_caller_goes_away_still_keeps_others_out(rooms: Rooms, storage: FaultyStorage) -> None:
    room = await rooms.open(CHAPTER)
    await room.write("chair", lambda document: document.maps["meta"].update({"title": "x"}))
    gate = storage.faults.hold("save_snapshot")
    evicting = asyncio.create_task(rooms.evict_idle(1))
    await storage.faults.reached("save_snapshot")
    evicting.cancel()
    opening_ = asyncio.create_task(rooms.open(CHAPTER))
    await settled()
    assert not opening_.done()
    gate.set()
    assert await opening_ is not room


async def test_eviction_takes_what_was_asked_before_with_it(rooms: Rooms, storage: FaultyStorage) -> None:
    room = await rooms.open(CHAPTER)
    gate = storage.faults.hold("append")
    write = asyncio.create_task(room.write("chair", lambda document: document.maps["meta"].update({"title": "x"})))
    look = asyncio.create_task(room.read(lambda document: document.value("meta")))
    await storage.faults.reached("append")
    evicting = asyncio.create_task(rooms.evict_idle(1))
    await settled()
    gate.set()
    await write
    assert await look == {"title": "x"}
    await evicting


async def test_evicting_while_the_storage_fails(rooms: Rooms, storage: FaultyStorage) -> None:
    room = await rooms.open(CHAPTER)
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    storage.faults.fail(DISK_FULL, "append", "probe")
    egypt.type("Kept at home ")
    await until(lambda: room.read_only is not None)
    egypt.leave()
    async with asyncio.timeout(DEADLINE):
        await rooms.evict_idle(1)
    storage.faults.mend()
    again = await rooms.open(CHAPTER)
    assert (await again.read(ChapterDocument.lines))[0] == "Paragraph 1."
    egypt.join(again)
    await assert_same(again, egypt)
    assert (await again.read(ChapterDocument.lines))[0] == "Kept at home Paragraph 1."


async def test_opening_and_evicting_again_and_again(storage: FaultyStorage) -> None:
    """Three people come and go while rooms are closed under them as soon as they are empty."""
    async with open_rooms(storage, RoomLimits(snapshot_updates=3, snapshot_share=1e9), AT_ONCE) as rooms:
        done = asyncio.Event()

        async def evict() -> None:
            now = 0
            while not done.is_set():
                now += 1
                await rooms.evict_idle(now)
                await asyncio.sleep(0)

        async def come_and_go(editor: Editor) -> None:
            for number in range(15):
                room = await rooms.open(CHAPTER)
                editor.join(room)
                await until(lambda: len(editor.text.children) >= 3)
                editor.type(str(number % 10))
                await room.read(lambda _: None)
                editor.leave()
                await asyncio.sleep(0)

        editors = [Editor(author, client) for client, author in ((11, "egypt"), (22, "ifip"), (33, "acme"))]
        evicting = asyncio.create_task(evict())
        await asyncio.gather(*(come_and_go(editor) for editor in editors))
        done.set()
        await evicting
        assert storage.faults.calls.count("recover") > 3
        room = await rooms.open(CHAPTER)
        for editor in editors:
            editor.join(room)
        await assert_same(room, *editors)
        assert len(str(editors[0].words(0))) == len("Paragraph 1.") + 45


# The end


async def test_draining(storage: FaultyStorage) -> None:
    async with open_rooms(storage, RoomLimits(batch_updates=2)) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        for _ in range(9):
            egypt.type("x")
        assert room.seq < 11
        await rooms.drain()
        assert room.seq == 11, "the draft, nine edits, and whose they are"


async def test_draining_ends_while_a_room_closes_on_a_failing_storage(rooms: Rooms, storage: FaultyStorage) -> None:
    room = await rooms.open(CHAPTER)
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    storage.faults.fail(DISK_FULL, "append", "probe", "recover", "save_snapshot")
    egypt.type("x")
    await until(lambda: room.read_only is not None)
    egypt.leave()
    draining = asyncio.create_task(rooms.drain())
    await settled()
    await rooms.evict_idle(1)
    async with asyncio.timeout(DEADLINE):
        await draining


async def test_closing_saves_every_room_and_opens_none(storage: FaultyStorage) -> None:
    rooms = Rooms(storage, room_limits=QUICK, now=Clock())
    for name in ("a", "b"):
        await rooms.create(Chapter(name, name, 1, SERVER), SERVER, opening)
        editor = Editor("egypt", 11).join(await rooms.open(name))
        await quiet(await rooms.open(name), editor)
        editor.type("Kept ")
    await rooms.close()
    for name in ("a", "b"):
        recovery = await storage.recover(name)
        assert recovery.snapshot is not None and recovery.snapshot.seq == 3 and recovery.tail == ()
        assert ChapterDocument.recover(recovery).lines()[0] == "Kept Paragraph 1."
    with pytest.raises(RoomBusy):
        await rooms.open("a")
    await rooms.close()


async def test_closing_waits_for_what_is_opening_and_what_is_closing(storage: FaultyStorage) -> None:
    rooms = Rooms(storage, limits=AT_ONCE, now=milliseconds)
    for name in ("a", "b"):
        await rooms.create(Chapter(name, name, 1, SERVER), SERVER, opening)
    room = await rooms.open("a")
    await room.write("chair", lambda document: document.maps["meta"].update({"title": "x"}))
    snapshots = storage.faults.hold("save_snapshot")
    evicting = asyncio.create_task(rooms.evict_idle(1))
    await storage.faults.reached("save_snapshot")
    recoveries = storage.faults.hold("recover")
    opening_ = asyncio.create_task(rooms.open("b"))
    await storage.faults.reached("recover")
    closing = asyncio.create_task(rooms.close())
    await settled()
    assert not closing.done()
    recoveries.set()
    await settled()
    assert not closing.done()
    snapshots.set()
    await closing
    await evicting
    await asyncio.wait([opening_])
    assert rooms.opened() == []
    assert (await storage.recover("a")).tail == ()


async def test_a_room_that_does_not_close_well_spoils_nothing(
    storage: FaultyStorage, caplog: pytest.LogCaptureFixture
) -> None:
    rooms = Rooms(storage, limits=AT_ONCE)
    await rooms.create(Chapter("a", "a", 1, SERVER), SERVER, opening)
    room = await rooms.open("a")
    await room.write("chair", lambda document: document.maps["meta"].update({"title": "x"}))
    storage.faults.fail(RuntimeError("nobody expects it"), "save_snapshot")
    await rooms.evict_idle(1)
    assert "nobody expects it" in caplog.text
    storage.faults.mend()
    again = await rooms.open("a")
    assert await again.read(lambda document: document.value("meta")) == {"title": "x"}
    await rooms.close()


async def test_one_group_commit_for_all_rooms(storage: FaultyStorage) -> None:
    async with open_rooms(storage) as rooms:
        names = [f"c-{number}" for number in range(5)]
        for name in names:
            await rooms.create(Chapter(name, name, 1, SERVER), SERVER, opening)
        editors = {name: Editor("egypt", 11).join(await rooms.open(name)) for name in names}
        for name, editor in editors.items():
            await quiet(await rooms.open(name), editor)
        before = rooms.journal.commits
        gate = storage.faults.hold("append")
        for editor in editors.values():
            editor.type("x")
        await settled()
        gate.set()
        await rooms.drain()
        assert rooms.journal.commits <= before + 2
        for name, editor in editors.items():
            assert content(editor) == await content_of(await rooms.open(name))
