"""A Word file as a draft, and as the chapter that begins with it: authors, deletions, moves, comments, the report."""

from collections.abc import Mapping
from io import BytesIO

from documents.authorship.runs import Byline, ParagraphRuns
from documents.authorship.runs import Run as TextRun
from documents.chapter import ChapterDocument
from documents.formats import word
from documents.formats.word.draft import to_draft
from documents.gavel.rulings import standings
from documents.incoming.contributions import first_entries
from documents.incoming.draft import Draft
from documents.incoming.opening import from_draft
from documents.model import Chapter, Recovery
from tests.wordkit import STYLES, anchored, change, comments, dele, ins, level, lists, numbered, para, run
from tests.wordkit import word as made

CHAPTER = Chapter("c", "C", 600_000, "secretariat")
DELEGATIONS = ("Egypt", "Japan", "Cuba", "IFIP", "Chile", "Kenya", "Mexico", "Brazil", "Saudi Arabia", "ISOC")
Run = tuple[str, str, str, str]


def who(name: str) -> str:
    return name if name in DELEGATIONS else ""


def drafted(*blocks: str, parts: Mapping[str, str] | None = None) -> Draft:
    return to_draft(word.read(BytesIO(made(*blocks, parts=parts))), who)


def byline(name: str) -> Byline:
    return Byline("", name, name.casefold().replace(" ", "-"), name, "government", 1, "#123456")


def begun(draft: Draft) -> ChapterDocument:
    opening = from_draft(draft, byline, "C")
    entries = first_entries(CHAPTER, "secretariat", opening.change, opening.contributions)
    return ChapterDocument.recover(Recovery(CHAPTER, None, tuple(entries)))


def runs(document: ChapterDocument) -> list[list[Run]]:
    """Text, author, mover, deleter of every run, paragraph by paragraph."""
    return [[_run(one) for one in paragraph.runs] for paragraph in _all(document)]


def _all(document: ChapterDocument) -> list[ParagraphRuns]:
    return list(document.runs(deleted=True))


def _run(one: TextRun) -> Run:
    return (one.text, one.by, one.moved_by or "", one.deleted.by if one.deleted else "")


def test_insertions_and_deletions_are_their_delegations() -> None:
    document = begun(
        drafted(
            para(
                "1. Every ", ins(1, "Egypt", "single "), dele(2, "Japan", "old "), "person",
                change("ins", 3, "Egypt", run(", here") + change("del", 4, "Japan", run(", now", tag="delText"))),
                ins(5, "Janan", " and all"), dele(6, "Janan", " or none"), ".",
            )
        )
    )  # fmt: skip
    assert runs(document) == [
        [
            ("Every ", "adref", "", ""),
            ("single ", "@egypt", "", ""),
            ("old ", "adref", "", "@japan"),
            ("person", "adref", "", ""),
            (", here", "@egypt", "", ""),
            (", now", "@egypt", "", "@japan"),
            (" and all", "adref", "", ""),
            (" or none", "adref", "", "adref"),
            (".", "adref", "", ""),
        ]
    ]
    assert [(one.label, one.text) for one in document.paragraphs()] == [("1", "Every single person, here and all.")]


def test_what_is_moved_stays_its_authors() -> None:
    document = begun(
        drafted(
            para(ins(1, "Cuba", "Some words of Cuba's."), " Stays.", dele(2, "Japan", " Gone.")),
            para(change("moveFrom", 3, "Egypt", run("A sentence to be moved.")), "Here."),
            para("There. ", change("moveTo", 4, "Egypt", run("A sentence to be moved."))),
        )
    )
    assert runs(document)[1:] == [
        [("Here.", "adref", "", "")],
        [("There. ", "adref", "", ""), ("A sentence to be moved.", "adref", "@egypt", "")],
    ]


def test_a_paragraph_that_is_deleted_whole_is_gone_and_its_words_are_known() -> None:
    document = begun(drafted(para("One"), para(dele(1, "Japan", "Gone"), mark=change("del", 2, "Japan")), para("Two")))
    assert [one.text for one in document.paragraphs()] == ["One", "Two"]
    gone = next(one for one in _all(document) if one.deleted)
    assert gone.deleted is not None
    assert (gone.deleted.by, [one.text for one in gone.runs]) == ("@japan", ["Gone"])


