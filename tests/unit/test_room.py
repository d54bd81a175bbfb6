"""The room: what is shown is committed, what is committed is shown; the slow, the wrong and the unlucky."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Map, XmlElement, XmlFragment

from documents.chapter import ChapterDocument
from documents.crdt import protocol
from documents.errors import RoomBusy, StorageUnavailable
from documents.limits import RoomLimits
from documents.room import Room
from documents.rooms import Rooms
from documents.seat import Denial
from tests.editorkit import Editor, content
from tests.roomkit import (
    CHAPTER,
    QUICK,
    FaultyStorage,
    assert_same,
    open_rooms,
    open_storage,
    quiet,
    state_of,
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


def updates_heard(editor: Editor) -> int:
    return sum(isinstance(message, protocol.SyncUpdate) for message in editor.heard)


def step1s_heard(editor: Editor) -> int:
    return sum(isinstance(message, protocol.SyncStep1) for message in editor.heard)


# Reading and writing together


async def test_editors_write_one_text(room: Room) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    egypt.type("Egypt: ")
    ifip.type("IFIP: ", index=1)
    ifip.add("A fourth.", id="p-4", label="4")
    await assert_same(room, egypt, ifip)
    lines = await room.read(ChapterDocument.lines)
    assert lines == ["Egypt: Paragraph 1.", "IFIP: Paragraph 2.", "Paragraph 3.", "A fourth."]
    assert {11: "egypt", 22: "ifip"}.items() <= (await room.read(lambda document: dict(document.owners))).items()


async def test_what_was_made_offline_comes_with_the_answer_to_step_1(room: Room) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    egypt.leave()
    egypt.type("Offline. ")
    ifip.type("Online. ")
    await assert_same(room, ifip)
    egypt.join(room)
    await assert_same(room, egypt, ifip)
    assert "Offline. " in str(ifip.words(0))
    assert "Online. " in str(egypt.words(0))


async def test_the_server_writes_its_own_roots_and_everybody_reads_them(room: Room) -> None:
    egypt = Editor("egypt", 11).join(room)
    await room.write("chair", lambda document: document.maps["comments"].update({"c-1": "Unclear."}))
    await assert_same(room, egypt)
    assert content(egypt)["comments"] == {"c-1": "Unclear."}


async def test_the_journal_says_who_wrote(room: Room, storage: FaultyStorage) -> None:
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    egypt.type("A")
    await quiet(room, egypt)
    await room.write("chair", lambda document: document.maps["meta"].update({"title": "Principles"}))
    history = [entry async for entry in storage.history(CHAPTER)]
    assert [(entry.seq, entry.author) for entry in history] == [
        (1, "adref"),
        (2, "egypt"),
        (3, "adref"),  # says who egypt is, and which client id is egypt's
        (4, "chair"),
    ]


async def test_a_look_comes_after_all_that_had_arrived(storage: FaultyStorage) -> None:
    limits = RoomLimits(batch_updates=2)
    async with open_rooms(storage, limits) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        for _ in range(7):
            egypt.type("x")
        assert (await room.read(ChapterDocument.lines))[0] == "xxxxxxxParagraph 1."


async def test_what_a_look_raises_reaches_who_asked(room: Room) -> None:
    with pytest.raises(ZeroDivisionError):
        await room.read(lambda _: 1 / 0)
    assert len(await room.read(ChapterDocument.paragraphs)) == 3


# Durable before visible


async def test_nobody_sees_anything_before_the_commit(room: Room, storage: FaultyStorage) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    before = len(egypt.heard), len(ifip.heard)
    gate = storage.faults.hold("append")
    egypt.type("Secret ")
    egypt.announce(cursor="after Secret")
    await storage.faults.reached("append")
    ifip.announce(cursor=1)
    ifip.post_frame(protocol.sync_step1(b"\0"))
    ifip.post_frame(b"\x03")
    late = Editor("acme", 33).join(room)
    look = asyncio.create_task(room.read(ChapterDocument.lines))
    write = asyncio.create_task(room.write("chair", lambda document: document.maps["meta"].update({"a": 1})))
    for _ in range(50):
        await asyncio.sleep(0)
    assert (len(egypt.heard), len(ifip.heard)) == before
    assert late.heard == []
    assert not look.done()
    assert not write.done()
    gate.set()
    await write
    assert (await look)[0] == "Secret Paragraph 1."
    await assert_same(room, egypt, ifip, late)
    assert egypt.acknowledged != {} and updates_heard(egypt) > 1
    assert ifip.sees()[11]["cursor"] == "after Secret"


async def test_the_echo_to_the_sender_comes_with_the_commit(room: Room, storage: FaultyStorage) -> None:
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    before = updates_heard(egypt)
    egypt.type("A")
    await quiet(room, egypt)
    assert updates_heard(egypt) == before + 1
    assert (await storage.recover(CHAPTER)).seq == 3, "the edit, and whose it is"


async def test_what_is_known_is_acknowledged_to_its_sender_alone(room: Room) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    again = egypt.doc.get_update()
    before = updates_heard(egypt), updates_heard(ifip)
    egypt.post_frame(protocol.sync_update(again))
    await quiet(room, egypt, ifip)
    assert (updates_heard(egypt), updates_heard(ifip)) == (before[0] + 1, before[1])


async def test_batches_gather_while_a_commit_is_under_way(room: Room, rooms: Rooms, storage: FaultyStorage) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    steps = rooms.counts.steps
    gate = storage.faults.hold("append")
    egypt.type("1")
    await storage.faults.reached("append")
    for number in range(20):
        (egypt, ifip)[number % 2].type(str(number % 10))
    gate.set()
    await assert_same(room, egypt, ifip)
    assert rooms.counts.steps == steps + 2
    assert rooms.counts.updates == 21 + 2, "whose words they are is said once of each"


async def test_presence_waits_for_what_was_written_before_it(room: Room, storage: FaultyStorage) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    ifip.announce()
    await quiet(room, egypt, ifip)
    gate = storage.faults.hold("append")
    egypt.type("1")
    await storage.faults.reached("append")
    egypt.type("2")
    egypt.announce(cursor="after 2")
    gate.set()
    storage.faults.hold("append")
    await storage.faults.reached("append")
    assert 11 not in ifip.sees(), "the first commit must not bring the presence that follows the second edit"


# What builds on something unknown


async def gap_of(editor: Editor) -> bytes:
    """An update that builds on another that nobody else has."""
    editor.live = False
    editor.type("1")
    editor.type("2")
    missing, after = editor.outgoing
    editor.outgoing = []
    assert missing != after
    return after


async def test_a_gap_is_asked_for_and_nothing_of_it_is_kept(room: Room) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    gap, before = await gap_of(egypt), await state_of(room)
    egypt.post_frame(gap)
    await room.read(lambda _: None)
    assert step1_in(egypt.incoming)
    assert await state_of(room) == before
    await assert_same(room, egypt, ifip)
    assert str(ifip.words(0)) == "21Paragraph 1."


def step1_in(frames: list[bytes]) -> int:
    return sum(isinstance(one, protocol.SyncStep1) for frame in frames for one in protocol.read(frame))


async def test_a_gap_is_asked_for_once_until_the_answer_is_there(room: Room) -> None:
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    gap = await gap_of(egypt)
    for _ in range(3 * QUICK.gaps):
        egypt.post_frame(gap)
        await room.read(lambda _: None)
    assert step1_in(egypt.incoming) == 1
    assert not egypt.errors
    await assert_same(room, egypt)


async def test_who_never_gives_what_is_missing_is_refused_in_the_end(room: Room, rooms: Rooms) -> None:
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    gap = await gap_of(egypt)
    answer = b"\0\1" + gap[2:]
    for count in range(1, QUICK.gaps + 2):
        egypt.post_frame(answer)
        await room.read(lambda _: None)
        assert bool(egypt.errors) == (count > QUICK.gaps)
    assert egypt.said == ["refused UpdateIncomplete"]
    assert rooms.counts.incomplete == QUICK.gaps + 1


# What is refused


def forged(room_state: bytes, client_id: int) -> bytes:
    """An update under somebody else's client id."""
    doc: Doc[Any] = Doc(client_id=client_id)
    doc.apply_update(room_state)
    before = doc.get_state()
    fragment = doc.get("default", type=XmlFragment)
    fragment.children.append(XmlElement("paragraph"))
    return doc.get_update(before)


