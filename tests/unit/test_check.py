"""`check_chapter`: the record of who wrote what is compared with the journal."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.formats import text as plain_text
from documents.incoming.opening import create, from_draft
from documents.rooms import Rooms
from documents.storage.memory import MemoryStorage
from server.check import check_chapter

NOTE = "\tComment by Author: Contribution by"
TEXT = f"Trust\n1. By Cuba.{NOTE} Cuba\n2. By the secretariat.\n3. By Japan.{NOTE} Japan\n"


@pytest.fixture
async def storage() -> MemoryStorage:
    """With a chapter `trust` of three authors, and a snapshot of it."""
    storage = MemoryStorage()
    rooms = Rooms(storage)
    opening = from_draft(plain_text.read(TEXT), lambda name: Byline("", name, "", "", ""))
    await create(rooms, "Trust", "chair", opening, at=600_000)
    await rooms.open("trust")
    await rooms.close()
    return storage


async def problems(storage: MemoryStorage) -> tuple[str, ...]:
    return (await check_chapter(storage, "trust")).problems


async def retell(storage: MemoryStorage, change: Callable[[bytes], bytes]) -> None:
    """Put a changed record into the newest snapshot."""
    snapshot = (await storage.recover("trust")).snapshot
    assert snapshot is not None
    await storage.save_snapshot(replace(snapshot, record=change(snapshot.record)))


async def record_by(storage: MemoryStorage, authors: dict[str, str], late: int = 0) -> bytes:
    """The record of the journal, had these others written it, so many milliseconds later."""
    document = ChapterDocument()
    async for entry in storage.history("trust"):
        document.take(entry.update, authors.get(entry.author, entry.author), entry.at + late, trusted=True)
    return document.record.encode()


async def test_nothing_is_wrong_with_a_chapter_of_many_authors(storage: MemoryStorage) -> None:
    assert await problems(storage) == ()
    await retell(storage, lambda record: record)
    assert await problems(storage) == ()


@pytest.mark.parametrize(("authors", "late"), [({"@cuba": "@japan"}, 0), ({}, 60_000)])
async def test_a_record_that_tells_of_other_authors_or_times_is_found(
    storage: MemoryStorage, authors: dict[str, str], late: int
) -> None:
    told = await record_by(storage, authors, late)
    await retell(storage, lambda _: told)
    assert "the snapshot and the journal differ in the record of authorship" in await problems(storage)


@pytest.mark.parametrize("change", [lambda _: b"", lambda record: record[:-1], lambda record: record + b"\0"])
async def test_a_record_that_can_t_be_read_or_is_not_whole_is_found(
    storage: MemoryStorage, change: Callable[[bytes], bytes]
) -> None:
    await retell(storage, change)
    assert await problems(storage) != ()


async def test_what_an_older_program_did_not_tell_clients_is_no_problem(storage: MemoryStorage) -> None:
    journal = [entry async for entry in storage.history("trust")]
    older = MemoryStorage()
    await older.create_chapter((await storage.chapters())[0], journal[:-1])
    assert await problems(older) == ()
    rooms = Rooms(older)
    room = await rooms.open("trust")
    told = await room.read(lambda document: document.value("authorship"))
    await rooms.close()
    assert sorted(told.values()) == ["@cuba", "@japan"]
    assert await problems(older) == ()


async def test_a_live_map_that_says_something_else_than_the_record_is_found(storage: MemoryStorage) -> None:
    rooms = Rooms(storage)
    room = await rooms.open("trust")
    (client,) = await room.read(lambda document: [one for one, by in document.owners.items() if by == "@cuba"])

    def lie(document: ChapterDocument) -> None:
        document.maps["authorship"][f"{client}:0"] = "@japan"

    await room.write("japan", lie)
    await rooms.close()
    (found,) = await problems(storage)
    assert all(named in found for named in (f"{client}:0", "@cuba", "@japan"))
