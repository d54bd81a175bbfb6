"""Whose turn it is: who makes a room undo much waits, and nobody else does; large edits do what small ones do."""

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from documents.chapter import ChapterDocument
from documents.crdt import protocol
from documents.crdt.update_v1 import LARGE, MUCH, is_costly
from documents.gavel.rulings import Lock, put_lock
from documents.inbox import Turns
from documents.limits import RoomLimits
from documents.room import MANY_PARAGRAPHS, Room
from documents.seat import Seat
from tests.editorkit import Editor
from tests.roomkit import CHAPTER, QUICK, assert_same, open_rooms, open_storage, quiet, replayed
from tests.unit.test_gavel import AT, CHAIR, bar_for

FOR_EVER = 1e9
"""Nobody's turn comes again while a test lasts."""
STRICT = replace(QUICK, undone_burst=0.0, undone_share=1 / FOR_EVER)
ALL_IN_SLICES = replace(QUICK, slice_seconds=0.0)


@asynccontextmanager
async def opened(limits: RoomLimits) -> AsyncIterator[Room]:
    """A room in which the first paragraph is locked."""
    async with open_storage("memory", Path()) as storage, open_rooms(storage, limits) as rooms:
        room = await rooms.open(CHAPTER)
        lock = Lock("p-1", "paragraph", 0, CHAIR, CHAIR, "it is read out", AT, "")

        def rule(document: ChapterDocument) -> None:
            put_lock(document, lock, "lock")

        await room.write("chair", rule)
        yield room
        agreed = await replayed(storage)
        assert agreed.record.encode() == (await room.read(lambda document: document.record.encode()))


def forgive(room: Room) -> None:
    """Nobody has to wait any longer."""
    room._turns = Turns(burst=FOR_EVER, share=1.0)
    room._inbox.release_all()


async def joined(room: Room, author: str, client: int) -> Editor:
    editor = Editor(author, client, live=False).join(room)
    assert editor.seat is not None
    editor.seat.bar = bar_for(author)
    await quiet(room, editor)
    return editor


async def test_who_makes_the_room_undo_waits_and_the_others_do_not() -> None:
    async with opened(STRICT) as room:
        offender, other = await joined(room, "offender", 101), await joined(room, "other", 202)
        for _ in range(3):
            offender.type("x", index=0)
        offender.type("mine ", index=1)
        other.type("lawful ", index=1)
        for editor in (offender, other):
            editor.post()
        await quiet(room, other)
        lines = await room.read(ChapterDocument.lines)
        assert lines[:2] == ["Paragraph 1.", "lawful Paragraph 2."]
        assert len(offender.kept) == 1, "the first was undone, and the rest waits"
        forgive(room)
        await assert_same(room, offender, other)
        assert (await room.read(ChapterDocument.lines))[0] == "Paragraph 1."
        assert "mine " in (await room.read(ChapterDocument.lines))[1]


async def test_the_answer_to_step_1_comes_after_what_its_sender_had_sent() -> None:
    """So that whoever is answered knows that all before was taken."""
    async with opened(STRICT) as room:
        offender = await joined(room, "offender", 101)
        for _ in range(3):
            offender.type("x", index=0)
        offender.post()
        assert offender.seat is not None
        room.receive(offender.seat, protocol.SyncStep1({}))
        await quiet(room)
        assert not [one for one in offender.incoming if one[:2] == b"\x00\x01"]
        forgive(room)
        await quiet(room)
        assert [one for one in offender.incoming if one[:2] == b"\x00\x01"]


async def test_what_is_held_goes_with_its_connection() -> None:
    async with opened(STRICT) as room:
        offender = await joined(room, "offender", 101)
        for _ in range(3):
            offender.type("x", index=0)
        offender.type("mine ", index=1)
        offender.post()
        await quiet(room)
        offender.leave()
        forgive(room)
        await quiet(room)
        assert (await room.read(ChapterDocument.lines))[1] == "Paragraph 2."
        offender.join(room)
        await assert_same(room, offender)
        assert (await room.read(ChapterDocument.lines))[1] == "mine Paragraph 2."


async def test_who_left_is_not_kept_for_what_was_asked() -> None:
    async with opened(STRICT) as room:
        offender = await joined(room, "who-left", 101)
        for _ in range(3):
            offender.type("x", index=0)
        offender.post()
        assert offender.seat is not None
        room.receive(offender.seat, protocol.SyncStep1({5: 5}))
        await quiet(room)
        offender.leave()
        del offender
        forgive(room)
        await quiet(room)
        gc.collect()
        assert not [one for one in gc.get_objects() if isinstance(one, Seat) and one.author == "who-left"]


# Large edits


def paste(editor: Editor) -> None:
    editor.type("many words " * LARGE, index=1)


def many_paragraphs(editor: Editor) -> None:
    with editor.doc.transaction():
        for number in range(2 * MANY_PARAGRAPHS):
            editor.add(f"New {number}.")


def erase(editor: Editor) -> None:
    editor.type("x" * 2 * MUCH, index=1)
    del editor.words(1)[0 : 2 * MUCH]


def overwrite_what_is_locked(editor: Editor) -> None:
    with editor.doc.transaction():
        editor.type("mine " * LARGE, index=0)
        editor.type("lawful " * LARGE, index=1)


@pytest.mark.parametrize("act", [paste, many_paragraphs, erase, overwrite_what_is_locked])
async def test_what_is_done_beside_the_event_loop_is_done_as_if_it_were_not(act: Callable[[Editor], None]) -> None:
    """With others who type before, meanwhile and behind it; and slice by slice."""
    async with opened(ALL_IN_SLICES) as room:
        editor, other = await joined(room, "editor", 101), await joined(room, "other", 202)
        other.type("before ", index=1)
        act(editor)
        assert any(is_costly(one) for one in updates_of(editor))
        other.type("behind ", index=2)
        for one in (other, editor, other):
            one.post(1)
        await assert_same(room, editor, other)
        paragraphs = await room.read(ChapterDocument.paragraphs)
        assert paragraphs[0].text == "Paragraph 1."
        assert paragraphs[2].text == "behind Paragraph 3."
        assert len({one.id for one in paragraphs}) == len(paragraphs)
        assert all(one.id for one in paragraphs)


async def test_what_is_refused_of_large_edits_is_refused() -> None:
    async with opened(QUICK) as room:
        editor, other = await joined(room, "editor", 101), await joined(room, "other", 202)
        assert editor.seat is not None
        room.receive(editor.seat, protocol.SyncUpdate(b"\x01" * 2 * LARGE))
        await quiet(room, other)
        assert [one.partition(" ")[0] for one in editor.said] == ["refused"]
        other.type("and on ")
        await quiet(room, other)
        assert (await room.read(ChapterDocument.lines))[1] == "Paragraph 2."


def updates_of(editor: Editor) -> list[bytes]:
    parts = [part for frame in editor.outgoing for part in protocol.read(frame)]
    return [part.update for part in parts if isinstance(part, protocol.SyncUpdate)]
