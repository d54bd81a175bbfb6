"""Word files made elsewhere: every tracked change is in the report, by a count of our own, and every word somewhere."""

from collections import Counter
from io import BytesIO

import pytest

from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.formats import word
from documents.formats.word.draft import to_draft
from documents.incoming.contributions import first_entries
from documents.incoming.draft import Draft
from documents.incoming.opening import from_draft
from documents.model import Chapter, Recovery
from tests.gold_word import AUTHORS, GOLD, LABELS
from tests.goldkit import marks, texts

CHAPTER = Chapter("c", "C", 600_000, "secretariat")


def who(name: str) -> str:
    return name if name in AUTHORS else {"Yuki Sato": "Japan"}.get(name, "")


def drafted(name: str) -> Draft:
    return to_draft(word.read(BytesIO(GOLD[name])), who)


def begun(draft: Draft) -> ChapterDocument:
    opening = from_draft(draft, lambda name: Byline("", name, name.casefold(), name, "government"), "C")
    entries = first_entries(CHAPTER, "secretariat", opening.change, opening.contributions)
    return ChapterDocument.recover(Recovery(CHAPTER, None, tuple(entries)))


def told(draft: Draft) -> list[tuple[int, str, str, str]]:
    return [(one.line, one.kind, one.author, one.text) for one in draft.tracked]


@pytest.mark.parametrize("name", GOLD)
def test_every_change_is_accounted_for(name: str) -> None:
    draft = drafted(name)
    assert Counter((one.id, one.author) for one in draft.tracked) == marks(GOLD[name])
    assert all(one.outcome for one in draft.tracked)
    assert {one.author for one in draft.tracked} <= set(draft.authors)


@pytest.mark.parametrize("name", GOLD)
def test_every_word_is_in_the_text_or_in_the_report(name: str) -> None:
    draft = drafted(name)
    kept = [words.text for block in draft.blocks for words in block.words] + [block.text for block in draft.blocks]
    kept += [block.label for block in draft.blocks] + [draft.title] + [one.text for one in draft.tracked]
    kept += [note.text for block in draft.blocks for note in block.notes] + [one.message for one in draft.problems]
    found = " ".join(kept)
    for text in texts(GOLD[name]):
        for one in text.split():
            assert one.rstrip(".") in found, one


@pytest.mark.parametrize("name", GOLD)
def test_a_chapter_begins_with_it(name: str) -> None:
    draft = drafted(name)
    standing = [(one.label, one.text) for one in draft.blocks if one.deleted_by is None]
    assert [(one.label, one.text) for one in begun(draft).paragraphs()] == standing


def test_changes_within_changes_have_each_its_author() -> None:
    draft = drafted("nested")
    first = draft.blocks[0]
    assert first.text == "Stays. Inserted kept. Arrived added end."
    assert [(one.text, one.by, one.deleted_by) for one in first.words if one.by or one.deleted_by is not None] == [
        ("Inserted ", "Egypt", None),
        ("undone ", "Egypt", "Japan"),
        ("kept. ", "Egypt", None),
        ("Arrived ", "Cuba", None),
        ("departed ", "Cuba", "IFIP"),
        ("added ", "Chile", None),
        ("thrice ", "Kenya", "Brazil"),
        ("before ", "", "ISOC"),
        (" ", "", "ISOC"),
    ]
    assert [(one.text, [words.deleted_by for words in one.words]) for one in draft.blocks[2:]] == [
        ("A block inserted.", [None]),
        ("", ["Cuba"]),
    ]


def test_moved_words_are_told_of_at_both_ends() -> None:
    draft = drafted("moves")
    assert [one.text for one in draft.blocks if one.deleted_by is None and one.text] == [
        "Between. ",
        "Travelling paragraph.",
        "Behind. Half sentence",
    ]
    assert [one for one in told(draft) if one[3].startswith("Half")] == [
        (2, "moved-away", "Japan", "Half sentence "),
        (4, "moved-here", "Japan", "Half sentence "),
    ]


def test_ends_of_paragraphs_that_are_gone_join_them() -> None:
    draft = drafted("marks")
    assert [(one.kind, one.text) for one in draft.blocks if one.deleted_by is None] == [
        ("heading", "One two three."),
        ("paragraph", "New and its end undone."),
        ("paragraph", "The last"),
    ]
    assert [one.deleted_by for one in draft.blocks if one.deleted_by is not None] == ["Cuba", "Kenya"]


def test_labels_are_as_word_counts_them() -> None:
    assert [one.label for one in drafted("numbering").blocks] == LABELS


