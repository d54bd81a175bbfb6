"""The sample meeting's papers: complete, without slips, and of one piece."""

import csv
from pathlib import Path

import pytest

import server.sample
from documents.chapter import ChapterDocument
from documents.formats.text import read, write
from documents.incoming.draft import Draft
from documents.model import SERVER
from documents.search import find
from server.offline import open_offline
from server.sample_meeting import make_sample
from server.settings import Settings

FOLDER = Path(server.sample.__file__).parent
GROUPS = {
    "government",
    "private sector",
    "civil society",
    "international organization",
    "technical community",
    "academia",
}


@pytest.fixture(scope="module")
def chapter() -> Draft:
    return read((FOLDER / "chapter.txt").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def participants() -> dict[str, dict[str, str]]:
    with (FOLDER / "participants.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: row for row in rows}


def paragraph(chapter: Draft, label: str) -> str:
    (text,) = [block.text for block in chapter.blocks if (block.kind, block.label) == ("paragraph", label)]
    return text


def test_the_chapter_has_five_sections_and_no_slip(chapter):
    assert chapter.problems == ()
    assert chapter.title == "D4. Trustworthy public digital services"
    assert [block.label for block in chapter.blocks if block.kind == "heading"] == ["1)", "2)", "3)", "4)", "5)"]
    paragraphs = [block for block in chapter.blocks if block.kind == "paragraph"]
    assert 32 <= len(paragraphs) <= 38
    assert all(block.label and block.text for block in paragraphs)


def test_the_chapter_shows_what_a_negotiation_has(chapter):
    assert paragraph(chapter, "12 bis")
    assert paragraph(chapter, "21.Alt.1") != paragraph(chapter, "21.Alt.2")
    assert paragraph(chapter, "14").startswith("[")
    assert paragraph(chapter, "14").endswith(" - Japan; Egypt delete]")
    assert "«ميثاق الخدمات الرقمية العامة الجديرة بالثقة»" in paragraph(chapter, "12 bis")
    assert max(len(block.notes) for block in chapter.blocks) >= 3
    kinds = [note.kind for block in chapter.blocks for note in block.notes]
    assert kinds.count("comment") >= 10
    assert kinds.count("source") >= 5
    assert find("trustworthy PUBLIC", [chapter.title])


def test_whoever_is_named_beside_the_text_is_a_delegation_of_the_meeting(chapter, participants):
    named = {note.name for block in chapter.blocks for note in block.notes}
    assert named <= {row["delegation"] for row in participants.values()}


async def test_what_delegations_contributed_is_theirs(chapter, tmp_path):
    async with open_offline(Settings(data=tmp_path), make=True) as offline:
        await make_sample(offline)
        (made,) = await offline.rooms.storage.chapters()
        document = ChapterDocument.recover(await offline.rooms.storage.recover(made.id))
        delegations = {one.name: one.id for one in offline.meeting.delegations()}
    sources = {
        block.label: f"@{delegations[note.name]}"
        for block in chapter.blocks
        for note in block.notes
        if note.kind == "source"
    }
    bylines = document.bylines()
    assert {one.delegation for one in bylines.values()} >= {tag.removeprefix("@") for tag in sources.values()}
    for paragraph in document.runs():
        assert [run.by for run in paragraph.runs] == [sources.get(paragraph.label, SERVER)]


def test_the_chapter_is_read_the_same_after_writing(chapter):
    again = read(write(chapter))
    assert [(b.label, b.text, b.notes) for b in again.blocks] == [(b.label, b.text, b.notes) for b in chapter.blocks]


@pytest.mark.parametrize(
    ("id_", "delegation", "group", "role"),
    [
        ("chair", "Switzerland", "government", "chair"),
        ("vice-chair", "Tonga", "government", "vice-chair"),
        ("secretariat", "Secretariat", "international organization", "secretariat"),
        ("egypt", "Egypt", "government", "delegate"),
        ("ifip", "IFIP", "civil society", "delegate"),
        ("acme", "Acme Networks", "private sector", "delegate"),
        ("observer", "Hebridean Library Trust", "civil society", "observer"),
    ],
)
def test_participants_that_scripts_rely_on(participants, id_, delegation, group, role):
    row = participants[id_]
    assert (row["delegation"], row["group"], row["role"]) == (delegation, group, role)


def test_the_participants_list_is_complete_and_opens_the_chapter_to_all(participants):
    rows = participants.values()
    assert all(list(row) == ["id", "name", "delegation", "group", "role", "breakout"] for row in rows)
    assert all(row["id"] and row["name"] and row["delegation"] and row["breakout"] == "" for row in rows)
    assert {row["group"] for row in rows} == GROUPS
    assert {row["role"] for row in rows} == {"chair", "vice-chair", "secretariat", "delegate", "observer"}
    assert len({(row["delegation"], row["group"]) for row in rows}) == len({row["delegation"] for row in rows})
