"""Word files as others write them, from raw XML: each with the changes that reports must account for."""

# ruff: noqa: E501 (lines of XML)
from collections.abc import Mapping
from typing import Final

from tests.wordkit import (
    MAIN,
    STYLES,
    W,
    anchored,
    change,
    comments,
    dele,
    ins,
    level,
    lists,
    members,
    numbered,
    packed,
    para,
    run,
    word,
)  # fmt: skip

AUTHORS: Final = (
    "Egypt", "Japan", "Cuba", "IFIP", "Chile", "Kenya", "Mexico", "Brazil", "Saudi Arabia", "ISOC",
)  # fmt: skip
NOTES = '<w:{0}s xmlns:w="{1}">{2}</w:{0}s>'


def gone(number: int, author: str, inner: str = "") -> str:
    return change("del", number, author, inner)


def struck(text: str) -> str:
    return run(text, tag="delText")


def field(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def code(text: str, tag: str = "instrText") -> str:
    return run(text, tag=tag)


def cell(*inner: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{''.join(inner)}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def move(number: int, name: str, way: str, author: str, *inner: str) -> str:
    """One end of a move, between the marks of its range."""
    start = f'<w:{way}RangeStart w:id="{number}" w:author="{author}" w:name="{name}"/>'
    return f'{start}{"".join(inner)}<w:{way}RangeEnd w:id="{number}"/>'


NESTED = word(
    para(
        "Stays. ",
        change("ins", 1, "Egypt", run("Inserted ") + gone(2, "Japan", struck("undone ")) + run("kept. ")),
        change("moveTo", 3, "Cuba", run("Arrived ") + gone(4, "IFIP", struck("departed ")) + ins(5, "Chile", "added ")),
        change("ins", 6, "Kenya", change("moveFrom", 7, "Mexico", gone(8, "Brazil", struck("thrice ")))),
        gone(9, "ISOC", struck("before ")),
        gone(10, "ISOC", struck("") + f"<w:r>{'<w:br/>'}</w:r>"),
        "end.",
    ),
    para(change("ins", 1, "Egypt", run("Same ") + change("rPrChange", 1, "Egypt")), ins(1, "Egypt", "number.")),
    change("ins", 11, "Japan", para("A block inserted.") + para(gone(12, "Cuba", struck("And taken.")))),
)

MOVES = word(
    move(1, "move1", "moveFrom", "Egypt", para(change("moveFrom", 2, "Egypt", run("Travelling paragraph.")),
         mark=change("moveFrom", 3, "Egypt"))),
    para("Between. ", move(4, "move2", "moveFrom", "Japan", change("moveFrom", 5, "Japan", run("Half sentence ")))),
    move(6, "move1", "moveTo", "Egypt", para(change("moveTo", 7, "Egypt", run("Travelling paragraph.")),
         mark=change("moveTo", 8, "Egypt"))),
    para("Behind. ", move(9, "move2", "moveTo", "Japan", change("moveTo", 10, "Japan", run("Half sentence ")))),
    para(change("moveFrom", 11, "Cuba", run("Without a range."))),
)  # fmt: skip

MARKS = word(
    para("One ", mark=gone(1, "Egypt")), para("two ", mark=gone(2, "Japan")), para("three.", style="Kop1"),
    para(dele(3, "Cuba", "Wholly gone."), mark=gone(4, "Cuba")),
    para(dele(5, "Cuba", "Also "), dele(6, "Kenya", "gone."), mark=gone(7, "Kenya")),
    para(ins(8, "IFIP", "New and "), mark=change("ins", 9, "IFIP") + gone(10, "Chile")),
    para("its end undone.", mark=change("ins", 11, "IFIP", ) + change("rPrChange", 12, "IFIP", "<w:rPr/>")),
    para("The last ", mark=gone(13, "Mexico")),
)  # fmt: skip

OUTLINE = level(0, "%1.") + level(1, "%1.%2") + level(2, "(%3)", "lowerLetter") + level(3, "%4.", "upperRoman")
AGAIN = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{}"/></w:lvlOverride>'
NUMBERED_BY = "<w:numPr>{}<w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr>"
NUMBERING = word(
    para("First.", properties=numbered(1)),
    para("Below it.", properties=numbered(1, 1)),
    para("Below that.", properties=numbered(1, 2)),
    para(dele(1, "Egypt", "Not counted."), properties=numbered(1), mark=gone(2, "Egypt")),
    para("Second.", properties=numbered(1)),
    para("Anew below.", properties=numbered(1, 1)),
    para("Begun at five.", properties=numbered(2)),
    para("Goes on.", properties=numbered(2)),
    para("The first list goes on with it.", properties=numbered(1)),
    para(ins(3, "Japan", "Counted."), properties=numbered(1), mark=change("ins", 4, "Japan")),
    para("Numbered by Cuba.", properties=NUMBERED_BY.format("").replace("/></w:numPr>", f"/>{change('ins', 5, 'Cuba')}</w:numPr>")),
    para("Was numbered otherwise.", properties=numbered(1) + change("pPrChange", 6, "Cuba", f"<w:pPr>{numbered(2)}</w:pPr>")),
    para("Old style.", properties=numbered(1).replace("</w:numPr>", change("numberingChange", 7, "IFIP") + "</w:numPr>")),
    para("Deep.", properties=numbered(1, 3)),
    parts={"numbering": lists({1: OUTLINE}, {1: (1, ""), 2: (1, AGAIN.format(5))})},
)  # fmt: skip
LABELS: Final = ["1", "1.1", "(a)", "", "2", "2.1", "5", "6", "7", "8", "9", "10", "11", "I"]

TABLES = word(
    "<w:tbl><w:tblPr>" + change("tblPrChange", 1, "Egypt", "<w:tblPr/>") + "</w:tblPr>"
    "<w:tblGrid><w:gridCol/>" + '<w:tblGridChange w:id="2"/>' + "</w:tblGrid>"
    + row(cell(para("Head")), cell(para("Who")), properties=change("trPrChange", 3, "Japan", "<w:trPr/>"))
    + row(cell(para("rowed")), cell(para("in")), properties=change("ins", 4, "Cuba"))
    + row(cell(para("rowed")), cell(para(gone(5, "IFIP", struck("out")))), properties=gone(6, "IFIP"))
    + row(cell(para("a"), properties=change("cellIns", 7, "Chile")),
          cell(para("b"), properties=change("cellDel", 8, "Kenya")),
          cell(para("c"), properties=change("cellMerge", 9, "Mexico") + change("tcPrChange", 10, "Mexico", "<w:tcPr/>")))
    + row(cell(para("Outer ", ins(11, "Brazil", "cell"))
               + "<w:tbl>" + row(cell(para("inner")), cell(para(ins(12, "ISOC", "most"))), properties=gone(13, "ISOC"))
               + "</w:tbl>" + para()), cell(para("side")))
    + "</w:tbl>",
    para("After."),
)  # fmt: skip

SAID = comments(
    (0, "Egypt", "Unclear"), (1, "Japan", "It is clear"), (2, "Cuba", "Agreed"), (3, "IFIP", "On deleted words"),
    (4, "Chile", "Over two"), (5, "Kenya", "Of nothing"),
).replace("Of nothing</w:t></w:r>", f"Of nothing</w:t></w:r>{dele(6, 'Kenya', ' at all')}{ins(7, 'Mexico', ' here')}")  # fmt: skip
THREADS = (
    '<w15:commentsEx xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml">'
    '<w15:commentEx w15:paraId="00000000" w15:done="1"/>'
    '<w15:commentEx w15:paraId="00000001" w15:paraIdParent="00000000" w15:done="0"/>'
    '<w15:commentEx w15:paraId="00000002" w15:paraIdParent="00000000" w15:done="0"/></w15:commentsEx>'
)
REPLIES = word(
    para(anchored(0, "Text "), ins(1, "Egypt", "added ")),
    para('<w:commentRangeStart w:id="3"/>', dele(2, "Japan", "deleted "), '<w:commentRangeEnd w:id="3"/>', "kept"),
    para('<w:commentRangeStart w:id="4"/>', "From here"),
    para("to here", '<w:commentRangeEnd w:id="4"/><w:r><w:commentReference w:id="4"/></w:r>'),
    parts={"comments": SAID, "commentsExtended": THREADS},
)

TEN = word(
    *(
        para(
            f"{at}. ",
            *(ins(at * 100 + n, name, f"{name} proposes {at}-{n}. ") for n, name in enumerate(AUTHORS)),
            *(dele(at * 100 + 50 + n, name, f"{name} deletes {at}-{n}. ") for n, name in enumerate(AUTHORS)),
        )
        for at in range(1, 11)
    )
)

LOOKS = word(
    para(run("bold ", "<w:b/>" + change("rPrChange", 1, "Egypt", "<w:rPr/>")),
         change("ins", 2, "Japan", run("new and large", "<w:sz w:val='40'/>" + change("rPrChange", 3, "Cuba", "<w:rPr/>"))),
         properties=change("pPrChange", 4, "IFIP", "<w:pPr/>"), mark=change("rPrChange", 5, "IFIP", "<w:rPr/>")),
    para("Section", properties="<w:sectPr>" + change("sectPrChange", 6, "Chile", "<w:sectPr/>") + "</w:sectPr>"),
    "<w:sectPr>" + change("sectPrChange", 7, "Kenya", "<w:sectPr/>") + "</w:sectPr>",
    parts={"styles": STYLES.replace("</w:styles>", '<w:style w:type="paragraph" w:styleId="S"><w:pPr>'
           + change("pPrChange", 8, "Mexico", "<w:pPr/>") + "</w:pPr></w:style></w:styles>")},
)  # fmt: skip

FILLED = "<w:sdt><w:sdtPr>{}</w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
CONTROLS = word(
    FILLED.format('<w:tag w:val="block"/>', para("In a block ", ins(1, "Egypt", "control."))),
    para("Inline: ", FILLED.format(change("ins", 2, "Japan"), dele(3, "Japan", "was ") + ins(4, "Japan", "is"))),
    para(FILLED.format("<w:showingPlcHdr/>", ins(5, "Cuba", "Click here"))),
    "<w:tbl>" + FILLED.format("", row(FILLED.format("", cell(para(ins(6, "IFIP", "celled")))))) + "</w:tbl>",
    para(change("customXmlInsRangeStart", 7, "Chile"), "<w:customXml w:element='x'>", run("marked"), "</w:customXml>",
         '<w:customXmlInsRangeEnd w:id="7"/>'),
)  # fmt: skip

HEADER = f'<w:hdr xmlns:w="{W}">{para("Head ", ins(7, "Kenya", "of the page"))}</w:hdr>'
FOOTNOTES = word(
    para("Text", '<w:r><w:footnoteReference w:id="2"/></w:r>', ins(1, "Egypt", " more"),
         change("ins", 2, "Japan", '<w:r><w:endnoteReference w:id="2"/></w:r>'), "."),
    "<w:tbl>" + row(cell(para("Cell", '<w:r><w:footnoteReference w:id="3"/></w:r>')), cell(para("two"))) + "</w:tbl>",
    parts={
        "footnotes": NOTES.format("footnote", W,
            '<w:footnote w:type="separator" w:id="0"/>'
            f'<w:footnote w:id="2">{para("See ", dele(3, "Cuba", "paragraph "), ins(4, "Cuba", "section "), "four.")}</w:footnote>'
            f'<w:footnote w:id="3">{para(ins(5, "IFIP", "In a cell."), mark=change("ins", 8, "IFIP"))}</w:footnote>'
            f'<w:footnote w:id="4">{para(ins(9, "Mexico", "Never referred to."))}</w:footnote>'),
        "endnotes": NOTES.format("endnote", W,
            f'<w:endnote w:id="2">{para(change("moveTo", 6, "Chile", run("At the end.")))}</w:endnote>'),
        "header1": HEADER, "header2": HEADER.replace("Kenya", "Brazil"),
    },
)  # fmt: skip

FIELDS = word(
    para(field("begin"), code(" TOC "), field("separate"), ins(1, "Egypt", "Contents")),
    para("Line ", dele(2, "Japan", "two "), field("end")),
    para("See ", change("ins", 3, "Cuba", field("begin") + code(" REF x ") + field("separate") + run("paragraph 4")
         + field("end")), gone(4, "IFIP", field("begin") + code(" PAGE ", "delInstrText") + field("separate")
         + struck("12") + field("end")), "."),
    para(f'<w:fldSimple w:instr="DATE">{ins(5, "Chile", "today")}</w:fldSimple>'),
    para(field("begin"), code("IF "), field("begin"), code("PAGE"), field("separate"), "1", field("end"),
         gone(6, "Kenya", code("= 1", "delInstrText")), field("separate"), "first", field("end")),
    para(f'<w:hyperlink w:anchor="x">{ins(7, "Mexico", "link")}</w:hyperlink>'),
)  # fmt: skip

BOX = "<w:drawing><wps:txbx><w:txbxContent>{}</w:txbxContent></wps:txbx></w:drawing>"
VML = "<w:pict><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></w:pict>"
INSIDE = para("Boxed ", ins(1, "Egypt", "words"), mark=change("ins", 2, "Egypt"))
BOXES = word(
    para("Before", f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'>{BOX.format(INSIDE)}</mc:Choice>"
         f"<mc:Fallback>{VML.format(INSIDE)}</mc:Fallback></mc:AlternateContent></w:r>",
         f"<w:r>{VML.format(para(dele(3, 'Japan', 'Of old'), 'boxes'))}</w:r>"),
    para("<mc:AlternateContent><mc:Fallback>", ins(4, "Cuba", "fallen back"), "</mc:Fallback></mc:AlternateContent>"),
    para("<mc:AlternateContent><mc:Choice Requires='w14'>", ins(5, "IFIP", "chosen"), "</mc:Choice><mc:Fallback>",
         ins(5, "IFIP", "chosen"), "</mc:Fallback></mc:AlternateContent>"),
)  # fmt: skip

SIGNS = word(
    para("Signs ", ins(1, "Egypt", "→ "), change("ins", 2, "Japan", '<w:r><w:sym w:font="Wingdings" w:char="F0E0"/></w:r>'),
         "<w:r><w:noBreakHyphen/><w:tab/><w:softHyphen/></w:r>", ins(3, "Cuba", "e\u0301 🙂 حوكمة 互联网")),
    para("<m:oMath>", change("ins", 4, "IFIP", "<m:r><m:t>a+b</m:t></m:r>"), "</m:oMath>"),
    para("<w:r><w:ruby><w:rt>", run("reading"), "</w:rt><w:rubyBase>", ins(5, "Chile", "base"), "</w:rubyBase></w:ruby></w:r>"),
    para(run("hidden ", "<w:vanish/>" + change("rPrChange", 6, "Kenya", "<w:rPr/>")), ins(7, "Kenya", "shown")),
    para("<w:unheard>", ins(8, "Mexico", "of another time"), "</w:unheard>"),
    para(gone(9, "Brazil", run("deleted, as text"))),
)  # fmt: skip


def _strict() -> bytes:
    def renamed(content: str) -> str:
        for kind in ("wordprocessingml", "officeDocument"):
            content = content.replace(
                f"http://schemas.openxmlformats.org/{kind}/2006/", f"http://purl.oclc.org/ooxml/{kind}/"
            )
        return content

    content = members(
        para("Strictly ", ins(1, "Egypt", "so"), dele(2, "Japan", "not")),
        para(mark=gone(3, "Cuba")),
        parts={"comments": comments((0, "IFIP", "Strict"))},
    )
    return packed({name: renamed(str(text)) for name, text in content.items()})


def _package(body: str, spaces: Mapping[str, str], parts: Mapping[str, str]) -> bytes:
    """As other programs lay it out: defaults in the types, the parts under their full names."""
    named = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in spaces.items())
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    related = "".join(
        f'<Relationship Id="rId{at}" Type="{office}/{kind}" Target="/word/{kind}.xml"/>'
        for at, kind in enumerate(parts)
    )
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    main = f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="word/document.xml"/>'
    return packed(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{MAIN}"/></Types>',
            "_rels/.rels": relations.format(main),
            "word/_rels/document.xml.rels": relations.format(related),
            "word/document.xml": f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:document{named}>'
            f"<w:body>{body}</w:body></w:document>",
            **{f"word/{kind}.xml": f"<?xml version='1.0'?><w:{kind}{named}>{text}</w:{kind}>" for kind, text in parts.items()},
        }
    )  # fmt: skip


