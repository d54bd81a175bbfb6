"""How a chapter begins: from a title or a draft, with what others contributed; comments noted and settled."""

import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.authorship.runs import Byline
from documents.chapter import SERVER_CLIENT, ChapterDocument
from documents.formats import text as plain_text
from documents.incoming.contributions import first_entries
from documents.incoming.opening import (
    MAX_CONTRIBUTORS,
    MAX_TITLE,
    Change,
    Comment,
    Opening,
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
from documents.model import SERVER, Chapter, Entry, Recovery
from documents.rooms import Rooms
from documents.storage.memory import MemoryStorage

COMMENT = Comment("c-1", "p-1", "Egypt", "egypt", "Unclear", "2025-01-01T00:00:00.000Z")
SETTLED = Comment("c-1", "p-1", "Egypt", "egypt", "Unclear", "2025-01-01T00:00:00.000Z", resolved=True)


CHAPTER = Chapter("c", "C", 600_000, "secretariat")
CUBA = Byline("", "Cuba", "cuba", "Cuba", "government", 7, "#123456")


def written(*changes: Change) -> ChapterDocument:
    """A chapter after these changes, as it is recovered from its journal."""
    document = ChapterDocument()
    updates = [document.write(change, SERVER, 1) for change in changes]
    return recovered(Entry("c", seq, 1, SERVER, update) for seq, update in enumerate(filter(None, updates), start=1))


def entries(opening: Opening) -> list[Entry]:
    return first_entries(CHAPTER, "secretariat", opening.change, opening.contributions)


def begun(opening: Opening) -> ChapterDocument:
    """A chapter that begins so, as it is recovered from its journal."""
    return recovered(entries(opening))


def recovered(journal: Iterable[Entry]) -> ChapterDocument:
    return ChapterDocument.recover(Recovery(CHAPTER, None, tuple(journal)))


def contributor(name: str) -> Byline:
    """Cuba is a delegation of the meeting, and nobody else is."""
    return CUBA if name.casefold() == "cuba" else Byline("", name, "", "", "")


def from_text(*lines: str) -> Opening:
    return from_draft(plain_text.read("T\n" + "".join(f"{line}\n" for line in lines)), contributor)


def test_a_title_alone_leaves_room_to_type() -> None:
    document = begun(title_only("Trust"))
    (paragraph,) = document.paragraphs()
    assert (paragraph.kind, paragraph.label, paragraph.text) == ("paragraph", "", "")
    assert document.has_paragraph(paragraph.id)
    assert document.value("meta") == {"title": "Trust"}


def test_a_draft_becomes_paragraphs_with_ids_of_their_own() -> None:
    draft = plain_text.read("Part\nC1. Trust\n\n1) One\n1. A.\tComment by Author: Egypt: No\n1 bis. B.\nC.\n")
    document = begun(from_draft(draft, contributor))
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
    assert document.settle([], 1) == b""


def test_a_draft_of_nothing_leaves_room_to_type() -> None:
    assert len(begun(from_draft(plain_text.read(""), contributor, "Trust")).paragraphs()) == 1


def test_notes_of_a_draft_keep_their_order_and_paragraph() -> None:
    note = "\tComment by Author: "
    draft = plain_text.read(
        f"T\n1. A.{note}Egypt: 1{note}IFIP{note}Japan: 2\n2. B.{note}Egypt: 3{note}Contribution by Cuba\n"
    )
    document = begun(from_draft(draft, contributor))
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


NOTE = "\tComment by Author: "
LONG = "Long " * 15 + "name"
CONTRIBUTED = (
    f"1. From Havana.{NOTE}Contribution by Cuba",
    f"2. Drafted.{NOTE}IFIP: No",
    f"3. From IFIP.{NOTE}IFIP{NOTE}Cuba: Yes",
    f"4. Again from Havana, مع نص عربي 🙂.{NOTE}CUBA",
    f"5) A heading by IFIP{NOTE}IFIP",
)


def test_a_contribution_is_an_entry_of_its_own_by_its_contributor() -> None:
    opening = from_text(*CONTRIBUTED)
    assert [entry.author for entry in entries(opening)][:3] == ["secretariat", "@cuba", "@ifip"]
    assert [entry.seq for entry in entries(opening)] == [*range(1, len(entries(opening)) + 1)]
    assert {entry.at for entry in entries(opening)} == {CHAPTER.created_at}
    texts = ["T", "From Havana.", "Drafted.", "From IFIP.", "Again from Havana, مع نص عربي 🙂.", "A heading by IFIP"]
    assert [one.text for one in begun(opening).paragraphs()] == texts
    assert [one.text for one in recovered(entries(opening)[:1]).paragraphs()] == ["T", "", "Drafted.", "", "", ""]
    assert [one.text for one in recovered(entries(opening)[:2]).paragraphs()] == [*texts[:3], "", texts[4], ""]


def test_every_contributor_writes_by_a_client_id_of_its_own() -> None:
    owners = begun(from_text(*CONTRIBUTED)).owners
    assert owners.pop(SERVER_CLIENT) == SERVER
    assert sorted(owners.values()) == ["@cuba", "@ifip"]
    assert not owners.keys() & begun(from_text(*CONTRIBUTED)).owners.keys()


def test_a_contribution_stands_in_the_text_as_its_contributors() -> None:
    document = begun(from_text(*CONTRIBUTED))
    runs = [[(run.text, run.by) for run in one.runs] for one in document.runs()]
    assert runs == [
        [("T", SERVER)],
        [("From Havana.", "@cuba")],
        [("Drafted.", SERVER)],
        [("From IFIP.", "@ifip")],
        [("Again from Havana, مع نص عربي 🙂.", "@cuba")],
        [("A heading by IFIP", "@ifip")],
    ]
    assert {run.at for one in document.runs() for run in one.runs} == {CHAPTER.created_at // 60_000}
    assert document.bylines() == {"@cuba": CUBA, "@ifip": Byline("", "IFIP", "", "", "")}
    assert document.authorship_problems() == []


def test_clients_read_in_the_document_who_contributed() -> None:
    document = begun(from_text(*CONTRIBUTED))
    assert document.value("authors") == {"@cuba": CUBA.to_map(), "@ifip": Byline("", "IFIP", "", "", "").to_map()}
    clients = {author: client for client, author in document.owners.items()}
    keys = document.value("authorship")
    assert (keys[f"{clients['@cuba']}:0"], keys[f"{clients['@ifip']}:0"]) == ("@cuba", "@ifip")


@pytest.mark.parametrize(
    ("lines", "tags"),
    [
        ([f"1. A.{NOTE}Contribution by"], {}),
        ([f"1.{NOTE}Cuba"], {}),
        ([f"1. A.{NOTE}Cuba{NOTE}Contribution by Cuba"], {"@cuba": "Cuba"}),
        ([f"1. A.{NOTE}IFIP{NOTE}Cuba"], {"@ifip-cuba": "IFIP, Cuba"}),
        ([f"1. A.{NOTE}Cúba", f"2. B.{NOTE}Cuba"], {"@cuba": "Cuba", "@cuba-2": "Cúba"}),
        ([f"1. A.{NOTE}Ifip", f"2. B.{NOTE}IFIP", f"3. C.{NOTE}Ifip"], {"@ifip": "Ifip", "@ifip-2": "IFIP"}),
        ([f"1. A.{NOTE}مصر", f"2. B.{NOTE}日本"], {"@contributor": "مصر", "@contributor-2": "日本"}),
        ([f"1. A.{NOTE}{LONG}"], {"@long-long-long-long-long-long-long-long-long-long-long-long": LONG}),
    ],
)
def test_a_contributor_has_one_tag_that_is_nobody_elses(lines: list[str], tags: dict[str, str]) -> None:
    opening = from_text(*lines)
    assert {contribution.by for contribution in opening.contributions} == tags.keys()
    assert {tag: value["name"] for tag, value in begun(opening).value("authors").items()} == tags


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
    assert document.write(change, SERVER, 1) == b""


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


def test_a_text_of_very_many_contributors_is_refused_before_it_takes_long() -> None:
    lines = (f"Text\tComment by Author: Contribution by Body {number}" for number in range(MAX_CONTRIBUTORS + 1))
    draft = plain_text.read("C1. Title\n" + "\n".join(lines))
    with pytest.raises(plain_text.DraftInvalid, match="300 contributors"):
        from_draft(draft, lambda name: Byline("", name, "", "", ""))
