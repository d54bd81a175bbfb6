"""Word files read: text, headings, tables, tracked changes, comments, and everything that is simplified, by name."""

from collections.abc import Mapping
from io import BytesIO

import pytest

from documents.formats import word
from documents.formats.word.model import WordParagraph, WordText
from tests.wordkit import STYLES, W, anchored, change, comments, dele, ins, members, packed, para, run
from tests.wordkit import word as made


def read(*blocks: str, parts: Mapping[str, str] | None = None, links: str = "") -> WordText:
    return word.read(BytesIO(made(*blocks, parts=parts, links=links)))


def one(*inner: str, **given: str) -> WordParagraph:
    (paragraph,) = read(para(*inner, **given)).paragraphs
    return paragraph


def pieces(paragraph: WordParagraph) -> list[tuple[str, str, str]]:
    """Text, inserter, deleter of each; no name for what nobody did."""
    return [
        (each.text, each.inserted.author if each.inserted else "", each.deleted.author if each.deleted else "")
        for each in paragraph.pieces
    ]


def codes(found: WordText) -> list[str]:
    return [problem.code for each in found.paragraphs for problem in each.problems]


def test_paragraphs_and_headings_are_read_by_style_and_by_outline_level() -> None:
    found = read(
        para("A title", style="Title"),
        para("A section", style="Kop1"),
        para("Based on it", style="Own"),
        para("By level", style="Third"),
        para("Its own level", properties='<w:outlineLvl w:val="1"/>'),
        para("No heading", style="Kop1", properties='<w:outlineLvl w:val="9"/>'),
        para("Text of ", "two runs"),
    )
    assert [(each.kind, each.level, each.text) for each in found.paragraphs] == [
        ("title", 1, "A title"),
        ("heading", 1, "A section"),
        ("heading", 1, "Based on it"),
        ("heading", 3, "By level"),
        ("heading", 2, "Its own level"),
        ("paragraph", 0, "No heading"),
        ("paragraph", 0, "Text of two runs"),
    ]
    assert codes(found) == []


def test_revisions_within_each_other_keep_both_their_authors() -> None:
    paragraph = one(
        "Stays ",
        change("ins", 1, "Egypt", run("new ") + change("del", 2, "Japan", run("rejected ", tag="delText"))),
        dele(3, "IFIP", "old "),
        change("moveTo", 4, "Cuba", change("del", 5, "IFIP", run("brought and struck", tag="delText"))),
    )
    assert pieces(paragraph) == [
        ("Stays ", "", ""),
        ("new ", "Egypt", ""),
        ("rejected ", "Egypt", "Japan"),
        ("old ", "", "IFIP"),
        ("brought and struck", "Cuba", "IFIP"),
    ]
    assert (paragraph.text, paragraph.before) == ("Stays new ", "Stays old ")
    assert [(each.id, each.kind) for each in paragraph.revisions] == [
        ("1", "inserted"),
        ("2", "deleted"),
        ("3", "deleted"),
        ("4", "moved-here"),
        ("5", "deleted"),
    ]
    assert {each.date for each in paragraph.revisions} == {"2014-04-17T10:00:00Z"}


def test_both_ends_of_a_move_have_its_name() -> None:
    found = read(
        '<w:moveFromRangeStart w:id="1" w:name="move7" w:author="Egypt"/>',
        para(change("moveFrom", 2, "Egypt", run("A sentence.")), mark=change("moveFrom", 3, "Egypt")),
        '<w:moveFromRangeEnd w:id="1"/>',
        para(
            '<w:moveToRangeStart w:id="4" w:name="move7" w:author="Egypt"/>',
            change("moveTo", 5, "Egypt", run("A sentence.")),
            '<w:moveToRangeEnd w:id="4"/>',
            ins(6, "Egypt", "no move"),
        ),
    )
    assert [(each.kind, each.move) for paragraph in found.paragraphs for each in paragraph.revisions] == [
        ("break-deleted", "move7"),
        ("moved-away", "move7"),
        ("moved-here", "move7"),
        ("inserted", ""),
    ]


def test_the_end_of_a_paragraph_can_be_inserted_and_deleted() -> None:
    first, second = read(
        para("One ", mark=change("del", 1, "Japan")),
        para(ins(2, "Egypt", "Two"), mark=change("ins", 3, "Egypt") + change("del", 4, "Cuba")),
    ).paragraphs
    assert first.break_deleted is not None
    assert (first.break_inserted, first.break_deleted.author) == (None, "Japan")
    assert second.break_inserted is not None
    assert second.break_deleted is not None
    assert (second.break_inserted.author, second.break_deleted.author) == ("Egypt", "Cuba")