_SPACES = {
    "w": W,
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
}

LIBREOFFICE = _package(
    '<w:p><w:pPr><w:pStyle w:val="Title"/><w:bidi w:val="0"/><w:rPr></w:rPr></w:pPr><w:r><w:rPr></w:rPr><w:t>Paper</w:t>'
    "</w:r></w:p>"
    '<w:p><w:pPr><w:pStyle w:val="Heading1"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    "<w:r><w:t>Access</w:t></w:r></w:p>"
    '<w:p><w:pPr><w:pStyle w:val="BodyText"/><w:rPr><w:ins w:id="0" w:author="Egypt" w:date="2014-04-17T10:00:00Z"/>'
    '</w:rPr></w:pPr><w:ins w:id="1" w:author="Egypt" w:date="2014-04-17T10:00:00Z"><w:r><w:rPr></w:rPr>'
    '<w:t xml:space="preserve">Every </w:t></w:r></w:ins><w:del w:id="2" w:author="Japan" w:date="0-00-00T00:00:00Z">'
    '<w:r><w:rPr></w:rPr><w:delText xml:space="preserve">single </w:delText></w:r></w:del><w:r>'
    '<w:t xml:space="preserve">person</w:t></w:r><w:r><w:commentReference w:id="0"/></w:r></w:p>'
    '<w:p><w:pPr><w:pStyle w:val="BodyText"/></w:pPr><w:moveFromRangeStart w:id="3" w:author="Cuba" '
    'w:date="2014-04-17T10:00:00Z" w:name="move7100"/><w:moveFrom w:id="4" w:author="Cuba" w:date="2014-04-17T10:00:00Z">'
    '<w:r><w:t>Wanders.</w:t></w:r></w:moveFrom><w:moveFromRangeEnd w:id="3"/></w:p>'
    '<w:p><w:pPr><w:pStyle w:val="BodyText"/></w:pPr><w:moveToRangeStart w:id="5" w:author="Cuba" w:name="move7100"/>'
    '<w:moveTo w:id="6" w:author="Cuba" w:date="2014-04-17T10:00:00Z"><w:r><w:t>Wanders.</w:t></w:r></w:moveTo>'
    '<w:moveToRangeEnd w:id="5"/></w:p><w:sectPr><w:type w:val="nextPage"/></w:sectPr>',
    _SPACES,
    {
        "styles": '<w:style w:type="paragraph" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="BodyText"><w:name w:val="Body Text"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>',
        "numbering": '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:pStyle w:val="Heading1"/>'
        '<w:numFmt w:val="decimal"/><w:suff w:val="space"/><w:lvlText w:val="%1)"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>',
        "comments": '<w:comment w:id="0" w:author="IFIP" w:date="2014-04-17T10:00:00" w:initials="I"><w:p><w:pPr/><w:r>'
        "<w:t>Who?</w:t></w:r></w:p></w:comment>",
    },
)

