"""Markdown as a draft."""

from datetime import UTC, datetime

import pytest

from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.formats.markdown import read
from documents.formats.papers.page import markdown
from documents.formats.text import MAX_LINES, DraftInvalid
from documents.incoming.contributions import first_entries
from documents.incoming.draft import Block, Note
from documents.incoming.opening import from_draft
from documents.model import Chapter
from documents.redline.base import Base
from documents.versions.paper import Heading, Paper, arrange, take

OURS = """\
# C7\\. Access

## 1) People & \\<things\\>

12\\. Every *person* **counts** \\[led by Egypt\\]. \\[Agreed ad ref\\]

> Contribution by Cuba

> Egypt: Unclear: why?

> Japan (settled): fine

12\\. ALT 1: الأمن والثقة 😀 2 \\* 3

12 bis. \\# no heading \\[Agreed; changed since\\]

1\\. 1\\. what begins like a list

No label
"""


def plain(block: Block) -> tuple[str, int, str, str]:
    return block.kind, block.level, block.label, block.text


def test_what_our_own_papers_say() -> None:
    draft = read(OURS)
    assert draft.title == "C7. Access"
    assert [plain(one) for one in draft.blocks] == [
        ("title", 0, "", "C7. Access"),
        ("heading", 2, "1)", "People & <things>"),
        ("paragraph", 0, "12", "Every person counts [led by Egypt]."),
        ("paragraph", 0, "12.Alt.1", "الأمن والثقة 😀 2 * 3"),
        ("paragraph", 0, "12 bis", "# no heading"),
        ("paragraph", 0, "1", "1. what begins like a list"),
        ("paragraph", 0, "", "No label"),
    ]
    assert draft.blocks[2].notes == (
        Note("source", "Cuba", ""),
        Note("comment", "Egypt", "Unclear: why?"),
        Note("comment", "Japan", "fine", resolved=True),
    )
    assert [(one.status, one.void) for one in draft.blocks[2:5]] == [
        ("agreed ad referendum", False), (None, False), ("agreed", True),
    ]  # fmt: skip
    assert draft.blocks[2].spans[1:4] == (
        ("person", frozenset({"em"})), (" ", frozenset()), ("counts", frozenset({"strong"})),
    )  # fmt: skip


def paper_of(text: str) -> str:
    """The Markdown paper of the chapter that a Markdown text makes."""
    chapter = Chapter("c", "C7. Access", 1_000, "chair")
    opening = from_draft(read(text), lambda name: Byline("", name, "", name, ""))
    document, base = ChapterDocument(), Base()
    for entry in first_entries(chapter, "chair", opening.change, opening.contributions):
        document.take(entry.update, entry.author, entry.at, trusted=True)
        base.extend([entry])
    base.close()
    sheet = take(document)
    paper: Paper = arrange(sheet, base, Heading(chapter, datetime.now(UTC), ""), sheet.bylines)
    return markdown(paper)


def test_our_own_paper_comes_back_as_it_was() -> None:
    once = paper_of(OURS)
    assert once == paper_of(once)
    assert [plain(one) for one in read(once).blocks] == [
        (kind if kind != "title" else "title", level, label, text)
        for kind, level, label, text in map(plain, read(OURS).blocks)
    ]


def test_lists_tables_code_and_quotations() -> None:
    text = (
        "Intro\n\n3) three\n4) four\n\n    more of four\n\n- a\n- b\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "```\ncode\n\nmore\n```\n\n"
        "> just said\n\n***\n\n<div>html</div>\n\n[a link](http://a.example) ![a picture](x.png) a<br>b  \nc\nd\n"
    )
    draft = read(text)
    assert [(one.label, one.text) for one in draft.blocks] == [
        ("", "Intro"), ("3)", "three"), ("4)", "four"), ("", "more of four"), ("", "– a"), ("", "– b"), ("", "a | b"),
        ("", "1 | 2"), ("", "code"), ("", "more"), ("", "just said"), ("", "a link  ab c d"),
    ]  # fmt: skip
    codes = {one.code for one in draft.problems}
    assert codes == {"bullet", "table", "code", "quotation", "line", "html", "link", "picture", "no-title"}
    assert any("http://a.example" in one.message for one in draft.problems)
    assert any("<div>html</div>" in one.message for one in draft.problems)
    assert [one.line for one in draft.blocks[1:4]] == [3, 4, 6]


@pytest.mark.parametrize("text", ["", "\n\n", "<!-- only a comment -->"])
def test_no_text(text: str) -> None:
    assert read(text).blocks == ()
    assert "no-text" in {one.code for one in read(text).problems}


@pytest.mark.parametrize("text", ["x" * 5_000_001, "\n" * (MAX_LINES + 1)])
def test_too_much(text: str) -> None:
    with pytest.raises(DraftInvalid):
        read(text)


@pytest.mark.parametrize("text", [">" * 3_000 + " deep", "[" * 3_000, "*a " * 3_000, "- " * 500 + "x"])
def test_what_is_nested_deep_is_read_or_said_to_be_left(text: str) -> None:
    draft = read(text)
    assert draft.blocks or "nesting" in {one.code for one in draft.problems}
