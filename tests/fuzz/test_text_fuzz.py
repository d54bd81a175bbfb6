"""The plain-text reader takes any text: it keeps every word or names it, and what it wrote it reads back."""

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from documents.formats.text import DraftInvalid, read, write
from documents.incoming.draft import Block, Draft, Note

PIECES = st.sampled_from(
    [
        *("\n", "\n", "\r\n", "\r", "\t", " ", "\u00a0", "\x00", "\x0b", "\u2028", "\ufeff", "\ud800", "\u200f"),
        *("1)", "2)", "1.", "2.", "12", "12.", " bis", "ter", ".Alt.1", " ALT 2", "a.", "3.5", "C3. ", "А4. "),
        *("[", "]", "[bookmark:", "[bookmark: _GoBack]", "mark: ", ":", ": ", "://", ".", ";", " - US; G77 delete"),
        *("\tComment by Author:", "Comment by Author: ", "comment BY author:", "Contribution by ", "\tComm", "ent by "),
    ]
)
WORDS = st.one_of(st.integers(1000, 9999).map("word{}".format), st.just("Egypt"), st.just("نص"), st.just("long" * 60))
PAPERS = st.lists(st.one_of(PIECES, PIECES, WORDS), max_size=60).map("".join)
TEXTS = st.one_of(PAPERS, st.text(alphabet=st.characters(), max_size=200))

FORM = {"comment", "by", "author", "contribution"}
"""The words of the form itself, which a block and its notes do not repeat."""


def unplaced(draft: Draft) -> list[Block]:
    return [replace(block, line=0) for block in draft.blocks]


@given(TEXTS)
@settings(max_examples=600)
def test_any_text_gives_a_draft_that_can_be_kept(text):
    draft = read(text)
    lines = re.split("\r\n|\r|\n", text)
    assert all(1 <= block.line <= len(lines) for block in draft.blocks)
    assert all(1 <= problem.line <= len(lines) for problem in draft.problems)
    assert [block.line for block in draft.blocks] == sorted({block.line for block in draft.blocks})
    # What goes into a chapter must be encodable.
    repr(draft).encode()
    "".join(block.label + block.text + "".join(n.name + n.text for n in block.notes) for block in draft.blocks).encode()


@given(TEXTS)
@settings(max_examples=600)
def test_what_was_read_is_written_and_read_the_same(text):
    draft = read(text)
    written = write(draft)
    again = read(written)
    assert unplaced(again) == unplaced(draft)
    assert again.title == draft.title
    assert write(again) == written


@given(TEXTS)
@settings(max_examples=600)
def test_every_word_is_in_the_draft_or_named_in_a_problem(text):
    draft = read(text)
    kept = "\n".join(
        [*(part for b in draft.blocks for part in (b.label, b.text, *(n.name + "\n" + n.text for n in b.notes)))]
        + [problem.message for problem in draft.problems]
    ).lower()
    for word in re.findall(r"\w+", text):
        assert word.lower() in kept or word.lower() in FORM


@given(TEXTS, TEXTS)
def test_blocks_do_not_depend_on_what_comes_later(text, later):
    first = read(text).blocks
    both = read(f"{text}\n{later}").blocks
    assert [(b.kind, b.label, b.text, b.line) for b in both[: len(first)]] == [
        (b.kind, b.label, b.text, b.line) for b in first
    ]


LOOSE = st.text(alphabet=st.sampled_from("ab1.):[]\t\n \u00a0"), max_size=8)
NOTES = st.builds(Note, st.sampled_from(["comment", "source"]), LOOSE, LOOSE)
BLOCKS = st.builds(
    Block,
    st.sampled_from(["title", "heading", "paragraph"]),
    st.one_of(st.sampled_from(["", "1)", "12", "12 bis", "12.Alt.1"]), LOOSE),
    LOOSE,
    st.lists(NOTES, max_size=2).map(tuple),
    st.just(0),
)


@given(st.lists(BLOCKS, max_size=4).map(tuple))
@settings(max_examples=600)
def test_any_draft_is_written_faithfully_or_refused(blocks):
    try:
        written = write(Draft("", blocks, ()))
    except DraftInvalid:
        return
    assert unplaced(read(written)) == list(blocks)
