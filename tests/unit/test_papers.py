"""Papers: what they say of who changed what, in each form, on chapters that editors wrote."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from time import process_time

import docx
import pytest
from docx_plus.revisions import read_revisions
from lxml import etree
from openxml_audit import FileFormat, OpenXmlValidator
from pycrdt import XmlElement, XmlFragment, XmlText

from documents.authorship.runs import NOBODY, Byline
from documents.chapter import ChapterDocument
from documents.formats import text as plain_text
from documents.formats.papers.akn import NAMESPACE, akoma_ntoso
from documents.formats.papers.compilation import compilation_docx, compiled
from documents.formats.papers.docx_paper import clean_docx, redline_docx
from documents.formats.papers.notation import bracketed
from documents.formats.papers.page import markdown, page
from documents.formats.papers.plain import plain_text as plain
from documents.formats.papers.values import as_json
from documents.formats.papers.wordml import bookmark, directed
from documents.gavel.rulings import Person, Status, set_status
from documents.incoming.opening import Comment, add_comment
from documents.model import Chapter as Header
from documents.redline.base import Base
from documents.versions.paper import Heading, Paper, Source, arrange, tags, take
from tests.paperkit import Revision, W, comments, part, resolved, revisions
from tests.unit.test_redline import START, Chapter

HEADER = Header("trust", "Trust & <security>", START * 60_000, "chair")
NAMES = {"amina": ("egypt", "Egypt"), "kenji": ("japan", "日本"), "omar": ("egypt", "Egypt")}
CHAIR = Person("chair", "Annelise", "ch", "Switzerland", "chair")
AMINA = "2025-02-19T21:21:00Z"


def paper(chapter: Chapter, since: int = 1, words: str = "") -> Paper:
    sheet = take(chapter.document)
    base = Base()
    base.extend(chapter.journal[:since])
    base.close()
    bylines = {
        tag: Byline(tag, tag.title(), *NAMES[tag], "government") if tag in NAMES else NOBODY for tag in tags(sheet)
    }
    return arrange(sheet, base, Heading(HEADER, datetime(2026, 11, 22, 19, 5, tzinfo=UTC), words), bylines)


def say(number: int, at: int, text: str) -> Callable[[XmlFragment], None]:
    def edit(root: XmlFragment) -> None:
        words_of(root, number).insert(at, text)

    return edit


def cut(number: int, start: int, end: int) -> Callable[[XmlFragment], None]:
    def edit(root: XmlFragment) -> None:
        del words_of(root, number)[start:end]

    return edit


def add(at: int, element: XmlElement) -> Callable[[XmlFragment], None]:
    def edit(root: XmlFragment) -> None:
        root.children.insert(at, element)

    return edit


def words_of(root: XmlFragment, number: int) -> XmlText:
    paragraph = root.children[number]
    assert isinstance(paragraph, XmlElement)
    words = paragraph.children[0]
    assert isinstance(words, XmlText)
    return words


def rule(chapter: Chapter, paragraph: str, status: Status) -> None:
    def set_it(document: ChapterDocument) -> None:
        assert set_status(document, paragraph, status, CHAIR, "", "")

    chapter.document.write(set_it, "chair", chapter.at)


def note(chapter: Chapter, comment: Comment) -> None:
    chapter.document.write(add_comment(comment), "adref", chapter.at)


@pytest.fixture
def chapter() -> Chapter:
    """Egypt adds and formats, Japan deletes and writes a paragraph in Arabic, and both comment."""
    one = Chapter("Every rapid step counts.", "Second paragraph.", "Third one.")
    one.edit("amina", say(0, 6, "fair and "))
    one.edit("kenji", cut(0, 15, 21))
    one.edit("omar", lambda root: words_of(root, 0).format(0, 5, {"strong": {}}))
    arabic = XmlElement("paragraph", {"label": "2 bis"}, [XmlText("الثقة و ITU 😀")])
    one.edit("kenji", add(2, arabic))
    note(one, Comment("c-1", "p-1", "Egypt", "amina", "Why?\nReally", "2026-11-22T19:00:00.000Z"))
    note(one, Comment("c-2", "p-2", "IFIP", "", "Unclear", ""))
    rule(one, "p-3", "agreed ad referendum")
    return one


def test_a_redline_says_who_inserted_and_who_deleted_what(chapter: Chapter) -> None:
    word = redline_docx(paper(chapter))
    assert [one.text for one in resolved(word, accept=True)] == [
        "Every fair and step counts.", "Second paragraph.", "الثقة و ITU 😀", "Third one.",
    ]  # fmt: skip
    assert [one.text for one in resolved(word, accept=False)][:3] == [
        "Every rapid step counts.", "Second paragraph.", "Third one.",
    ]  # fmt: skip
    assert set(revisions(word)) == {
        Revision("ins", "Egypt", AMINA, "fair and "),
        Revision("del", "日本", "2025-02-19T21:22:00Z", "rapid "),
        Revision("ins", "日本", "2025-02-19T21:24:00Z", "الثقة و ITU 😀"),
    }
    first, _, arabic, third = resolved(word, accept=True)
    assert (first.label, arabic.label, third.status) == ("1.\t", "\u200e2 bis.\u200e\t", " [Agreed ad ref]")
    assert first.bookmarks == [bookmark("p-1")] == ["adref_p_1"]
    assert comments(word) == [("Egypt", "Why?\nReally", "2026-11-22T19:00:00Z"), ("IFIP", "Unclear", None)]


@pytest.mark.parametrize(
    ("at", "written"),
    [
        ("1-01-01T00:00:00Z", None), ("yesterday", None), ("0001-01-01T00:00:00+05:00", None),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"), ("2026-11-22T19:00:00+02:00", "2026-11-22T17:00:00Z"),
    ],
)  # fmt: skip
def test_a_comment_whose_time_can_not_be_read_is_written_without_one(at: str, written: str | None) -> None:
    chapter = Chapter("Every step.")
    note(chapter, Comment("c-1", "p-1", "Egypt", "", "Why?", at))
    for write in (clean_docx, redline_docx):
        assert comments(write(paper(chapter))) == [("Egypt", "Why?", written)]


def test_comments_are_written_in_a_time_that_grows_with_them() -> None:
    one = paper(Chapter("Every step."))
    said = tuple(Comment(f"c-{number}", "p-1", "Egypt", "", "Why?", "", resolved=True) for number in range(3_000))
    many = replace(one, paragraphs=(replace(one.paragraphs[0], comments=said),))
    begun = process_time()
    word = clean_docx(many)
    assert process_time() - begun < 2
    assert [made.get(f"{W}id") for made in part(word, "word/comments.xml")] == [str(number) for number in range(3_000)]
    assert len(part(word, "word/commentsExtended.xml")) == 3_000


def test_what_one_wrote_and_another_deleted_since_then_is_both(chapter: Chapter) -> None:
    before = len(chapter.journal)
    chapter.edit("kenji", cut(0, 6, 11))
    found = {(one.kind, one.author, one.text) for one in revisions(redline_docx(paper(chapter)))}
    assert found >= {("ins", "Egypt", "fair "), ("ins", "Egypt", "and "), ("del", "日本", "fair ")}
    since = {(one.kind, one.author, one.text) for one in revisions(redline_docx(paper(chapter, before, "then")))}
    assert since == {("del", "日本", "fair ")}
    assert not list(revisions(redline_docx(paper(chapter, len(chapter.journal), "now"))))
    chapter.edit("omar", cut(1, 0, 7))
    chapter.edit("omar", say(1, 0, "Other "))
    chapter.edit("amina", cut(1, 0, 6))
    assert "Other " not in {one.text for one in revisions(redline_docx(paper(chapter)))}


def test_another_reader_finds_the_same_changes(chapter: Chapter) -> None:
    found = read_revisions(docx.Document(BytesIO(redline_docx(paper(chapter)))))
    told = {(one.revision_type, one.author, one.text) for one in found if one.text and "2 bis." not in one.text}
    assert ("insertion", "Egypt", "fair and ") in told
    assert ("deletion", "日本", "rapid ") in told
    assert {author for _, author, _ in told} == {"Egypt", "日本"}


def test_papers_for_word_are_of_the_schema(chapter: Chapter, tmp_path: Path) -> None:
    chapter.edit("amina", add(0, XmlElement("quote", {}, [XmlText("a\tb\nc\x01")])))
    for write in (clean_docx, redline_docx, compilation_docx):
        file = tmp_path / f"{write.__name__}.docx"
        file.write_bytes(write(paper(chapter)))
        result = OpenXmlValidator(file_format=FileFormat.OFFICE_2019).validate(file)
        assert result.is_valid, result.errors


def test_formats_and_directions(chapter: Chapter) -> None:
    tree = part(clean_docx(paper(chapter)))
    space = {"w": W[1:-1]}
    bold = tree.xpath("//w:p[2]/w:r[w:rPr/w:b]/w:t/text()", namespaces=space)
    assert bold == ["Every"]
    arabic = tree.xpath("//w:p[w:pPr/w:bidi]", namespaces=space)
    assert len(arabic) == 1
    assert arabic[0].xpath("w:r[w:rPr/w:rtl]/w:t/text()", namespaces=space) == ["الثقة و ", " 😀"]
    assert not list(revisions(clean_docx(paper(chapter))))


def test_labels_and_statuses_stay_whole_in_lines_from_right_to_left(chapter: Chapter) -> None:
    arabic = next(one.id for one in chapter.document.paragraphs() if one.label == "2 bis")
    rule(chapter, arabic, "agreed")
    found = resolved(clean_docx(paper(chapter)), accept=True)[2]
    assert (found.label, found.status) == ("\u200e2 bis.\u200e\t", " \u200e[Agreed]\u200e")


def test_splits_and_joins_are_changes_of_paragraph_marks() -> None:
    chapter = Chapter("Alpha beta.", "Gamma delta.")

    def split(root: XmlFragment) -> None:
        cut(0, 5, 11)(root)
        root.children.insert(1, XmlElement("paragraph", {}, [XmlText(" beta.")]))

    chapter.edit("amina", split)
    word = redline_docx(paper(chapter))
    assert not list(revisions(word))
    assert [one.text for one in resolved(word, accept=True)] == ["Alpha", " beta.", "Gamma delta."]
    assert [one.text for one in resolved(word, accept=False)] == ["Alpha beta.", "Gamma delta."]

    def join(root: XmlFragment) -> None:
        del root.children[2]
        say(1, 6, "Gamma delta.")(root)

    chapter.edit("kenji", join)
    word = redline_docx(paper(chapter))
    assert [one.text for one in resolved(word, accept=True)] == ["Alpha", " beta.Gamma delta."]
    assert [one.text for one in resolved(word, accept=False)] == ["Alpha beta.", "Gamma delta."]


def test_moves_have_two_ends() -> None:
    chapter = Chapter("One two three.", "Four.")

    def move(root: XmlFragment) -> None:
        cut(0, 3, 7)(root)
        say(1, 4, " two")(root)

    chapter.edit("amina", move)
    word = redline_docx(paper(chapter))
    assert {(one.kind, one.author, one.text) for one in revisions(word)} == {
        ("moveFrom", "Egypt", " two"), ("moveTo", "Egypt", " two"),
    }  # fmt: skip
    tree = part(word)
    names = tree.xpath(
        "//w:moveFromRangeStart/@w:name | //w:moveToRangeStart/@w:name", namespaces={"w": tree.nsmap["w"]}
    )
    assert names == ["move1", "move1"]


def test_brackets_say_who_wants_what(chapter: Chapter) -> None:
    chapter.edit("kenji", cut(0, 6, 11))
    lines = bracketed(paper(chapter)).splitlines()
    assert lines[0] == "1. Every [fair - Egypt; 日本 delete] [and - Egypt] [rapid - 日本 delete] step counts."
    assert lines[1:] == ["2. Second paragraph.", "2 bis. [الثقة و ITU 😀 - 日本]", "3. Third one. [Agreed ad ref]"]
    since = bracketed(paper(chapter, len(chapter.journal) - 1, "the first reading")).splitlines()
    assert since[0] == "1. Every [fair - Egypt; 日本 delete] and step counts."


def test_a_compilation_has_each_delegation_under_each_paragraph(chapter: Chapter) -> None:
    first, second, new, third = compiled(paper(chapter))
    assert first.text == "Every rapid step counts."
    assert [(one.by, one.said) for one in first.proposals] == [
        ("Egypt, Government", ("insert “fair and” after “Every”", "comment: Why?\nReally")),
        ("日本, Government", ("delete “rapid”",)),
    ]
    assert [(one.by, one.said) for one in second.proposals] == [("IFIP", ("comment: Unclear",))]
    assert [(one.by, one.said) for one in new.proposals] == [("日本, Government", ("new paragraph: “الثقة و ITU 😀”",))]
    assert (new.text, third.proposals) == ("", ())
    said = [line.text for line in docx.Document(BytesIO(compilation_docx(paper(chapter)))).paragraphs]
    assert said[said.index("1.\tEvery rapid step counts.") + 2] == "日本, Government: delete “rapid”"


def test_plain_text_is_read_back_as_it_was(chapter: Chapter) -> None:
    written = plain(paper(chapter))
    again = plain_text.read(written)
    assert [(one.label, one.text) for one in again.blocks] == [
        (one.label, one.text) for one in paper(chapter).paragraphs
    ]  # fmt: skip
    assert [(one.name, one.text) for block in again.blocks for one in block.notes] == [
        ("Egypt", "Why? Really"), ("IFIP", "Unclear"),
    ]  # fmt: skip


def test_page_and_markdown_escape_what_would_be_markup(chapter: Chapter) -> None:
    chapter.edit("amina", say(1, 0, "<script>*alert*</script> "))
    html, md = page(paper(chapter)), markdown(paper(chapter))
    assert "<script" not in html
    assert "&lt;script&gt;*alert*" in html
    assert "<title>Trust &amp; &lt;security&gt;</title>" in html
    assert '<p id="p-1" dir="auto">' in html
    assert "<strong>Every</strong> fair" in html
    assert md.startswith("# Trust \\& \\<security\\>\n\n1\\. **Every** fair and step counts.\n\n> Egypt: Why? Really\n")
    assert "\\<script\\>\\*alert\\*\\</script\\> Second" in md
    assert md.endswith("3\\. Third one. \\[Agreed ad ref\\]\n")


def test_json_holds_all_of_it(chapter: Chapter) -> None:
    found = json.loads(as_json(paper(chapter, words="the draft")))
    first = found["paragraphs"][0]
    assert "".join(run["text"] for run in first["runs"] if "deleted_by" not in run) == first["text"]
    assert [run["deleted_by"]["by"] for run in first["runs"] if "deleted_by" in run] == ["kenji"]
    assert first["spans"][0] == {"text": "Every", "formats": ["strong"]}
    assert (found["authors"]["amina"]["delegation_name"], found["since"]) == ("Egypt", "the draft")
    assert [one["change"] for one in found["redline"]] == ["kept", "kept", "inserted", "kept"]
    assert "redline" not in json.loads(as_json(paper(chapter)))


def test_akoma_ntoso_holds_the_text_in_its_order(chapter: Chapter) -> None:
    heading = XmlElement("heading", {"label": "2)"}, [XmlText("Means")])
    chapter.edit("amina", add(1, heading))
    root = etree.fromstring(akoma_ntoso(paper(chapter)))
    space = {"a": NAMESPACE}
    nums = root.xpath("//a:paragraph/a:num/text() | //a:section/a:num/text()", namespaces=space)
    assert nums == ["1.", "2)", "2.", "2 bis.", "3."]
    assert root.xpath("//a:section/a:heading/text()", namespaces=space) == ["Means"]
    assert root.xpath("//*/@eId", namespaces=space) == [
        "adref", "para_1", "sec_1", "sec_1__para_1", "sec_1__para_2", "sec_1__para_3",
    ]  # fmt: skip
    first = root.xpath("//a:paragraph[@wId='p-1']/a:content/a:p", namespaces=space)[0]
    assert "".join(first.itertext()) == "Every fair and step counts.Egypt: Why?\nReally"
    assert first.find(f"{{{NAMESPACE}}}b").text == "Every"
    assert root.xpath("string(//a:docTitle)", namespaces=space) == HEADER.title


def test_akoma_ntoso_has_an_inline_of_its_own_for_what_is_struck_through(chapter: Chapter) -> None:
    chapter.edit("omar", lambda root: words_of(root, 0).format(0, 5, {"strike": {}}))
    root = etree.fromstring(akoma_ntoso(paper(chapter)))
    assert root.xpath("//a:b/a:inline[@name='strike']/text()", namespaces={"a": NAMESPACE}) == ["Every"]


def test_comments_find_their_paragraphs_in_a_time_that_grows_with_them() -> None:
    chapter = Chapter(*(f"Step {number}." for number in range(2_000)))
    base = Base()
    base.extend(chapter.journal)
    base.close()
    said = tuple(Comment(f"c-{at}", f"p-{1 + at % 2_000}", "Egypt", "", f"{at}", "") for at in range(60_000))
    sheet = replace(take(chapter.document), comments=said, sources=(Source("p-2", "Cuba"), Source("p-2", "Fiji")))
    begun = process_time()
    found = arrange(sheet, base, Heading(HEADER, datetime(2026, 11, 22, tzinfo=UTC), ""), {}).paragraphs
    assert process_time() - begun < 1
    assert [one.text for one in found[1].comments] == [str(at) for at in range(1, 60_000, 2_000)]
    assert [one.sources for one in found[:3]] == [(), ("Cuba", "Fiji"), ()]


def test_paragraphs_are_numbered_in_a_time_that_grows_with_them() -> None:
    one = paper(Chapter("Every step."))
    many = replace(one, paragraphs=tuple(replace(one.paragraphs[0], id=f"p-{number}") for number in range(4_000)))
    begun = process_time()
    root = etree.fromstring(akoma_ntoso(many))
    assert process_time() - begun < 1.5
    assert root.xpath("//*/@eId")[-1] == "para_4000"


def test_what_xml_can_not_hold_is_replaced_and_nothing_else() -> None:
    chapter = Chapter("A\x00B\x1fC\ufffeD e\u0301 漢 😀\x0b")
    word = clean_docx(paper(chapter))
    assert resolved(word, accept=True)[0].text == "A\ufffdB\ufffdC\ufffdD e\u0301 漢 😀\ufffd"


def test_bookmarks_tell_all_ids_apart() -> None:
    ids = ["p-1", "p_1", "p--1", "P-1", "-p-1", "x" * 64, "x" * 63 + "y", "p-1-", "1"]
    names = [bookmark(one) for one in ids]
    assert len(set(names)) == len(ids)
    assert all(len(name) <= 40 and name.replace("_", "a").isalnum() for name in names)


def test_an_empty_chapter_has_papers_too() -> None:
    empty = replace(paper(Chapter("x")), paragraphs=(), runs=(), changes=())
    for write in (clean_docx, redline_docx, compilation_docx):
        assert docx.Document(BytesIO(write(empty))).paragraphs[0].text == HEADER.title
    assert (bracketed(empty), plain(empty)) == ("\n", "")


def test_brackets_around_a_foreign_word_run_as_the_line_does() -> None:
    assert list(directed("الثقة (ICT) و", start=True)) == [("الثقة (", True), ("ICT", False), (") و", True)]
    assert list(directed("the «ميثاق 12 عام», 70", start=False)) == [
        ("the «", False), ("ميثاق 12 عام", True), ("», 70", False),
    ]  # fmt: skip
    assert list(directed("", start=True)) == []
