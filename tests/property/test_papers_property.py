"""Whatever people did: a redline for Word with all changes accepted is the text now, with all rejected that of then."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.formats.papers.docx_paper import clean_docx, redline_docx
from documents.formats.papers.wordml import bookmark
from documents.model import Chapter as Header
from documents.redline.redline import Change, RedlineParagraph, redline
from documents.versions.paper import Heading, arrange, tags, take
from tests.paperkit import ADDED, REMOVED, WordParagraph, resolved, revisions
from tests.property.redline_people import Chapter
from tests.property.test_redline_property import base_of, points, rebuilt, said

SEEDS = 40
STEPS = 80
HEADING = Heading(Header("trust", "Trust", 0, "amina"), datetime(2026, 11, 22, tzinfo=UTC), "then")


def expected(document: ChapterDocument) -> list[tuple[str, str]]:
    return [
        (said("".join(run.text for run in one.runs)), "Heading2" if one.kind == "heading" else "NumberedParagraph")
        for one in document.runs()
    ]


def found(paragraphs: list[WordParagraph]) -> list[tuple[str, str]]:
    return [(said(one.text), one.style) for one in paragraphs]


def flat(paragraphs: list[RedlineParagraph]) -> list[tuple[object, ...]]:
    """Paragraphs and letters, each with what is said of it."""
    told: list[tuple[object, ...]] = []
    for one in paragraphs:
        told.append((one.id, one.change, one.by, one.part_of))
        told += ((letter, replace(change, text="")) for change in one.changes for letter in change.text)
    return told


def changes_of(history: Iterable[Change]) -> list[Change]:
    return [change for change in history if change.change != "kept"]


def without_struck(paragraphs: list[RedlineParagraph]) -> list[tuple[object, ...]]:
    """The same, without what came and went."""
    kept = [one for one in paragraphs if one.change != "struck"]
    return flat([replace(one, changes=tuple(it for it in one.changes if it.change != "struck")) for one in kept])


@pytest.mark.parametrize("block", range(4))
def test_both_texts_come_out_of_a_redline(block: int) -> None:
    for seed in range(block * SEEDS // 4, (block + 1) * SEEDS // 4):
        chapter = Chapter(seed)
        for _ in range(STEPS):
            chapter.step()
        document = chapter.document
        sheet = take(document)
        bylines = {tag: Byline(tag, tag, tag, tag.title(), "government") for tag in tags(sheet)}
        now = expected(document)
        for seq in points(chapter.journal):
            base = base_of(chapter.journal, seq)
            paper = arrange(sheet, base, HEADING, bylines)
            word = redline_docx(paper)
            accepted, rejected = resolved(word, accept=True), resolved(word, accept=False)
            assert found(accepted) == now, f"{seed=} {seq=}"
            assert found(rejected) == expected(rebuilt(chapter.journal[:seq])), f"{seed=} {seq=}"
            for one, runs in zip(accepted, document.runs(), strict=True):
                assert bookmark(runs.id) in one.bookmarks, f"{seed=} {seq=}"
            assert without_struck(redline(sheet.text, base, struck=True)) == flat(redline(sheet.text, base)), (
                f"{seed=} {seq=}"
            )
            history = [change for one in redline(sheet.text, base, struck=True) for change in one.changes]
            changes = [change for change in history if change.change != "struck" or change.by != change.author]
            assert seq < len(chapter.journal) or not changes_of(history), f"{seed=}"
            for kinds, names in (
                (ADDED, ("inserted", "moved-here", "struck")),
                (REMOVED, ("deleted", "moved-away", "struck")),
            ):
                told = sum(len(one.text) for one in revisions(word) if one.kind in kinds)
                assert told == sum(len(one.text) for one in changes if one.change in names), f"{seed=} {seq=}"
        assert found(resolved(clean_docx(paper), accept=True)) == now, f"{seed=}"
        assert not list(revisions(clean_docx(paper)))
