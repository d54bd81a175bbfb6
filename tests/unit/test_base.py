"""Bases: what could be read at an earlier point, found from the journal and kept for those who ask again."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pycrdt import Doc, XmlElement, XmlFragment, XmlText, merge_updates

from documents.errors import ChapterNotFound, StorageDamaged
from documents.model import Chapter, ChapterId, Entry
from documents.redline.base import KEPT, PAGE, Base, Bases
from documents.storage.memory import MemoryStorage

TRUST = Chapter("trust", "Trust", 0, "amina")


def typed(count: int) -> list[Entry]:
    """A text to which one letter after the other is added, a second apart: its ids are those of client 7 from 1 on."""
    doc: Doc[Any] = Doc(client_id=7)
    updates: list[bytes] = []
    subscription = doc.observe(lambda event: updates.append(event.update))
    text = doc.get("default", type=XmlFragment).children.append(XmlText())
    for number in range(count - 1):
        text.insert(number, "x")
    doc.unobserve(subscription)
    return [Entry("trust", seq, 1_000 * seq, "amina", update) for seq, update in enumerate(updates, 1)]


class Counted(MemoryStorage):
    """Counts the entries that are read."""

    read = 0

    async def history(self, chapter: ChapterId, after: int = 0, limit: int | None = None) -> AsyncIterator[Entry]:
        async for entry in super().history(chapter, after, limit):
            self.read += 1
            yield entry


async def kept(entries: list[Entry]) -> Counted:
    storage = Counted()
    await storage.create_chapter(TRUST, entries)
    return storage


async def test_the_last_entry_that_is_not_after_a_time() -> None:
    bases = Bases(await kept(typed(5)))
    found = [await bases.last_before("trust", time) for time in (0, 999, 1_000, 1_001, 4_999, 5_000, 10**15)]
    assert found == [0, 0, 1, 1, 4, 5, 5]


async def test_a_clock_that_was_set_back_hides_nothing() -> None:
    storage = await kept([Entry("trust", 1, 9_000, "amina", typed(1)[0].update)])
    await storage.append([Entry("trust", 2, 2_000, "amina", typed(2)[1].update)])
    bases = Bases(storage)
    assert [await bases.last_before("trust", time) for time in (1_000, 2_000, 9_000)] == [0, 2, 2]


async def test_times_are_read_once_and_then_what_was_added() -> None:
    entries = typed(6)
    storage = await kept(entries[:4])
    bases = Bases(storage)
    assert await bases.last_before("trust", 6_000) == 4
    await storage.append(entries[4:])
    assert await bases.last_before("trust", 6_000) == 6
    assert storage.read == 6


async def test_a_base_goes_on_from_the_nearest_one() -> None:
    entries = typed(PAGE + 10)
    storage = await kept(entries)
    bases = Bases(storage)
    early = await bases.at("trust", 5)
    late = await bases.at("trust", PAGE + 8)
    assert storage.read == PAGE + 8
    assert await bases.at("trust", 5) is early
    assert storage.read == PAGE + 8
    assert list(early.visible(7, 1, 20)) == [(1, 5, True), (5, 20, False)]
    assert list(late.visible(7, 1, 2 * PAGE)) == [(1, PAGE + 8, True), (PAGE + 8, 2 * PAGE, False)]


async def test_few_bases_are_kept() -> None:
    storage = await kept(typed(KEPT + 5))
    bases = Bases(storage)
    for seq in range(KEPT + 1, 0, -1):
        await bases.at("trust", seq)
    before = storage.read
    for seq in range(1, KEPT + 1):
        await bases.at("trust", seq)
    assert storage.read == before
    await bases.at("trust", KEPT + 1)
    assert storage.read == before + 1


async def test_before_the_beginning_nothing_is_visible() -> None:
    base = await Bases(await kept(typed(3))).at("trust", 0)
    assert list(base.visible(7, 0, 3)) == [(0, 3, False)]
    assert not base.has((7, 0))


async def test_a_chapter_that_is_not_there() -> None:
    bases = Bases(await kept(typed(1)))
    with pytest.raises(ChapterNotFound):
        await bases.last_before("missing", 0)
    with pytest.raises(ChapterNotFound):
        await bases.at("missing", 1)


@pytest.mark.parametrize("update", [b"\x01", typed(3)[2].update])
def test_a_journal_that_is_damaged(update: bytes) -> None:
    with pytest.raises(StorageDamaged, match="entry 4"):
        Base().extend([Entry("trust", 4, 0, "amina", update)])


def test_what_lies_in_something_deleted_is_not_visible() -> None:
    """Two write at once: one deletes an element, the other types into what lies in it."""
    doc: Doc[Any] = Doc(client_id=7)
    text = doc.get("default", type=XmlFragment)
    element = text.children.append(XmlElement("list"))
    element.children.append(XmlElement("item")).children.append(XmlText("Two."))
    other: Doc[Any] = Doc(client_id=8)
    other.apply_update(doc.get_update())
    inner = other.get("default", type=XmlFragment).children[0].children[0].children[0]
    inner.insert(4, "More.")
    first = doc.get_update()
    late = other.get_update(doc.get_state())
    before = doc.get_state()
    del text.children[0]
    gone = doc.get_update(before)
    entries = [Entry("trust", seq, 0, "amina", update) for seq, update in enumerate((first, late, gone), 1)]
    base = Base()
    base.extend(entries[:2])
    base.close()
    assert list(base.visible(8, 0, 5)) == [(0, 5, True)]
    base.extend(entries[2:])
    base.close()
    assert list(base.visible(8, 0, 5)) == [(0, 5, False)]


def test_an_update_of_several_people_may_come_in_any_order() -> None:
    """The later client id comes first in an update, whatever it builds on."""
    docs: list[Doc[Any]] = [Doc(client_id=client) for client in (5, 6, 7)]
    for number in range(9):
        doc = docs[number % 3]
        for other in docs:
            doc.apply_update(other.get_update(doc.get_state()))
        if number == 0:
            doc.get("default", type=XmlFragment).children.append(XmlText("x"))
        else:
            doc.get("default", type=XmlFragment).children[0].insert(number, "x")
    whole = merge_updates(*(doc.get_update() for doc in docs))
    base = Base()
    base.extend([Entry("trust", 1, 0, "amina", whole)])
    base.close()
    assert [list(base.visible(client, 0, 9)) for client in (5, 6, 7)] == [
        [(0, 4, True), (4, 9, False)],
        [(0, 3, True), (3, 9, False)],
        [(0, 3, True), (3, 9, False)],
    ]
