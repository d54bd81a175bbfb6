"""A chapter written as a redline for Word and read again, or imported into an empty chapter: it is the same one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

import server.sample
from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.formats import text, word
from documents.formats.papers.docx_paper import redline_docx
from documents.formats.word.draft import to_draft
from documents.incoming.contributions import first_entries
from documents.incoming.opening import from_draft
from documents.model import SERVER, Recovery
from documents.model import Chapter as Header
from documents.redline.redline import Change, redline
from documents.versions.paper import Heading, Paper, arrange, tags, take
from tests.property.redline_people import Chapter
from tests.property.test_redline_property import base_of, points, said
from tests.property.word_people import DELEGATIONS, HEADER, OpenedChapter, WordChapter, paper, written

CHAPTERS = 200
SEEDS = 12
STEPS = 80
HEADING = Heading(Header("trust", "Trust", 0, "amina"), datetime(2026, 11, 22, tzinfo=UTC), "then")
INSERTED = ("inserted", "moved-here")


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_redline_is_read_as_it_was_written(seed: int) -> None:
    chapter = Chapter(seed)
    for _ in range(STEPS):
        chapter.step()
    sheet = take(chapter.document)
    bylines = {tag: Byline(tag, tag, tag, tag.title(), "government") for tag in tags(sheet)}
    now = [
        (one.kind == "heading", one.label, said(one.text)) for one in chapter.document.paragraphs() if one.text.strip()
    ]
    for seq in points(chapter.journal):
        base = base_of(chapter.journal, seq)
        paper = arrange(sheet, base, HEADING, bylines)
        found = word.read(BytesIO(redline_docx(paper)))
        assert found.own
        draft = to_draft(found, lambda name: name)
        blocks = [one for one in draft.blocks if one.deleted_by is None and one.text.strip()]
        assert [(one.kind == "heading", one.label, said(one.text)) for one in blocks] == now, f"{seed=} {seq=}"
        written = [
            (letter, paper.named(change.author if change.change == "struck" else change.by))
            for one in redline(sheet.text, base, struck=True)
            for change in one.changes
            if change.change in INSERTED or (change.change == "struck" and change.by != change.author)
            for letter in change.text
        ]
        assert [
            (letter, piece.inserted.author)
            for one in found.paragraphs
            for piece in one.pieces
            if piece.inserted is not None
            for letter in piece.text
        ] == [(letter, name or "Adref") for letter, name in written], f"{seed=} {seq=}"
        assert "unknown-element" not in {one.code for one in draft.problems}


# The whole chapter

ABOUT_THE_TEXT = {
    "label-changed", "paragraphs-joined", "format-change", "header", "footer", "field", "duplicate-label",
    "label-order", "empty-heading", "empty-paragraph", "unbalanced-brackets", "note-in-text", "no-text",
}  # fmt: skip
"""What a report on a file of ours may say: nothing of it is lost."""


def byline(name: str) -> Byline:
    return Byline("", name if name in DELEGATIONS.values() else "", name, name, "government")


def imported(file: bytes) -> Paper:
    """The chapter that an import of the file makes, held against what it began with."""
    draft = to_draft(word.read(BytesIO(file)), lambda name: name if name != "Adref" else "")
    assert {one.code for one in draft.problems} <= ABOUT_THE_TEXT
    opening = from_draft(draft, byline)
    entries = first_entries(HEADER, SERVER, opening.change, opening.contributions)
    return paper(ChapterDocument.recover(Recovery(HEADER, None, tuple(entries))), entries)


def all_of(one: Paper) -> list[dict[str, Any]]:
    """Everything that delegates see of each paragraph, but for its id and the times of edits."""
    runs = {runs.id: runs.runs for runs in one.runs if runs.deleted is None}
    return [
        {
            "label": paragraph.label,
            "level": paragraph.level,
            "runs": grouped((one.named(run.by), run.text) for run in runs[paragraph.id] if run.deleted is None),
            "looks": [(part, sorted(formats)) for part, formats in paragraph.spans],
            "status": (paragraph.status, paragraph.void),
            "sources": paragraph.sources,
            "comments": [(note.name, note.text, note.at[:19], note.resolved) for note in paragraph.comments],
        }
        for paragraph in one.paragraphs
    ]


def history(one: Paper) -> list[tuple[Any, str]]:
    """What of the draft still stands, who wrote what else, and who deleted what; in order, across paragraphs.

    What a delegation wrote and took back itself is not in it.
    """
    changes = [change for paragraph in one.history for change in paragraph.changes]
    told = ((_fate(one, change), change.text) for change in changes)
    return grouped((fate, text) for fate, text in told if fate[0] != "struck" or fate[1] != fate[2])


def _fate(one: Paper, change: Change) -> tuple[str, str, str]:
    author = one.named(change.author)
    if change.change == "struck":
        return "struck", author, one.named(change.by)
    if change.change in {"deleted", "moved-away"}:
        return "gone", author, one.named(change.by)
    return "kept" if change.change == "kept" else "come", author, ""


def grouped(parts: Iterator[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Neighbours of which the same is said as one."""
    return [(same, "".join(part for _, part in group)) for same, group in groupby(parts, key=lambda one: one[0])]


def check(chapter: WordChapter, name: str) -> None:
    one = paper(chapter.document, chapter.journal)
    again = imported(redline_docx(one))
    assert all_of(again) == all_of(one), name
    assert history(again) == history(one), name


@pytest.mark.parametrize("block", range(10))
def test_a_redline_makes_the_same_chapter(block: int) -> None:
    for seed in range(block * CHAPTERS // 10, (block + 1) * CHAPTERS // 10):
        check(written(WordChapter(seed)), f"{seed=}")


@pytest.mark.parametrize("seed", range(4))
def test_the_sample_comes_back_whole(seed: int) -> None:
    draft = text.read(Path(server.sample.__file__).with_name("chapter.txt").read_text(encoding="utf-8"))
    chapter = OpenedChapter(seed, from_draft(draft, byline))
    check(chapter, "as it begins")
    check(written(chapter), f"{seed=}")
