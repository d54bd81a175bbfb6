"""The room and those who come back: what they deleted while they were away counts, what they only heard of does not."""

from documents.crdt import protocol
from documents.limits import RoomLimits
from documents.room import Room
from tests.editorkit import Editor
from tests.roomkit import CHAPTER, FaultyMemory, open_rooms, quiet, until
from tests.unit.test_gavel import Scene, scene


def kinds(editor: Editor) -> list[str]:
    """What waits to be read, presence aside."""
    messages = [one for frame in editor.incoming for one in protocol.read(frame)]
    return [
        "step 1" if isinstance(one, protocol.SyncStep1) else "step 2" if one.answer else "update"
        for one in messages
        if isinstance(one, protocol.SyncStep1 | protocol.SyncUpdate)
    ]


async def put_back(one: Scene) -> None:
    """The offender deletes the locked p-2 while the holder is away, and has it back."""
    await one.lock("p-2")
    one.holder.leave()
    one.offender.words(1).clear()
    one.offender.post()
    await quiet(one.room, one.offender, one.other)
    assert (await one.text())["p-2"] == "Paragraph 2."


def come_back(one: Scene) -> None:
    one.holder.join(one.room)
    one.bar(one.holder)


async def test_what_was_deleted_while_away_is_gone_though_an_offender_had_deleted_it_too() -> None:
    async with scene() as one:
        await put_back(one)
        del one.holder.words(1)[0:10]
        come_back(one)
        await quiet(one.room, *one.editors)
        assert (await one.text())["p-2"] == "2."


async def test_who_heard_of_a_deletion_and_comes_back_deletes_nothing() -> None:
    async with scene() as one:
        await put_back(one)
        come_back(one)
        await quiet(one.room, *one.editors)
        one.holder.leave()
        one.holder.type("Once more: ", 1)
        come_back(one)
        await quiet(one.room, *one.editors)
        assert (await one.text())["p-2"] == "Once more: Paragraph 2."


async def test_an_answer_made_after_hearing_deletes_nothing() -> None:
    """A client that does not answer in the order in which it is asked."""
    async with scene() as one:
        await put_back(one)
        come_back(one)
        one.holder.post()
        await until(lambda: "step 2" in kinds(one.holder))
        frames = one.holder.incoming
        one.holder.incoming = [frame for frame in frames if frame[:2] != b"\0\0"]
        one.holder.take()
        one.holder.incoming = [frame for frame in frames if frame[:2] == b"\0\0"]
        await quiet(one.room, *one.editors)
        assert (await one.text())["p-2"] == "Paragraph 2."


async def test_who_comes_back_is_shown_nothing_before_the_answer() -> None:
    async with scene() as one:
        await put_back(one)
        come_back(one)
        one.holder.post()
        one.other.type("Meanwhile ")
        one.other.post()
        await one.room.read(lambda _: None)
        assert kinds(one.holder) == ["step 1"]
        one.holder.take()
        one.holder.post()
        await one.room.read(lambda _: None)
        assert kinds(one.holder)[0] == "step 2"
        await quiet(one.room, *one.editors)
        assert str(one.holder.words(0)) == "Meanwhile Paragraph 1."


async def test_who_comes_with_nothing_is_shown_all_at_once() -> None:
    async with scene() as one:
        await put_back(one)
        newcomer = Editor("newcomer", 404, live=False).join(one.room)
        newcomer.post()
        await one.room.read(lambda _: None)
        assert "step 2" in kinds(newcomer)
        come_back(one)
        await quiet(one.room, *one.editors, newcomer)


async def test_who_never_answers_is_shown_all_in_the_end() -> None:
    storage = FaultyMemory()
    async with open_rooms(storage, RoomLimits(hold_back_seconds=0.01)) as rooms:
        room: Room = await rooms.open(CHAPTER)
        one = Scene(room, storage)
        await quiet(room, *one.editors)
        await put_back(one)
        come_back(one)
        one.holder.post()
        await until(lambda: "step 2" in kinds(one.holder))
