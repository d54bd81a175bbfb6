"""What locks cost those who type elsewhere, and what it costs to undo what they forbid.

Prediction: a keystroke in a chapter of which half is locked costs at most a tenth more than in one without locks; to
undo a letter takes under 1 ms, a pasted page under 10 ms, 50 kB under 200 ms; an undone letter adds less than 200 bytes
to the document.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from benchmarks.keystroke import Reader
from benchmarks.timing import Row
from benchmarks.typing_load import keystrokes, opening
from documents.chapter import ChapterDocument
from documents.crdt import protocol
from documents.gavel.rulings import Lock, Person, Place, put_lock
from documents.model import Chapter
from documents.room import Room
from documents.rooms import Rooms
from documents.seat import Bar, nothing_barred
from documents.storage.memory import MemoryStorage

CHAPTER = "chapter"
COUNT = 6_000
PEOPLE = 30
RUNS = 7
CHAIR = Person("chair", "The chair", "un", "UN", "chair")
WHEN = "2024-05-17T09:00:00Z"


def run() -> Iterator[Row]:
    """Measure what goes without a server."""
    yield from _lawful(36)
    yield from _lawful(300)
    for what, length, edit in _VIOLATIONS:
        yield from asyncio.run(_undoing(what, length, edit))


# Lawful keystrokes in a chapter with locks


def _lawful(paragraphs: int) -> Iterator[Row]:
    """The same keystrokes with none and with half of the paragraphs locked, in turns."""
    updates = list(keystrokes(COUNT, PEOPLE, paragraphs=paragraphs, every=2))
    none, half, by_section = [], [], []
    for _ in range(RUNS):
        none.append(asyncio.run(_typed(updates, paragraphs, locked=False)))
        half.append(asyncio.run(_typed(updates, paragraphs, locked=True)))
        by_section.append(asyncio.run(_typed(updates, paragraphs, locked=True, by_section=True)))
    yield Row(f"{paragraphs} paragraphs, none locked", median(none), "µs a keystroke")
    yield Row(f"{paragraphs} paragraphs, half locked", median(half), "µs a keystroke")
    yield Row(f"{paragraphs} paragraphs, half locked, against none", _more(half, none), "% more")
    yield Row(f"{paragraphs} paragraphs, half locked, rights by section", _more(by_section, none), "% more")


def _more(times: list[float], base: list[float]) -> float:
    return (median(one / other for one, other in zip(times, base, strict=True)) - 1) * 100


async def _typed(updates: list[tuple[str, bytes]], paragraphs: int, *, locked: bool, by_section: bool = False) -> float:
    """CPU time of the room for each keystroke, in µs."""
    rooms, room = await _room(opening(paragraphs))
    if locked:
        await _lock(room, [f"p-{number}" for number in range(1, paragraphs, 2)])
    people = {author for author, _ in updates}
    seats = {who: room.join(Reader(), who, {}, None, bar=_barred, by_section=by_section) for who in people}
    await rooms.drain()
    start = time.process_time()
    for number, (author, update) in enumerate(updates):
        room.receive(seats[author], protocol.SyncUpdate(update))
        if number % 10 == 0:
            await asyncio.sleep(0)  # as often as messages come in one turn of the loop
    await rooms.drain()
    taken = time.process_time() - start
    await rooms.close()
    return taken / len(updates) * 1e6


def _barred(place: Place) -> str | None:
    return "It is locked." if place.sealed or place.lock is not None else None


async def _room(state: bytes) -> tuple[Rooms, Room]:
    rooms = Rooms(MemoryStorage())
    await rooms.create(Chapter(CHAPTER, "A chapter", 0, "chair"), "chair", lambda _: None)
    room = await rooms.open(CHAPTER)
    chair = room.join(Reader(), "chair", {}, None)
    room.receive(chair, protocol.SyncUpdate(state))
    await rooms.drain()
    return rooms, room


async def _lock(room: Room, paragraphs: list[str]) -> None:
    def lock(document: ChapterDocument) -> None:
        for paragraph in paragraphs:
            put_lock(document, Lock(paragraph, "paragraph", 0, CHAIR, CHAIR, "", WHEN, ""), "lock")

    await room.write("chair", lock)


# What is undone

Edit = Callable[[XmlFragment, int], None]


class Offender(Reader):
    """An editor that hears what the server says, and is told what was set aside."""

    def __init__(self) -> None:
        self.doc: Doc[Any] = Doc(client_id=77)
        self.root = self.doc.get("default", type=XmlFragment)
        self.told = 0

    def send(self, message: bytes) -> bool:
        for part in protocol.read(message):
            if isinstance(part, protocol.SyncUpdate):
                self.doc.apply_update(part.update)
        return True

    def set_aside(self, kept: object) -> None:
        self.told += kept is not None


async def _undoing(what: str, length: int, edit: Edit) -> list[Row]:
    """One edit again and again, in a locked paragraph and, in turns, in one that is free."""
    bars: tuple[Bar, Bar] = (_barred, nothing_barred)
    times: dict[Bar, list[float]] = {bar: [] for bar in bars}
    added: dict[Bar, list[float]] = {bar: [] for bar in bars}
    for _ in range(RUNS):
        for bar in bars:
            taken, size = await _one(length, edit, bar)
            times[bar].append(taken)
            added[bar].append(size)
    more = (median(times[_barred]) - median(times[nothing_barred])) * 1e3
    return [
        Row(f"undoing {what}", more, "ms"),
        Row(f"undoing {what}: added to the document", median(added[_barred]) - median(added[nothing_barred]), "bytes"),
    ]


async def _one(length: int, edit: Edit, bar: Bar) -> tuple[float, float]:
    """What one edit takes in CPU time (s), and adds to the state (bytes). `bar` is for who makes it."""
    rooms, room = await _room(_long(length))
    await _lock(room, ["p-0"])
    offender = Offender()
    seat = room.join(offender, "offender", {}, None, bar=bar)
    room.receive(seat, protocol.SyncStep1({}))
    await rooms.drain()
    began = protocol.read_state_vector(offender.doc.get_state())
    with offender.doc.transaction():
        edit(offender.root, length)
    update = offender.doc.get_update(protocol.write_state_vector(began))
    before = len(await room.read(ChapterDocument.state))
    start = time.process_time()
    room.receive(seat, protocol.SyncUpdate(update))
    await rooms.drain()
    taken = time.process_time() - start
    after = await room.read(ChapterDocument.state)
    assert (bar is nothing_barred) == (offender.told == 0)  # noqa: S101
    assert len(offender.root.children) == 2  # noqa: S101
    await rooms.close()
    return taken, len(after) - before


def _long(length: int) -> bytes:
    """Two paragraphs, the first so long."""
    document: Doc[Any] = Doc(client_id=10)
    root = document.get("default", type=XmlFragment)
    for number, text in enumerate(("word " * (length // 5), "The other.")):
        element = root.children.append(XmlElement("paragraph", {"id": f"p-{number}", "label": str(number)}))
        element.children.append(XmlText(text))
    return document.get_update()


def _insert(size: int) -> Edit:
    def edit(root: XmlFragment, length: int) -> None:
        _text(root).insert(length // 2, "x" * size)

    return edit


def _delete(size: int) -> Edit:
    def edit(root: XmlFragment, length: int) -> None:
        start = (length - size) // 2
        del _text(root)[start : start + size]

    return edit


def _bold(root: XmlFragment, length: int) -> None:
    _text(root).format(0, length, {"strong": True})


def _replace(root: XmlFragment, length: int) -> None:
    """The whole element, by another of the same id."""
    del root.children[0]
    element = XmlElement("paragraph", {"id": "p-0", "label": "0"})
    root.children.insert(0, element)
    element.children.append(XmlText("x" * length))


def _text(root: XmlFragment) -> XmlText:
    element = root.children[0]
    assert isinstance(element, XmlElement)  # noqa: S101
    text = element.children[0]
    assert isinstance(text, XmlText)  # noqa: S101
    return text


_VIOLATIONS: tuple[tuple[str, int, Edit], ...] = (
    ("a letter typed", 600, _insert(1)),
    ("a letter deleted", 600, _delete(1)),
    ("600 letters pasted", 600, _insert(600)),
    ("600 letters deleted", 600, _delete(600)),
    ("a paragraph of 600 letters made bold", 600, _bold),
    ("a paragraph of 600 letters replaced", 600, _replace),
    ("50 kB pasted", 600, _insert(50_000)),
    ("50 kB deleted", 50_000, _delete(50_000)),
    ("a paragraph of 50 kB replaced", 50_000, _replace),
)
