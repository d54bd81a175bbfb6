"""Word files of many makers with damage inside: in the XML of a part, in the archive's directory. Read or refused.

What is read accounts for every tracked change that an XML parser of the standard library finds.
"""

import random
import re
import struct
import zipfile
from collections import Counter
from io import BytesIO
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.formats import word
from documents.formats.word import WordRefused
from documents.formats.word.draft import to_draft
from documents.incoming.draft import Draft
from tests.fuzz.test_word_fuzz import begun
from tests.gold_word import AUTHORS, GOLD
from tests.goldkit import marks
from tests.wordkit import packed

PIECES = re.compile(rb"<[^<>]*>|[^<>]+")
NAMES = st.sampled_from(sorted(GOLD))
CHANCE = st.randoms(use_true_random=False)


def read(content: bytes) -> Draft | None:
    try:
        found = word.read(BytesIO(content))
    except WordRefused as refused:
        assert "\n" not in str(refused)
        assert len(str(refused)) < 1_000
        return None
    return to_draft(found, lambda name: name if name in AUTHORS else "")


def parts(content: bytes) -> dict[str, str | bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def shaken(chance: random.Random, content: bytes) -> bytes:
    """The same markup, with pieces of it dropped, doubled, swapped, or another's attributes."""
    pieces = PIECES.findall(content)
    for _ in range(chance.randrange(1, 6)):
        at, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        what = chance.randrange(6)
        if what == 0:
            del pieces[at]
        elif what == 1:
            pieces.insert(other, pieces[at])
        elif what == 2:
            pieces[at], pieces[other] = pieces[other], pieces[at]
        elif what == 3:
            pieces[at] = re.sub(
                rb'"[^"]*"', lambda _: b'"%d"' % chance.choice([0, -1, 2, 9, 2**31, 10**12]), pieces[at]
            )
        elif what == 4:
            start, end = sorted((at, other))
            pieces[start:end] = [] if chance.randrange(2) else pieces[start:end] * 2
        else:
            pieces[at] = bytes(chance.choice(pieces[at] + b"<>&\"'\0 \xff") for _ in pieces[at])
        if len(pieces) < 2:
            break
    return b"".join(pieces)


def whole(chance: random.Random, content: bytes) -> bytes:
    """The same markup with elements of it dropped, doubled or moved elsewhere, always well-formed."""
    root = ElementTree.fromstring(content)  # noqa: S314 (we have written it)
    for _ in range(chance.randrange(1, 8)):
        places = [(parent, child) for parent in root.iter() for child in parent]
        if not places:
            break
        (parent, child), (target, _) = chance.choice(places), chance.choice(places)
        what = chance.randrange(3)
        if what != 1:
            parent.remove(child)
        if what and target not in child.iter():
            target.insert(chance.randrange(len(target) + 1), child)
    return ElementTree.tostring(root)


def damaged(chance: random.Random, name: str, damage) -> bytes:
    content = parts(GOLD[name])
    kinds = [one for one in sorted(content) if damage is shaken or (one.startswith("word/") and one.endswith(".xml"))]
    at = chance.choice([*kinds, *["word/document.xml"] * len(kinds)])
    text = content[at]
    content[at] = damage(chance, text if isinstance(text, bytes) else text.encode())
    return packed(content)


@given(NAMES, CHANCE)
@settings(max_examples=300)
def test_shaken_markup(name: str, chance: random.Random) -> None:
    read(damaged(chance, name, shaken))


@given(NAMES, CHANCE)
@settings(max_examples=300)
def test_other_trees_of_the_same_elements(name: str, chance: random.Random) -> None:
    file = damaged(chance, name, whole)
    draft = read(file)
    if draft is None:
        return
    assert Counter((one.id, one.author) for one in draft.tracked) == marks(file)
    begun(draft)


@given(NAMES, CHANCE)
@settings(max_examples=500)
def test_directories_that_lie(name: str, chance: random.Random) -> None:
    file = bytearray(GOLD[name])
    start = file.find(b"PK\x01\x02")
    for _ in range(chance.randrange(1, 4)):
        size = chance.choice([1, 2, 4, 8])
        at = chance.randrange(start, len(file) - size)
        value = chance.choice([0, 1, 0x7F, 0xFF, len(file), 2**31, 2**32 - 1, 2**63, chance.getrandbits(64)])
        file[at : at + size] = struct.pack("<Q", value % 2**64)[:size]
    read(bytes(file))


@pytest.mark.parametrize("name", sorted(GOLD))
def test_every_cut_is_refused(name: str) -> None:
    file = GOLD[name]
    for end in range(0, len(file), 97):
        assert read(file[:end]) is None
