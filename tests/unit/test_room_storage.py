"""The room on a storage that is slow or fails, what it saves, and how it ends."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from documents.chapter import ChapterDocument
from documents.crdt import protocol
from documents.errors import DocumentBroken, ReadOnly, RoomBusy, SequenceConflict, StorageUnavailable
from documents.limits import RoomLimits
from documents.model import Entry
from documents.room import Room
from documents.rooms import Rooms
from documents.seat import Denial
from tests.editorkit import Editor, content, replica
from tests.roomkit import (
    CHAPTER,
    DEADLINE,
    QUICK,
    FaultyStorage,
    assert_same,
    content_of,
    open_rooms,
    open_storage,
    quiet,
    replayed,
    until,
)

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


# A storage that fails


async def test_a_failed_batch_is_as_if_it_had_never_come(room: Room, storage: FaultyStorage) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    shown = content(ifip)
    storage.faults.fail(DISK_FULL, "append", "probe")
    egypt.type("Kept at home ")
    await until(lambda: room.read_only is not None and egypt.said and ifip.said)
    assert content(ifip) == shown
    assert egypt.said[:1] == ifip.said[:1] == ["denied storage"]
    reader = Editor("acme", 33).join(room)
    await until(lambda: len(reader.text.children) == 3)
    assert content(reader) == shown
    assert reader.said == ["denied storage"]
    assert (await room.read(ChapterDocument.lines))[0] == "Paragraph 1."
    ifip.type("Mine too ")
    await until(lambda: ifip.said.count("denied storage") > 1)
    with pytest.raises(ReadOnly):
        await room.write("chair", lambda document: document.maps["meta"].update({"a": 1}))
    storage.faults.mend()
    await until(lambda: room.read_only is None)
    await assert_same(room, egypt, ifip, reader)
    assert egypt.said[-1] == ifip.said[-1] == reader.said[-1] == "allowed"
    assert set((await room.read(ChapterDocument.lines))[0].split()) == {
        "Kept",
        "at",
        "home",
        "Mine",
        "too",
        "Paragraph",
        "1.",
    }
    assert content(replica((await replayed(storage)).state())) == await content_of(room)


async def test_denials_and_readers_do_not_wait_for_the_next_try(storage: FaultyStorage) -> None:
    async with open_rooms(storage, RoomLimits(retry_seconds=3_600, retry_most=3_600)) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        storage.faults.fail(DISK_FULL, "append", "probe")
        egypt.type("A")
        await until(lambda: egypt.said == ["denied storage"])
        egypt.type("B")
        await until(lambda: egypt.said == ["denied storage"] * 2)
        late = Editor("ifip", 22).join(room)
        await until(lambda: len(late.text.children) == 3)
        assert len(await room.read(ChapterDocument.paragraphs)) == 3


async def test_what_takes_longer_to_answer_than_the_next_try_is_answered(
    room: Room, storage: FaultyStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    storage.faults.fail(DISK_FULL, "append", "probe")
    egypt.type("A")
    await until(lambda: room.read_only is not None)
    monkeypatch.setattr(ChapterDocument, "is_large", property(lambda _: True))  # so that it is read in a thread
    begun, enough = threading.Event(), threading.Event()

    def look(document: ChapterDocument) -> int:
        begun.set()
        assert enough.wait(DEADLINE)
        return len(document.paragraphs())

    asked = asyncio.create_task(room.read(look))
    await until(begun.is_set)
    await asyncio.wait([asked], timeout=20 * QUICK.retry_most)
    storage.faults.mend()
    enough.set()
    async with asyncio.timeout(DEADLINE):
        assert await asked == 3
    await assert_same(room, egypt)


async def test_a_storage_that_cannot_even_be_read_for_a_while(room: Room, storage: FaultyStorage) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    storage.faults.fail(DISK_FULL, "append", "probe", "recover")
    egypt.type("A")
    await until(lambda: storage.faults.calls.count("recover") > 4)
    shown = content(ifip)
    egypt.type("B")
    look = asyncio.create_task(room.read(ChapterDocument.lines))
    late = Editor("acme", 33).join(room)
    await until(lambda: storage.faults.calls.count("recover") > 8)
    assert content(ifip) == shown
    assert not look.done() and late.heard == []
    storage.faults.mend()
    await look
    await assert_same(room, egypt, ifip, late)
    assert (await room.read(ChapterDocument.lines))[0] == "BAParagraph 1."


async def test_a_burst_that_builds_on_a_lost_batch_is_asked_for_again_and_nobody_is_refused(
    room: Room, storage: FaultyStorage
) -> None:
    egypt = Editor("egypt", 11, live=False).join(room)
    await quiet(room, egypt)
    storage.faults.fail(DISK_FULL, "append")
    gate = storage.faults.hold("append")
    egypt.type("0")
    egypt.post()
    await storage.faults.reached("append")
    for number in range(40):
        egypt.type(str(number % 10))
        egypt.post()
    storage.faults.mend()
    storage.faults.fail(DISK_FULL, "append")
    gate.set()
    await until(lambda: room.read_only is not None)
    storage.faults.mend()
    await assert_same(room, egypt)
    assert not egypt.errors
    assert len((await room.read(ChapterDocument.lines))[0]) == len("Paragraph 1.") + 41


async def test_a_commit_that_was_kept_but_said_to_have_failed_is_shown_to_everybody(
    room: Room, storage: FaultyStorage
) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    storage.faults.kept_but_failing = DISK_FULL
    egypt.type("Kept ")
    await until(lambda: room.read_only is not None)
    storage.faults.kept_but_failing = None
    await until(lambda: room.read_only is None)
    await assert_same(room, egypt, ifip)
    assert (await room.read(ChapterDocument.lines))[0] == "Kept Paragraph 1."


async def test_a_second_writer_is_noticed_and_what_it_wrote_is_shown(room: Room, storage: FaultyStorage) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    other = ChapterDocument.recover(await storage.recover(CHAPTER))
    update = other.write(
        lambda document: document.append("paragraph", {"id": "p-9", "label": "9"}, "By another."), "chair", 2_000
    )
    await storage.append([Entry(CHAPTER, 2, 2_000, "chair", update)])
    egypt.type("Mine ")
    await assert_same(room, egypt, ifip)
    assert await room.read(ChapterDocument.lines) == [
        "Mine Paragraph 1.",
        "Paragraph 2.",
        "Paragraph 3.",
        "By another.",
    ]
    assert room.seq == 4, "its entry, the edit, and whose the edit is"


async def test_a_conflict_in_the_storage_is_got_over(room: Room, storage: FaultyStorage) -> None:
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    storage.faults.fail(SequenceConflict(CHAPTER, 2), "append")
    egypt.type("A")
    await until(lambda: egypt.said[:1] == ["denied storage"])
    storage.faults.mend()
    await assert_same(room, egypt)
    assert egypt.said[-1] == "allowed"


async def test_an_error_that_nobody_expected_is_got_over(
    room: Room, storage: FaultyStorage, caplog: pytest.LogCaptureFixture
) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    storage.faults.fail(RuntimeError("nobody expects it"), "append", "recover")
    egypt.type("A")
    await until(lambda: storage.faults.calls.count("recover") > 2)
    storage.faults.mend()
    await assert_same(room, egypt, ifip)
    assert "nobody expects it" in caplog.text


async def test_a_failing_change_of_the_server_spoils_nothing(room: Room) -> None:
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)

    def change(document: ChapterDocument) -> None:
        document.append("paragraph", {"id": "p-4", "label": "4"}, "Half of it")
        raise ValueError("the other half")

    with pytest.raises(DocumentBroken, match="the other half"):
        await room.write("chair", change)
    egypt.type("After ")
    await assert_same(room, egypt)
    assert (await room.read(ChapterDocument.lines)) == ["After Paragraph 1.", "Paragraph 2.", "Paragraph 3."]


async def test_a_document_that_breaks_is_rebuilt_and_its_breaker_refused(room: Room) -> None:
    egypt, mallory = Editor("egypt", 11).join(room), Editor("mallory", 66).join(room)
    await quiet(room, egypt, mallory)
    document = await room.read(lambda document: document)

    def panic(update: bytes) -> None:
        raise BaseException("a panic")

    document._doc.apply_update = panic  # type: ignore[method-assign]
    mallory.type("poison")
    await until(lambda: mallory.errors)
    mallory.leave()
    egypt.type("After ")
    await assert_same(room, egypt)
    assert (await room.read(ChapterDocument.lines))[0] == "After Paragraph 1."


async def test_writes_that_wait_for_a_failing_commit_are_told(room: Room, storage: FaultyStorage) -> None:
    storage.faults.fail(DISK_FULL, "append", "probe")
    with pytest.raises(ReadOnly):
        await room.write("chair", lambda document: document.maps["meta"].update({"a": 1}))
    storage.faults.mend()
    await until(lambda: room.read_only is None)
    assert (await room.read(lambda document: document.value("meta"))) == {}


# Snapshots


async def snapshot_seq(storage: FaultyStorage) -> int:
    snapshot = (await storage.recover(CHAPTER)).snapshot
    return 0 if snapshot is None else snapshot.seq


async def poll_snapshot(storage: FaultyStorage, seq: int) -> None:
    async with asyncio.timeout(DEADLINE):
        while await snapshot_seq(storage) < seq:  # noqa: ASYNC110 (storages have no events)
            await asyncio.sleep(0.001)


async def test_a_snapshot_after_so_many_updates(storage: FaultyStorage) -> None:
    async with open_rooms(storage, RoomLimits(snapshot_updates=5, snapshot_share=1e9)) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        for count in range(1, 12):
            egypt.type("x")
            await quiet(room, egypt)
            if count in (3, 8):
                await poll_snapshot(storage, count + 2)
        assert await snapshot_seq(storage) == 10
        assert rooms.counts.snapshots == 2


async def test_a_snapshot_some_time_after_an_update(storage: FaultyStorage) -> None:
    async with open_rooms(storage, RoomLimits(snapshot_seconds=0.01)) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        egypt.type("x")
        await poll_snapshot(storage, 3)
        gate = storage.faults.hold("save_snapshot")
        egypt.type("y")
        await storage.faults.reached("save_snapshot")
        egypt.type("z")  # comes while one is being saved, and nothing happens after it
        await quiet(room, egypt)
        gate.set()
        await poll_snapshot(storage, 5)


async def test_a_snapshot_on_closing(storage: FaultyStorage) -> None:
    async with open_rooms(storage) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        egypt.type("x")
    recovery = await storage.recover(CHAPTER)
    assert recovery.snapshot is not None
    assert recovery.snapshot.seq == 3
    assert dict(recovery.snapshot.owners) == {1: "adref", 11: "egypt"}
    assert recovery.tail == ()


async def test_a_snapshot_holds_nothing_that_is_not_committed(storage: FaultyStorage) -> None:
    async with open_rooms(storage, RoomLimits(snapshot_seconds=0.001, retry_seconds=0.001)) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        egypt.type("committed ")
        gate = storage.faults.hold("append")
        await storage.faults.reached("append")
        gate.set()
        await quiet(room, egypt)
        gate = storage.faults.hold("append")
        storage.faults.fail(DISK_FULL, "probe")
        egypt.type("pending ")
        await storage.faults.reached("append")
        await asyncio.sleep(0.005)  # a snapshot falls due now
        assert await snapshot_seq(storage) <= 3
        storage.faults.fail(DISK_FULL, "append")
        gate.set()
        await until(lambda: room.read_only is not None)
        egypt.leave()
        storage.faults.mend()
        await until(lambda: room.read_only is None)
        await poll_snapshot(storage, 3)
    snapshot = (await storage.recover(CHAPTER)).snapshot
    assert snapshot is not None and b"committed" in snapshot.state and b"pending" not in snapshot.state


async def test_a_failing_snapshot_is_not_tried_at_every_step(storage: FaultyStorage) -> None:
    async with open_rooms(storage, RoomLimits(snapshot_updates=3, snapshot_share=1e9)) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        storage.faults.fail(DISK_FULL, "save_snapshot")
        for _ in range(12):
            egypt.type("x")
            await quiet(room, egypt)
            await until(lambda: storage.faults.calls.count("save_snapshot") >= room.seq // 3)
        assert 3 <= storage.faults.calls.count("save_snapshot") <= 4
        assert room.read_only is None
    assert await snapshot_seq(storage) == 14, "saved on closing, the storage working again"


async def test_snapshot_and_tail_are_the_whole_journal(storage: FaultyStorage) -> None:
    async with open_rooms(storage, RoomLimits(snapshot_updates=7, snapshot_share=1e9)) as rooms:
        room = await rooms.open(CHAPTER)
        egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
        await quiet(room, egypt, ifip)
        for number in range(20):
            egypt.type("ab", at=number % 5)
            del ifip.words(0)[2:3]
            ifip.add(id="p-1")
            egypt.paragraph(0).attributes["label"] = f"12.{number}"
            await quiet(room, egypt, ifip)
            await room.write("chair", lambda document: document.maps["comments"].update({"c": "x"}))
        await poll_snapshot(storage, 14)
        storage.faults.fail(DISK_FULL, "save_snapshot")
        egypt.type("the tail")
        await quiet(room, egypt, ifip)
        recovery = await storage.recover(CHAPTER)
        assert recovery.snapshot is not None and recovery.tail
        recovered, whole = ChapterDocument.recover(recovery), await replayed(storage)
        live = await room.read(lambda document: document)
        for document in (recovered, whole):
            assert dict(document.clocks) == dict(live.clocks)
            assert document.owners == live.owners
            assert document.paragraphs() == live.paragraphs()
            assert document.value("comments") == {"c": "x"}
            assert len(document.state()) == len(live.state())
            assert document.has_all_of(live.state()) and live.has_all_of(document.state())
            assert document.record.encode() == live.record.encode()
            assert document.runs(deleted=True) == live.runs(deleted=True)
            assert document.authorship_problems() == []


# The end of a room


async def test_closing_writes_what_had_arrived(storage: FaultyStorage) -> None:
    async with open_rooms(storage, RoomLimits(batch_updates=3)) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        for _ in range(10):
            egypt.type("x")
        await room.close()
        with pytest.raises(RoomBusy):
            egypt.post_frame(protocol.sync_update(b"\0\0"))
        with pytest.raises(RoomBusy):
            room.join(egypt, "egypt", {}, None)
        with pytest.raises(RoomBusy):
            await room.read(ChapterDocument.lines)
        with pytest.raises(RoomBusy):
            await room.write("chair", lambda _: None)
    assert (await replayed(storage)).lines()[0] == "xxxxxxxxxxParagraph 1."


async def test_closing_while_the_storage_fails_leaves_nobody_waiting(storage: FaultyStorage) -> None:
    async with open_rooms(storage) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        storage.faults.fail(DISK_FULL, "append", "probe", "recover", "save_snapshot")
        egypt.type("x")
        await until(lambda: room.read_only is not None)
        look = asyncio.create_task(room.read(ChapterDocument.lines))
        write = asyncio.create_task(room.write("chair", lambda _: None))
        await asyncio.sleep(0)
        async with asyncio.timeout(DEADLINE):
            await room.close()
        with pytest.raises(RoomBusy):
            await look
        with pytest.raises(ReadOnly):
            await write
    assert (await replayed(storage)).lines()[0] == "Paragraph 1."
