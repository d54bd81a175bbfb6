"""The ways of merging a trace with Loro, which has a format of its own: the same edits, made with it."""

from collections.abc import Callable

from loro import ExportMode, LoroDoc  # type: ignore[import-not-found, unused-ignore]

from benchmarks.merge.outcome import Outcome, measure
from benchmarks.merge.traces import FIRST_CLIENT, Edit, Trace

Way = Callable[[LoroDoc, list[bytes]], None]


def one_by_one(document: LoroDoc, updates: list[bytes]) -> None:
    for update in updates:
        document.import_(update)


def in_a_batch(document: LoroDoc, updates: list[bytes]) -> None:
    document.import_batch(updates)


def run(trace: Trace, way: Way, *, every_edit: bool) -> Outcome:
    """With one update for every edit, or with one for each writer."""
    opening = _opening(trace)
    updates = _updates(trace, opening, every_edit=every_edit)
    document = LoroDoc()
    document.import_(opening)
    milliseconds, memory = measure(lambda: way(document, updates))
    texts = [document.get_text(f"p-{number}").to_string() for number in range(len(trace.texts))]
    # Its order of concurrent letters is not that of Yjs: of the text, only the length can be compared.
    size = len(document.export(ExportMode.Snapshot()))
    return Outcome(milliseconds, memory, size, f"{sum(map(len, texts))} characters")


def _opening(trace: Trace) -> bytes:
    document = LoroDoc()
    for number, edits in enumerate(trace.past):
        document.peer_id = 10 + number
        for edit in edits:
            _make(document, edit)
    opening: bytes = document.export(ExportMode.Snapshot())
    return opening


def _updates(trace: Trace, opening: bytes, *, every_edit: bool) -> list[bytes]:
    writers = [_open(opening, FIRST_CLIENT + number) for number in range(trace.writers)]
    begun = writers[0].oplog_vv
    updates = []
    for event in trace.events:
        document = writers[event.writer]
        before = document.oplog_vv if every_edit else begun
        if event.edit is not None:
            _make(document, event.edit)
        if every_edit:
            updates.append(document.export(ExportMode.Updates(before)))
    return updates or [document.export(ExportMode.Updates(begun)) for document in writers]


def _open(opening: bytes, peer: int) -> LoroDoc:
    document = LoroDoc()
    document.peer_id = peer
    document.import_(opening)
    return document


def _make(document: LoroDoc, edit: Edit) -> None:
    text = document.get_text(f"p-{edit.paragraph}")
    if edit.deleted:
        text.delete(edit.at, min(edit.deleted, text.len_unicode - edit.at))
    if edit.inserted:
        text.insert(edit.at, edit.inserted)
    document.commit()