GOOGLE = _package(
    '<w:p w:rsidR="00000000" w:rsidDel="00000000" w:rsidP="00000000" w:rsidRDefault="00000000" w:rsidRPr="00000000">'
    '<w:pPr><w:pStyle w:val="Heading1"/><w:rPr/></w:pPr><w:bookmarkStart w:id="0" w:name="_abc"/><w:bookmarkEnd w:id="0"/>'
    '<w:r w:rsidDel="00000000"><w:rPr><w:rtl w:val="0"/></w:rPr><w:t xml:space="preserve">Access</w:t></w:r></w:p>'
    '<w:p><w:pPr><w:rPr><w:ins w:author="Egypt" w:id="1" w:date="2014-04-17T10:00:00Z"/></w:rPr></w:pPr>'
    '<w:r><w:rPr><w:rtl w:val="0"/></w:rPr><w:t xml:space="preserve">All </w:t></w:r>'
    '<w:sdt><w:sdtPr><w:id w:val="1"/><w:tag w:val="goog_rdk_0"/></w:sdtPr><w:sdtContent>'
    '<w:ins w:author="Egypt" w:id="0" w:date="2014-04-17T10:00:00Z"><w:r><w:rPr><w:rtl w:val="0"/></w:rPr>'
    '<w:t xml:space="preserve">people </w:t></w:r></w:ins></w:sdtContent></w:sdt>'
    '<w:sdt><w:sdtPr><w:tag w:val="goog_rdk_1"/></w:sdtPr><w:sdtContent><w:commentRangeStart w:id="0"/></w:sdtContent></w:sdt>'
    '<w:sdt><w:sdtPr><w:tag w:val="goog_rdk_2"/></w:sdtPr><w:sdtContent>'
    '<w:del w:author="Yuki Sato" w:id="0" w:date="2014-04-17T10:00:00Z"><w:r><w:rPr><w:rtl w:val="0"/></w:rPr>'
    '<w:delText xml:space="preserve">users</w:delText></w:r></w:del></w:sdtContent></w:sdt><w:commentRangeEnd w:id="0"/>'
    '<w:r><w:commentReference w:id="0"/></w:r></w:p>',
    _SPACES,
    {
        "styles": '<w:style w:type="paragraph" w:styleId="Normal" w:default="1"><w:name w:val="normal"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr/></w:style>',
        "comments": '<w:comment w:author="Cuba" w:id="0" w:date="2014-04-17T10:00:00Z"><w:p><w:pPr/><w:r>'
        '<w:t xml:space="preserve">Users, why?</w:t></w:r></w:p></w:comment>',
    },
)

