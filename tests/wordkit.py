"""Word files built from raw XML: what a word processor would have written, or what nobody should."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SPACES = (
    f'xmlns:w="{W}" xmlns:r="{OFFICE}" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"'
)
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="{type}"/></Types>'
)
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
WHEN = "2014-04-17T10:00:00Z"


def run(text: str, properties: str = "", tag: str = "t") -> str:
    """A run of text."""
    inner = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{inner}<w:{tag} xml:space="preserve">{escape(text)}</w:{tag}></w:r>'


def change(tag: str, number: int, author: str, inner: str = "") -> str:
    """A tracked change around something, or a mark of one."""
    return f'<w:{tag} w:id="{number}" w:author="{escape(author)}" w:date="{WHEN}">{inner}</w:{tag}>'


def ins(number: int, author: str, text: str) -> str:
    """An insertion."""
    return change("ins", number, author, run(text))


def dele(number: int, author: str, text: str) -> str:
    """A deletion."""
    return change("del", number, author, run(text, tag="delText"))


def para(*inner: str, style: str = "", mark: str = "", properties: str = "") -> str:
    """A paragraph; strings that are no markup are runs."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    end = f"<w:rPr>{mark}</w:rPr>" if mark else ""
    content = "".join(one if one.startswith("<") else run(one) for one in inner)
    return f"<w:p><w:pPr>{named}{properties}{end}</w:pPr>{content}</w:p>"


def numbered(list_id: int, level: int = 0) -> str:
    """The property that numbers a paragraph."""
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'


def level(at: int, text: str, form: str = "decimal", start: int = 1, more: str = "") -> str:
    """One level of a list."""
    form = f'<w:start w:val="{start}"/><w:numFmt w:val="{form}"/>'
    return f'<w:lvl w:ilvl="{at}">{form}{more}<w:lvlText w:val="{text}"/></w:lvl>'


def lists(abstract: Mapping[int, str], nums: Mapping[int, tuple[int, str]]) -> str:
    """The part `numbering`: levels of each abstract list, and for each list its abstract one and overrides."""
    kinds = "".join(f'<w:abstractNum w:abstractNumId="{at}">{inner}</w:abstractNum>' for at, inner in abstract.items())
    made = "".join(
        f'<w:num w:numId="{at}"><w:abstractNumId w:val="{kind}"/>{more}</w:num>' for at, (kind, more) in nums.items()
    )
    return f"<w:numbering {SPACES}>{kinds}{made}</w:numbering>"


STYLES = (
    f"<w:styles {SPACES}>"
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Kop1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Own"/><w:basedOn w:val="Kop1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Third"><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>'
    "</w:styles>"
)


def comments(*each: tuple[int, str, str]) -> str:
    """The part `comments`: id, author and text of each; its paragraph's id is made from the id."""
    inner = "".join(
        f'<w:comment w:id="{at}" w:author="{escape(author)}" w:date="{WHEN}">'
        f'<w:p w14:paraId="0000000{at}">{run(text)}</w:p></w:comment>'
        for at, author, text in each
    )
    return f"<w:comments {SPACES}>{inner}</w:comments>"


def anchored(at: int, text: str) -> str:
    """Text that a comment is about."""
    reference = f'<w:r><w:commentReference w:id="{at}"/></w:r>'
    return f'<w:commentRangeStart w:id="{at}"/>{run(text)}<w:commentRangeEnd w:id="{at}"/>{reference}'


def relations(parts: Mapping[str, str], more: str = "") -> str:
    """The relations of the main part: kind and file of each."""
    inner = "".join(
        f'<Relationship Id="k{at}" Type="{OFFICE}/{kind}" Target="{name}"/>'
        for at, (name, kind) in enumerate(parts.items())
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}{more}</Relationships>'


def members(*blocks: str, parts: Mapping[str, str] | None = None, links: str = "") -> dict[str, str | bytes]:
    """The members of a Word file that holds these blocks; `parts` by their kind, such as ``comments``."""
    given = {"styles": STYLES} | dict(parts or {})
    names = {f"{kind}.xml": kind.rstrip("0123456789") for kind in given}
    root = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="a" Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    made: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES.format(type=MAIN),
        "_rels/.rels": root,
        "word/document.xml": f"<w:document {SPACES}><w:body>{''.join(blocks)}</w:body></w:document>",
        "word/_rels/document.xml.rels": relations(names, links),
    }
    return made | {f"word/{kind}.xml": text for kind, text in given.items()}


def packed(content: Mapping[str, str | bytes]) -> bytes:
    """The members as a file."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return file.getvalue()


def word(*blocks: str, parts: Mapping[str, str] | None = None, links: str = "") -> bytes:
    """A Word file that holds these blocks."""
    return packed(members(*blocks, parts=parts, links=links))
