"""Chapters as they were, rebuilt from the journal or from a snapshot that is old enough."""

from functools import partial

import pytest

from documents.chapter import ChapterDocument
from documents.errors import ChapterNotFound
from documents.incoming.opening import create, title_only
from documents.limits import RoomLimits
from documents.redline import redline
from documents.redline.rebuilt import Rebuilt, Then
from documents.rooms import Rooms
from documents.storage.memory import MemoryStorage


def append(number: int, document: ChapterDocument) -> None:
    document.append("paragraph", {"id": f"p-{number}", "label": str(number)}, f"Paragraph {number}.")


def look(document: ChapterDocument) -> Then:
    return Then(redline.read(document), document.bylines())


@pytest.mark.parametrize("snapshot_updates", [3, 1_000])
async def test_a_chapter_is_rebuilt_as_it_was(snapshot_updates: int) -> None:
    storage = MemoryStorage(run=4)
    rooms = Rooms(storage, room_limits=RoomLimits(snapshot_updates=snapshot_updates))
    chapter = await create(rooms, "Trust", "chair", title_only("Trust"), at=1)
    room = await rooms.open(chapter.id)
    were: dict[int, Then] = {}
    for number in range(12):
        await room.write("egypt", partial(append, number))
        were[room.seq] = await room.read(look)
    await storage.pack(chapter.id, room.seq)
    rebuilt = Rebuilt(storage)
    for seq, then in were.items():
        found = await rebuilt.at(chapter.id, seq)
        assert found == then
        assert await rebuilt.at(chapter.id, seq) is found
    await rooms.close()
    assert await Rebuilt(storage).at(chapter.id, max(were)) == were[max(were)]


async def test_there_is_no_such_chapter() -> None:
    with pytest.raises(ChapterNotFound):
        await Rebuilt(MemoryStorage()).at("missing", 1)
