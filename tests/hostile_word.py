"""Word files that nobody writes by accident: bombs, lies about sizes, endless markup, entities, tricks of encodings."""

import struct
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Final

from tests.wordkit import SPACES, members, packed, para, run

GOOD: Final = members(para("Text"))
MAIN: Final = "word/document.xml"
WRITTEN: Final = f"{tempfile.gettempdir()}/adref-was-here"
"""Where a member would be written by who unpacks all of them."""
_LOCAL: Final = b"PK\x03\x04"
_CENTRAL: Final = b"PK\x01\x02"
_END: Final = b"PK\x05\x06"


def document(inner: str, before: str = "") -> str:
    return f"{before}<w:document {SPACES}><w:body>{inner}</w:body></w:document>"


def with_main(content: str | bytes) -> bytes:
    return packed(GOOD | {MAIN: content})


def body(inner: str, before: str = "") -> bytes:
    return with_main(document(inner, before))


def attributes(count: int, prefix: str = "") -> str:
    return " ".join(f'{prefix}a{number}="u{number}"' for number in range(count))


def stored(content: Mapping[str, str | bytes]) -> bytes:
    """Not packed, so that no ratio tells."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return file.getvalue()


def altered(name: str, at: int, value: bytes, content: bytes | None = None) -> bytes:
    """With other bytes at a place of the directory's entry of a member."""
    file = bytearray(packed(GOOD) if content is None else content)
    entry = file.rfind(_CENTRAL, 0, file.rfind(name.encode()))
    file[entry + at : entry + at + len(value)] = value
    return bytes(file)


def nested() -> bytes:
    """Archives in archives, each a thousand times as large as it is."""
    inner = b"\0" * 10_000_000
    for _ in range(5):
        inner = packed({f"{number}.zip": inner for number in range(10)})
    return packed(GOOD | {"word/embeddings/deep.zip": inner})


