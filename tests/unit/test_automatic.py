"""Automatic versions, by a clock that the test moves."""

import logging
from collections.abc import AsyncIterator
from functools import partial

import pytest

from documents.chapter import ChapterDocument
from documents.gavel.rulings import Person, iso, set_status
from documents.incoming.opening import create, title_only
from documents.rooms import Rooms, RoomsLimits
from documents.storage.memory import MemoryStorage
from documents.versions.freezing import Wanted, freeze
from documents.versions.versions import Version, versions
from server.automatic import Automatic

HOUR = 3_600_000
DAY = 24 * HOUR
START = 20_000 * DAY + 10 * HOUR  # 4 October 2024, 10:00 UTC
CHAIR = Person("chair", "Annelise", "switzerland", "Switzerland", "chair")


@pytest.fixture
async def rooms() -> AsyncIterator[Rooms]:
    opened = Rooms(MemoryStorage())
    await create(opened, "Trust", "chair", title_only("Trust"), at=START)
    yield opened
    await opened.close()


def append(text: str, document: ChapterDocument) -> None:
    document.append("paragraph", {"id": f"p-{text}", "label": ""}, text)


async def write(rooms: Rooms, text: str) -> None:
    await (await rooms.open("trust")).write("egypt", partial(append, text))


async def made(rooms: Rooms) -> list[Version]:
    return await (await rooms.open("trust")).read(versions)


async def test_one_for_each_day_in_which_something_changed(rooms: Rooms) -> None:
    automatic = Automatic(rooms, 24)
    await write(rooms, "one")
    await automatic.keep(START + HOUR)
    assert await made(rooms) == []
    midnight = START + 14 * HOUR
    await automatic.keep(midnight + 5_000)
    await automatic.keep(midnight + 65_000)
    (first,) = await made(rooms)
    assert first.name == "Automatic: Status as of 5 October 2024, 00:00 UTC"
    assert (first.automatic, first.by, first.at) == (True, "adref", iso(midnight + 5_000))
    await write(rooms, "two")
    await automatic.keep(midnight + HOUR)
    assert await made(rooms) == [first]
    await automatic.keep(midnight + DAY)
    await automatic.keep(midnight + 2 * DAY)  # nothing has changed
    _, second = await made(rooms)
    assert second.at == iso(midnight + DAY)
    assert second.hash != first.hash


async def test_a_server_that_was_not_there_makes_up_for_it_once(rooms: Rooms) -> None:
    await write(rooms, "one")
    await Automatic(rooms, 4).keep(START + 9 * HOUR)
    await Automatic(rooms, 4).keep(START + 9 * HOUR)
    await write(rooms, "two")
    await Automatic(rooms, 4).keep(START + 9 * HOUR + 1)
    assert [one.at for one in await made(rooms)] == [iso(START + 9 * HOUR)]


async def test_what_is_frozen_already_is_not_frozen_again(rooms: Rooms) -> None:
    await write(rooms, "one")
    await freeze(await rooms.open("trust"), Wanted("COB"), "chair", iso(START))
    await Automatic(rooms, 24).keep(START + DAY)
    assert [one.name for one in await made(rooms)] == ["COB"]

    def rule(document: ChapterDocument) -> None:
        set_status(document, "p-one", "bracketed", CHAIR, iso(START), "")

    await (await rooms.open("trust")).write("chair", rule)
    await Automatic(rooms, 24).keep(START + DAY)
    assert [one.automatic for one in await made(rooms)] == [False, True]


async def test_a_chapter_that_nobody_has_open_is_opened_when_it_has_changed_alone(rooms: Rooms) -> None:
    automatic = Automatic(rooms, 24)
    await write(rooms, "one")
    for now in (0, 1_000):
        await rooms.evict_idle(now)
    assert rooms.opened() == []
    await automatic.keep(START + DAY)
    assert len(rooms.opened()) == 1
    for now in (2_000, 3_000):
        await rooms.evict_idle(now)
    await automatic.keep(START + 2 * DAY)
    assert rooms.opened() == []
    assert len(await made(rooms)) == 1


async def test_what_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    rooms = Rooms(MemoryStorage(), limits=RoomsLimits(rooms=1))
    for title in ("Trust", "Vision"):
        await create(rooms, title, "chair", title_only(title), at=START)
    await write(rooms, "one")  # now there is no room for another
    automatic = Automatic(rooms, 24)
    with caplog.at_level(logging.WARNING):
        await automatic.keep(START + DAY)
    assert "chapter vision: no automatic version could be made" in caplog.text
    assert len(await made(rooms)) == 1
    for now in (0, 1_000):
        await rooms.evict_idle(now)
    await automatic.keep(START + DAY + 20_000)
    (version,) = await (await rooms.open("vision")).read(versions)
    assert version.at == iso(START + DAY + 20_000)
    await rooms.close()