PAGES = _package(
    '<w:p><w:pPr><w:pStyle w:val="heading.0"/><w:rPr/></w:pPr><w:r><w:rPr><w:rtl w:val="0"/></w:rPr><w:t>Access</w:t></w:r></w:p>'
    '<w:p><w:pPr><w:pStyle w:val="body.0"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr></w:pPr>'
    '<w:r><w:rPr><w:rtl w:val="0"/><w:lang w:val="en-US"/></w:rPr><w:t xml:space="preserve">Listed </w:t></w:r>'
    '<w:ins w:id="0" w:date="2014-04-17T10:00:00Z" w:author="Egypt"><w:r><w:rPr><w:rtl w:val="0"/></w:rPr><w:t>and new</w:t>'
    '</w:r></w:ins><w:del w:id="1" w:date="2014-04-17T10:00:00Z" w:author="Japan"><w:r><w:delText>, old</w:delText></w:r>'
    "</w:del></w:p>"
    '<w:p><w:pPr><w:pStyle w:val="body.0"/></w:pPr><w:r><mc:AlternateContent><mc:Choice Requires="w14"><w:drawing>'
    f"{'<w:txbxContent>'}<w:p>{ins(2, 'Cuba', 'In a shape')}</w:p></w:txbxContent></w:drawing></mc:Choice></mc:AlternateContent>"
    "</w:r></w:p>",
    _SPACES,
    {
        "styles": '<w:style w:type="paragraph" w:styleId="heading.0"><w:name w:val="Heading"/><w:next w:val="body.0"/><w:pPr>'
        '<w:outlineLvl w:val="0"/></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="body.0"><w:name w:val="Body"/></w:style>'
        '<w:style w:type="numbering" w:styleId="Numbered"><w:name w:val="Numbered"/><w:pPr><w:numPr><w:numId w:val="1"/>'
        "</w:numPr></w:pPr></w:style>",
        "numbering": '<w:abstractNum w:abstractNumId="0"><w:styleLink w:val="Numbered"/><w:lvl w:ilvl="0"><w:start w:val="1"/>'
        '<w:numFmt w:val="decimal"/><w:suff w:val="tab"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>'
        '<w:abstractNum w:abstractNumId="1"><w:numStyleLink w:val="Numbered"/></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>',
    },
)

GOLD: Final[Mapping[str, bytes]] = {
    "nested": NESTED, "moves": MOVES, "marks": MARKS, "numbering": NUMBERING, "tables": TABLES, "replies": REPLIES,
    "ten": TEN, "looks": LOOKS, "controls": CONTROLS, "footnotes": FOOTNOTES, "fields": FIELDS, "boxes": BOXES,
    "signs": SIGNS, "strict": _strict(), "libreoffice": LIBREOFFICE, "google": GOOGLE, "pages": PAGES,
}  # fmt: skip