def test_a_format_on_what_is_left_of_a_paragraph_that_is_deleted_whole_goes_with_it() -> None:
    words = dele(1, "Japan", "foo"), run(" ", "<w:b/>"), dele(2, "Japan", "bar")
    document = begun(drafted(para("One"), para(*words, mark=change("del", 3, "Japan")), para(run("Two", "<w:b/>"))))
    assert [one.text for one in document.paragraphs()] == ["One", "Two"]


def test_of_a_paragraph_that_is_deleted_whole_others_may_have_deleted_words() -> None:
    words = dele(1, "Japan", "Gone "), dele(2, "Egypt", "before")
    document = begun(drafted(para("One"), para(*words, mark=change("del", 3, "Japan")), para("Two")))
    assert [one.text for one in document.paragraphs()] == ["One", "Two"]
    assert ("before", "adref", "", "@egypt") in [run for paragraph in runs(document) for run in paragraph]


def test_paragraphs_whose_end_is_deleted_are_one() -> None:
    draft = drafted(para("One ", mark=change("del", 1, "Japan")), para("and the same."), para("Two"))
    assert [(one.line, one.text) for one in draft.blocks] == [(1, "One and the same."), (3, "Two")]
    assert [(one.line, one.code) for one in draft.problems if one.code == "paragraphs-joined"] == [
        (1, "paragraphs-joined")
    ]


def test_every_change_is_in_the_report_with_what_became_of_it() -> None:
    draft = drafted(
        para("a ", ins(1, "Egypt", "b"), dele(2, "Janan", "c"), mark=change("ins", 3, "Egypt")),
        para(run("d", change("rPrChange", 4, "Japan", "<w:rPr/>"))),
    )
    assert [
        (one.line, one.id, one.kind, one.author, one.delegation, one.text, one.outcome) for one in draft.tracked
    ] == [
        (
            1,
            "3",
            "break-inserted",
            "Egypt",
            "Egypt",
            "",
            "the paragraph is made; who made it stands in this report alone",
        ),
        (1, "1", "inserted", "Egypt", "Egypt", "b", "the text is Egypt's"),
        (1, "2", "deleted", "Janan", "", "c", "the text is deleted by nobody known"),
        (2, "4", "formatting", "Japan", "Japan", "", "accepted; the form is not kept"),
    ]
    assert draft.authors == {"Egypt": "Egypt", "Janan": "", "Japan": "Japan"}
    (asked,) = (one for one in draft.problems if one.code == "author-unknown")
    assert "'Janan'" in asked.message


def test_ten_authors_each_keep_their_words() -> None:
    inner = [ins(number, name, f"{name} says {number}. ") for number, name in enumerate(DELEGATIONS * 3)]
    draft = drafted(
        para(*inner), para(*(dele(90 + at, name, f"without {name} ") for at, name in enumerate(DELEGATIONS)))
    )
    document = begun(draft)
    assert [(text, by) for text, by, _, _ in runs(document)[0]] == [
        (
            f"{name} says {number}. ".rstrip() if number == 29 else f"{name} says {number}. ",
            f"@{byline(name).delegation}",
        )
        for number, name in enumerate(DELEGATIONS * 3)
    ]
    assert {deleter for *_, deleter in runs(document)[1]} == {f"@{byline(name).delegation}" for name in DELEGATIONS}
    assert len(draft.tracked) == 40


def test_comments_stand_on_their_paragraphs_with_replies_behind_them() -> None:
    extended = (
        '<w15:commentsEx xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml">'
        '<w15:commentEx w15:paraId="00000000" w15:done="1"/>'
        '<w15:commentEx w15:paraId="00000003" w15:paraIdParent="00000000"/></w15:commentsEx>'
    )
    said = comments((0, "Egypt", "Unclear"), (1, "Janan", "No"), (2, "IFIP", "Lost"), (3, "Japan", "Yes"))
    draft = drafted(
        para("1. ", anchored(0, "One")),
        para(anchored(1, "Two")),
        parts={"comments": said, "commentsExtended": extended},
    )
    assert [[(one.name, one.text, one.resolved) for one in block.notes] for block in draft.blocks] == [
        [("Egypt", "Unclear", True), ("Japan", "Yes", False)],
        [("Janan", "No", False)],
    ]
    problems = {one.code: one for one in draft.problems}
    assert "'Lost'" in problems["comment-without-anchor"].message
    assert problems["reply"].line == 1
    document = begun(draft)
    first, second = (one.id for one in document.paragraphs())
    kept = sorted(document.value("comments").items())
    assert [(value["paragraph"], value["name"], value["at"]) for _, value in kept] == [
        (first, "Egypt", "2014-04-17T10:00:00.000Z"),
        (first, "Japan", "2014-04-17T10:00:00.000Z"),
        (second, "Janan", "2014-04-17T10:00:00.000Z"),
    ]


