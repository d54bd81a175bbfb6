"""A file that was made of a chapter comes back by HTTP, while others have it open."""

from asyncio import gather
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from documents.chapter import ChapterDocument
from documents.model import Chapter
from tests.editorkit import Editor
from tests.integration.http_world import World, open_world
from tests.roomkit import quiet

CHAPTER = "trust"
TEXTS = {
    "p-1": ("heading", "1)", "Trust and security"),
    "p-2": ("paragraph", "12", "The cat sat on the mat."),
    "p-3": ("paragraph", "12 bis", "Ensure that no one is denied access.\tEver."),
    "p-4": ("paragraph", "13", "الأمن والثقة 😀 للجميع"),
}


def fill(document: ChapterDocument) -> None:
    document.maps["meta"]["title"] = "Trust"
    for name, (kind, label, text) in TEXTS.items():
        document.append(kind, {"id": name, "label": label}, text)


@pytest.fixture
async def world(tmp_path: Path) -> Any:
    async with open_world(tmp_path) as world:
        await world.services.rooms.create(Chapter(CHAPTER, "Trust", 1_000, "chair"), "chair", fill)
        yield world


async def exported(world: World, form: str = "docx", who: str = "egypt") -> bytes:
    answer = await (await world.caller(who)).get(f"/api/chapters/{CHAPTER}/export", params={"format": form})
    assert answer.status_code == 200, answer.text
    return answer.content


def edited(file: bytes, old: str, new: str) -> bytes:
    """As somebody in Word changes words: without its changes being tracked."""
    document = docx.Document(BytesIO(file))
    runs = [run for paragraph in document.paragraphs for run in paragraph.runs if old in run.text]
    assert len(runs) == 1, old
    runs[0].text = runs[0].text.replace(old, new)
    return saved(document)


def tracked(file: bytes, after: str, words: str, author: str) -> bytes:
    """As Word does when it tracks changes: an insertion behind some words."""
    document = docx.Document(BytesIO(file))
    run = next(run for one in document.paragraphs for run in one.runs if run.text.startswith(after))
    rest = run.text[len(after) :]
    run.text = after
    insertion = OxmlElement("w:ins")
    for name, value in (("w:id", "900"), ("w:author", author), ("w:date", "2026-01-01T00:00:00Z")):
        insertion.set(qn(name), value)
    run._r.addnext(insertion)
    for text, parent in ((words, insertion), (rest, None)):
        made = OxmlElement("w:r")
        said = OxmlElement("w:t")
        said.text = text
        said.set(qn("xml:space"), "preserve")
        made.append(said)
        if parent is None:
            insertion.addnext(made)
        else:
            parent.append(made)
    return saved(document)


def saved(document: Any) -> bytes:
    out = BytesIO()
    document.save(out)
    return out.getvalue()


