"""Whatever a paragraph says, and however it looks: its Markdown is read back as that."""

from collections.abc import Iterable
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
STRONG, EM, STRIKE = frozenset(("strong",)), frozenset(("em",)), frozenset(("strike",))
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


def letters(spans: Iterable[tuple[str, Formats]]) -> list[tuple[str, Formats]]:
    """Each letter with its format; spaces without, since those at the ends of formatted text lose theirs."""
    found = [(letter, PLAIN if letter.isspace() else formats) for text, formats in spans for letter in text]
    while found and found[0][0].isspace():
        found.pop(0)
    while found and found[-1][0].isspace():
        found.pop()
    return found


def is_bare(text: str) -> bool:
    """Whether there is something to read in it that is not taken for a label."""
    return bool(text.strip()) and labels.paragraph(text.strip()) is None


FORMATS = st.frozensets(st.sampled_from(("strong", "em", "strike", "underline")))
RUN = st.text("ab1é漢ع(“”).,-–*_~\\`&#;<+€😀 \u00a0", max_size=3)
LINE = st.text("ab 1-+*_=#>|~`<>![](){}:.;&\\/x^\t", max_size=12)


@given(st.lists(st.tuples(RUN, FORMATS), max_size=6).map(tuple))
@example((("see ", PLAIN), ("“fair”", STRONG), ("ness", PLAIN)))
@example((("(a)", STRONG), ("text", PLAIN)))
@example((("word", PLAIN), ("(x)", STRONG)))
@example((("(a)", STRONG), ("b", PLAIN), ("(c)", EM)))
@example((("a", STRONG), ("b", STRONG | EM), ("c", EM)))
@example((("a", EM), ("b", STRONG), ("c", EM), ("d", STRIKE), ("e", STRONG | STRIKE)))
@example((("x", PLAIN), ("a", STRONG | STRIKE), ("y", PLAIN)))
@example((("a", STRONG), ("b", STRONG | {"underline"})))
def test_formats_are_read_back_as_they_were_written(spans: Spans) -> None:
    text = "".join(said for said, _ in spans)
    assume(is_bare(text))
    for label, level in (("", 0), ("7", 0), ("", 2)):
        once = written(spans, label, level)
        block = only(once)
        again = block.spans or ((block.text, PLAIN),)
        shown = [(said.replace("\t", " "), formats - {"underline"}) for said, formats in spans]
        assert letters(again) == letters(shown)
        assert written(again, label, level) == once


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