def into_meta(room_state: bytes) -> bytes:
    """An update that writes what the server alone writes."""
    doc: Doc[Any] = Doc(client_id=66)
    doc.apply_update(room_state)
    before = doc.get_state()
    doc.get("meta", type=Map)["title"] = "Mine"
    return doc.get_update(before)


@pytest.mark.parametrize("kind", ["forged", "the server's", "a root", "malformed", "empty"])
async def test_a_refused_update_leaves_no_trace(room: Room, kind: str) -> None:
    egypt, ifip, mallory = Editor("egypt", 11), Editor("ifip", 22), Editor("mallory", 66)
    for editor in (egypt, ifip, mallory):
        editor.join(room)
    await quiet(room, egypt, ifip, mallory)
    egypt.type("Egypt ")
    await quiet(room, egypt, ifip, mallory)
    state, owners = await state_of(room), await room.read(lambda document: dict(document.owners))
    update = {
        "forged": forged(state, 11),
        "the server's": forged(state, 1),
        "a root": into_meta(state),
        "malformed": bytes.fromhex("010165feffffff0f886511017705726967687400"),
        "empty": b"",
    }[kind]
    mallory.post_frame(protocol.sync_update(update))
    ifip.type("IFIP ")
    await until(lambda: mallory.errors)
    mallory.leave()
    await assert_same(room, egypt, ifip)
    assert (await room.read(ChapterDocument.lines))[0] == "IFIP Egypt Paragraph 1."
    assert await room.read(lambda document: dict(document.owners)) == owners | {22: "ifip"}
    assert await room.read(lambda document: document.value("meta")) == {}
    assert egypt.said == ifip.said == []


