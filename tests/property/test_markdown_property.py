"""Whatever a paragraph says: its Markdown is read back as that."""

from datetime import UTC, datetime

from hypothesis import assume, example, given
from hypothesis import strategies as st

from documents.formats import labels
from documents.formats.markdown import read
from documents.formats.papers.page import markdown
from documents.incoming.draft import Block
from documents.incoming.opening import Comment
from documents.model import Chapter
from documents.versions.paper import PLAIN, Formats, Heading, Paper, PaperParagraph

HEADING = Heading(Chapter("trust", "Trust", 0, "amina"), datetime(2026, 11, 22, tzinfo=UTC), "")
MARKUP = {"bullet", "table", "code", "quotation", "link", "picture", "html", "line", "nesting"}

Spans = tuple[tuple[str, Formats], ...]


def written(spans: Spans, label: str = "", level: int = 0, comments: tuple[Comment, ...] = ()) -> str:
    """The Markdown of a chapter of one paragraph."""
    one = PaperParagraph("p-1", label, "paragraph", level, spans, "draft", False, "", (), comments)
    return markdown(Paper(HEADING, (one,), (), (), (), {}))


def only(text: str) -> Block:
    """The one block behind the title, in which nothing was found that only Markdown has."""
    draft = read(text)
    assert [one.code for one in draft.problems if one.code in MARKUP] == []
    title, block = draft.blocks
    assert title.text == "Trust"
    return block


def is_bare(text: str) -> bool:
    """Whether there is something to read in it that is not taken for a label."""
    return bool(text.strip()) and labels.paragraph(text.strip()) is None


LINE = st.text("ab 1-+*_=#>|~`<>![](){}:.;&\\/x^\t", max_size=12)


@given(LINE)
@example("---")
@example("***")
@example("___")
@example("- - -")
@example("--- ---")
@example("===")
@example("> x")
@example("# x")
@example("1) x")
@example("+")
@example("| a | b |")
@example("```")
@example("~~~")
@example("    x")
@example("<div>")
@example("<!--")
@example("[x]: y")
def test_a_line_is_one_paragraph_whatever_it_says(text: str) -> None:
    assume(is_bare(text))
    block = only(written(((text, PLAIN),)))
    assert (block.kind, block.text, block.label) == ("paragraph", text.strip().replace("\t", " "), "")


@given(LINE, LINE)
@example("---", "x")
@example("- a", "x")
@example("1. a", "x")
def test_a_comment_is_one_whatever_its_author_is_called(name: str, text: str) -> None:
    name, text = (" ".join(said.replace(":", "").split()) for said in (name, text))
    assume(name and text)
    block = only(written((("a", PLAIN),), comments=(Comment("c-1", "p-1", name, "", text, ""),)))
    assert [(note.name, note.text) for note in block.notes] == [(name, text)]
