"""What is dropped is freed at once, without the garbage collector's help, and that runs only while nobody is there."""

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from benchmarks.typing_load import keystrokes, opening
from documents.chapter import ChapterDocument
from documents.crdt.ledger import Container
from documents.crdt.sequence import Block, Line
from documents.rooms import Rooms
from server.memory import Memory, never_pause
from tests.editorkit import Editor
from tests.roomkit import CHAPTER, FaultyMemory, open_rooms, quiet


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def held() -> int:
    """How many parts of chapters are in memory."""
    return sum(isinstance(one, Block | Line | Container) for one in gc.get_objects())


def blocks() -> int:
    return sum(isinstance(one, Block) for one in gc.get_objects())


def written() -> ChapterDocument:
    document = ChapterDocument()
    document.settle([document.take(opening(), "chair", 0)], 0)
    for author, update in keystrokes(500, 5):
        document.take(update, author, 0)
    return document


def test_a_document_that_is_dropped_is_freed_at_once(no_collector: None) -> None:
    before = held()
    document = written()
    assert held() > before + 100
    gone = ref(document)
    del document
    assert gone() is None
    assert held() == before


def test_a_discarded_document_holds_no_text_any_more(no_collector: None) -> None:
    before = blocks()
    document = written()
    assert blocks() > before + 100
    document.discard()
    assert blocks() == before


async def test_a_room_that_is_closed_gives_its_memory_back(no_collector: None) -> None:
    async with open_rooms(FaultyMemory()) as rooms:
        before = held()
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        egypt.add("Every word of it.")
        await quiet(room, egypt)
        assert held() > before
        egypt.leave()
        await evict(rooms)
        assert rooms.find(CHAPTER) is None
        empty = ChapterDocument()
        with_one = held()
        del empty
        assert held() - before <= with_one - held(), "no more than what an empty chapter takes"


async def evict(rooms: Rooms) -> None:
    for seconds in (0, 1_000):
        await rooms.evict_idle(seconds)


async def test_everything_is_looked_through_once_when_all_have_left() -> None:
    async with open_rooms(FaultyMemory()) as rooms:
        memory = Memory(rooms)
        await memory.tidy()
        assert memory.runs == 0
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        await memory.tidy()
        assert memory.runs == 0
        egypt.leave()
        await memory.tidy()
        await memory.tidy()
        assert memory.runs == 1


def test_no_full_run_comes_by_itself(thresholds: None) -> None:
    never_pause()
    runs: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            runs.append(info["generation"])

    gc.callbacks.append(note)
    kept = [[number] for number in range(300_000)]
    gc.callbacks.remove(note)
    assert len(kept) == 300_000
    assert 1 in runs
    assert 2 not in runs