def test_changes_of_the_form_are_counted_each() -> None:
    paragraph = one(
        run("bold", "<w:b/>" + change("rPrChange", 1, "Egypt", "<w:rPr/>")),
        properties=change("pPrChange", 2, "Japan", "<w:pPr/>"),
    )
    assert sorted((each.id, each.kind, each.author) for each in paragraph.revisions) == [
        ("1", "formatting", "Egypt"),
        ("2", "formatting", "Japan"),
    ]
    assert [problem.code for problem in paragraph.problems] == ["format-change", "format-change"]
    assert [piece.formats for piece in paragraph.pieces] == [{"strong"}]


def test_a_style_can_turn_off_what_the_one_below_it_turns_on() -> None:
    def style(name: str, below: str, properties: str) -> str:
        based = f'<w:basedOn w:val="{below}"/>' if below else ""
        return f'<w:style w:type="character" w:styleId="{name}">{based}<w:rPr>{properties}</w:rPr></w:style>'

    off = '<w:b w:val="0"/><w:vanish w:val="0"/>'
    three = style("Dark", "", "<w:b/><w:vanish/>") + style("Plain", "Dark", off) + style("Lean", "Plain", "<w:i/>")
    words = (run(f"{name} ", f'<w:rStyle w:val="{name}"/>') for name in ("Dark", "Plain", "Lean"))
    (paragraph,) = read(para(*words), parts={"styles": STYLES.replace("</w:styles>", f"{three}</w:styles>")}).paragraphs
    assert [(piece.text, piece.formats) for piece in paragraph.pieces] == [
        ("Plain ", frozenset()),
        ("Lean ", frozenset({"em"})),
    ]
    assert [problem.code for problem in paragraph.problems] == ["hidden-text"]


def test_a_table_becomes_a_paragraph_a_row() -> None:
    def row(*cells: str, properties: str = "") -> str:
        inner = "".join(f"<w:tc><w:tcPr/>{cell}</w:tc>" for cell in cells)
        return f"<w:tr>{properties}{inner}</w:tr>"

    gone = f"<w:trPr>{change('del', 1, 'Japan')}</w:trPr>"
    new = f"<w:trPr>{change('ins', 2, 'Egypt')}</w:trPr>"
    found = read(
        "<w:tbl><w:tblPr/>"
        + row(para("Issue"), para("Who") + para("When"))
        + row(para("Trust"), para(ins(3, "Cuba", "All")))
        + row(para("x"), para("y"), properties=gone)
        + row(para("Alone") + para("in its row"), properties=new)
        + "</w:tbl>"
    )
    assert [each.text for each in found.paragraphs] == ["Issue | Who / When", "Trust | All", "", "Alone", "in its row"]
    assert pieces(found.paragraphs[1]) == [("Trust | ", "", ""), ("All", "Cuba", "")]
    assert pieces(found.paragraphs[2]) == [("x | y", "", "Japan")]
    assert found.paragraphs[2].break_deleted is not None
    assert pieces(found.paragraphs[3]) == [("Alone", "Egypt", "")]
    assert codes(found) == ["table"] * 3
    assert [each.kind for one in found.paragraphs for each in one.revisions] == [
        "inserted",
        "row-deleted",
        "row-inserted",
    ]


def test_comments_have_anchors_authors_dates_and_replies() -> None:
    said = comments((0, "Egypt", "Unclear"), (1, "Japan", "Why?"), (2, "IFIP", "Nowhere"))
    extended = (
        '<w15:commentsEx xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml">'
        '<w15:commentEx w15:paraId="00000000" w15:done="1"/>'
        '<w15:commentEx w15:paraId="00000001" w15:paraIdParent="00000000"/></w15:commentsEx>'
    )
    found = read(para("x ", anchored(0, "this"), " y"), parts={"comments": said, "commentsExtended": extended})
    assert found.paragraphs[0].comments == ["0"]
    assert [(each.author, each.text, each.reply_to, each.resolved) for each in found.comments] == [
        ("Egypt", "Unclear", "", True),
        ("Japan", "Why?", "0", False),
        ("IFIP", "Nowhere", "", False),
    ]
    assert found.comments[0].date == "2014-04-17T10:00:00.000Z"
    assert found.authors == ("Egypt", "Japan", "IFIP")


def test_dates_of_comments_can_be_read_again() -> None:
    said = comments((0, "Egypt", "Old"), (1, "Japan", "None")).replace("2014-04-17", "0001-01-01", 1)
    found = read(para(anchored(0, "x"), anchored(1, "y")), parts={"comments": said.replace("2014", "20x4")})
    assert [each.date for each in found.comments] == ["0001-01-01T10:00:00.000Z", ""]


