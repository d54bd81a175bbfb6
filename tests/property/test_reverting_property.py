"""Whatever people did, and whichever point is come back to: the text, its labels and its authors are what they were."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from documents.chapter import ChapterDocument
from documents.model import SERVER, Entry, Recovery
from documents.model import Chapter as Header
from documents.redline.base import Base
from documents.redline.redline import read, redline
from documents.versions.reverting import Difference, Past, Reverting, past_of
from tests.property.redline_people import MINUTE, Chapter

SEEDS = 120
STEPS = 60
HEADER = Header("trust", "Trust", 0, "amina")


def rebuilt(journal: list[Entry]) -> ChapterDocument:
    """The chapter as it was after these entries."""
    return ChapterDocument.recover(Recovery(HEADER, None, tuple(journal)))


def runs(document: ChapterDocument) -> list[tuple[Any, ...]]:
    """Every paragraph with its runs: the text, who wrote it when, and who moved it."""
    return [(one.id, one.label, one.kind, one.runs) for one in document.runs()]


def looks(past: Past) -> list[object]:
    """Names, attributes, texts with their formats."""
    return [(part.tag, part.attributes, part.chunks, looks(tuple(part.children))) for part in past]


def named(journal: list[Entry], seq: int) -> int:
    """The next point at which the server had named all paragraphs."""
    while seq < len(journal) and journal[seq].author == SERVER:
        seq += 1
    return seq


def revert(chapter: Chapter, seq: int, author: str = "fonua") -> tuple[Difference, ...]:
    """Come back to a point, as the room does it."""
    past = past_of(rebuilt(chapter.journal[:seq]))
    document, at = chapter.document, chapter.minute * MINUTE
    found: list[tuple[Difference, ...]] = []

    def change(one: ChapterDocument) -> None:
        reverting = Reverting(one, past)
        found.append(reverting.differences)
        if reverting.differences:
            reverting.carry_out(())

    chapter._keep(document.write(change, author, at), author)
    chapter._keep(document.settle([], at), SERVER)
    return found[0]


def points(chapter: Chapter) -> Iterator[int]:
    for _ in range(3):
        yield named(chapter.journal, chapter.random.randrange(1, len(chapter.journal) + 1))


@pytest.mark.parametrize("block", range(10))
def test_the_text_and_its_authors_are_what_they_were(block: int) -> None:
    for seed in range(block * SEEDS // 10, (block + 1) * SEEDS // 10):
        chapter = Chapter(seed)
        for _ in range(STEPS):
            chapter.step()
        for seq in points(chapter):
            then = rebuilt(chapter.journal[:seq])
            before = runs(chapter.document)
            found = revert(chapter, seq)
            told = f"{seed=} {seq=}"
            assert runs(chapter.document) == runs(then), told
            assert looks(past_of(chapter.document)) == looks(past_of(then)), told
            assert bool(found) or before == runs(then), told
            assert revert(chapter, seq) == (), told
            changes = (one for paragraph in redline_since(chapter, seq) for one in paragraph.changes)
            assert {one.change for one in changes if one.text.strip()} <= {"kept"}, told  # a list's blocks are parted
            for _ in range(STEPS // 4):
                chapter.step()
        check_journal(chapter)
        check_people(chapter)


def redline_since(chapter: Chapter, seq: int) -> list[Any]:
    base = Base()
    base.extend(chapter.journal[:seq])
    base.close()
    return redline(read(chapter.document), base)


def check_journal(chapter: Chapter) -> None:
    """What is replayed is what there is, authors and all."""
    again = rebuilt(chapter.journal)
    assert runs(again) == runs(chapter.document)
    assert again.record.encode() == chapter.document.record.encode()


def check_people(chapter: Chapter) -> None:
    """All come to the same text, with what they had not sent yet."""
    for person in chapter.people:
        chapter._send(person)
    now = [_words(child) for child in chapter.document.children]
    for person in chapter.people:
        person.hear(chapter.journal)
        assert [_words(child) for child in person.root.children] == now


def _words(node: Any) -> str:
    """What stands between the tags, whose attributes come in any order."""
    return re.sub("<[^>]*>", "|", str(node))
