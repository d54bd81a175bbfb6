"""What the authorship layer costs: with each keystroke, in reading, in memory of long chapters, and on the wire.

Prediction: with a keystroke less than the rest of its way together; a chapter of 36 paragraphs read in under 10 ms, one
of 100 kB in under 50 ms (the longest that the event loop may be held); 60 bytes of live map a client.
"""

import time
from collections.abc import Callable, Iterator
from statistics import median

from benchmarks.timing import Row
from benchmarks.typing_load import keystrokes, opening
from documents.authorship.runs import Byline
from documents.chapter import AUTHORSHIP, ChapterDocument
from documents.crdt.gate import Admitted
from documents.crdt.update_v1 import Id
from documents.model import Chapter, Recovery, Snapshot

CHAPTER = Chapter("chapter", "A chapter", 0, "chair")
MINUTE = 60_000
Edits = list[tuple[str, bytes]]


class _Bare(ChapterDocument):
    """A document without the layer."""

    def _enter(self, admitted: Admitted, author: str, at: int) -> None:
        pass


def run() -> Iterator[Row]:
    """Measure everything."""
    few = list(keystrokes(20_000, 30))
    bare = _per_edit(_Bare, few)
    whole = _per_edit(ChapterDocument, few)
    yield Row("gate and document, without authorship", bare, "µs a keystroke")
    yield Row("authorship, 30 people", whole - bare, "µs a keystroke")
    many = list(keystrokes(130_000, 500))  # enough for 100 kB
    yield Row(
        "authorship, 100,000 edits of 500 clients",
        _per_edit(ChapterDocument, many[:100_000], 1) - bare,
        "µs a keystroke",
    )
    yield from _reading("36 paragraphs, 20,000 edits", _written(few))
    yield from _reading("500 clients, 130,000 edits", _written(many))
    yield from _wire(_written(many[:20_000]))


def _per_edit(make: Callable[[], ChapterDocument], edits: Edits, runs: int = 5) -> float:
    times = []
    for _ in range(runs):
        document = make()
        document.take(opening(), "chair", 0)
        start = time.process_time()
        for number, (author, update) in enumerate(edits):
            document.take(update, author, number * 30)  # about 33 keystrokes a second
        times.append((time.process_time() - start) / len(edits) * 1e6)
    return median(times)


def _written(edits: Edits) -> ChapterDocument:
    document = ChapterDocument()
    document.take(opening(), "chair", 0)
    for number, (author, update) in enumerate(edits):
        document.take(update, author, number * 30)
    return document


def _reading(what: str, document: ChapterDocument) -> Iterator[Row]:
    size = sum(len(paragraph.text) for paragraph in document.paragraphs())
    yield Row(f"{what}: visible text", size / 1000, "kB")
    items = [one.item for one in document.reader().paragraphs()]
    yield Row(f"{what}: runs", _milliseconds(lambda: _read(document, items)), "ms")
    yield Row(f"{what}: runs, one paragraph new", _milliseconds(lambda: _read(document, items[:1])), "ms")
    yield Row(f"{what}: runs, deleted too", _milliseconds(lambda: _read(document, items, deleted=True)), "ms")
    yield Row(f"{what}: record encoded", _milliseconds(document.record.encode), "ms")
    yield Row(f"{what}: record", len(document.record.encode()) / 1000, "kB")
    snapshot = Snapshot("chapter", 1, 0, document.state(), dict(document.owners), document.record.encode())
    recovery = Recovery(CHAPTER, snapshot, ())
    yield Row(f"{what}: opened from a snapshot", _milliseconds(lambda: ChapterDocument.recover(recovery)), "ms")


def _read(document: ChapterDocument, changed: list[Id], *, deleted: bool = False) -> None:
    document.reader().forget(changed)
    document.runs(deleted=deleted)


def _wire(document: ChapterDocument) -> Iterator[Row]:
    """What the root `authorship` adds to the state that everybody who joins is sent."""
    before = len(document.state())
    document.tell_authorship(0)
    clients = len(document.owners) - 1  # the server's own is not told
    yield Row(f"live map, {clients} clients", (len(document.state()) - before) / clients, "bytes a client")
    before = len(document.state())
    byline = Byline("person-0", "Amina Hassan", "egypt", "Egypt", "government", 12, "#1f5fa8")
    document.introduce("person-0", byline)
    document.tell_authorship(0)
    yield Row("live map, who a participant is", len(document.state()) - before, "bytes a participant")
    assert len(document.value(AUTHORSHIP)) >= clients  # noqa: S101


def _milliseconds(work: Callable[[], object], runs: int = 7) -> float:
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) * 1e3)
    return median(times)