async def test_an_announced_client_id_is_its_announcers(room: Room) -> None:
    egypt, mallory = Editor("egypt", 11).join(room), Editor("mallory", 66).join(room)
    await quiet(room, egypt, mallory)
    egypt.announce(cursor=1)
    await quiet(room, egypt, mallory)
    mallory.post_frame(protocol.sync_update(forged(await state_of(room), 11)))
    await until(lambda: mallory.said == ["refused ClientIdTaken"])
    egypt.leave()
    again = Editor("mallory", 66).join(room)
    again.post_frame(protocol.sync_update(forged(await state_of(room), 11)))
    await until(lambda: again.said == ["refused ClientIdTaken"])
    egypt.join(room)
    egypt.type("Still mine ")
    await assert_same(room, egypt)
    assert not egypt.errors


async def test_an_inbox_that_is_full_turns_senders_away(storage: FaultyStorage) -> None:
    async with open_rooms(storage, RoomLimits(inbox_bytes=2_000)) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11, live=False).join(room)
        await quiet(room, egypt)
        gate = storage.faults.hold("append")
        egypt.type("x")
        egypt.post()
        await storage.faults.reached("append")
        for frame in (protocol.sync_update(b""), protocol.presences(())):
            with pytest.raises(RoomBusy):
                for _ in range(20):
                    egypt.post_frame(frame)
        gate.set()
        await room.read(lambda _: None)
        egypt.type("y")
        await quiet(room, egypt)
        assert (await room.read(ChapterDocument.lines))[0] == "yxParagraph 1."


# Who may only read


async def test_a_reader_reads_and_what_it_writes_is_not_used(room: Room, rooms: Rooms) -> None:
    egypt, observer = Editor("egypt", 11).join(room), Editor("observer", 44).join(room, read_only=OBSERVER)
    await quiet(room, egypt, observer)
    assert observer.said == []
    egypt.type("Read this. ")
    await assert_same(room, egypt, observer)
    before = await state_of(room)
    observer.type("Not this. ")
    await quiet(room, egypt, observer)
    assert await state_of(room) == before
    assert observer.said == ["denied role"]
    assert rooms.counts.denied == 1
    assert 44 not in await room.read(lambda document: document.clocks)