@pytest.mark.parametrize("styles", [STYLES, STYLES.replace("Own", "ParagraphLabel")])
def test_hyphens_in_comments_are_kept(styles: str) -> None:
    hyphens = "<w:r><w:t>co</w:t><w:noBreakHyphen/><w:t>operate, inter</w:t><w:softHyphen/><w:t>national</w:t></w:r>"
    said = comments((0, "Egypt", "X")).replace(run("X"), hyphens)
    (found,) = read(para(anchored(0, "x")), parts={"comments": said, "styles": styles}).comments
    assert found.text == "co\u2011operate, inter\u00adnational"


DRAWING = '<w:drawing><wp:docPr id="1" name="Picture 1" descr="a map"/></w:drawing>'
BOX = "<w:drawing><wps:txbx><w:txbxContent>{}</w:txbxContent></wps:txbx></w:drawing>"


@pytest.mark.parametrize(
    ("inner", "text", "code", "quoted"),
    [
        (f"<w:r>{DRAWING}</w:r>", "", "picture", "a map"),
        ('<w:r><w:footnoteReference w:id="2"/></w:r>', "", "footnote", "See 35."),
        (run("secret", "<w:vanish/>"), "", "hidden-text", "secret"),
        (run("old words", "<w:strike/>"), "old words", "struck-through", "old words"),
        (run("large", "<w:caps/>"), "large", "formatting", "capitals"),
        ("<w:m><w:r><w:t>what</w:t></w:r></w:m>", "", "unknown-element", "what"),
        ("<m:oMath><m:r><m:t>a+b</m:t></m:r></m:oMath>", "a+b", "equation", "letters"),
        (f'<w:hyperlink r:id="z">{run("here")}</w:hyperlink>', "here", "link", "https://example.org/a"),
        (f'<w:fldSimple w:instr="PAGE">{run("4")}</w:fldSimple>', "4", "field", "PAGE"),
        (f"<w:sdt><w:sdtContent>{run('in a form')}</w:sdtContent></w:sdt>", "in a form", "content-control", "form"),
        (
            f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('Click')}</w:sdtContent></w:sdt>",
            "", "content-control", "Click",
        ),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0E0"/></w:r>', "\ufffd", "symbol", "Wingdings"),
        ("<w:r><w:t>a</w:t><w:br/><w:t>b</w:t></w:r>", "a b", "layout", "spaces"),
        (run("x\u0085y"), "x y", "control-character", "U+0085"),
        (run("gone", tag="delText"), "", "deleted-text", "gone"),
        ('<w:subDoc r:id="q"/>', "", "embedded-file", "file"),
    ],
)  # fmt: skip
def test_what_is_simplified_or_left_out_is_named(inner: str, text: str, code: str, quoted: str) -> None:
    notes = f'<w:footnotes xmlns:w="{W}"><w:footnote w:id="2">{para("See 35.")}</w:footnote></w:footnotes>'
    link = '<Relationship Id="z" Type="x/hyperlink" Target="https://example.org/a" TargetMode="External"/>'
    (paragraph,) = read(para(inner), parts={"footnotes": notes}, links=link).paragraphs
    assert paragraph.text == text
    (problem,) = paragraph.problems
    assert problem.code == code
    assert quoted in problem.message


def control(inner: str, properties: str = "") -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{inner}</w:sdtContent></w:sdt>"


def test_forms_fields_around_paragraphs_are_named_or_left_out() -> None:
    click = control(para("Click here."), "<w:showingPlcHdr/>")
    found = read(
        para("Before."),
        click,
        control(para("Filled") + para("in.")),
        control(para("By a program."), '<w:tag w:val="goog_rdk_1"/>'),
    )
    assert [each.text for each in found.paragraphs] == ["Before.", "", "Filled", "in.", "By a program."]
    assert [[problem.code for problem in each.problems] for each in found.paragraphs] == [
        [], ["content-control"], ["content-control"], [], [],
    ]  # fmt: skip
    assert "'Click here.'" in found.paragraphs[1].problems[0].message


