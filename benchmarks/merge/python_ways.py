"""The ways of merging a trace in Python: the bare CRDT library, and this project's document, gate and authorship."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from pycrdt import Doc, XmlElement, XmlFragment

from benchmarks.merge.outcome import Outcome, digest, measure
from benchmarks.merge.traces import ROOT, Trace
from documents.authorship.runs import Byline
from documents.batch import MERGE_AT_ONCE, merge
from documents.chapter import ChapterDocument
from server.memory import never_pause

BATCH: Final = 512
"""Updates that the room lets in before it names paragraphs and tells who writes."""

Document = Doc[Any]
Given = Callable[[Trace], list[tuple[int, bytes]]]
"""What arrives of a trace, each update with the number of its writer."""


def bare(trace: Trace, way: Callable[[Document, Trace], None]) -> Outcome:
    """The CRDT library alone."""
    document: Document = Doc(client_id=1, skip_gc=True)
    root = document.get(ROOT, type=XmlFragment)
    document.apply_update(trace.opening)
    milliseconds, memory = measure(lambda: way(document, trace))
    texts = [str(child.children[0]) for child in root.children]
    return Outcome(milliseconds, memory, len(document.get_update()), digest(texts))


def one_by_one(document: Document, trace: Trace) -> None:
    for _, update in trace.updates():
        document.apply_update(update)


def merged_by(size: int) -> Callable[[Document, Trace], None]:
    def way(document: Document, trace: Trace) -> None:
        for some in _batches([update for _, update in trace.updates()], size):
            document.apply_update(merge(some))

    return way


def merged_first(document: Document, trace: Trace) -> None:
    document.apply_update(merge([update for _, update in trace.updates()]))


def one_transaction(document: Document, trace: Trace) -> None:
    for some in _batches([update for _, update in trace.updates()], MERGE_AT_ONCE):
        with document.transaction():
            for update in some:
                document.apply_update(update)


def rejoined_one_by_one(document: Document, trace: Trace) -> None:
    for update in trace.rejoined:
        document.apply_update(update)


def rejoined_downwards_in_a_transaction(document: Document, trace: Trace) -> None:
    with document.transaction():
        for update in reversed(trace.rejoined):
            document.apply_update(update)


def rejoined_merged(document: Document, trace: Trace) -> None:
    document.apply_update(merge(trace.rejoined))


def _batches(updates: list[bytes], size: int) -> Iterable[list[bytes]]:
    return (updates[start : start + size] for start in range(0, len(updates), size))


# With gate and authorship


def core(trace: Trace, updates: Given) -> Outcome:
    """As the room does it, in batches, and as it is served: gate, document, authorship, names, who writes."""
    document = opened(trace)
    never_pause()
    milliseconds, memory = measure(lambda: take(document, updates(trace)))
    texts = [str(element.children[0]) for element in document.children if isinstance(element, XmlElement)]
    return Outcome(milliseconds, memory, len(document.state()), digest(texts))


def opened(trace: Trace) -> ChapterDocument:
    """The chapter as it stood."""
    document = ChapterDocument()
    document.settle([document.take(trace.opening, "secretariat", 0)], 0)
    return document


def take(document: ChapterDocument, updates: list[tuple[int, bytes]]) -> None:
    """Let updates in, in batches, each from its writer."""
    bylines = {writer: _byline(writer) for writer, _ in updates}
    for start in range(0, len(updates), BATCH):
        admitted = []
        for writer, update in updates[start : start + BATCH]:
            taken = document.take(update, author_of(writer), 60_000)
            if taken.identities:
                admitted.append(taken)
            document.introduce(author_of(writer), bylines[writer])
        document.settle(admitted, 60_000)
        document.tell_authorship(60_000)


def _byline(writer: int) -> Byline:
    return Byline(author_of(writer), f"Person {writer}", f"d-{writer}", f"Delegation {writer}", "government")


def author_of(writer: int) -> str:
    """Who a delegation's writer is."""
    return f"person-{writer}"


def every_edit(trace: Trace) -> list[tuple[int, bytes]]:
    return list(trace.updates())


def rejoined(trace: Trace) -> list[tuple[int, bytes]]:
    return list(enumerate(trace.rejoined))


def rejoined_downwards(trace: Trace) -> list[tuple[int, bytes]]:
    """Where all of them wait at once: at one spot the lowest client id stands first, and so has nothing to pass."""
    return rejoined(trace)[::-1]