def test_labels_come_from_lists_or_from_the_text() -> None:
    numbering = lists({1: level(0, "%1.") + level(1, "(%2)", "lowerLetter")}, {1: (1, "")})
    draft = drafted(
        para("Access", style="Kop1"),
        para("First.", properties=numbered(1)),
        para("Of the first.", properties=numbered(1, 1)),
        para("1 bis. ", "Between."),
        para(ins(1, "Egypt", "12.Alt.1: Other"), " words"),
        para("2) Section", style="Kop1"),
        para("2.5 million"),
        parts={"numbering": numbering},
    )
    assert [(one.kind, one.label, one.text) for one in draft.blocks] == [
        ("heading", "", "Access"),
        ("paragraph", "1", "First."),
        ("paragraph", "(a)", "Of the first."),
        ("paragraph", "1 bis", "Between."),
        ("paragraph", "12.Alt.1", "Other words"),
        ("heading", "2)", "Section"),
        ("paragraph", "", "2.5 million"),
    ]
    assert draft.title == "Access"


def test_a_label_that_is_being_changed_is_read_as_it_will_be() -> None:
    (block,) = drafted(para(dele(1, "Egypt", "12"), ins(2, "Egypt", "13"), ". Text of it.")).blocks
    assert (block.label, block.text) == ("13", "Text of it.")
    assert [(one.text, one.deleted_by) for one in block.words] == [("12", "Egypt"), ("Text of it.", None)]


def test_without_styles_the_lines_are_read_as_in_the_plain_text_form() -> None:
    draft = drafted(
        para("Outcome documents"), para("C7. Access"), para("1) People"), para("1. Everyone."), para("Free.")
    )
    assert [(one.kind, one.label, one.text) for one in draft.blocks] == [
        ("title", "", "Outcome documents"),
        ("title", "", "C7. Access"),
        ("heading", "1)", "People"),
        ("paragraph", "1", "Everyone."),
        ("paragraph", "", "Free."),
    ]


def test_slips_are_named_as_for_any_text() -> None:
    draft = drafted(para("Title", style="Title"), para("2. [open"), para("1. x"), para("1. y"), para("3. "))
    assert [(one.line, one.code) for one in draft.problems] == [
        (2, "unbalanced-brackets"),
        (3, "label-order"),
        (4, "duplicate-label"),
        (5, "empty-paragraph"),
    ]


def test_a_file_without_text_says_so() -> None:
    assert [one.code for one in drafted().problems] == ["no-text"]


OWN = STYLES.replace("</w:styles>", '<w:style w:type="character" w:styleId="ParagraphLabel"/></w:styles>')


def own(text: str, style: str) -> str:
    return run(text, f'<w:rStyle w:val="{style}"/>')