async def brought(world: World, file: bytes, who: str = "egypt", **params: Any) -> Any:
    caller = await world.caller(who)
    answer = await caller.post(f"/api/chapters/{CHAPTER}/import", content=file, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def texts(world: World) -> list[str]:
    room = await world.services.rooms.open(CHAPTER)
    return [one.text for one in await room.read(ChapterDocument.paragraphs)]


async def live(world: World) -> Editor:
    room = await world.services.rooms.open(CHAPTER)
    editor = Editor("acme", 77).join(room)
    await quiet(room, editor)
    return editor


@pytest.mark.parametrize("form", ["docx", "redline"])
async def test_a_file_that_nobody_has_edited_changes_nothing(world: World, form: str) -> None:
    before = await texts(world)
    told = await brought(world, await exported(world, form))
    assert (told["changed"], told["differences"], told["base"]["kind"]) == (False, [], "version")
    assert told["counts"]["unchanged"] == len(TEXTS)
    assert await texts(world) == before


async def test_a_redline_that_nobody_has_edited_changes_nothing_after_splits_joins_and_deletions(world: World) -> None:
    editor = await live(world)
    room = await world.services.rooms.open(CHAPTER)
    editor.split(1, 7)
    del editor.words(0)[0:6]
    editor.type("New words. ", 2, 0)
    editor.add("A new paragraph.", 4)
    await quiet(room, editor)
    del editor.text.children[5]
    editor.words(1).insert(7, str(editor.words(2)))
    del editor.text.children[2]
    await quiet(room, editor)
    before = await texts(world)
    told = await brought(world, await exported(world, "redline"))
    assert (told["changed"], told["differences"], told["base"]["kind"]) == (False, [], "version")
    assert await texts(world) == before


async def test_an_edited_file_is_merged_into_what_others_have_written_meanwhile(world: World) -> None:
    file = edited(await exported(world), "cat sat", "dog sat")
    editor = await live(world)
    editor.type("grey ", 1, 4)
    await quiet(editor.room, editor)  # type: ignore[arg-type]
    before = await texts(world)
    told = await brought(world, file, dry_run=True)
    (one,) = told["differences"]
    assert (one["paragraph"], one["state"], one["meanwhile"], told["dry_run"]) == ("p-2", "changed", True, True)
    assert [(run["change"], run["text"]) for run in one["runs"]] == [
        ("kept", "The "), ("deleted", "cat"), ("inserted", "dog"), ("kept", " sat on the mat."),
    ]  # fmt: skip
    assert await texts(world) == before
    await brought(world, file)
    await quiet(editor.room, editor)  # type: ignore[arg-type]
    assert str(editor.words(1)) == "The grey dog sat on the mat."
    runs = (await (await world.caller("chair")).get(f"/api/chapters/{CHAPTER}/runs?paragraph=p-2")).json()
    said = {run["text"]: run["delegation"] for run in runs["paragraphs"][0]["runs"]}
    assert said["dog"] == "egypt"
    assert (await brought(world, file))["changed"] is False


async def test_tracked_changes_are_of_who_brings_the_file_unless_the_secretariat_says_else(world: World) -> None:
    file = tracked(await exported(world), "The cat", " and dog", "Somebody")
    told = await brought(world, file, dry_run=True)
    assert told["authors"] == [{"name": "Somebody", "delegation": ""}]
    refused = await (await world.caller("egypt")).post(
        f"/api/chapters/{CHAPTER}/import", content=file, params={"as": "Somebody=Switzerland"}
    )
    assert refused.json()["code"] == "forbidden"
    told = await brought(world, file, "secretariat", **{"as": "Somebody=Switzerland"})
    assert told["differences"][0]["by"] == ["Switzerland"]
    runs = (await (await world.caller("chair")).get(f"/api/chapters/{CHAPTER}/runs?paragraph=p-2")).json()
    said = {run["text"]: run["delegation"] for run in runs["paragraphs"][0]["runs"]}
    assert said[" and dog"] == "switzerland"


async def test_a_file_that_comes_twice_at_once_is_merged_once(world: World) -> None:
    file = edited(tracked(await exported(world), "The cat", " and dog", "Somebody"), "denied", "flatly denied")
    params = {"as": "Somebody=Switzerland"}
    told = await gather(*(brought(world, file, "secretariat", **params) for _ in range(3)))
    assert sorted(one["changed"] for one in told) == [False, False, True]
    assert (await texts(world))[1:3] == [
        "The cat and dog sat on the mat.", "Ensure that no one is flatly denied access.\tEver.",
    ]  # fmt: skip


async def test_a_dry_run_does_not_wait_for_what_is_kept(world: World) -> None:
    file = edited(await exported(world), "cat sat", "dog sat")
    async with world.services.rooms.turn(CHAPTER):
        assert (await brought(world, file, dry_run=True))["changed"] is True


async def test_what_is_locked_is_set_aside(world: World) -> None:
    file = edited(edited(await exported(world), "cat sat", "dog sat"), "denied", "refused")
    chair = await world.caller("chair")
    await chair.put(f"/api/chapters/{CHAPTER}/paragraphs/p-2/lock")
    told = await brought(world, file, dry_run=True)
    assert [(one["paragraph"], one["state"]) for one in told["differences"]] == [("p-2", "locked"), ("p-3", "changed")]
    assert "Annelise Brunner" in told["differences"][0]["reason"]
    told = await brought(world, file)
    number = told["differences"][0]["set_aside"]
    cards = (await (await world.caller("egypt")).get(f"/api/chapters/{CHAPTER}/set-aside")).json()["set_aside"]
    assert [(card["number"], card["text"]) for card in cards] == [(number, "The dog sat on the mat.")]
    assert (await texts(world))[1:3] == ["The cat sat on the mat.", "Ensure that no one is refused access.\tEver."]
    assert (await brought(world, file))["changed"] is False


async def test_who_may_not(world: World) -> None:
    file = await exported(world)
    for who, code in (("observer", "forbidden"), (None, "not-signed-in")):
        caller = world.stranger() if who is None else await world.caller(who)
        answer = await caller.post(f"/api/chapters/{CHAPTER}/import", content=file, params={"dry_run": True})
        assert answer.json()["code"] == code


async def test_a_file_of_another_chapter_and_what_is_no_file(world: World) -> None:
    await world.services.rooms.create(Chapter("other", "Other", 1_000, "chair"), "chair", fill)
    egypt = await world.caller("egypt")
    for chapter, content, status, code in (
        ("other", await exported(world), 409, "other-chapter"),
        ("none", b"Text.", 404, "chapter-not-found"),
        (CHAPTER, b"PK\x03\x04 cut off", 422, "word-broken"),
        (CHAPTER, b"\xff\xff", 422, "draft-invalid"),
    ):
        answer = await egypt.post(f"/api/chapters/{chapter}/import", content=content)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_plain_text_is_matched_by_labels_and_likeness(world: World) -> None:
    told = await brought(world, b"12. The cat sat on the red mat.\n")
    assert told["base"]["kind"] == "chapter"
    assert {one["paragraph"]: one["state"] for one in told["differences"]} == {
        "p-1": "absent", "p-2": "changed", "p-3": "absent", "p-4": "absent",
    }  # fmt: skip
    assert (await texts(world))[1] == "The cat sat on the red mat."


async def test_new_comments_come_with_the_file_once(world: World) -> None:
    document = docx.Document(BytesIO(await exported(world)))
    paragraph = next(one for one in document.paragraphs if "cat" in one.text)
    document.add_comment(paragraph.runs[-1], text="Unclear", author="Somebody")
    file = saved(document)
    told = await brought(world, file)
    assert [(one["paragraph"], one["name"], one["text"]) for one in told["comments"]] == [
        ("p-2", "Somebody", "Unclear")
    ]
    found = (await (await world.caller("chair")).get(f"/api/chapters/{CHAPTER}/rulings")).status_code
    assert found == 200
    room = await world.services.rooms.open(CHAPTER)
    comments = list((await room.read(lambda one: one.value("comments"))).values())
    assert [(one["name"], one["participant"], one["text"]) for one in comments] == [("Egypt", "egypt", "Unclear")]
    assert (await brought(world, file))["changed"] is False
