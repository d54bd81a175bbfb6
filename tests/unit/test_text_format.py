"""The plain-text form: what is read, what is flagged, and that writing gives it back."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from documents.errors import DocumentsError
from documents.formats.text import MAX_BYTES, MAX_LINES, DraftInvalid, read, write
from documents.incoming.draft import Block, Draft, Note, Problem
from documents.search import Match, find

ROOT = Path(__file__).parents[2]
OWN_PAPER = ROOT / "tests" / "data" / "meeting_paper.txt"
SEEDS = Path(os.environ.get("ADREF_SEEDS", ROOT.parent / "shared" / "seeds"))


def papers() -> Iterator[object]:
    """Papers of one form, each with the two delegations that comment and the two sources."""
    yield pytest.param((OWN_PAPER, "Norway", "Chile", ("Nauru", "RIVERNET"), "B3"), id="own")
    paper = SEEDS / "000_fcba77c251d4714f.txt"
    missing = pytest.mark.skipif(not paper.exists(), reason="no meeting papers here")
    yield pytest.param((paper, "Egypt", "Japan", ("Cuba", "IFIP"), "C11"), id="meeting", marks=missing)


@pytest.fixture(params=papers())
def paper(request: pytest.FixtureRequest) -> tuple[Draft, str, str, tuple[str, str], str]:
    path, *expected = request.param
    return (read(path.read_text(encoding="utf-8")), *expected)


def of_kind(draft: Draft, kind: str) -> list[Block]:
    return [block for block in draft.blocks if block.kind == kind]


def notes(draft: Draft, kind: str) -> list[tuple[str, str]]:
    """Label and name, of every note of a kind."""
    return [(block.label, note.name) for block in draft.blocks for note in block.notes if note.kind == kind]


def codes(text: str) -> list[str]:
    return [problem.code for problem in read(text).problems]


def only_paragraph(text: str) -> Block:
    (block,) = of_kind(read(f"Title\n{text}"), "paragraph")
    return block


def test_sections_and_labels_of_a_paper(paper):
    draft = paper[0]
    assert [block.label for block in of_kind(draft, "heading")] == ["1)", "2)", "3)", "4)", "5)"]
    assert [block.label for block in of_kind(draft, "paragraph")] == [str(number) for number in range(1, 37)]
    assert len(draft.blocks) == 3 + 5 + 36


def test_notes_of_a_paper_are_comments_or_sources(paper):
    draft, first, second, sources, _ = paper
    assert notes(draft, "comment") == [("4", first), ("13", second), ("15", first), ("23", second)]
    assert notes(draft, "source") == [("16", sources[0]), ("36", sources[1])]


def test_empty_paragraph_and_bookmark_are_all_that_is_flagged(paper):
    draft = paper[0]
    assert [(problem.code, problem.label) for problem in draft.problems] == [
        ("empty-paragraph", "35"),
        ("bookmark", "36"),
    ]
    assert not any("bookmark" in block.text for block in draft.blocks)


def test_the_title_is_the_chapters_own_and_is_found_with_a_latin_letter(paper):
    draft, *_, mark = paper
    texts = [block.text for block in draft.blocks]
    assert [block.kind for block in draft.blocks[:4]] == ["title", "title", "title", "heading"]
    assert draft.title == texts[1]
    assert texts[2].startswith("Annex: ")
    assert not draft.title.isascii()
    assert find(mark, texts) == [Match(1, 0, len(mark))]


def test_a_paper_is_read_the_same_after_writing(paper):
    draft = paper[0]
    written = write(draft)
    assert written.count("\n") < MAX_LINES
    again = read(written)
    assert [(b.kind, b.label, b.text, b.notes) for b in again.blocks] == [
        (b.kind, b.label, b.text, b.notes) for b in draft.blocks
    ]
    assert again.title == draft.title
    assert write(again) == written


def test_no_word_of_a_paper_is_lost():
    for path in (OWN_PAPER, *sorted(SEEDS.glob("*.txt"))):
        text = path.read_text(encoding="utf-8")
        kept = repr(read(text))
        lost = {word for word in re.findall(r"\w+", text) if word not in kept}
        assert lost <= {"Comment", "Author", "Contribution"}, path.name


@pytest.mark.parametrize(
    ("line", "label", "text"),
    [
        ("12. Promote", "12", "Promote"),
        ("12.\tPromote", "12", "Promote"),
        ("12.Promote", "12", "Promote"),
        ("12.[Promote]", "12", "[Promote]"),
        ("12.", "12", ""),
        ("12 bis. Promote", "12 bis", "Promote"),
        ("12 bis Promote", "12 bis", "Promote"),
        ("12bis Promote", "12bis", "Promote"),
        ("12\u00a0bis. Promote", "12\u00a0bis", "Promote"),
        ("12 ter. Promote", "12 ter", "Promote"),
        ("12a. Promote", "12a", "Promote"),
        ("12.Alt.1 Promote", "12.Alt.1", "Promote"),
        ("12.Alt.1. Promote", "12.Alt.1", "Promote"),
        ("12 ALT 2: Promote", "12 ALT 2", "Promote"),
        ("12 bis.Alt.1 Promote", "12 bis.Alt.1", "Promote"),
        ("1.2. Promote", "1.2", "Promote"),
        ("١٢. نص", "١٢", "نص"),
        ("12 terms of reference", "", "12 terms of reference"),
        ("2.5 million people", "", "2.5 million people"),
        ("1000 people", "", "1000 people"),
        ("12 bisect", "", "12 bisect"),
        ("ALT 1: Recognizing", "", "ALT 1: Recognizing"),
        ("(a) the first", "", "(a) the first"),
    ],
)
def test_labels_are_literal(line, label, text):
    # Under a heading, where a line without a label is a paragraph and not a title.
    block = read(f"Title\n1) Section\n{line}").blocks[2]
    assert (block.kind, block.label, block.text) == ("paragraph", label, text)
    again = read(write(read(f"Title\n1) Section\n{line}"))).blocks[2]
    assert (again.label, again.text) == (label, text)


def test_unnumbered_lines_in_a_section_are_paragraphs_without_a_label():
    draft = read("Title\n1) Section\nTo this end, we:\n1. Agree\nfurther words\n")
    assert [(b.kind, b.label, b.text) for b in draft.blocks[2:]] == [
        ("paragraph", "", "To this end, we:"),
        ("paragraph", "1", "Agree"),
        ("paragraph", "", "further words"),
    ]


def test_long_or_many_lines_above_the_text_are_not_titles():
    long = "A preamble " * 30
    assert [b.kind for b in read(f"Title\n{long}\nshort").blocks] == ["title", "paragraph", "paragraph"]
    assert [b.kind for b in read("a\nb\nc\nd\ne\nf").blocks] == ["title"] * 5 + ["paragraph"]


def test_text_is_kept_exactly_but_for_outer_white_space():
    text = "two  spaces,\u00a0a fixed one, a\ttab, \u200fنص\u200e and e\u0301"
    assert only_paragraph(f"  1.  {text} \u00a0\t").text == text


def test_line_ends_of_all_systems_are_line_ends():
    assert [b.text for b in read("\ufeffA\r\nB\rC\n").blocks] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("body", "expected", "flagged"),
    [
        ("Egypt: Unclear", [Note("comment", "Egypt", "Unclear")], []),
        ("egypt:Unclear: see 4", [Note("comment", "egypt", "Unclear: see 4")], []),
        ("Contribution by Cuba", [Note("source", "Cuba", "")], []),
        ("IFIP", [Note("source", "IFIP", "")], []),
        ("IFIP, see https://ifip.example/", [Note("source", "IFIP, see https://ifip.example/", "")], []),
        (
            "Contribution by Cuba: revised",
            [Note("source", "Cuba", ""), Note("comment", "Cuba", "revised")],
            ["source-with-text"],
        ),
        ("We do not agree.", [Note("comment", "", "We do not agree.")], ["note-without-name"]),
        (": Unclear", [Note("comment", "", "Unclear")], ["note-without-name"]),
        ("x" * 81 + ": y", [Note("comment", "", "x" * 81 + ": y")], ["note-without-name"]),
        ("Contribution by", [Note("source", "", "")], ["note-without-name"]),
        ("Egypt:", [Note("comment", "Egypt", "")], ["empty-note"]),
        ("", [], ["empty-note"]),
    ],
)
def test_a_note_is_a_comment_or_a_source(body, expected, flagged):
    text = f"Title\n4. Text\tComment by Author: {body}"
    draft = read(text)
    assert list(draft.blocks[1].notes) == expected
    assert [(p.code, p.line, p.label) for p in draft.problems] == [(code, 2, "4") for code in flagged]
    assert read(write(draft)).blocks[1].notes == tuple(expected)


def test_several_notes_on_one_paragraph_and_on_lines_of_their_own():
    block = only_paragraph(
        "4. Text\tComment by Author: Egypt: One\t comment by author: IFIP\n\tComment by Author: Japan: Two\n"
    )
    assert block.text == "Text"
    assert [note.name for note in block.notes] == ["Egypt", "IFIP", "Japan"]


def test_a_note_above_all_text_is_kept_and_flagged():
    draft = read("\tComment by Author: Egypt: What is this?\n1. Text")
    assert draft.blocks[0] == Block("paragraph", "", "", (Note("comment", "Egypt", "What is this?"),), 1)
    assert [p.code for p in draft.problems] == ["note-without-block", "no-title"]


def test_a_note_without_a_tab_stays_text_and_is_flagged():
    text = "4. Text Comment by Author: Egypt: Unclear"
    assert only_paragraph(text).text == "Text Comment by Author: Egypt: Unclear"
    assert codes(f"Title\n{text}") == ["note-in-text"]


def test_duplicate_labels_are_kept_and_flagged_however_spelled():
    draft = read("Title\n1) S\n12 bis. One\n12bis Two\n13. Three\n")
    assert [b.label for b in of_kind(draft, "paragraph")] == ["12 bis", "12bis", "13"]
    assert [(p.code, p.line, p.label) for p in draft.problems] == [("duplicate-label", 4, "12bis")]


def test_labels_out_of_order_are_flagged():
    in_order = "\n".join(
        f"{label}. x" for label in ("1", "1a", "2", "2.Alt.1", "2.Alt.2", "2 bis", "2 ter", "10", "11")
    )
    assert codes(f"Title\n1) A\n{in_order}\n2) B") == []
    problems = read("Title\n1) A\n3. x\n2. y\n4. z").problems
    assert problems == (Problem(4, "2", "label-order", "the label 2 comes after 3"),)
    assert codes("Title\n2) A\n1) B") == ["label-order"]


@pytest.mark.parametrize(
    ("text", "balanced"),
    [("[a [b] - US; G77 delete]", True), ("[a", False), ("a]", False), ("]a[", False), ("a", True)],
)
def test_unbalanced_brackets_are_flagged(text, balanced):
    assert codes(f"Title\n1. {text}") == ([] if balanced else ["unbalanced-brackets"])


@pytest.mark.parametrize(
    ("line", "text", "dropped"),
    [
        ("1. [bookmark: _GoBack]Text", "Text", ["[bookmark: _GoBack]"]),
        ("1. Te[bookmark: a]xt [bookmark: b]", "Text", ["[bookmark: a]", "[bookmark: b]"]),
        ("1. [book[bookmark: a]mark: b]Text", "Text", ["[bookmark: a]", "[bookmark: b]"]),
        (f"1. [bookmark: {'long ' * 40}]", f"[bookmark: {'long ' * 40}]", []),
        ("1. [bookmark: a\tb]", "[bookmark: a\tb]", []),
    ],
)
def test_bookmarks_are_dropped_and_named(line, text, dropped):
    draft = read(f"Title\n{line}")
    assert draft.blocks[1].text == text
    assert [p.message for p in draft.problems] == (
        [f"a word processor's marks were dropped: {' '.join(dropped)}"] if dropped else []
    )


def test_control_characters_are_dropped_and_named():
    draft = read("Title\n1. a\x00b\x0bc\u2028d\ud800e\ufefff")
    assert draft.blocks[1].text == "ab c def"
    (problem,) = draft.problems
    assert problem.code == "control-character"
    assert all(name in problem.message for name in ("U+0000", "U+000B", "U+2028", "U+D800", "U+FEFF"))


def test_nothing_to_read_is_a_problem_not_an_error():
    assert read("") == Draft("", (), (Problem(1, "", "no-text", "there is no text"),))
    assert codes(" \n\t\n") == ["no-text"]
    assert codes("1. Text") == ["no-title"]
    assert codes("Title\n1)") == ["empty-heading"]


@pytest.mark.parametrize("text", ["a" * (MAX_BYTES + 1), "é" * (MAX_BYTES // 2 + 1), "\ud800" * (MAX_BYTES // 3 + 1)])
def test_a_text_beyond_the_bound_of_bytes_is_refused(text):
    with pytest.raises(DraftInvalid) as caught:
        read(text)
    assert isinstance(caught.value, DocumentsError)
    assert caught.value.line == 0
    assert "5000000 bytes" in str(caught.value)


def test_a_text_beyond_the_bound_of_lines_is_refused():
    assert len(read("Title\n" + "\n" * (MAX_LINES - 1)).blocks) == 1
    assert len(read("a\n" * MAX_LINES).blocks) == MAX_LINES
    with pytest.raises(DraftInvalid) as caught:
        read("a\n" * MAX_LINES + "b")
    assert caught.value.line == MAX_LINES + 1
    assert str(caught.value) == "line 20001: the text has more than 20000 lines"


@pytest.mark.parametrize(
    "pattern",
    ["[bookmark:", "[book[bookmark:a]mark:", "\t", "\t ", "[", "12 bis.Alt.", "\tComment by Author: ", "\x00 "],
)
@pytest.mark.timeout(30)
def test_a_line_as_long_as_allowed_is_read_in_reasonable_time(pattern):
    line = "1. " + pattern * ((MAX_BYTES - 10) // len(pattern))
    (block,) = read(line).blocks
    assert block.label == "1"


@pytest.mark.timeout(30)
def test_as_many_notes_as_fit_are_read_in_reasonable_time():
    (block,) = read(("\tComment by Author: A: b" * 10 + "\n") * MAX_LINES).blocks
    assert len(block.notes) == 10 * MAX_LINES


@pytest.mark.parametrize(
    "block",
    [
        Block("paragraph", "1", "two\nlines", (), 7),
        Block("paragraph", "", "12. not a label", (), 7),
        Block("paragraph", "1", " outer space", (), 7),
        Block("paragraph", "1", "a\tComment by Author: b: c", (), 7),
        Block("paragraph", "", "", (), 7),
        Block("heading", "1", "Section", (), 7),
        Block("paragraph", "1", "a", (Note("source", "IFIP", "text"),), 7),
        Block("paragraph", "1", "a", (Note("comment", "x: y", "z"),), 7),
    ],
)
def test_what_the_form_cannot_hold_is_refused_rather_than_changed(block):
    before = Block("heading", "1)", "Section", (), 6)
    with pytest.raises(DraftInvalid) as caught:
        write(Draft("", (before, block), ()))
    assert caught.value.line == 7


def test_written_form():
    text = (
        "Title\n\n1) Section\n1. One\tComment by Author: Egypt: Unclear\tComment by Author: Contribution by Cuba\n"
        "1 bis. Two\nmore\n\n2) Next\n2. Three\n"
    )
    assert write(read(text)) == text
    assert write(read("")) == ""