def quine() -> bytes:
    """An archive that holds itself, as far as a directory can say so: its only member is the archive's own start."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("word/document.xml", packed(GOOD))
    return file.getvalue()


def overlapping() -> bytes:
    """A thousand names for the same packed bytes."""
    kernel = packed({MAIN: document(run("x") * 20_000)})
    end = kernel.rfind(_END)
    start = kernel.find(_CENTRAL)
    entry = kernel[start:end]
    entries = b"".join(entry.replace(MAIN.encode(), f"word/docum{n:04}.ml".encode()[: len(MAIN)]) for n in range(1_000))
    members_count = struct.pack("<HH", 1_000, 1_000)
    return (
        kernel[:start] + entries + kernel[end : end + 8] + members_count + struct.pack("<LLH", len(entries), start, 0)
    )


def directory_of_itself() -> bytes:
    """A directory that says it begins where the file does."""
    file = bytearray(packed(GOOD))
    file[-6:-2] = struct.pack("<L", 0)
    return bytes(file)


def sixty_four() -> bytes:
    """With the records of archives beyond 4 GB, which claim 2**63 bytes."""
    file = bytearray(packed(GOOD))
    end = bytes(file[-22:])
    start = len(file) - 22
    record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 4, 4, 2**63, 2**63)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, start, 1)
    return bytes(file[:start]) + record + locator + end[:8] + b"\xff" * 12 + end[20:]


def extra_sixty_four() -> bytes:
    """A member whose sizes stand in a field that is cut off."""
    file = altered(MAIN, 20, b"\xff" * 8)
    entry = file.rfind(_CENTRAL, 0, file.rfind(MAIN.encode()))
    return file[: entry + 30] + struct.pack("<H", 4) + file[entry + 32 :]


def _utf16(inner: str, before: str = "") -> bytes:
    return packed(GOOD | {MAIN: document(inner, before).encode("utf-16")})


LAUGHS: Final = (
    '<!DOCTYPE w [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
OUTSIDE: Final = '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
PARAMETER: Final = '<!DOCTYPE w [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>'

HOSTILE: Final[Mapping[str, Callable[[], bytes]]] = {
    "spaces": lambda: body(" " * 30_000_000),
    "paragraphs": lambda: body("<w:p/>" * 700_000),
    "nested-zips": lambda: packed(GOOD | {MAIN: nested()}),
    "quine": quine,
    "overlapping": overlapping,
    "own-directory": directory_of_itself,
    "zip64": sixty_four,
    "zip64-field": extra_sixty_four,
    "claims-4-gb": lambda: altered(MAIN, 20, b"\xfe" * 8),
    "claims-nothing": lambda: altered(MAIN, 24, b"\0" * 4),
    "claims-one-byte": lambda: altered(MAIN, 24, struct.pack("<L", 1)),
    "elsewhere": lambda: altered(MAIN, 42, b"\xf0" * 4),
    "other-packing": lambda: altered(MAIN, 10, struct.pack("<H", 14)),
    "deep": lambda: body("<w:p>" * 100_000),
    "deep-runs": lambda: body("<w:ins>" * 149 + "</w:ins>" * 149),
    "laughs": lambda: body("&j;", LAUGHS),
    "laughs-utf-16": lambda: _utf16("&j;", LAUGHS),
    "outside": lambda: body("&x;", OUTSIDE),
    "outside-parameter": lambda: body("", PARAMETER),
    "outside-styles": lambda: packed(GOOD | {"word/styles.xml": f"{OUTSIDE}<a>&x;</a>"}),
    "huge-attribute": lambda: body(f'<w:p w:x="{"x" * 30_000_000}"/>'),
    "huge-comment": lambda: body(f"<!--{'x' * 30_000_000}-->"),
    "huge-name": lambda: body(f"<{'x' * 5_000_000}/>"),
    "many-attributes": lambda: body(f"<w:p {attributes(1_000_000)}/>"),
    "attributes-everywhere": lambda: stored(GOOD | {MAIN: document(f"<w:p {attributes(199)}/>" * 12_000)}),
    "namespaces": lambda: body(f"<w:p {attributes(200_000, 'xmlns:')}/>"),
    "elements": lambda: stored(GOOD | {MAIN: document("<w:r/>" * 450_000)}),
    "elements-in-parts": lambda: stored(
        GOOD
        | {MAIN: document("<w:r/>" * 250_000), "word/styles.xml": f"<w:styles {SPACES}>{'<w:x/>' * 250_000}</w:styles>"}
    ),
    "text": lambda: stored(GOOD | {MAIN: document("".join(para("x" * 1_000) for _ in range(5_100)))}),
    "utf-7": lambda: with_main(b'<?xml version="1.0" encoding="utf-7"?>+ADw-!DOCTYPE a+AD4-<a/>'),
    "utf-32": lambda: with_main(document("").encode("utf-32")),
    "no-encoding": lambda: with_main(b'<?xml version="1.0" encoding="zlib"?><a>\x80</a>'),
    "half-surrogate": lambda: with_main(b"<a>\xed\xa0\x80</a>"),
    "half-utf-16": lambda: with_main(document("").encode("utf-16")[:-3]),
    "nul": lambda: with_main(document("\0")),
    "two-roots": lambda: with_main(document("") * 2),
}
"""By name, how to make each. All of them are to be refused."""


def strange() -> dict[str, bytes]:
    """Files that are no bombs, but which a careless reader would follow where it should not go."""
    related = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    outside = f'<Relationship Id="a" Type="{office}/{{}}" Target="{{}}" TargetMode="External"/>'
    climbing = f'<Relationship Id="a" Type="{office}/styles" Target="../../../../etc/passwd"/>'
    wrapped = "<w:ins>" * 140 + run("x" * 1_000_000) + "</w:ins>" * 140
    return {
        "changes-within-changes": stored(GOOD | {"word/styles.xml": f"<w:styles {SPACES}>{wrapped}</w:styles>"}),
        "template-elsewhere": packed(
            GOOD
            | {
                "word/_rels/document.xml.rels": related.format(
                    outside.format("attachedTemplate", "http://127.0.0.1:9/")
                )
            }
        ),
        "climbing": packed(GOOD | {"word/_rels/document.xml.rels": related.format(climbing)}),
        "climbing-member": packed(GOOD | {f"../../../../..{WRITTEN}": "x"}),
        "hundred-styles-parts": packed(
            GOOD
            | {
                "word/_rels/document.xml.rels": related.format(
                    "".join(
                        f'<Relationship Id="a{n}" Type="{office}/header" Target="styles.xml"/>' for n in range(5_000)
                    )
                )
            }
        ),
    }


def _styles() -> bytes:
    """Thousands of styles, each based on one that is long."""
    long = f'<w:style w:styleId="long">{"<w:x/>" * 100_000}</w:style>'
    based = '<w:style w:type="paragraph" w:styleId="s{}"><w:basedOn w:val="long"/></w:style>'
    styles = f"<w:styles {SPACES}>{long}{''.join(map(based.format, range(5_000)))}</w:styles>"
    return stored(members(*(para("Text", style=f"s{n}") for n in range(5_000)), parts={"styles": styles}))


def _lists() -> bytes:
    """Thousands of lists, all of one kind that has thousands of levels."""
    levels = "".join(f'<w:lvl w:ilvl="{n}"/>' for n in range(50_000))
    nums = "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="1"/></w:num>' for n in range(50_000))
    inner = f'<w:abstractNum w:abstractNumId="1">{levels}</w:abstractNum>{nums}'
    return stored(members(para("Text"), parts={"numbering": f"<w:numbering {SPACES}>{inner}</w:numbering>"}))


LONG: Final[Mapping[str, Callable[[], bytes]]] = {"styles": _styles, "lists": _lists}
"""Files that take very long to read for who looks up everything anew."""
