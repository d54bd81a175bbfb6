"""Whatever people do, and whichever point the text is held against: a redline holds the text then and the text now."""

from collections.abc import Iterable, Iterator

import pytest

from documents.chapter import ChapterDocument
from documents.model import SERVER, Entry, Recovery
from documents.model import Chapter as Header
from documents.redline.base import Base
from documents.redline.redline import NOW, THEN, RedlineParagraph, read, redline
from tests.property.redline_people import Chapter

SEEDS = 500
STEPS = 80
HEADER = Header("trust", "Trust", 0, "amina")


def rebuilt(journal: list[Entry]) -> ChapterDocument:
    """The chapter as it was after these entries."""
    return ChapterDocument.recover(Recovery(HEADER, None, tuple(journal)))


def texts(document: ChapterDocument) -> list[tuple[str, str]]:
    """Every child of the text, as its own document says it."""
    return [(one.id, said("".join(run.text for run in one.runs))) for one in document.runs()]


def said(text: str) -> str:
    """Without what only parts the blocks of a list."""
    return "".join(text.split())


def base_of(journal: list[Entry], seq: int) -> Base:
    base = Base()
    base.extend(journal[:seq])
    base.close()
    return base


def resolved(paragraphs: Iterable[RedlineParagraph], changes: tuple[str, ...], missing: str) -> list[tuple[str, str]]:
    """One of the two texts, as the format says that it follows: (id, text) of each paragraph."""
    found: list[tuple[str, str]] = []
    waiting = ""
    for one in paragraphs:
        text = said("".join(change.text for change in one.changes if change.change in changes))
        if one.change != missing:
            found.append((one.id, waiting + text))
            waiting = ""
        elif one.part_of == "next":
            waiting += text
        elif one.part_of == "previous":
            found[-1] = (found[-1][0], found[-1][1] + text)
        else:
            assert not text
    assert not waiting
    return found


def length(paragraphs: Iterable[RedlineParagraph], change: str) -> int:
    """How much text was so changed."""
    return sum(len(one.text) for paragraph in paragraphs for one in paragraph.changes if one.change == change)


def points(journal: list[Entry]) -> Iterator[int]:
    """The beginning, the end, and some points between at which the server had named all paragraphs."""
    for seq in sorted({0, 1, *(len(journal) * part // 4 for part in (1, 2, 3)), len(journal) - 1, len(journal)}):
        while seq < len(journal) and journal[seq].author == SERVER:
            seq += 1  # noqa: PLW2901
        yield seq


@pytest.mark.parametrize("block", range(10))
def test_both_texts_follow_from_it(block: int) -> None:
    for seed in range(block * SEEDS // 10, (block + 1) * SEEDS // 10):
        chapter = Chapter(seed)
        for _ in range(STEPS):
            chapter.step()
        journal, document = chapter.journal, chapter.document
        now = texts(document)
        text = read(document)
        for seq in points(journal):
            found = redline(text, base_of(journal, seq))
            then = texts(rebuilt(journal[:seq]))
            assert resolved(found, NOW, "deleted") == now, f"{seed=} {seq=}"
            assert resolved(found, THEN, "inserted") == then, f"{seed=} {seq=}"
            assert length(found, "moved-here") == length(found, "moved-away"), f"{seed=} {seq=}"
        assert {change.change for one in found for change in one.changes} <= {"kept"}
