"""The merge benchmark's traces are sound: every library and every way ends with the same text, authors right."""

import gzip
from pathlib import Path

import pytest

from benchmarks.merge import public, python_ways, trace_file, ways
from benchmarks.merge.report import exponent
from benchmarks.merge.traces import FIRST_CLIENT, HISTORIC, PARAGRAPHS, WORKLOADS, Trace
from documents.chapter import ChapterDocument

WRITERS = 4


@pytest.fixture(scope="module", params=WORKLOADS)
def trace(request: pytest.FixtureRequest) -> Trace:
    return WORKLOADS[request.param](WRITERS)


def test_all_ways_end_with_the_same_text(trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "trace"
    trace_file.write(trace, path)
    tried = [way for way in ways.WAYS if way.library != "Loro" and ways.fits(way, trace)]
    texts = {}
    for way in tried:
        outcome = ways.run(way, path, seconds=60)
        assert outcome is not None
        assert outcome.milliseconds > 0
        texts[way.title, way.given] = outcome.text
    assert {"Yjs", "pycrdt", "Adref"} == {way.library for way in tried}
    assert len(set(texts.values())) == 1, texts


def test_the_file_holds_the_whole_trace(trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "trace"
    trace_file.write(trace, path)
    assert trace_file.read(path) == trace


def test_the_plain_edits_say_what_the_updates_say(trace: Trace) -> None:
    """For each writer by itself, up to the first time that it hears of the others."""
    for writer in range(WRITERS):
        lines, document = list(trace.texts), python_ways.opened(trace)
        for event in (event for event in trace.events if event.writer == writer):
            if event.edit is None:
                break
            line, edit = lines[event.edit.paragraph], event.edit
            lines[edit.paragraph] = line[: edit.at] + edit.inserted + line[edit.at + edit.deleted :]
            document.take(event.update, "somebody", 0)
        assert document.lines() == lines


def test_authors_are_right(trace: Trace) -> None:
    """Whoever owns a client id has written what it wrote, but for words that have moved."""
    for updates in filter(None, (python_ways.every_edit(trace), python_ways.rejoined(trace))):
        document = python_ways.opened(trace)
        python_ways.take(document, updates)
        assert all(_checked(document, writer) for writer in range(WRITERS))
        assert document.authorship_problems() == []


def _checked(document: ChapterDocument, writer: int) -> int:
    """How many characters of a writer's were looked at."""
    record, client = document.record, FIRST_CLIENT + writer
    count = 0
    for start, end, move in record.moved(client, 0, record.known(client)):
        if move is None:
            assert {tag for *_, (tag, _) in record.written(client, start, end)} == {python_ways.author_of(writer)}
            count += end - start
    return count


@pytest.mark.parametrize("form", ["[%s]", '{"txns": [{"patches": [%s]}, {"patches": []}]}'])
def test_a_public_trace_is_read(form: str, tmp_path: Path) -> None:
    path = tmp_path / "paper.json.gz"
    edits = '[0, 0, "h"], [1, 0, "e"], [2, 0, "y"], [1, 2, ""], [1, 0, "i", "!"], [0, 1, "H"]'
    path.write_bytes(gzip.compress((form % edits).encode()))
    trace = public.read(path)
    assert trace.name == "paper"
    document = python_ways.opened(trace)
    for update in trace.rejoined:
        document.take(update, "author", 0)
    assert document.lines()[PARAGRAPHS] == "Hi!"
    assert len(list(trace.updates())) == 6


def test_the_exponent_is_that_of_the_growth() -> None:
    assert exponent([(10, 3.0), (50, 75.0), (500, 7_500.0)]) == pytest.approx(2)
    assert exponent([(10, 3.0), (50, 75.0)]) is None


def test_the_same_seed_gives_the_same_trace() -> None:
    for make in WORKLOADS.values():
        assert make(2, 7).events == make(2, 7).events
        assert make(2, 7).events != make(2, 8).events


def test_historic_clients_have_written_in_the_old_chapter() -> None:
    assert len(python_ways.opened(WORKLOADS["old chapter"](1)).clocks) == HISTORIC
