"""Chapters over HTTP: who may do what, what they say, what was written when."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from auth.people import MAX_CHAPTERS, MAX_NAME, MAX_PARTICIPANTS, MAX_SECTIONS, BreakoutGroup
from documents.chapter import ChapterDocument
from documents.errors import DocumentsError
from documents.gavel.set_aside import SetAside
from documents.seat import Denial
from server.http.limits import MAX_REQUEST
from tests.integration.http_world import World, open_world

DRAFT = """\
C7. Access – the zero draft

1) People
1. Every person counts.\tComment by Author: Egypt: Unclear\tComment by Author: IFIP
2. \tComment by Author: Contribution by Cuba
2. Twice.
Without a number [open
"""


class Reader:
    """A connection that listens and says nothing."""

    def send(self, _: bytes) -> bool:
        return True

    def denied(self, denial: Denial) -> None:
        """It writes nothing."""

    def allowed(self) -> None:
        """It writes nothing."""

    def set_aside(self, kept: SetAside) -> None:
        raise AssertionError(kept)

    def refused(self, error: DocumentsError) -> None:
        raise AssertionError(error)


async def imported(world: World, text: str = DRAFT, **params: str) -> httpx.Response:
    chair = await world.caller("chair")
    headers = {"Content-Type": "text/plain"}
    return await chair.post("/api/chapters/import", content=text.encode(), headers=headers, params=params)


async def test_a_chapter_is_begun_with_a_title(world: World) -> None:
    chair = await world.caller("chair")
    answer = await chair.post("/api/chapters", json={"title": "  Access \n for  all "})
    assert answer.status_code == 201
    body = answer.json()
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT[\d:.]+Z", body.pop("created_at"))
    assert body == {
        "id": "access-for-all",
        "title": "Access for all",
        "paragraphs": 1,
        "may_write": True,
        "may_comment": True,
        "online": 0,
    }
    assert (await chair.get("/api/chapters/access-for-all/text")).text == "\n"
    (paragraph,) = (await chair.get("/api/chapters/access-for-all/paragraphs")).json()["paragraphs"]
    assert paragraph.pop("id").startswith("p-")
    assert [paragraph[name] for name in ("label", "kind", "text", "section")] == ["", "paragraph", "", ""]
    assert await (await world.services.rooms.open("access-for-all")).read(lambda found: found.value("meta")) == {
        "title": "Access for all"
    }


async def test_ids_are_readable_and_differ(world: World) -> None:
    chair = await world.caller("chair")
    titles = ["Café & Søren’s Straße", "Café & Søren’s Straße", "Ψηφιακή", "الخدمات", "С11. Trust", "2025"]
    answers = [await chair.post("/api/chapters", json={"title": title}) for title in titles]
    assert [answer.json()["id"] for answer in answers] == [
        "cafe-soren-s-strasse",
        "cafe-soren-s-strasse-2",
        "chapter",
        "chapter-2",
        "c11-trust",
        "chapter-2025",
    ]
    listed = (await chair.get("/api/chapters")).json()["chapters"]
    assert [one["title"] for one in listed] == titles


async def test_two_chapters_of_one_title_at_once_are_both_kept(world: World) -> None:
    chair = await world.caller("chair")
    answers = await asyncio.gather(*(chair.post("/api/chapters", json={"title": "Trust"}) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 5


@pytest.mark.parametrize("title", ["", "  \n ", "a\x00b", "mirror \u202e", "x" * 301, 7, None, ["x"]])
async def test_titles_that_can_t_be(world: World, title: object) -> None:
    answer = await (await world.caller("chair")).post("/api/chapters", json={"title": title})
    assert answer.status_code == 422
    assert answer.json()["code"] in {"title-invalid", "invalid"}
    assert not await world.services.storage.chapters()


async def test_half_a_surrogate_pair_is_refused(world: World) -> None:
    headers = {"Content-Type": "application/json"}
    chair = await world.caller("chair")
    answer = await chair.post("/api/chapters", content=b'{"title": "\\ud800"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("participant", ["egypt", "acme", "observer"])
async def test_delegates_and_observers_begin_no_chapters(world: World, participant: str) -> None:
    caller = await world.caller(participant)
    headers = {"Content-Type": "text/plain"}
    for answer in (
        await caller.post("/api/chapters", json={"title": "Mine"}),
        await caller.post("/api/chapters/import", content=DRAFT.encode(), headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert "delegate" in answer.json()["detail"] or "observer" in answer.json()["detail"]
    assert not await world.services.storage.chapters()


async def test_the_list_says_what_each_person_may(world: World) -> None:
    id_ = (await imported(world)).json()["chapter"]["id"]

    async def rights(participant: str) -> tuple[bool, bool]:
        caller = await world.caller(participant)
        (listed,) = (await caller.get("/api/chapters")).json()["chapters"]
        assert listed == (await caller.get(f"/api/chapters/{id_}")).json()
        return listed["may_write"], listed["may_comment"]

    assert await rights("egypt") == (True, True)
    assert await rights("observer") == (False, False)
    await world.services.meeting.put_group(BreakoutGroup("one", "Group 1", frozenset(["acme"]), frozenset([id_])))
    assert await rights("egypt") == (False, True)
    assert await rights("acme") == (True, True)
    assert await rights("vice-chair") == (True, True)


async def test_an_import_keeps_everything_and_tells_of_slips(world: World) -> None:
    answer = await imported(world)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["chapter"]["title"], body["chapter"]["paragraphs"]) == ("C7. Access – the zero draft", 4)
    id_ = body["chapter"]["id"]
    assert id_ == "c7-access-the-zero-draft"
    assert {(one["line"], one["code"]) for one in body["problems"]} >= {
        (5, "empty-paragraph"),
        (6, "duplicate-label"),
        (7, "unbalanced-brackets"),
    }
    observer = await world.caller("observer")
    paragraphs = (await observer.get(f"/api/chapters/{id_}/paragraphs")).json()["paragraphs"]
    assert [(one["kind"], one["label"], one["text"]) for one in paragraphs] == [
        ("heading", "", "C7. Access – the zero draft"),
        ("heading", "1)", "People"),
        ("paragraph", "1", "Every person counts."),
        ("paragraph", "2", ""),
        ("paragraph", "2", "Twice."),
        ("paragraph", "", "Without a number [open"),
    ]
    text = await observer.get(f"/api/chapters/{id_}/text")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.text == "".join(f"{one['text']}\n" for one in paragraphs)
    room = await world.services.rooms.open(id_)
    notes = await room.read(lambda found: (found.value("comments"), found.value("sources")))
    first, second = (one["id"] for one in paragraphs[2:4])
    assert notes == (
        {
            "c-00001": {
                "paragraph": first,
                "name": "Egypt",
                "participant": "",
                "text": "Unclear",
                "at": "",
                "resolved": False,
            }
        },
        {"s-00001": {"paragraph": first, "name": "IFIP"}, "s-00002": {"paragraph": second, "name": "Cuba"}},
    )


async def test_an_import_under_another_title(world: World) -> None:
    body = (await imported(world, title="Chapter 4 – Ψ")).json()
    assert body["chapter"]["title"] == "Chapter 4 – Ψ"


async def test_a_text_that_can_t_be_imported(world: World) -> None:
    chair = await world.caller("chair")
    cases: list[tuple[str | bytes, str]] = [
        ("1. No title at all", "title-invalid"),
        (b"one\ntwo \xff", "draft-invalid"),
        ("x\n" * 20_001, "draft-invalid"),
        ("", "invalid"),
    ]
    for content, code in cases:
        answer = await chair.post("/api/chapters/import", content=content, headers={"Content-Type": "text/plain"})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not await world.services.storage.chapters()


@pytest.mark.parametrize("params", [{}, {"dry_run": "true"}])
async def test_nobody_keeps_the_answer_to_an_import(world: World, params: dict[str, str]) -> None:
    assert (await imported(world, **params)).headers["cache-control"] == "no-store"


async def test_a_body_beyond_the_limit(tmp_path: Path) -> None:
    async with open_world(tmp_path / "meeting", request_bytes=2_000) as world:
        for content in (b"x" * 2_001, _pieces()):
            chair = await world.caller("chair")
            answer = await chair.post("/api/chapters/import", content=content, headers={"Content-Type": "text/plain"})
            assert (answer.status_code, answer.json()["status"]) == (413, 413)
        assert not await world.services.storage.chapters()


async def test_only_a_file_may_be_long(world: World) -> None:
    stranger, chair = world.stranger(), await world.caller("chair")
    kind = {"Content-Type": "application/json"}
    for path in ("/api/session", "/api/chapters", "/api/chapters/import", "/api/chapters/trust/import"):
        answer = await stranger.post(path, content=b"[" * (MAX_REQUEST + 1), headers=kind)
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    text = "A title\n\n" + "1. Words.\n" * (MAX_REQUEST // 10 + 1)
    answer = await chair.post("/api/chapters/import", content=text.encode(), headers={"Content-Type": "text/plain"})
    assert answer.json()["code"] != "too-large"


async def test_the_largest_breakout_group_is_not_too_long(world: World) -> None:
    group = {
        "name": "\N{WOMAN}" * MAX_NAME,
        "members": [f"{number:040}" for number in range(MAX_PARTICIPANTS)],
        "chapters": [f"{number:080}" for number in range(MAX_CHAPTERS)],
        "sections": [{"chapter": f"{number:080}", "section": f"{number:0100}"} for number in range(MAX_SECTIONS)],
    }
    answer = await (await world.caller("chair")).put(
        "/api/breakout-groups/all", content=json.dumps(group), headers={"Content-Type": "application/json"}
    )
    assert answer.json()["code"] == "chapter-not-found"


async def _pieces() -> AsyncIterator[bytes]:
    """More than the limit, without a Content-Length to tell of it."""
    for _ in range(30):
        yield b"x" * 100


@pytest.mark.parametrize("path", ["", "/text", "/paragraphs", "/history", "/history?after=3&limit=2"])
async def test_there_is_no_such_chapter(world: World, path: str) -> None:
    for id_ in ("missing", "..%2f", "%00", "Ω", "x" * 500):
        answer = await (await world.caller("egypt")).get(f"/api/chapters/{id_}{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["", "/x", "/x/text", "/x/paragraphs", "/x/history"])
async def test_strangers_see_nothing(world: World, path: str) -> None:
    answer = await world.stranger().get(f"/api/chapters{path}")
    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")


async def test_the_number_of_paragraphs_keeps_up_with_and_without_a_room(tmp_path: Path) -> None:
    async with open_world(tmp_path / "meeting", room_idle_seconds=0) as world:
        id_ = (await imported(world)).json()["chapter"]["id"]
        egypt = await world.caller("egypt")

        async def listed() -> int:
            count: int = (await egypt.get("/api/chapters")).json()["chapters"][0]["paragraphs"]
            return count

        def add(document: ChapterDocument) -> None:
            document.append("paragraph", {"id": "p-new", "label": ""}, "New.")

        assert (await listed(), await listed()) == (4, 4)
        assert world.services.rooms.find(id_) is None  # a list opens no rooms
        for expected in (5, 6):
            await (await world.services.rooms.open(id_)).write("egypt", add)
            assert await listed() == expected
            await world.services.rooms.evict_idle(0)
            assert world.services.rooms.find(id_) is None
            assert await listed() == expected


async def test_online_counts_participants_not_windows(world: World) -> None:
    id_ = (await imported(world)).json()["chapter"]["id"]
    room = await world.services.rooms.open(id_)
    for author in ("egypt", "egypt", "acme"):
        room.join(Reader(), author, {}, None)
    await room.read(lambda _: None)
    (listed,) = (await (await world.caller("egypt")).get("/api/chapters")).json()["chapters"]
    assert listed["online"] == 2


async def test_the_history_names_who_contributed(world: World) -> None:
    id_ = (await imported(world)).json()["chapter"]["id"]
    chair = await world.caller("chair")
    history = (await chair.get(f"/api/chapters/{id_}/history")).json()
    assert [one["author"] for one in history["entries"]][:2] == ["chair", "@ifip"]


async def test_the_history_is_told_page_by_page(world: World) -> None:
    id_ = (await imported(world, "C7. Access\n1. Every person counts.\n")).json()["chapter"]["id"]
    for participant in ("egypt", "acme", "adref"):
        room = await world.services.rooms.open(id_)
        await room.write(participant, partial(_append_new, paragraph=f"p-{participant}"))
    observer = await world.caller("observer")
    path = f"/api/chapters/{id_}/history"
    first = (await observer.get(path, params={"limit": 3})).json()
    assert [(one["seq"], one["author"], one["author_name"]) for one in first["entries"]] == [
        (1, "chair", "Annelise Brunner"),
        (2, "egypt", "رنا الحمود"),
        (3, "acme", "Søren Halkjær"),
    ]
    assert all(one["bytes"] > 0 for one in first["entries"])
    assert first["next"] == 3
    rest = (await observer.get(path, params={"after": first["next"]})).json()
    assert [(one["seq"], one["author_name"]) for one in rest["entries"]] == [(4, "Adref")]
    assert rest["next"] is None
    assert (await observer.get(path, params={"after": 2**53})).json() == {"entries": [], "next": None}


def _append_new(document: ChapterDocument, paragraph: str) -> None:
    document.append("paragraph", {"id": paragraph, "label": ""}, "New.")


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=1001", f"after={2**70}"])
async def test_a_history_that_can_t_be_asked_for(world: World, query: str) -> None:
    answer = await (await world.caller("egypt")).get(f"/api/chapters/any/history?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