def test_rows_and_cells_are_told_of_where_they_stand() -> None:
    draft = drafted("tables")
    assert [one.text for one in draft.blocks if one.deleted_by is None] == [
        "Head | Who",
        "rowed | in",
        "a | b | c",
        "Outer cell | side",
        "After.",
    ]
    assert [one.by for one in draft.blocks[1].words] == ["Cuba"]
    assert [(one.line, one.kind) for one in draft.tracked if one.kind.startswith("row")] == [
        (2, "row-inserted"),
        (3, "row-deleted"),
        (5, "row-deleted"),
    ]


def test_replies_stand_behind_what_they_answer() -> None:
    draft = drafted("replies")
    assert [[(one.name, one.text, one.resolved) for one in block.notes] for block in draft.blocks] == [
        [("Egypt", "Unclear", True), ("Japan", "It is clear", False), ("Cuba", "Agreed", False)],
        [("IFIP", "On deleted words", False)],
        [("Chile", "Over two", False)],
        [],
    ]
    assert "Of nothing here" in next(one.message for one in draft.problems if one.code == "comment-without-anchor")
    left = [(one.line, one.author, one.text, one.outcome) for one in draft.tracked if one.line == 0]
    assert left == [
        (0, "Kenya", "at all", "left out, with what it stands in"),
        (0, "Mexico", "here", "left out, with what it stands in"),
    ]


def test_ten_authors_keep_their_words_in_every_paragraph() -> None:
    draft = drafted("ten")
    assert (len(draft.blocks), len(draft.tracked), len(draft.authors)) == (10, 200, 10)
    for at, block in enumerate(draft.blocks, start=1):
        for number, name in enumerate(AUTHORS):
            proposed = next(one for one in block.words if f"proposes {at}-{number}." in one.text)
            deleted = next(one for one in block.words if f"deletes {at}-{number}." in one.text)
            assert (proposed.by, proposed.deleted_by) == (name, None)
            assert (deleted.by, deleted.deleted_by) == ("", name)


def test_changes_in_notes_stand_with_the_paragraph_that_refers_to_them() -> None:
    draft = drafted("footnotes")
    assert {(one.id, one.line) for one in draft.tracked} == {
        ("1", 1), ("2", 1), ("3", 1), ("4", 1), ("6", 1), ("5", 2), ("8", 2), ("7", 0), ("9", 0),
    }  # fmt: skip
    first, *_ = (one.message for one in draft.problems if (one.line, one.code) == (1, "footnote"))
    assert "'See section four.'" in first
    assert ["'Never referred to.'" in one.message for one in draft.problems if one.line == 0].count(True) == 1
    assert ("paragraph", "left out, with what it stands in") in [(one.text, one.outcome) for one in draft.tracked]


@pytest.mark.parametrize("name", ["libreoffice", "google", "pages", "strict"])
def test_other_programs_files_ask_nobody_and_leave_nothing_out(name: str) -> None:
    expected = {"pages": {"text-box"}, "strict": {"comment-without-anchor"}}
    assert {one.code for one in drafted(name).problems} == expected.get(name, set())


def test_libreoffice_writes_headings_moves_and_times_that_are_none() -> None:
    draft = drafted("libreoffice")
    assert [(one.kind, one.label, one.text) for one in draft.blocks if one.text] == [
        ("title", "", "Paper"),
        ("heading", "1)", "Access"),
        ("paragraph", "", "Every person"),
        ("paragraph", "", "Wanders."),
    ]
    assert [note.text for one in draft.blocks for note in one.notes] == ["Who?"]
    assert next(one.date for one in draft.tracked if one.kind == "deleted") == "0-00-00T00:00:00Z"


def test_google_wraps_every_change_in_a_field_of_a_form() -> None:
    draft = drafted("google")
    assert [(one.kind, one.text) for one in draft.blocks] == [("heading", "Access"), ("paragraph", "All people ")]
    assert [(one.text, one.by, one.deleted_by) for one in draft.blocks[1].words] == [
        ("All ", "", None),
        ("people ", "Egypt", None),
        ("users", "", "Japan"),
    ]
    assert [note.text for note in draft.blocks[1].notes] == ["Users, why?"]


def test_pages_numbers_by_styles_of_lists() -> None:
    draft = drafted("pages")
    assert [(one.kind, one.label, one.text) for one in draft.blocks if one.text] == [
        ("heading", "", "Access"),
        ("paragraph", "1", "Listed and new"),
        ("paragraph", "", "In a shape"),
    ]
