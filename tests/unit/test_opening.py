"""How a chapter begins: from a title or a draft; comments noted and settled."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.chapter import ChapterDocument
from documents.formats import text as plain_text
from documents.model import SERVER, Chapter, Entry, Recovery
from documents.opening import (
    MAX_TITLE,
    Change,
    Comment,
    TitleInvalid,
    add_comment,
    clean_title,
    create,
    find_comment,
    from_draft,
    new_comment_id,
    resolve_comment,
    slug,
    title_only,
)
from documents.rooms import Rooms
from documents.storage.memory import MemoryStorage

COMMENT = Comment("c-1", "p-1", "Egypt", "egypt", "Unclear", "2025-01-01T00:00:00.000Z")
SETTLED = Comment("c-1", "p-1", "Egypt", "egypt", "Unclear", "2025-01-01T00:00:00.000Z", resolved=True)


def written(*changes: Change) -> ChapterDocument:
    """A chapter after these changes, as it is recovered from its journal."""
    document = ChapterDocument()
    updates = [document.write(change) for change in changes]
    chapter = Chapter("c", "C", 1, SERVER)
    tail = tuple(Entry("c", seq, 1, SERVER, update) for seq, update in enumerate(filter(None, updates), start=1))
    return ChapterDocument.recover(Recovery(chapter, None, tail))


def test_a_title_alone_leaves_room_to_type() -> None:
    document = written(title_only("Trust"))
    (paragraph,) = document.paragraphs()
    assert (paragraph.kind, paragraph.label, paragraph.text) == ("paragraph", "", "")
    assert document.has_paragraph(paragraph.id)
    assert document.value("meta") == {"title": "Trust"}


def test_a_draft_becomes_paragraphs_with_ids_of_their_own() -> None:
    draft = plain_text.read("Part\nC1. Trust\n\n1) One\n1. A.\tComment by Author: Egypt: No\n1 bis. B.\nC.\n")
    document = written(from_draft(draft))
    paragraphs = document.paragraphs()
    assert [(one.kind, one.label, one.text) for one in paragraphs] == [
        ("heading", "", "Part"),
        ("heading", "", "C1. Trust"),
        ("heading", "1)", "One"),
        ("paragraph", "1", "A."),
        ("paragraph", "1 bis", "B."),
        ("paragraph", "", "C."),
    ]
    assert len({one.id for one in paragraphs}) == 6
    assert document.count("paragraph") == document.count("heading") == 3
    assert all(document.has_paragraph(one.id) for one in paragraphs)
    assert document.value("meta") == {"title": "C1. Trust"}
    assert document.settle([]) == b""


def test_a_draft_of_nothing_leaves_room_to_type() -> None:
    assert len(written(from_draft(plain_text.read(""), "Trust")).paragraphs()) == 1


def test_notes_of_a_draft_keep_their_order_and_paragraph() -> None:
    note = "\tComment by Author: "
    draft = plain_text.read(
        f"T\n1. A.{note}Egypt: 1{note}IFIP{note}Japan: 2\n2. B.{note}Egypt: 3{note}Contribution by Cuba\n"
    )
    document = written(from_draft(draft))
    first, second = (one.id for one in document.paragraphs()[1:])
    comments = sorted(document.value("comments").items())
    assert [(value["paragraph"], value["name"], value["text"]) for _, value in comments] == [
        (first, "Egypt", "1"),
        (first, "Japan", "2"),
        (second, "Egypt", "3"),
    ]
    assert [value for _, value in sorted(document.value("sources").items())] == [
        {"paragraph": first, "name": "IFIP"},
        {"paragraph": second, "name": "Cuba"},
    ]


def test_a_comment_is_noted_settled_and_opened_again() -> None:
    noted = add_comment(COMMENT)
    assert find_comment(written(noted), "c-1") == COMMENT
    assert find_comment(written(noted), "c-2") is None
    assert find_comment(written(noted, resolve_comment("c-1", resolved=True)), "c-1") == SETTLED
    both = (resolve_comment("c-1", resolved=True), resolve_comment("c-1", resolved=False))
    assert find_comment(written(noted, *both), "c-1") == COMMENT


@pytest.mark.parametrize("change", [resolve_comment("c-1", resolved=False), resolve_comment("c-2", resolved=True)])
def test_what_changes_nothing_writes_nothing(change: Change) -> None:
    document = written(add_comment(COMMENT))
    assert document.write(change) == b""


def test_ids_of_comments_differ() -> None:
    assert len({new_comment_id() for _ in range(100)}) == 100


@given(st.text(max_size=400))
def test_a_title_is_clean_or_refused(text: str) -> None:
    try:
        title = clean_title(text)
    except TitleInvalid as error:
        assert error.reason in str(error)
        return
    assert title == clean_title(title)
    assert 0 < len(title) <= MAX_TITLE
    assert title.isprintable() or any(not letter.isascii() for letter in title)


@given(st.text(max_size=400))
def test_an_id_can_stand_in_an_address(title: str) -> None:
    id_ = slug(title)
    assert 1 <= len(id_) <= 60
    assert id_.isascii()
    assert id_.replace("-", "").isalnum()
    assert id_ == id_.lower().strip("-")
    assert slug(id_) == id_


async def test_every_chapter_gets_a_free_id() -> None:
    rooms = Rooms(MemoryStorage())
    made = await asyncio.gather(*(create(rooms, " Trust ", SERVER, title_only("Trust"), at=1) for _ in range(3)))
    assert sorted(one.id for one in made) == ["trust", "trust-2", "trust-3"]
    assert {one.title for one in await rooms.storage.chapters()} == {"Trust"}
    await rooms.close()


async def test_a_chapter_without_a_title_is_not_kept() -> None:
    rooms = Rooms(MemoryStorage())
    with pytest.raises(TitleInvalid):
        await create(rooms, " ", SERVER, title_only(""), at=1)
    assert await rooms.storage.chapters() == []
    await rooms.close()