async def test_a_readers_answer_without_news_is_not_denied(room: Room) -> None:
    """Also with deletions, attributes that were replaced, and formats in what it answers."""
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    for editor in (egypt, ifip):
        editor.live = False
        editor.paragraph(0).attributes["align"] = editor.author
        del editor.words(1)[0:4]
        editor.words(2).format(0, 4, {"bold": True})
    del egypt.text.children[0]
    await quiet(room, egypt, ifip)
    observer = Editor("observer", 44).join(room, read_only=OBSERVER)
    await quiet(room, observer)
    observer.leave()
    observer.join(room, read_only=OBSERVER)
    await assert_same(room, egypt, ifip, observer)
    observer.post_frame(protocol.sync_step2(observer.doc.get_update()))
    observer.post_frame(protocol.sync_step2(b"\0\0"))
    await quiet(room, observer)
    assert observer.said == []


async def test_a_changed_right_bites_for_what_waits(room: Room, storage: FaultyStorage) -> None:
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    gate = storage.faults.hold("append")
    ifip.type("1")
    await storage.faults.reached("append")
    egypt.type("Too late ")
    assert egypt.seat is not None
    room.rights_changed(egypt.seat, {"name": "Egypt"}, OBSERVER)
    gate.set()
    await quiet(room, egypt, ifip)
    assert egypt.said == ["denied role"]
    assert (await room.read(ChapterDocument.lines))[0] == "1Paragraph 1."


async def test_who_may_write_again_is_asked_for_what_was_turned_away(room: Room) -> None:
    egypt, ifip = Editor("egypt", 11).join(room, read_only=OBSERVER), Editor("ifip", 22).join(room)
    await quiet(room, egypt, ifip)
    egypt.type("Written in vain? ")
    await quiet(room, egypt, ifip)
    assert egypt.said == ["denied role"]
    assert egypt.seat is not None
    room.rights_changed(egypt.seat, {"name": "Egypt"}, None)
    await assert_same(room, egypt, ifip)
    assert str(ifip.words(0)) == "Written in vain? Paragraph 1."


async def test_rights_given_while_the_storage_fails_come_true_after_it(room: Room, storage: FaultyStorage) -> None:
    egypt, observer = Editor("egypt", 11).join(room), Editor("observer", 44).join(room, read_only=OBSERVER)
    await quiet(room, egypt, observer)
    storage.faults.fail(DISK_FULL, "append", "probe")
    egypt.type("1")
    await until(lambda: room.read_only is not None)
    assert observer.seat is not None
    room.rights_changed(observer.seat, {"name": "Observer"}, None)
    observer.type("2")
    await until(lambda: observer.said[-1:] == ["denied storage"])
    storage.faults.mend()
    await assert_same(room, egypt, observer)
    assert sorted((await room.read(ChapterDocument.lines))[0][:2]) == ["1", "2"]


# Joining together


async def test_who_has_the_same_is_sent_the_same_bytes(room: Room) -> None:
    editors = [Editor(f"person-{number}", 50 + number, live=False).join(room) for number in range(5)]
    await room.read(lambda _: None)
    for editor in editors:
        editor.post()
    await room.read(lambda _: None)
    answers = [step2_in(editor.incoming) for editor in editors]
    assert all(answer is answers[0] for answer in answers)
    await assert_same(room, *editors)
    for editor in editors:
        editor.leave()
    egypt = Editor("egypt", 11).join(room)
    await quiet(room, egypt)
    egypt.type("Since then. ")
    await quiet(room, egypt)
    for editor in editors[:4]:
        editor.join(room)
        editor.post()
    await room.read(lambda _: None)
    later = [step2_in(editor.incoming) for editor in editors[:4]]
    assert all(answer is later[0] for answer in later)
    assert later[0] != answers[0]
    await assert_same(room, egypt, *editors[:4])


def step2_in(frames: list[bytes]) -> bytes:
    return next(frame for frame in frames if frame.startswith(b"\0\1"))