def test_a_file_of_ours_tells_labels_and_statuses_by_styles() -> None:
    gone = change("del", 1, "Egypt", own("12.", "ParagraphLabel").replace("w:t", "w:delText"))
    draft = drafted(
        para("Ours", style="Title"),
        para(
            gone,
            own("13", "ParagraphLabel"),
            own(" A.", "ParagraphLabel"),
            " Text ",
            own(" [Agreed ad ref]", "ParagraphStatus"),
        ),
        para("14. No label", ins(2, "Adref", " of nobody's"), own(" [Bracketed]", "ParagraphStatus")),
        para("Void", own(" [Agreed; changed since]", "ParagraphStatus")),
        para("Never", own(" [Bracketed; changed since]", "ParagraphStatus")),
        parts={"styles": OWN},
    )
    assert draft.title == "Ours"
    assert [(one.label, one.text, one.status) for one in draft.blocks] == [
        ("13 A", " Text ", "agreed ad referendum"),
        ("", "14. No label of nobody's", "bracketed"),
        ("", "Void", "agreed"),
        ("", "Never", None),
    ]
    assert [one.code for one in draft.problems] == ["label-changed", "status"]
    document = begun(draft)
    first, second, third, _ = document.paragraphs()
    kept = dict(standings(document))
    void = kept.pop(third.id)
    assert (void.status, void.text, void.void and void.void["by"]) == ("agreed", "", "secretariat")
    assert {paragraph: (one.status, one.text, one.by.participant) for paragraph, one in kept.items()} == {
        first.id: ("agreed ad referendum", " Text ", "secretariat"),
        second.id: ("bracketed", "14. No label of nobody's", "secretariat"),
    }


def test_a_comment_that_says_who_contributed_is_a_source() -> None:
    said = comments((0, "Cuba", "Contribution by Cuba"), (1, "IFIP", "Contribution by IFIP"))
    draft = drafted(
        para(anchored(0, "From Havana"), ins(1, "Egypt", " and Cairo"), dele(2, "Japan", " and Kyoto"), "."),
        para(anchored(1, "From IFIP.")),
        parts={"comments": said},
    )
    assert [[(one.kind, one.name) for one in block.notes] for block in draft.blocks] == [
        [("source", "Cuba")],
        [("source", "IFIP")],
    ]
    assert [(one.line, one.code) for one in draft.problems] == [(1, "source"), (2, "source")]
    assert runs(begun(draft)) == [
        [
            ("From Havana", "@cuba", "", ""),
            (" and Cairo", "@egypt", "", ""),
            (" and Kyoto", "@cuba", "", "@japan"),
            (".", "@cuba", "", ""),
        ],
        [("From IFIP.", "@ifip", "", "")],
    ]


def test_what_a_comment_says_of_a_contribution_stays_its_authors() -> None:
    said = comments(
        (0, "Egypt", "Contribution by Cuba and Côte d'Ivoire: we disagree with it"),
        (1, "Japan", "Contribution by States is voluntary; why 'shall'?"),
        (2, "Japan", "Contribution by Egypt. It goes too far"),
    )
    blocks = [para(anchored(at, f"Text {at}")) for at in range(3)]
    draft = drafted(*blocks, parts={"comments": said})
    when = "2014-04-17T10:00:00.000Z"
    assert [[(one.kind, one.name, one.text, one.at) for one in block.notes] for block in draft.blocks] == [
        [
            ("source", "Cuba and Côte d'Ivoire", "", ""),
            ("comment", "Egypt", "we disagree with it", when),
        ],
        [("comment", "Japan", "Contribution by States is voluntary; why 'shall'?", when)],
        [("comment", "Japan", "Contribution by Egypt. It goes too far", when)],
    ]
    (told,) = (one for one in draft.problems if one.code == "source")
    assert "by Egypt" in told.message
    assert "we disagree with it" in told.message


def test_what_nobody_signed_is_the_contributors() -> None:
    said = comments((0, "", "Contribution by Cuba: as in 2003")).replace(' w:date="2014-04-17T10:00:00Z"', "")
    (block,) = drafted(para(anchored(0, "Text")), parts={"comments": said}).blocks
    assert [(one.kind, one.name, one.text) for one in block.notes] == [
        ("source", "Cuba", ""),
        ("comment", "Cuba", "as in 2003"),
    ]


def test_a_comment_on_the_title_of_a_file_of_ours_is_quoted() -> None:
    said = comments((0, "Egypt", "Another title?"), (1, "Japan", "Fine"))
    title = para(anchored(0, "Ours"), style="Title")
    draft = drafted(title, para(anchored(1, "Text")), parts={"styles": OWN, "comments": said})
    assert draft.title == "Ours"
    assert [[note.text for note in block.notes] for block in draft.blocks] == [["Fine"]]
    (problem,) = draft.problems
    assert (problem.line, problem.code) == (1, "comment-without-anchor")
    assert "by Egypt" in problem.message
    assert "'Another title?'" in problem.message
