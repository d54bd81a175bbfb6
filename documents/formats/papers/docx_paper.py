"""Papers for Word: A4, headings as styles, literal labels, native comments, tracked changes by delegation."""

from datetime import UTC
from io import BytesIO
from typing import Any, Final

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from documents.formats.papers.margin import add_comments
from documents.formats.papers.origin import note_origin
from documents.formats.papers.tracked import Row, clean, tracked
from documents.formats.papers.wordml import SERVER_NAME, Writer, element, writable
from documents.versions.paper import Heading, Paper

FONT: Final = "Times New Roman"
_WIDTH, _HEIGHT, _MARGIN = Cm(21), Cm(29.7), Cm(2.5)
_TAB: Final = Cm(1.25)
_MAX_PROPERTY: Final = 255
_SIZES: Final = {1: 16, 2: 13, 3: 12, 4: 11, 5: 11, 6: 11}


def clean_docx(paper: Paper) -> bytes:
    """The text as it is now."""
    return _saved(_with_rows(paper, "docx", clean(paper), paper.heading.status))


def redline_docx(paper: Paper) -> bytes:
    """The text with its changes since the earlier one, as changes that Word can accept and reject."""
    since = f"changes since {paper.heading.since}" if paper.heading.since else "changes to the draft"
    return _saved(_with_rows(paper, "redline", tracked(paper), f"{paper.heading.status}: {since}"))


def _with_rows(paper: Paper, form: str, rows: list[Row], status: str) -> Document:
    document = new(paper.heading, status)
    note_origin(document, form, paper.heading.chapter.id, paper.heading.seq)
    details = {row.id: row.details for row in rows if row.details is not None}
    writer = Writer(rows, add_comments(document, details.values()))
    body = document.element.body
    if not any(row.level == 1 for row in rows):
        document.add_paragraph(writable(paper.heading.chapter.title), style="Title")
    for row in rows:
        body.sectPr.addprevious(writer.paragraph(row))
    if rows and (rows[-1].mark_inserted or rows[-1].mark_deleted):
        document.add_paragraph()  # the mark of a text's last paragraph can't be tracked, since nothing follows it
    return document


def new(heading: Heading, status: str) -> Document:
    """A document without text, with what stands above and below each page."""
    document = docx.Document()
    for key in [key for key, one in document.part.rels.items() if one.reltype.endswith("/stylesWithEffects")]:
        del document.part.rels[key]  # an old Word's copy of the styles, which would not be the same as ours
    _set_up(document)
    section = document.sections[0]
    section.page_width, section.page_height = _WIDTH, _HEIGHT
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN
    section.header.paragraphs[0].add_run(writable(heading.chapter.title)).bold = True
    line = section.header.add_paragraph(writable(status), style="Header")
    line.paragraph_format.space_after = Pt(10)  # however many lines stand above the text, it keeps away from them
    _add_page_numbers(section.footer.paragraphs[0])
    _add_edition(document, heading)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = _property(heading.chapter.title), SERVER_NAME, ""
    properties.comments = _property(status)
    properties.created = properties.modified = heading.now.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return document


def _add_edition(document: Document, heading: Heading) -> None:
    """The version's symbol above, and its hash below and among the file's properties."""
    edition, section = heading.edition, document.sections[0]
    if edition is None:
        return
    if edition.symbol:
        symbol = section.header.paragraphs[0].insert_paragraph_before(style="Header")
        symbol.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        symbol.add_run(writable(edition.symbol)).bold = True
    section.footer.add_paragraph(style="Footer").add_run(heading.proof).font.size = Pt(8)
    properties = document.core_properties
    properties.subject, properties.identifier = _property(edition.symbol), f"sha256:{edition.hash}"
    properties.version = _property(edition.name)


def _property(text: str) -> str:
    """As much of it as a property of a file may hold."""
    return writable(text)[:_MAX_PROPERTY]


def _set_up(document: Document) -> None:
    styles: Any = document.styles
    normal = styles["Normal"]
    _set_font(normal, 11)
    normal.paragraph_format.space_after = Pt(6)
    for level, size in _SIZES.items():
        heading = styles[f"Heading {level}"]
        _set_font(heading, size)
        heading.font.color.rgb = RGBColor(0, 0, 0)
        heading.font.italic = False
        heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(12), Pt(6)
    _set_font(styles["Title"], 16)
    styles["Title"].font.color.rgb = RGBColor(0, 0, 0)
    numbered = styles.add_style("Numbered Paragraph", WD_STYLE_TYPE.PARAGRAPH)
    numbered.base_style = normal
    numbered.paragraph_format.tab_stops.add_tab_stop(_TAB)
    proposal = styles.add_style("Proposal", WD_STYLE_TYPE.PARAGRAPH)
    proposal.base_style = normal
    proposal.paragraph_format.left_indent = _TAB
    styles.add_style("Paragraph Label", WD_STYLE_TYPE.CHARACTER)
    styles.add_style("Paragraph Status", WD_STYLE_TYPE.CHARACTER).font.bold = True


def _set_font(style: Any, size: int) -> None:
    style.font.name, style.font.size = FONT, Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    fonts.set(qn("w:cs"), FONT)


def _add_page_numbers(paragraph: Paragraph) -> None:
    for text, field in (("Page ", "PAGE"), (" of ", "NUMPAGES")):
        paragraph.add_run(text)
        run = element("w:r", None, element("w:t"))
        run[0].text = "1"
        paragraph._p.append(element("w:fldSimple", {"w:instr": field}, run))  # noqa: SLF001 (it has no fields of its own)


def _saved(document: Document) -> bytes:
    out = BytesIO()
    document.save(out)
    return out.getvalue()
