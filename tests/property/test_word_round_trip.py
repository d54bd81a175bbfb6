"""A chapter written as a redline for Word and read again: the same text, and the same delegations' words."""

from datetime import UTC, datetime
from io import BytesIO

import pytest

from documents.formats import word
from documents.formats.papers.docx_paper import redline_docx
from documents.formats.word.draft import to_draft
from documents.model import Chapter as Header
from documents.paper import Heading, arrange, tags, take
from documents.redline import redline
from documents.runs import Byline
from tests.property.redline_people import Chapter
from tests.property.test_redline_property import base_of, points, said

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
            (letter, paper.named(change.by))
            for one in redline(sheet.text, base)
            for change in one.changes
            if change.change in INSERTED
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
