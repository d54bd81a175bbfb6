"""The group commit."""

import asyncio
from collections.abc import Sequence

import pytest

from documents.errors import ChapterNotFound, SequenceConflict, StorageUnavailable
from documents.gavel.set_aside import SetAside
from documents.journal import Journal
from documents.model import Chapter, Entry
from documents.storage.memory import MemoryStorage


class GatedStorage(MemoryStorage):
    """A storage whose commits take as long as the gate is shut, and can be told to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.commits: list[list[tuple[str, int]]] = []
        self.fault: Exception | None = None

    async def append(self, entries: Sequence[Entry], set_aside: Sequence[SetAside] = ()) -> None:
        self.commits.append([(entry.chapter, entry.seq) for entry in entries])
        self.entered.set()
        await self.gate.wait()
        if self.fault:
            raise self.fault
        await super().append(entries, set_aside)


@pytest.fixture
async def storage() -> GatedStorage:
    storage = GatedStorage()
    for name in "abcd":
        await storage.create_chapter(Chapter(name, name, 0, "secretariat"), [])
    return storage


def entry(chapter: str, seq: int) -> Entry:
    return Entry(chapter, seq, 0, "egypt", b"update")


def aside(chapter: str, number: int) -> SetAside:
    return SetAside(chapter, number, "egypt", "p-1", "1", 0, 0, "It is locked.", 1, (("inserted", "may"),))


async def kept(storage: GatedStorage, chapter: str) -> list[int]:
    return [entry.seq async for entry in storage.history(chapter)]


async def begin(storage: GatedStorage, journal: Journal, *entries: Entry) -> asyncio.Task[None]:
    """A commit that is being written: it waits at the gate."""
    storage.gate.clear()
    storage.entered.clear()
    task = asyncio.create_task(journal.commit(entries))
    await storage.entered.wait()
    return task


async def queue(journal: Journal, *calls: Sequence[Entry]) -> list[asyncio.Task[None]]:
    """Commits that wait for the one under way."""
    tasks = [asyncio.create_task(journal.commit(entries)) for entries in calls]
    await asyncio.sleep(0)  # one turn of the loop, in which each of them joins the queue
    return tasks


async def test_a_commit_returns_when_its_entries_are_kept(storage: GatedStorage) -> None:
    journal = Journal(storage)
    first = await begin(storage, journal, entry("a", 1))
    assert not first.done()
    assert await kept(storage, "a") == []
    storage.gate.set()
    await first
    assert await kept(storage, "a") == [1]


async def test_what_comes_while_one_is_written_goes_together_in_the_next(storage: GatedStorage) -> None:
    journal = Journal(storage)
    first = await begin(storage, journal, entry("a", 1))
    others = await queue(journal, [entry("b", 1), entry("b", 2)], [entry("c", 1)], [entry("a", 2)])
    storage.gate.set()
    await asyncio.gather(first, *others)
    assert storage.commits == [[("a", 1)], [("b", 1), ("b", 2), ("c", 1), ("a", 2)]]
    assert (journal.commits, journal.entries, journal.failures) == (2, 5, 0)
    assert 0 < journal.last_seconds < journal.total_seconds


async def test_what_comes_in_one_turn_of_the_loop_goes_together(storage: GatedStorage) -> None:
    journal = Journal(storage)
    await asyncio.gather(*(journal.commit([entry(name, 1)]) for name in "abcd"))
    assert len(storage.commits) == 1


async def test_a_commit_is_bounded_and_no_call_is_parted(storage: GatedStorage) -> None:
    journal = Journal(storage, limit=3)
    first = await begin(storage, journal, entry("a", 1))
    long = [entry("d", seq) for seq in range(1, 6)]
    others = await queue(journal, [entry("b", 1), entry("b", 2)], [entry("c", 1)], [entry("a", 2)], long)
    storage.gate.set()
    await asyncio.gather(first, *others)
    assert [len(commit) for commit in storage.commits] == [1, 3, 1, 5]


async def test_nothing_to_commit_is_no_commit(storage: GatedStorage) -> None:
    journal = Journal(storage)
    await journal.commit([])
    assert storage.commits == []


async def test_what_is_set_aside_goes_into_the_same_commit(storage: GatedStorage) -> None:
    journal = Journal(storage)
    first = await begin(storage, journal, entry("a", 1))
    calls: list[tuple[list[Entry], list[SetAside]]] = [
        ([entry("b", 1)], [aside("b", 1)]),
        ([], [aside("c", 1)]),
        ([entry("c", 7)], [aside("c", 2)]),
    ]
    others = [asyncio.create_task(journal.commit(*call)) for call in calls]
    await asyncio.sleep(0)
    storage.gate.set()
    results = await asyncio.gather(first, *others, return_exceptions=True)
    assert [type(result) for result in results] == [type(None)] * 3 + [SequenceConflict]
    assert await storage.set_aside("b") == [aside("b", 1)]
    assert await storage.set_aside("c") == [aside("c", 1)]


async def test_one_rooms_fault_is_not_the_others(storage: GatedStorage) -> None:
    journal = Journal(storage)
    first = await begin(storage, journal, entry("a", 1))
    calls = [entry("b", 1)], [entry("c", 7)], [entry("nowhere", 1)], [entry("a", 2)], [entry("c", 1)]
    others = await queue(journal, *calls)
    storage.gate.set()
    results = await asyncio.gather(first, *others, return_exceptions=True)
    assert [type(result) for result in results] == [
        type(None),
        type(None),
        SequenceConflict,
        ChapterNotFound,
        type(None),
        type(None),
    ]
    assert [await kept(storage, name) for name in "abc"] == [[1, 2], [1], [1]]
    assert (journal.commits, journal.entries, journal.failures) == (4, 4, 2)


async def test_a_passing_fault_is_everybodys_and_passes(storage: GatedStorage) -> None:
    journal = Journal(storage)
    first = await begin(storage, journal, entry("a", 1))
    others = await queue(journal, [entry("b", 1)], [entry("c", 1)])
    storage.fault = StorageUnavailable("the disk is full")
    storage.gate.set()
    results = await asyncio.gather(first, *others, return_exceptions=True)
    assert results == [storage.fault] * 3
    assert (len(storage.commits), journal.commits, journal.failures) == (2, 0, 3)
    storage.fault = None
    await journal.commit([entry("b", 1)])
    assert await kept(storage, "b") == [1]


async def test_an_unforeseen_error_reaches_who_waits_and_the_journal_goes_on(storage: GatedStorage) -> None:
    journal = Journal(storage)
    storage.fault = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await journal.commit([entry("a", 1)])
    storage.fault = None
    await journal.commit([entry("a", 1)])


@pytest.mark.parametrize("under_way", [True, False])
async def test_who_is_cancelled_does_not_break_the_others(storage: GatedStorage, under_way: bool) -> None:
    journal = Journal(storage)
    first = await begin(storage, journal, entry("a", 1))
    others = await queue(journal, [entry("b", 1)], [entry("c", 1)])
    cancelled = first if under_way else others[0]
    cancelled.cancel()
    storage.gate.set()
    results = await asyncio.gather(first, *others, return_exceptions=True)
    assert [isinstance(result, asyncio.CancelledError) for result in results].count(True) == 1
    assert cancelled.cancelled()
    assert [await kept(storage, name) for name in "abc"] == [[1], [1], [1]]


async def test_a_fault_after_its_waiter_was_cancelled_is_no_harm(storage: GatedStorage) -> None:
    journal = Journal(storage)
    first = await begin(storage, journal, entry("a", 1))
    first.cancel()
    storage.fault = StorageUnavailable("the disk is full")
    storage.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await first
    await journal.close()
    assert journal.failures == 1


async def test_closing_writes_what_waits_and_takes_no_more(storage: GatedStorage) -> None:
    journal = Journal(storage)
    first = await begin(storage, journal, entry("a", 1))
    others = await queue(journal, [entry("b", 1)])
    closing = asyncio.create_task(journal.close())
    await asyncio.sleep(0)
    with pytest.raises(StorageUnavailable):
        await journal.commit([entry("c", 1)])
    assert not closing.done()
    storage.gate.set()
    await closing
    await asyncio.gather(first, *others)
    assert [await kept(storage, name) for name in "abc"] == [[1], [1], []]


async def test_closing_an_idle_journal_returns(storage: GatedStorage) -> None:
    await Journal(storage).close()
