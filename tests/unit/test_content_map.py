"""Content maps, against the library that they are for."""

import json
import subprocess
from collections.abc import Callable, Iterator
from operator import itemgetter
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import XmlElement, XmlFragment, XmlText

from documents.authorship.content_map import MINUTE, content_map, gone
from documents.authorship.record import Range
from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.model import SERVER
from tests.livekit import ROOT
from tests.wirekit import Replica

BYLINES = {
    "amina": Byline("amina", "Amina", "egypt", "Egypt", "government", 1, "#1f5fa8"),
    "amina~2": Byline("amina", "Amina", "ifip", "IFIP", "civil society", 2, "#a8431f"),
    "@cuba": Byline("", "", "cuba", "Cuba", "", 3, "#2c7a3f"),
    "ö😀": Byline("ö😀", "Ö", "일본", "日本", "", 4, "#7a3d9c"),
}
TAGS = (*BYLINES, SERVER, "a tag without a byline")
CLIENTS = (1, 2, 2**31, 2**32 - 1, 2**53 - 1)
NOW = 29_900_000
"""Minutes since 1970, in the year 2026."""

Reader = Callable[[bytes], dict[str, Any]]


@pytest.fixture(scope="module")
def read() -> Iterator[Reader]:
    """What @y/y 14 makes of a content map."""
    pipe = subprocess.PIPE
    command = ("node", str(ROOT / "tests" / "node" / "content-map.mjs"))
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:

        def ask(data: bytes) -> dict[str, Any]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps({"map": data.hex()}) + "\n")
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(process.stdout.readline())
            return answer

        yield ask
        assert process.stdin is not None
        process.stdin.close()


@st.composite
def clients_ranges(draw: st.DrawFn) -> list[Range]:
    """Ranges of several clients, many of them side by side, many that say the same."""
    ranges: list[Range] = []
    clients = draw(st.sets(st.sampled_from(CLIENTS) | st.integers(1, 2**53 - 1), max_size=5))
    part = st.tuples(
        st.just(0) | st.integers(0, 2**20),
        st.integers(1, 300) | st.integers(1, 2**26),
        st.sampled_from(TAGS),
        st.sampled_from((NOW, NOW + 1)) | st.integers(0, 2**27),
    )
    for client in sorted(clients):
        clock = 0
        for skipped, length, tag, minute in draw(st.lists(part, min_size=1, max_size=8)):
            ranges.append((client, clock + skipped, length, tag, minute))
            clock += skipped + length
    return ranges


def expected(ranges: list[Range], action: str) -> list[list[Any]]:
    """Each range with what is said of it; neighbours that say the same as one."""
    found: list[list[Any]] = []
    for client, clock, length, tag, minute in ranges:
        byline = BYLINES.get(tag)
        said: dict[str, Any] = {action: tag, f"{action}At": minute * MINUTE}
        if byline is not None:
            more = {"participant": byline.participant, "delegation": byline.delegation, "group": byline.group}
            said |= {f"{action}:{name}": value for name, value in more.items() if value}
        if found and found[-1][0] == client and found[-1][1] + found[-1][2] == clock and found[-1][3] == said:
            found[-1][2] += length
        else:
            found.append([client, clock, length, said])
    return found


@given(clients_ranges(), clients_ranges())
def test_yjs_14_reads_it(read: Reader, insertions: list[Range], deletions: list[Range]) -> None:
    data = content_map(insertions, deletions, BYLINES)
    answer = read(data)
    assert answer["inserts"] == expected(insertions, "insert")
    assert answer["deletes"] == expected(deletions, "delete")
    assert answer["again"] == data.hex()  # byte for byte what the library itself would write


def test_empty() -> None:
    assert content_map([], [], {}) == b"\0\0"


@pytest.fixture
def chapter() -> tuple[ChapterDocument, Replica, Replica]:
    """A chapter with a paragraph by Amina, and an editor of hers and one of Kenji's."""
    document, amina, kenji = ChapterDocument(), Replica(5), Replica(6)
    document.take(amina.paragraph("every word matters"), "amina", NOW * MINUTE)
    kenji.doc.apply_update(document.state())
    return document, amina, kenji


def paragraph(fragment: XmlFragment) -> XmlElement:
    first = fragment.children[0]
    assert isinstance(first, XmlElement)
    return first


def gone_by(document: ChapterDocument, who: str) -> int:
    """How many ids somebody has deleted."""
    return sum(length for _, _, length, tag, _ in gone(document.record) if tag == who)


def test_moved_text_is_not_called_deleted_where_it_was(chapter: tuple[ChapterDocument, Replica, Replica]) -> None:
    document, _, kenji = chapter

    def move(fragment: XmlFragment) -> None:
        text = paragraph(fragment).children[0]
        assert isinstance(text, XmlText)
        del text[0:6]
        text.insert(len(str(text)), " every")

    document.take(kenji.change(move), "kenji", (NOW + 1) * MINUTE)
    assert sum(length for *_, length, tag, _ in document.record.deletions() if tag == "kenji") == len("every ")
    assert gone_by(document, "kenji") == 0


def test_what_came_into_a_deleted_paragraph_went_with_it(chapter: tuple[ChapterDocument, Replica, Replica]) -> None:
    document, amina, kenji = chapter

    def delete_it(fragment: XmlFragment) -> None:
        del fragment.children[0]

    delete = amina.change(delete_it)
    add = kenji.change(lambda fragment: paragraph(fragment).children.append(XmlText("too")))
    document.take(delete, "amina", (NOW + 1) * MINUTE)
    before = gone_by(document, "amina")
    document.take(add, "kenji", (NOW + 2) * MINUTE)
    assert gone_by(document, "amina") == before + 1 + len("too")
    assert gone_by(document, "kenji") == 0


@pytest.mark.parametrize("minute", [0, 1, 2**31 // 60_000, 2**31 // 60_000 + 1, 2**20, NOW, 2**37])
def test_times(read: Reader, minute: int) -> None:
    answer = read(content_map([(1, 0, 1, "amina", minute)], [], BYLINES))
    assert answer["inserts"][0][3]["insertAt"] == minute * MINUTE


def test_input_may_be_read_once_only(read: Reader) -> None:
    ranges: list[Range] = [(7, 0, 3, "amina", NOW), (7, 3, 2, "amina", NOW)]
    answer = read(content_map(iter(ranges), iter(()), BYLINES))
    assert list(map(itemgetter(0, 1, 2), answer["inserts"])) == [(7, 0, 5)]


def test_what_is_said_often_is_written_once() -> None:
    """A range costs its place, its length and one byte for each thing said of it."""

    def ranges(count: int) -> list[Range]:
        return [(1, 10 * index, 5, ("amina", "amina~2")[index % 2], NOW) for index in range(count)]

    more = len(content_map(ranges(1_002), [], BYLINES)) - len(content_map(ranges(1_000), [], BYLINES))
    assert more == 2 * (2 + 1 + 5)


def test_linear() -> None:
    """Ten times as much takes about ten times as long, not a hundred times."""

    def seconds(count: int) -> float:
        ranges: list[Range] = [
            (1 + index // 50, index, 1, TAGS[index % 5], NOW + index // 99) for index in range(count)
        ]
        start = perf_counter()
        content_map(ranges, ranges, BYLINES)
        return perf_counter() - start

    assert min(seconds(20_000) for _ in range(3)) < 40 * min(seconds(2_000) for _ in range(3))
