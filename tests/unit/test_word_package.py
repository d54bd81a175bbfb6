"""Word files that are none, are damaged, or made to do harm: refused, each in one sentence, before they cost much."""

import struct
import tracemalloc
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from documents.formats import word
from documents.formats.word.errors import WordBroken, WordLocked, WordMacros, WordRefused, WordTooLarge, WordUnsafe
from documents.formats.word.package import MAX_FILE, OLE, looks_like_word
from tests.wordkit import MAIN, SPACES, TYPES, members, packed, para
from tests.wordkit import word as made

GOOD = members(para("Text"))
BOMB = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def document(inner: str, before: str = "") -> dict[str, str | bytes]:
    return GOOD | {"word/document.xml": f"{before}<w:document {SPACES}><w:body>{inner}</w:body></w:document>"}


def without(name: str) -> dict[str, str | bytes]:
    return {member: content for member, content in GOOD.items() if member != name}


def encrypted() -> bytes:
    """With the bit set by which a member says that it is encrypted, in both places."""
    file = bytearray(packed(GOOD))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = file.find(signature)
        while start >= 0:
            file[start + at] |= 1
            start = file.find(signature, start + 4)
    return bytes(file)


def twice() -> bytes:
    file = BytesIO(packed(GOOD))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("WORD/document.xml", "<x/>")
    return file.getvalue()


def many() -> bytes:
    return packed(GOOD | {f"word/media/{number}": "" for number in range(5_000)})


def crowded() -> bytes:
    """A directory that says it is long."""
    file = bytearray(packed(GOOD))
    file[-10:-6] = struct.pack("<L", 30_000_000)
    return bytes(file)


REFUSED = {
    "empty": (b"", WordBroken),
    "text": (b"Chapter 1\n", WordBroken),
    "old": (OLE + bytes(2_000), WordLocked),
    "cut": (made(para("Text"))[:-30], WordBroken),
    "behind": (made(para("Text")) + b"more", WordBroken),
    "flipped": (made(para("Text" * 90)).replace(b"PK\x01\x02", b"PK\x01\x09", 1), WordBroken),
    "password": (encrypted(), WordLocked),
    "no-types": (packed(without("[Content_Types].xml")), WordBroken),
    "no-relations": (packed(without("_rels/.rels")), WordBroken),
    "no-document": (packed(without("word/document.xml")), WordBroken),
    "no-body": (packed(GOOD | {"word/document.xml": f"<w:document {SPACES}/>"}), WordBroken),
    "not-xml": (packed(GOOD | {"word/document.xml": "<w:document>"}), WordBroken),
    "not-utf8": (packed(GOOD | {"word/document.xml": b"<a>\xff</a>"}), WordBroken),
    "encoding": (packed(GOOD | {"word/document.xml": "<?xml version='1.0' encoding='what'?><a/>"}), WordBroken),
    "broken-styles": (packed(GOOD | {"word/styles.xml": "<"}), WordBroken),
    "macros": (packed(GOOD | {"word/vbaProject.bin": "x"}), WordMacros),
    "docm": (packed(GOOD | {"[Content_Types].xml": TYPES.format(type=f"{MAIN}.macroEnabled.12")}), WordMacros),
    "entities": (packed(document("&b;", BOMB)), WordUnsafe),
    "outside": (packed(document("&x;", OUTSIDE)), WordUnsafe),
    "twice": (twice(), WordUnsafe),
    "zip-bomb": (packed(document(" " * 30_000_000)), WordUnsafe),
    "unpacked": (packed(document("<w:p/>" * 700_000)), WordUnsafe),
    "deep": (packed(document("<w:sdt>" * 200 + "</w:sdt>" * 200)), WordTooLarge),
    "attributes": (packed(document(f"<w:p {' '.join(f'a{n}={n!r}' for n in map(str, range(300)))}/>")), WordTooLarge),
    "paragraphs": (packed(document("".join(f'<w:p w:x="{n}"/>' for n in range(20_001)))), WordTooLarge),
    "elements": (packed(document("".join(f'<w:r w:x="{n}"/>' for n in range(450_000)))), WordTooLarge),
    "many": (many(), WordTooLarge),
    "crowded": (crowded(), WordTooLarge),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_one_sentence(name: str) -> None:
    content, kind = REFUSED[name]
    with pytest.raises(WordRefused) as refused:
        word.read(BytesIO(content))
    assert type(refused.value) is kind
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.docx"
    path.write_bytes(packed(GOOD))
    with path.open("r+b") as file:
        file.truncate(MAX_FILE + 1)
        with pytest.raises(WordTooLarge):
            word.read(file)


@pytest.mark.parametrize("name", ["zip-bomb", "unpacked", "elements", "crowded", "many", "entities"])
def test_what_harms_takes_little_memory(name: str) -> None:
    content = BytesIO(REFUSED[name][0])
    tracemalloc.start()
    with pytest.raises(WordRefused):
        word.read(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 180_000_000


def test_pictures_are_not_unpacked() -> None:
    with_picture = GOOD | {"word/media/image1.png": b"\0" * 45_000_000}
    assert [one.text for one in word.read(BytesIO(packed(with_picture))).paragraphs] == ["Text"]


def test_only_what_cannot_be_a_text_looks_like_a_word_file() -> None:
    assert looks_like_word(packed(GOOD)[:8])
    assert looks_like_word(OLE)
    assert not looks_like_word(b"PK the chapter")
    assert not looks_like_word(b"")
