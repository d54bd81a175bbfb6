"""Versions as they stand in the document, and the text that they fix."""

import asyncio
import hashlib
import os
import re
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from documents.authorship.runs import Byline
from documents.chapter import ChapterDocument
from documents.errors import ChapterNotFound, StorageDamaged
from documents.formats import text as plain_text
from documents.gavel.rulings import Person, set_status
from documents.incoming.opening import TitleInvalid, create, from_draft
from documents.model import Chapter
from documents.outline import level_of
from documents.rooms import Rooms
from documents.storage.memory import MemoryStorage
from documents.versions import frozen
from documents.versions.freezing import SymbolInvalid, Wanted, freeze
from documents.versions.frozen import FrozenParagraph, Past, canonical, exceptions, hash_of
from documents.versions.versions import (
    MAX_ACTS,
    MAX_AUTOMATIC,
    MAX_VERSIONS,
    Publication,
    Version,
    VersionExists,
    VersionNotFound,
    VersionsFull,
    add_version,
    find,
    note_act,
    status_line,
    versions,
)

SEEDS = Path(os.environ.get("ADREF_SEEDS", Path(__file__).parents[3] / "shared" / "seeds"))
AT = "2026-03-02T10:00:00.000Z"
CHAIR = Person("chair", "Annelise Brunner", "switzerland", "Switzerland", "chair")
PAPER = "\n".join(["B. Vision", "1) Priorities", *(f"{number}. Paragraph {number}." for number in range(1, 37))])


def in_document(change: Callable[[ChapterDocument], object]) -> ChapterDocument:
    document = ChapterDocument()

    def write(one: ChapterDocument) -> None:
        change(one)

    document.write(write, "chair", 1)
    return document


def test_what_an_older_program_noted_is_read() -> None:
    def note(document: ChapterDocument) -> None:
        document.maps["versions"]["Zero draft"] = {"seq": 7, "at": AT, "by": "chair"}

    document = in_document(note)
    assert versions(document) == [Version("Zero draft", 7, AT, "chair")]
    assert Version("Zero draft", 7, AT, "chair").to_map() == {"seq": 7, "at": AT, "by": "chair"}


def test_all_that_is_said_of_a_version_comes_back() -> None:
    acts = (Publication("publish", "chair", AT), Publication("withdraw", "secretariat", AT))
    said = ("A/1", status_line(date(2014, 4, 17), "COB"), "besides Para 2", "ab" * 32)
    version = Version("A", 3, AT, "chair", *said, automatic=True, address="a-1", acts=acts)
    document = in_document(lambda one: add_version(one, version))
    assert versions(document) == [version]
    assert find(document, version.id) == find(document, "A") == version
    assert not version.published
    with pytest.raises(VersionNotFound):
        find(document, "B")


@pytest.mark.parametrize("said", [float("nan"), float("inf"), 0, 7, 10**400, "3", None])
def test_a_level_that_no_heading_has_is_that_of_one_without(said: object) -> None:
    assert level_of(said) == level_of(2) == 2
    assert (level_of(1.0), level_of(6)) == (1, 6)


def test_the_status_line() -> None:
    assert status_line(date(2014, 4, 17), "COB") == "Status as of 17 April 2014, COB"
    assert status_line(date(2026, 11, 3)) == "Status as of 3 November 2026"


def test_named_versions_fill_up_and_automatic_ones_make_room() -> None:
    def fill(document: ChapterDocument) -> None:
        for number in range(MAX_VERSIONS):
            assert add_version(document, Version(f"named {number}", number, AT, "chair"))
        assert not add_version(document, Version("one more", 1, AT, "chair"))
        assert not add_version(document, Version("named 1", 1, AT, "adref", automatic=True))
        for number in range(MAX_AUTOMATIC):
            assert add_version(document, Version(f"made {number}", number, AT, "adref", automatic=True))
        note_act(document, "made 0", "made-0", Publication("publish", "chair", AT))
        assert add_version(document, Version("made last", 1, AT, "adref", automatic=True))

    kept = [one.name for one in versions(in_document(fill)) if one.automatic]
    assert len(kept) == MAX_AUTOMATIC
    assert "made 0" in kept  # it was published
    assert "made 1" not in kept
    assert "made last" in kept


def test_an_address_is_given_once_and_acts_are_bounded() -> None:
    noted: list[Version | None] = []

    def act(document: ChapterDocument) -> None:
        add_version(document, Version("A", 1, AT, "chair"))
        publish = Publication("publish", "chair", AT)
        noted.extend(note_act(document, "A", f"a-{number}", publish) for number in range(MAX_ACTS + 1))
        noted.append(note_act(document, "B", "b", publish))

    (version,) = versions(in_document(act))
    assert (version.address, version.published, len(version.acts)) == ("a-0", True, MAX_ACTS)
    assert noted[-2:] == [None, None]


def test_the_canonical_form_is_as_documented() -> None:
    text = (
        FrozenParagraph("h", "1)", "heading", 2, "Trust", "draft", void=False),
        FrozenParagraph("p", "2 bis", "paragraph", 0, 'Ça, "信任" \\ \n', "agreed", void=True),
    )
    form = '["heading","1)","draft","Trust"]\n["paragraph","2 bis","agreed (void)","Ça, \\"信任\\" \\\\ \\n"]\n'
    assert canonical(text) == form.encode()
    assert hash_of(text) == hashlib.sha256(form.encode()).hexdigest()