def test_forms_fields_in_tables_are_named_or_left_out() -> None:
    def cell(inner: str) -> str:
        return f"<w:tc>{inner}</w:tc>"

    click = "<w:showingPlcHdr/>"
    rows = (
        cell(para("a")) + control(cell(para("Pick one.")), click) + cell(para("c")),
        cell(para("d")) + cell(control(para("Pick two."), click)) + control(cell(para("f"))),
    )
    last = f"<w:tr>{cell(para('Pick three.'))}</w:tr>"
    found = read("<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + control(last, click) + "</w:tbl>")
    assert [each.text for each in found.paragraphs] == ["a |  | c", "d |  | f", ""]
    told = [problem.message for each in found.paragraphs for problem in each.problems if problem.code != "table"]
    assert [message.rpartition(": ")[2] for message in told] == [
        "'Pick one.'", "'Pick two.'", "a form's field was kept as the text in it", "'Pick three.'",
    ]  # fmt: skip


def test_a_field_over_several_runs_keeps_what_it_showed() -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    code = '<w:r><w:instrText xml:space="preserve"> REF x </w:instrText></w:r>'
    paragraph = one("see ", mark("begin"), code, mark("separate"), "paragraph 12", mark("end"), ".")
    assert paragraph.text == "see paragraph 12."
    assert [problem.code for problem in paragraph.problems] == ["field"]


@pytest.mark.parametrize(
    ("code", "problems"),
    [
        ('HYPERLINK "https://example.org/a" \\o "see"', ["link"]),
        ('HYPERLINK  \\o "see" "https://example.org/a"', ["link"]),
        ("HYPERLINK https://example.org/a", ["link"]),
        ('HYPERLINK \\l "part" "https://example.org/a"', ["link"]),
        ('HYPERLINK \\l "_Toc1"', []),
    ],
)
def test_the_address_of_a_link_in_a_field_is_quoted(code: str, problems: list[str]) -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    long = one(mark("begin"), run(f" {code} ", tag="instrText"), mark("separate"), "here", mark("end"))
    short = one(f"<w:fldSimple w:instr='{code}'>{run('here')}</w:fldSimple>")
    for found in (long, short):
        assert found.text == "here"
        assert [problem.code for problem in found.problems] == problems
        assert all("https://example.org/a" in problem.message for problem in found.problems)


def test_what_is_deleted_in_an_equation_is_among_the_changes_alone() -> None:
    def letters(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    inner = letters("a+") + change("del", 1, "Egypt", letters("b")) + change("ins", 2, "Japan", letters("c"))
    paragraph = one(f"<m:oMath>{inner}</m:oMath>")
    assert paragraph.text == "a+ c"
    assert [(each.kind, each.left_out) for each in paragraph.revisions] == [("deleted", "b"), ("inserted", "c")]


def test_the_text_of_a_box_follows_its_paragraph_once() -> None:
    inside = para("In the box.")
    alternatives = (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps">{BOX.format(inside)}</mc:Choice>'
        f"<mc:Fallback><w:pict><v:textbox><w:txbxContent>{inside}</w:txbxContent></v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    found = read(para("Before.", alternatives), para("After."))
    assert [each.text for each in found.paragraphs] == ["Before.", "In the box.", "After."]
    assert codes(found) == ["text-box"]


def test_headers_and_footers_are_quoted_once_each() -> None:
    head = f'<w:hdr xmlns:w="{W}">{para("WSIS+10/4/25")}</w:hdr>'
    found = read(para("Text"), parts={"header1": head, "header2": head})
    assert [(problem.code, "WSIS+10/4/25" in problem.message) for problem in found.problems] == [("header", True)]


def test_notes_that_nothing_refers_to_are_quoted() -> None:
    def note(number: int, text: str, more: str = "") -> str:
        return f'<w:footnote w:id="{number}"{more}>{para(text)}</w:footnote>'

    separator = note(0, "not a note", ' w:type="separator"')
    inner = "".join((separator, note(1, "Referred to."), note(2, "Hidden."), note(3, "Alone.")))
    first, second = (f'<w:footnoteReference w:id="{number}"/>' for number in (1, 2))
    found = read(
        para(f"<w:r>{first}</w:r>", f"<w:r><w:rPr><w:vanish/></w:rPr>{second}</w:r>"),
        parts={"footnotes": f'<w:footnotes xmlns:w="{W}">{inner}</w:footnotes>'},
    )
    (problem,) = found.paragraphs[0].problems
    assert "'Referred to.'" in problem.message
    assert [(each.code, each.message.partition(": ")[2]) for each in found.problems] == [
        ("footnote", "'Hidden.'"),
        ("footnote", "'Alone.'"),
    ]


def test_the_strict_form_of_the_format_is_read_too() -> None:
    strict = {
        name: content.replace(
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main"
        ).replace("http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships")
        for name, content in members(para("Strictly ", ins(1, "Egypt", "so"))).items()
        if isinstance(content, str)
    }  # fmt: skip
    (paragraph,) = word.read(BytesIO(packed(strict))).paragraphs
    assert pieces(paragraph) == [("Strictly ", "", ""), ("so", "Egypt", "")]


def test_scripts_and_signs_come_through() -> None:
    text = "حوكمة الإنترنت 互联网治理 🙂 e\u0301 “[…- Egypt; Japan delete]” \u200f"
    assert one(text).text == text
