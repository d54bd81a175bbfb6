"""What every storage of chapters does. Each test runs over each implementation."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from documents.errors import ChapterExists, ChapterNotFound, SequenceConflict, StorageUnavailable
from documents.gavel.set_aside import Runs, SetAside
from documents.model import Chapter, Entry, Recovery, Snapshot
from documents.storage.base import Storage
from documents.storage.memory import MemoryStorage
from documents.storage.sqlite import MIGRATIONS, SqliteStorage, connect

RUN = 4
"""Entries of one pack in these tests."""


@pytest.fixture(params=["sqlite", "memory"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Storage]:
    if request.param == "memory":
        yield MemoryStorage(run=RUN)
        return
    async with AsyncExitStack() as opened:
        writer, reader = await connect(tmp_path / "db"), await connect(tmp_path / "db")
        for connection in (writer, reader):
            opened.push_async_callback(connection.close)
        for script in MIGRATIONS:
            await writer.executescript(script)
        yield SqliteStorage(writer, reader, run=RUN)


def chapter(name: str, created_at: int = 1_000) -> Chapter:
    return Chapter(name, f"Chapter {name}", created_at, "secretariat")


def entries(name: str, first: int, last: int) -> list[Entry]:
    authors = ("egypt", "ifip", "acme")
    return [Entry(name, seq, 1_000 + seq, authors[seq % 3], b"update %d" % seq) for seq in range(first, last + 1)]


def snapshot(name: str, seq: int) -> Snapshot:
    owners = {seq: "egypt", 2**53 - 1: "ifip"}
    return Snapshot(name, seq, 5_000 + seq, b"state after %d" % seq, owners, b"record after %d" % seq)


def set_aside(name: str, number: int, author: str = "egypt", runs: Runs = (("inserted", "may"),)) -> SetAside:
    return SetAside(name, number, author, "p-1", "12", 1_000, 2_000 + number, "It is locked.", 7, runs)


async def history(storage: Storage, name: str, after: int = 0, limit: int | None = None) -> list[Entry]:
    return [entry async for entry in storage.history(name, after, limit)]


async def seqs(storage: Storage, name: str, after: int = 0, limit: int | None = None) -> list[int]:
    return [entry.seq for entry in await history(storage, name, after, limit)]


async def test_a_new_chapter_has_its_first_entries(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 3))
    assert await storage.recover("a") == Recovery(chapter("a"), None, tuple(entries("a", 1, 3)))


async def test_a_chapter_may_begin_empty(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), [])
    assert await storage.recover("a") == Recovery(chapter("a"), None, ())
    await storage.append(entries("a", 1, 1))
    assert await seqs(storage, "a") == [1]


async def test_chapters_come_oldest_first(storage: Storage) -> None:
    assert await storage.chapters() == []
    for name, created_at in (("late", 3), ("early", 1), ("b", 2), ("a", 2)):
        await storage.create_chapter(chapter(name, created_at), [])
    assert await storage.chapters() == [chapter("early", 1), chapter("b", 2), chapter("a", 2), chapter("late", 3)]


async def test_an_id_is_given_once(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 2))
    with pytest.raises(ChapterExists) as caught:
        await storage.create_chapter(chapter("a", 9), entries("a", 1, 5))
    assert caught.value.chapter == "a"
    assert await storage.chapters() == [chapter("a")]
    assert await seqs(storage, "a") == [1, 2]


@pytest.mark.parametrize("first", [entries("a", 2, 3), entries("b", 1, 1), [*entries("a", 1, 1), *entries("a", 3, 3)]])
async def test_first_entries_count_from_one_and_are_the_chapters_own(storage: Storage, first: list[Entry]) -> None:
    with pytest.raises(SequenceConflict):
        await storage.create_chapter(chapter("a"), first)
    assert await storage.chapters() == []


async def test_entries_of_many_chapters_are_appended_together(storage: Storage) -> None:
    for name in "abc":
        await storage.create_chapter(chapter(name), entries(name, 1, 1))
    await storage.append([*entries("b", 2, 3), *entries("a", 2, 2), *entries("b", 4, 4)])
    assert await history(storage, "a") == entries("a", 1, 2)
    assert await history(storage, "b") == entries("b", 1, 4)
    assert await history(storage, "c") == entries("c", 1, 1)


async def test_appending_nothing_is_nothing(storage: Storage) -> None:
    await storage.append([])


async def test_bytes_text_and_numbers_come_back_as_they_were(storage: Storage) -> None:
    odd = [Entry("a", 1, 0, "", b""), Entry("a", 2, 2**52, "Côte d’Ivoire · مصر", bytes(range(256)) * 300)]
    await storage.create_chapter(chapter("a"), odd)
    assert await history(storage, "a") == odd


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        (entries("a", 3, 4), 3),
        (entries("a", 1, 1), 1),
        (entries("a", 5, 5), 5),
        ([*entries("a", 4, 4), *entries("a", 4, 4)], 4),
        ([*entries("a", 4, 4), *entries("a", 6, 6)], 6),
        ([*entries("a", 5, 5), *entries("a", 4, 4)], 5),
    ],
)
async def test_an_entry_that_does_not_follow_is_refused_with_all_others(
    storage: Storage, wrong: list[Entry], at: int
) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 3))
    await storage.create_chapter(chapter("b"), entries("b", 1, 3))
    for _ in range(2):
        with pytest.raises(SequenceConflict) as caught:
            await storage.append([*entries("b", 4, 4), *wrong])
        assert (caught.value.chapter, caught.value.seq) == ("a", at)
    assert await seqs(storage, "a") == await seqs(storage, "b") == [1, 2, 3]
    await storage.append([*entries("b", 4, 4), *entries("a", 4, 5)])
    assert await seqs(storage, "a") == [1, 2, 3, 4, 5]


async def test_an_unknown_chapter_is_named_by_every_call(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), [])
    calls = (
        storage.append([*entries("a", 1, 1), *entries("nowhere", 1, 1)]),
        storage.append(entries("a", 1, 1), [set_aside("a", 1), set_aside("nowhere", 1)]),
        storage.set_aside("nowhere"),
        storage.settle_set_aside("nowhere", 1, "discarded"),
        storage.recover("nowhere"),
        history(storage, "nowhere"),
        storage.save_snapshot(snapshot("nowhere", 0)),
        storage.pack("nowhere", 5),
    )
    for call in calls:
        with pytest.raises(ChapterNotFound) as caught:
            await call
        assert caught.value.chapter == "nowhere"
    assert await seqs(storage, "a") == []
    assert await storage.set_aside("a") == []


async def test_many_appends_at_once_are_all_kept(storage: Storage) -> None:
    names = [f"c{number}" for number in range(30)]
    for name in names:
        await storage.create_chapter(chapter(name), [])
    await asyncio.gather(*(storage.append(entries(name, 1, 5)) for name in names))
    assert [await seqs(storage, name) for name in names] == [[1, 2, 3, 4, 5]] * 30


async def test_of_two_writers_with_one_seq_one_is_refused(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), [])
    calls = (storage.append([Entry("a", 1, 1, author, author.encode())]) for author in ("egypt", "ifip"))
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results].count(SequenceConflict) == 1
    assert await seqs(storage, "a") == [1]


async def test_recovery_is_the_newest_snapshot_and_what_follows(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 9))
    for seq in (2, 4, 7):
        await storage.save_snapshot(snapshot("a", seq))
    assert await storage.recover("a") == Recovery(chapter("a"), snapshot("a", 7), tuple(entries("a", 8, 9)))
    await storage.save_snapshot(snapshot("a", 9))
    assert await storage.recover("a") == Recovery(chapter("a"), snapshot("a", 9), ())


@pytest.mark.parametrize("record", [b"", bytes(range(256)) * 300])
async def test_a_record_of_authorship_comes_back_as_it_was(storage: Storage, record: bytes) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 2))
    taken = Snapshot("a", 2, 1, b"state", {1: "egypt"}, record)
    await storage.save_snapshot(taken)
    assert (await storage.recover("a")).snapshot == taken


async def test_an_older_snapshot_does_not_replace_newer_ones(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 9))
    for seq in (8, 9, 3):
        await storage.save_snapshot(snapshot("a", seq))
    assert (await storage.recover("a")).snapshot == snapshot("a", 9)


async def test_a_snapshot_of_one_seq_may_be_saved_again(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 2))
    again = Snapshot("a", 2, 1, b"", {}, b"")
    for taken in (snapshot("a", 2), again):
        await storage.save_snapshot(taken)
    assert (await storage.recover("a")).snapshot == again


async def test_a_snapshot_ahead_of_the_journal_is_refused(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 2))
    with pytest.raises(SequenceConflict):
        await storage.save_snapshot(snapshot("a", 3))
    assert (await storage.recover("a")).snapshot is None


@pytest.mark.parametrize(
    ("uptos", "packed"),
    [([3], [0]), ([4], [4]), ([10], [8]), ([100], [8]), ([5, 10, 10], [4, 4, 0]), ([0, -3], [0, 0])],
)
async def test_packing_takes_whole_runs_of_the_oldest(storage: Storage, uptos: list[int], packed: list[int]) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 10))
    assert [await storage.pack("a", upto) for upto in uptos] == packed
    assert await history(storage, "a") == entries("a", 1, 10)


@pytest.mark.parametrize("upto", [0, 4, 8])
@pytest.mark.parametrize("after", [0, 1, 3, 4, 5, 8, 9, 10, 11])
@pytest.mark.parametrize("limit", [None, 0, 1, 4, 6, 50])
async def test_history_reads_any_stretch_packed_or_not(
    storage: Storage, upto: int, after: int, limit: int | None
) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 10))
    await storage.pack("a", upto)
    last = 10 if limit is None else min(10, after + limit)
    assert await history(storage, "a", after, limit) == entries("a", after + 1, last)


async def test_a_chapter_goes_on_when_all_of_it_is_packed(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 8))
    assert await storage.pack("a", 8) == 8
    with pytest.raises(SequenceConflict):
        await storage.append(entries("a", 8, 8))
    await storage.append(entries("a", 9, 12))
    assert await storage.pack("a", 12) == 4
    assert await history(storage, "a") == entries("a", 1, 12)


@pytest.mark.parametrize("seq", [None, 1, 4, 6, 8, 9])
async def test_recovery_reads_packs_where_the_snapshot_is_older(storage: Storage, seq: int | None) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 9))
    if seq is not None:
        await storage.save_snapshot(snapshot("a", seq))
    await storage.pack("a", 9)
    taken = None if seq is None else snapshot("a", seq)
    assert await storage.recover("a") == Recovery(chapter("a"), taken, tuple(entries("a", (seq or 0) + 1, 9)))


async def test_history_is_whole_though_it_is_packed_while_it_is_read(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 10))
    read: list[Entry] = []
    async for entry in storage.history("a"):
        read.append(entry)
        await storage.pack("a", entry.seq + 4)
    assert read == entries("a", 1, 10)


async def test_history_is_whole_though_the_rest_of_it_is_packed_at_that_moment(storage: Storage) -> None:
    for number in range(100):
        name = f"chapter-{number}"
        await storage.create_chapter(chapter(name), entries(name, 1, 4))
        packing = asyncio.create_task(storage.pack(name, 4))
        while not packing.done():
            assert await asyncio.gather(*(history(storage, name) for _ in range(3))) == [entries(name, 1, 4)] * 3


async def test_packing_twice_at_once_packs_once(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 40))
    packed = await asyncio.gather(*(storage.pack("a", 40) for _ in range(3)), storage.append(entries("a", 41, 41)))
    assert sum(count for count in packed if count) == 40
    assert await history(storage, "a") == entries("a", 1, 41)


async def test_nothing_is_wrong_with_what_it_wrote_itself(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 10))
    await storage.create_chapter(chapter("b"), [])
    await storage.save_snapshot(snapshot("a", 10))
    await storage.pack("a", 9)
    await storage.append([], [set_aside("a", 1), set_aside("b", 1)])
    await storage.settle_set_aside("b", 1, "discarded")
    await storage.probe()
    assert await storage.problems() == []


# What was set aside


async def test_what_was_set_aside_is_kept_with_the_entries(storage: Storage) -> None:
    for name in "ab":
        await storage.create_chapter(chapter(name), entries(name, 1, 1))
    assert (await storage.recover("a")).set_aside == 0
    items = [set_aside("a", 1), set_aside("a", 2, "ifip"), set_aside("b", 1, "ifip")]
    await storage.append([*entries("a", 2, 3), *entries("b", 2, 2)], items)
    assert await storage.set_aside("a") == items[:2]
    assert await storage.set_aside("b") == items[2:]
    assert await storage.set_aside("a", "ifip") == items[1:2]
    assert await storage.set_aside("b", "egypt") == []
    assert await seqs(storage, "a") == [1, 2, 3]
    recovery = await storage.recover("a")
    assert recovery == Recovery(chapter("a"), None, tuple(entries("a", 1, 3)), 2)


async def test_it_may_come_without_entries(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), [])
    await storage.append([], [set_aside("a", 1)])
    assert await storage.set_aside("a") == [set_aside("a", 1)]
    assert await seqs(storage, "a") == []


async def test_the_same_number_is_replaced_and_the_last_of_several_is_kept(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), [])
    await storage.append(entries("a", 1, 1), [set_aside("a", 2), set_aside("a", 1)])
    grown = [set_aside("a", 1, runs=(("kept", "shall "), ("inserted", text))) for text in ("m", "ma", "may")]
    await storage.append(entries("a", 2, 2), grown)
    assert await storage.set_aside("a") == [grown[-1], set_aside("a", 2)]
    assert (await storage.recover("a")).set_aside == 2


@pytest.mark.parametrize("wrong", [entries("a", 3, 3), entries("a", 1, 1), entries("nowhere", 1, 1)])
async def test_nothing_is_set_aside_with_entries_that_are_refused(storage: Storage, wrong: list[Entry]) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 1))
    await storage.append([], [set_aside("a", 1)])
    with pytest.raises((SequenceConflict, ChapterNotFound)):
        await storage.append(wrong, [set_aside("a", 1, "ifip"), set_aside("a", 2)])
    assert await storage.set_aside("a") == [set_aside("a", 1)]
    await storage.append(entries("a", 2, 2), [set_aside("a", 2)])
    assert await seqs(storage, "a") == [1, 2]
    assert len(await storage.set_aside("a")) == 2


async def test_its_words_come_back_as_they_were(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), [])
    runs: Runs = (("kept", "Côte d’Ivoire\x00"), ("deleted", '"مصر"\n'), ("inserted", "𝄞 [[]]\\"), ("kept", " "))
    odd = SetAside("a", 2**52, "", "", "§ “1”", 0, 2**52, "", 0, runs, "proposed")
    await storage.append([], [odd])
    assert await storage.set_aside("a") == [odd]


async def test_what_became_of_it_is_kept(storage: Storage) -> None:
    for name in "ab":
        await storage.create_chapter(chapter(name), [])
        await storage.append([], [set_aside(name, 1), set_aside(name, 2)])
    assert await storage.settle_set_aside("a", 1, "proposed")
    assert await storage.settle_set_aside("a", 2, "discarded", updated=2_002)
    assert [item.state for item in await storage.set_aside("a")] == ["proposed", "discarded"]
    assert await storage.set_aside("b") == [set_aside("b", 1), set_aside("b", 2)]


async def test_what_has_grown_meanwhile_is_not_settled(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), [])
    await storage.append([], [set_aside("a", 1)])
    assert not await storage.settle_set_aside("a", 1, "discarded", updated=2_000)
    assert not await storage.settle_set_aside("a", 2, "discarded")
    assert await storage.set_aside("a") == [set_aside("a", 1)]


async def test_a_closed_storage_says_so(storage: Storage) -> None:
    await storage.create_chapter(chapter("a"), entries("a", 1, 2))
    await storage.close()
    calls: Iterable[object] = (
        storage.chapters(),
        storage.create_chapter(chapter("b"), []),
        storage.append(entries("a", 3, 3)),
        storage.append([], [set_aside("a", 1)]),
        storage.set_aside("a"),
        storage.settle_set_aside("a", 1, "discarded"),
        storage.recover("a"),
        history(storage, "a"),
        storage.save_snapshot(snapshot("a", 1)),
        storage.pack("a", 1),
        storage.probe(),
        storage.problems(),
        storage.backup(Path("never")),
    )
    for call in calls:
        with pytest.raises(StorageUnavailable):
            await call  # type: ignore[misc]