@pytest.mark.parametrize("symbol", ["é", "-A", "A\nB\u202e", "A" * 81, "<b>", "A?"])
def test_symbols_that_can_t_be(symbol: str) -> None:
    with pytest.raises(SymbolInvalid):
        Wanted(symbol=symbol).cleaned()


def test_a_version_without_a_name_is_called_by_its_symbol_and_status() -> None:
    wanted = Wanted(symbol=" WSIS+10/4/26/Pre-agreed ", status="Status as of 17 April 2014, COB")
    assert wanted.cleaned().name == "WSIS+10/4/26/Pre-agreed, Status as of 17 April 2014, COB"
    assert Wanted("A", "E/CN.16/2014/CRP.2", "x").cleaned().name == "A"
    with pytest.raises(TitleInvalid):
        Wanted().cleaned()


async def make(rooms: Rooms) -> Chapter:
    draft = plain_text.read(PAPER)
    return await create(rooms, draft.title, "secretariat", from_draft(draft, lambda _: pytest.fail()), at=1)


async def agree(rooms: Rooms, chapter: str, labels: set[str]) -> None:
    """Agree the paragraphs of these labels, in one step each as people do."""
    room = await rooms.open(chapter)
    for one in await room.read(ChapterDocument.paragraphs):
        if one.label in labels:
            await room.write("chair", partial(rule, one.id))


def meeting_paper(number: str) -> str:
    (path,) = SEEDS.glob(f"{number}_*.txt")
    return path.read_text(encoding="utf-8")


def rule(paragraph: str, document: ChapterDocument) -> None:
    set_status(document, paragraph, "agreed in group", CHAIR, AT, "")


def append(paragraph: str, document: ChapterDocument) -> None:
    document.append("paragraph", {"id": paragraph, "label": ""}, "新的 نص 😀")


def fill_up(document: ChapterDocument) -> None:
    for number in range(MAX_VERSIONS):
        add_version(document, Version(str(number), 1, AT, "chair"))


async def test_the_exceptions_of_a_meeting_paper_come_out_of_its_statuses() -> None:
    rooms = Rooms(MemoryStorage())
    chapter = await make(rooms)
    room = await rooms.open(chapter.id)
    await agree(rooms, chapter.id, {str(number) for number in range(1, 37)} - {"2", "21", "27", "28", "29", "30"})
    version = await freeze(room, Wanted(symbol="WSIS+10/4/26/Pre-agreed"), "secretariat", AT)
    assert version.exceptions == "besides Paras 2, 21, 27-30"
    await rooms.close()


@pytest.mark.skipif(not SEEDS.is_dir(), reason="no meeting papers here")
async def test_those_of_the_meeting_come_out_of_its_draft_as_its_report_tells_them() -> None:
    draft = plain_text.read(meeting_paper("000"))
    said = re.search(r"WSIS\+10/4/26/Pre-agreed \((besides Paras [^)]*)\)", meeting_paper("004"))
    assert said is not None
    rooms = Rooms(MemoryStorage())
    opening = from_draft(draft, lambda name: Byline("", name, "", "", ""))
    chapter = await create(rooms, draft.title, "secretariat", opening, at=1)
    room = await rooms.open(chapter.id)
    labels = {one.label for one in await room.read(ChapterDocument.paragraphs) if one.kind == "paragraph"}
    assert {"2", "21", "27", "28", "29", "30"} < labels
    await agree(rooms, chapter.id, labels - {"2", "21", "27", "28", "29", "30"})
    version = await freeze(room, Wanted(symbol="WSIS+10/4/26/Pre-agreed"), "secretariat", AT)
    assert version.exceptions == said[1] == "besides Paras 2, 21, 27-30"
    await rooms.close()


async def test_the_text_of_a_version_is_read_again_however_old_and_packed() -> None:
    storage = MemoryStorage(run=4)
    rooms = Rooms(storage)
    chapter = await make(rooms)
    room = await rooms.open(chapter.id)
    past = Past(storage)
    made: list[tuple[Version, frozen.Frozen]] = []
    for number in range(1, 6):
        await agree(rooms, chapter.id, {str(number)})
        now = await room.read(frozen.of_chapter)
        made.append((await freeze(room, Wanted(f"Version {number}"), "chair", AT), now))
        await room.write("egypt", partial(append, f"n-{number}"))
    assert len({version.hash for version, _ in made}) == 5
    assert await storage.pack(chapter.id, room.seq)
    for version, then in made:
        text = await past.at(chapter.id, version.seq)
        assert text == then
        assert (hash_of(text), exceptions(text)) == (version.hash, version.exceptions)
        assert await past.at(chapter.id, version.seq) is text
    await rooms.close()


async def test_two_who_freeze_at_once_under_one_name() -> None:
    rooms = Rooms(MemoryStorage())
    chapter = await make(rooms)
    room = await rooms.open(chapter.id)
    freezing = (freeze(room, Wanted("COB"), who, AT) for who in ("chair", "secretariat"))
    done = await asyncio.gather(*freezing, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Version", VersionExists.__name__]
    await room.write("chair", fill_up)
    with pytest.raises(VersionsFull):
        await freeze(room, Wanted("One more"), "chair", AT)
    await rooms.close()


async def test_a_text_that_is_not_there() -> None:
    storage = MemoryStorage()
    chapter = await make(Rooms(storage))
    with pytest.raises(StorageDamaged):
        await Past(storage).at(chapter.id, 100)
    with pytest.raises(ChapterNotFound):
        await Past(storage).at("missing", 1)
