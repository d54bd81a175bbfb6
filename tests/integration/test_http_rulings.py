"""Locks and statuses over HTTP: who may rule what, what stands in the document then, and the log of it all."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pycrdt import XmlElement, XmlText

from auth.people import BreakoutGroup, Role
from documents.chapter import ChapterDocument
from documents.errors import StorageUnavailable
from documents.gavel import rulings
from documents.gavel.rulings import MAX_LOCKS, MAX_REASON, MAX_RULINGS, MAX_TEXT, STATUS, Lock, Person, put_lock
from documents.seat import Seat
from tests.integration.http_world import Caller, World, open_world
from tests.integration.test_http_chapters import Reader

PATH = "/api/chapters/trust"
PEOPLE = ("chair", "vice-chair", "secretariat", "egypt", "acme", "observer")
TEXTS = {
    "h-1": "People",
    "p-1": "Every person counts.",
    "h-2": "Rights",
    "p-2": "[Twice] é𝄞",
    "h-3": "Means",
    "p-3": "",
}
NOBODY = Person("nobody", "Nobody", "none", "None", "vice-chair")
Answer = tuple[int, str]


def fill(document: ChapterDocument) -> None:
    for paragraph, text in TEXTS.items():
        kind = "heading" if paragraph.startswith("h") else "paragraph"
        level = {"level": 2 if paragraph == "h-2" else 1} if kind == "heading" else {}
        document.append(kind, {"id": paragraph, "label": paragraph[2:], **level}, text)


class Chapter:
    """A chapter of three sections, the second within the first; everybody may call."""

    def __init__(self, world: World, callers: dict[str, Caller]) -> None:
        self.world = world
        self._callers = callers

    @classmethod
    async def begin(cls, world: World) -> "Chapter":
        chapter = cls(world, {one: await world.caller(one) for one in PEOPLE})
        assert (await chapter._callers["chair"].post("/api/chapters", json={"title": "Trust"})).status_code == 201
        await chapter.remove()
        await chapter.write(fill)
        return chapter

    async def write(self, change: Callable[[ChapterDocument], Any]) -> None:
        room = await self.world.services.rooms.open("trust")
        await room.write("chair", lambda document: change(document) and None)

    async def write_into(self, paragraph: str, text: str) -> None:
        """Put words before a paragraph's text, as nobody that the rules hold."""

        def change(document: ChapterDocument) -> None:
            element = next(one for one in document._text.children if one.attributes["id"] == paragraph)
            assert isinstance(element, XmlElement)
            inner = element.children[0]
            assert isinstance(inner, XmlText)
            inner.insert(0, text)

        await self.write(change)

    async def remove(self, paragraph: str = "") -> None:
        """Without an id, the first."""

        def change(document: ChapterDocument) -> None:
            ids = [one.id for one in document.paragraphs()]
            del document._text.children[ids.index(paragraph) if paragraph else 0]

        await self.write(change)

    async def sits(self, who: str) -> tuple[Seat, Callable[[], None]]:
        """A participant has the chapter open, until what is returned is called."""
        room = await self.world.services.rooms.open("trust")
        delegation = self.world.services.meeting.participant(who).delegation
        seat = room.join(Reader(), who, {"delegation": delegation.id}, None)
        await room.read(lambda _: None)
        return seat, lambda: room.leave(seat)

    async def ask(self, who: str, method: str, path: str, **options: Any) -> httpx.Response:
        return await self._callers[who].request(method, PATH + path, **options)

    async def lock(self, who: str, paragraph: str = "p-1", **body: Any) -> dict[str, Any]:
        """Lock what is free, or renew."""
        answer = await self.ask(who, "PUT", place(paragraph), json=sent(body))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def locks(self, who: str, paragraph: str = "p-1", **body: Any) -> Answer:
        return told(await self.ask(who, "PUT", place(paragraph), json=sent(body)))

    async def releases(self, who: str, paragraph: str = "p-1", **params: str) -> Answer:
        return told(await self.ask(who, "DELETE", place(paragraph), params=params))

    async def sets(self, who: str, status: object, paragraph: str = "p-1", **more: Any) -> Answer:
        return told(await self.ask(who, "PUT", f"/paragraphs/{paragraph}/status", json={"status": status, **more}))

    async def paragraphs(self, who: str = "observer") -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in (await self.listed(who))["paragraphs"]}

    async def listed(self, who: str = "observer") -> dict[str, Any]:
        answer = await self.ask(who, "GET", "/paragraphs")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def holders(self) -> dict[str, str]:
        """For whom each paragraph is locked."""
        found = await self.paragraphs()
        return {one: body["lock"]["for"]["participant"] for one, body in found.items() if body["lock"]}

    async def log(self, **params: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.ask("observer", "GET", "/rulings", params=params)).json()["rulings"]
        return found

    async def acts(self) -> list[tuple[str, str, str]]:
        return [(one["act"], one["paragraph"], one["by"]["participant"]) for one in await self.log()]

    async def value(self, root: str) -> dict[str, Any]:
        """What clients have in a root."""
        room = await self.world.services.rooms.open("trust")
        return await room.read(lambda document: document.value(root))


def place(paragraph: str) -> str:
    return "/headings/lock" if paragraph == "*" else f"/paragraphs/{paragraph}/lock"


def sent(body: dict[str, Any]) -> dict[str, Any]:
    """With `for` in place of `for_`."""
    return {name.rstrip("_"): value for name, value in body.items()}


def told(answer: httpx.Response) -> Answer:
    return answer.status_code, answer.json().get("code", "") if answer.content else ""


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
async def chapter(world: World) -> AsyncIterator[Chapter]:
    yield await Chapter.begin(world)


# What is there


async def test_the_paragraphs_of_a_chapter_in_which_nothing_is_ruled(chapter: Chapter) -> None:
    listed = await chapter.listed("egypt")
    draft = {"status": "draft", "number": 0, "by": None, "at": "", "hash": "", "void": None}
    assert listed["paragraphs"] == [
        {
            "id": one, "label": one[2:], "kind": "heading" if one[0] == "h" else "paragraph", "text": TEXTS[one],
            "section": f"h-{one[2]}", "lock": None, "status": draft, "sealed": False, "may_edit": True,
        }
        for one in TEXTS
    ]  # fmt: skip
    assert listed["counts"] == {status: 3 * (status == "draft") for status in STATUS}
    assert listed["headings_lock"] is None
    assert await chapter.log() == []
    assert {one["may_edit"] for one in (await chapter.paragraphs("observer")).values()} == {False}


async def test_the_text_is_exact_so_that_its_hash_is_the_status(chapter: Chapter) -> None:
    await chapter.write_into("p-2", " a\n\tb  ")
    assert (await chapter.sets("chair", "agreed", "p-2"))[0] == 200
    body = (await chapter.paragraphs())["p-2"]
    assert body["text"] == " a\n\tb  [Twice] é𝄞"
    assert body["status"]["hash"] == sha(body["text"])


# Locks


async def test_a_lock_for_oneself(chapter: Chapter) -> None:
    lock = await chapter.lock("vice-chair", reason="  being\nread out ")
    at = datetime.fromisoformat(lock["at"])
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    who = {"participant": "vice-chair", "name": "Tevita Fonua", "delegation": "tonga", "delegation_name": "Tonga"}
    assert lock | {"at": ""} == {
        "key": "p-1", "scope": "paragraph", "number": 1, "by": {**who, "role": "vice-chair"}, "for": who,
        "reason": "being read out", "at": "", "until": "", "paragraphs": [], "overdue": False, "holder_online": False,
    }  # fmt: skip
    told_all = {key: lock[key] for key in lock if key not in {"key", "overdue", "holder_online"}}
    assert await chapter.value("locks") == {"p-1": told_all}
    found = await chapter.paragraphs("egypt")
    assert found["p-1"]["lock"] == lock
    assert [one for one, body in found.items() if body["lock"]] == ["p-1"]
    may_edit = {who: (await chapter.paragraphs(who))["p-1"]["may_edit"] for who in PEOPLE}
    assert may_edit == {who: who == "vice-chair" for who in PEOPLE}
    (*_, last) = (await chapter.ask("egypt", "GET", "/history")).json()["entries"]
    assert last["author"] == "vice-chair"


@pytest.mark.parametrize(
    ("said", "participant", "delegation", "name"),
    [
        ("egypt", "egypt", "egypt", "رنا الحمود"),  # a participant comes before a delegation of the same id
        ("acme-networks", "", "acme-networks", ""),
        ({"participant": "acme"}, "acme", "acme-networks", "Søren Halkjær"),
        ({"delegation": "egypt"}, "", "egypt", ""),
        (None, "secretariat", "secretariat", "Miriam Okonjo"),
    ],
)
async def test_a_lock_for_a_pen_holder(
    chapter: Chapter, said: object, participant: str, delegation: str, name: str
) -> None:
    lock = await chapter.lock("secretariat", for_=said)
    assert lock["by"]["participant"] == "secretariat"
    holder = lock["for"]
    assert (holder["participant"], holder["delegation"], holder["name"]) == (participant, delegation, name)
    for who in PEOPLE:
        person = chapter.world.services.meeting.participant(who)
        holds = who == participant or (not participant and person.delegation.id == delegation)
        assert (await chapter.paragraphs(who))["p-1"]["may_edit"] is holds


@pytest.mark.parametrize("paragraph", ["p-1", "*"])
async def test_who_may_lock(chapter: Chapter, paragraph: str) -> None:
    expected = {"chair": 200, "vice-chair": 200, "secretariat": 200, "egypt": 403, "acme": 403, "observer": 403}
    for who, status in expected.items():
        assert (await chapter.locks(who, paragraph))[0] == status
        if status == 200:
            assert await chapter.releases(who, paragraph) == (204, "")
    stranger = chapter.world.stranger()
    assert told(await stranger.put(PATH + place(paragraph), json={})) == (401, "not-signed-in")
    assert told(await stranger.delete(PATH + place(paragraph))) == (401, "not-signed-in")
    assert {by for _, _, by in await chapter.acts()} == {"chair", "vice-chair", "secretariat"}


async def test_who_took_it_renews_it_and_hands_it_over(chapter: Chapter) -> None:
    first = await chapter.lock("vice-chair", for_="egypt")
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")
    renewed = await chapter.lock("vice-chair", until=later, reason="more time", for_="egypt")
    assert datetime.fromisoformat(renewed["until"]) == datetime.fromisoformat(later)
    handed = await chapter.lock("vice-chair", for_={"delegation": "egypt"})
    back = await chapter.lock("vice-chair")
    assert first["number"] == renewed["number"] == handed["number"] == back["number"] == 1
    assert back["until"] == ""
    log = await chapter.log()
    assert [one["act"] for one in log] == ["lock", "renew", "hand-over", "hand-over"]
    assert [one["for"]["participant"] for one in log] == ["egypt", "egypt", "", "vice-chair"]
    assert log[1] | {"at": ""} == {
        "n": 2, "act": "renew", "paragraph": "p-1", "by": renewed["by"], "at": "", "reason": "more time",
        "scope": "paragraph", "for": renewed["for"], "until": renewed["until"],
    }  # fmt: skip


async def test_what_another_locked_is_changed_by_the_chair_alone(chapter: Chapter) -> None:
    await chapter.lock("vice-chair", reason="being read out", for_="egypt")
    answer = await chapter.ask("secretariat", "PUT", place("p-1"), json={})
    assert told(answer) == (409, "locked")
    assert answer.json()["detail"] == "Tevita Fonua has locked it for رنا الحمود (Egypt): being read out"
    assert await chapter.releases("secretariat") == (403, "forbidden")
    assert await chapter.releases("egypt") == (403, "forbidden")  # to hold the pen is not to hold the gavel
    assert await chapter.holders() == {"p-1": "egypt"}
    taken = await chapter.lock("chair", reason="out of time")
    assert taken["number"] == 3
    assert await chapter.releases("vice-chair") == (403, "forbidden")
    assert await chapter.acts() == [("lock", "p-1", "vice-chair"), ("break", "p-1", "chair"), ("lock", "p-1", "chair")]
    log = await chapter.log()
    assert (log[1]["reason"], log[1]["for"]["participant"]) == ("out of time", "egypt")


async def test_a_lock_is_released_by_who_took_it_or_broken(chapter: Chapter) -> None:
    await chapter.lock("vice-chair")
    assert await chapter.releases("vice-chair", reason=" done ") == (204, "")
    assert await chapter.releases("vice-chair") == (404, "not-locked")
    await chapter.lock("vice-chair")
    assert await chapter.releases("chair", reason="absent") == (204, "")
    assert await chapter.value("locks") == {}
    assert [(one["act"], one["reason"]) for one in await chapter.log()] == [
        ("lock", ""), ("release", "done"), ("lock", ""), ("break", "absent"),
    ]  # fmt: skip


async def test_a_lock_outlives_its_deadline_its_holder_and_its_paragraph(chapter: Chapter) -> None:
    by = Person("vice-chair", "Tevita Fonua", "tonga", "Tonga", "vice-chair")
    holder = Person("egypt", "", "egypt", "Egypt")
    lock = Lock("p-1", "paragraph", 0, by, holder, "", "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z")
    await chapter.write(lambda document: put_lock(document, lock, "lock"))
    await chapter.world.services.meeting.update_participant("egypt", active=False)
    body = (await chapter.paragraphs())["p-1"]["lock"]
    assert (body["overdue"], body["holder_online"], body["until"]) == (True, False, lock.until)
    assert await chapter.locks("secretariat") == (409, "locked")
    await chapter.remove("p-1")
    assert "p-1" not in await chapter.paragraphs()
    assert await chapter.locks("vice-chair") == (404, "paragraph-not-found")
    assert await chapter.releases("vice-chair") == (204, "")
    assert await chapter.releases("vice-chair") == (404, "paragraph-not-found")


async def test_whether_the_holder_is_online(chapter: Chapter) -> None:
    async def online() -> list[bool]:
        found = await chapter.paragraphs()
        return [found[one]["lock"]["holder_online"] for one in ("p-1", "p-2")]

    await chapter.lock("vice-chair", "p-1", for_={"participant": "egypt"})
    await chapter.lock("vice-chair", "p-2", for_={"delegation": "egypt"})
    _, leave = await chapter.sits("acme")
    assert await online() == [False, False]
    leave()
    _, leave = await chapter.sits("egypt")
    assert await online() == [True, True]
    assert (await chapter.lock("vice-chair", "p-1", for_="egypt"))["holder_online"] is True
    leave()
    assert await online() == [False, False]


# Sections and headings


async def test_a_section_is_locked_by_its_heading(chapter: Chapter) -> None:
    lock = await chapter.lock("vice-chair", "h-1", scope="section", for_="egypt")
    assert (lock["key"], lock["scope"], lock["paragraphs"]) == ("h-1", "section", ["h-1", "p-1", "h-2", "p-2"])
    found = await chapter.paragraphs("egypt")
    assert {one: body["lock"]["key"] for one, body in found.items() if body["lock"]} == dict.fromkeys(
        lock["paragraphs"], "h-1"
    )
    assert all(body["may_edit"] for body in found.values())
    inner = await chapter.lock("vice-chair", "h-2", scope="section", for_="acme")
    assert inner["paragraphs"] == ["h-2", "p-2"]
    assert await chapter.holders() == {"h-1": "egypt", "p-1": "egypt", "h-2": "acme", "p-2": "acme"}
    await chapter.lock("vice-chair", "p-1")
    assert (await chapter.holders())["p-1"] == "vice-chair"
    assert await chapter.locks("vice-chair", "p-1", scope="section") == (422, "not-a-heading")
    assert await chapter.releases("vice-chair", "h-1") == (204, "")
    assert await chapter.holders() == {"p-1": "vice-chair", "h-2": "acme", "p-2": "acme"}


async def test_what_is_in_the_way_of_a_lock(chapter: Chapter) -> None:
    await chapter.lock("vice-chair", "h-1", scope="section")
    assert await chapter.locks("secretariat", "p-2") == (409, "locked")
    assert await chapter.locks("secretariat", "h-2", scope="section") == (409, "locked")
    assert await chapter.locks("secretariat", "p-3") == (200, "")
    assert await chapter.locks("vice-chair", "h-3", scope="section") == (409, "locked")
    assert await chapter.locks("vice-chair", "h-3") == (200, "")
    assert await chapter.locks("secretariat", "*") == (200, "")
    assert await chapter.locks("vice-chair", "h-2") == (409, "locked")
    assert await chapter.locks("vice-chair", "p-2") == (200, "")


async def test_the_chair_breaks_what_is_inside_and_leaves_what_is_around(chapter: Chapter) -> None:
    await chapter.lock("vice-chair", "h-1", scope="section")
    await chapter.lock("chair", "p-1")
    assert await chapter.holders() == {"h-1": "vice-chair", "p-1": "chair", "h-2": "vice-chair", "p-2": "vice-chair"}
    await chapter.lock("vice-chair", "p-2")
    await chapter.lock("chair", "h-2", scope="section")
    assert await chapter.holders() == {"h-1": "vice-chair", "p-1": "chair", "h-2": "chair", "p-2": "chair"}
    assert (await chapter.acts())[-2:] == [("break", "p-2", "chair"), ("lock", "h-2", "chair")]
    assert (await chapter.lock("vice-chair", "h-1", scope="section"))["number"] == 1  # renewed, around the chair's
    assert await chapter.holders() == {"h-1": "vice-chair", "p-1": "chair", "h-2": "chair", "p-2": "chair"}
    assert await chapter.locks("vice-chair", "p-2") == (409, "locked")


async def test_a_heading_is_locked_alone_or_with_its_section(chapter: Chapter) -> None:
    await chapter.lock("vice-chair", "h-1")
    assert await chapter.holders() == {"h-1": "vice-chair"}
    lock = await chapter.lock("vice-chair", "h-1", scope="section", reason="wider")
    assert lock["number"] == 3
    assert await chapter.acts() == [
        ("lock", "h-1", "vice-chair"), ("release", "h-1", "vice-chair"), ("lock", "h-1", "vice-chair"),
    ]  # fmt: skip
    assert len(await chapter.holders()) == 4


async def test_a_section_that_is_locked_again_holds_what_came_into_it(chapter: Chapter) -> None:
    assert len((await chapter.lock("vice-chair", "h-3", scope="section"))["paragraphs"]) == 2
    await chapter.write(lambda document: document.append("paragraph", {"id": "p-4", "label": ""}, "More"))
    assert "p-4" not in await chapter.holders()
    assert (await chapter.lock("vice-chair", "h-3", scope="section"))["paragraphs"] == ["h-3", "p-3", "p-4"]
    assert "p-4" in await chapter.holders()


async def test_the_headings_are_locked_together(chapter: Chapter) -> None:
    lock = await chapter.lock("secretariat", "*", reason="The structure is approved")
    assert (lock["key"], lock["scope"], lock["paragraphs"]) == ("*", "headings", [])
    listed = await chapter.listed("egypt")
    assert listed["headings_lock"] == lock
    assert [one["id"] for one in listed["paragraphs"] if not one["may_edit"]] == ["h-1", "h-2", "h-3"]
    assert all(one["lock"] == lock for one in listed["paragraphs"] if one["kind"] == "heading")
    assert await chapter.locks("vice-chair", "*") == (409, "locked")
    assert await chapter.releases("vice-chair", "*") == (403, "forbidden")
    assert told(await chapter.ask("secretariat", "DELETE", "/paragraphs/*/lock")) == (404, "paragraph-not-found")
    assert await chapter.releases("chair", "*") == (204, "")
    assert await chapter.releases("chair", "*") == (404, "not-locked")
    assert (await chapter.listed())["headings_lock"] is None


# Statuses

MAY_SET: dict[str, set[rulings.Status]] = {
    "chair": set(STATUS),
    "vice-chair": set(STATUS) - {"agreed"},
    "secretariat": {"draft", "bracketed", "not discussed", "no agreement"},
}


@pytest.mark.parametrize("who", PEOPLE)
async def test_who_may_set_which_status(chapter: Chapter, who: str) -> None:
    allowed = MAY_SET.get(who, set())
    for before in STATUS:
        for after in STATUS:
            await chapter.sets("chair", before)
            expected = (200, "") if {before, after} <= allowed else (403, "forbidden")
            assert await chapter.sets(who, after) == expected, (before, after)
            assert (await chapter.paragraphs())["p-1"]["status"]["status"] == (after if expected[0] == 200 else before)


async def test_agreed_seals(chapter: Chapter) -> None:
    answer = await chapter.ask("chair", "PUT", "/paragraphs/p-2/status", json={"status": "agreed", "reason": "third"})
    body = answer.json()
    assert (body["status"], body["hash"], body["void"]) == ("agreed", sha(TEXTS["p-2"]), None)
    assert body["by"]["name"] == "Annelise Brunner"
    for who in PEOPLE:
        found = (await chapter.paragraphs(who))["p-2"]
        assert found["sealed"] is True
        assert found["may_edit"] is (who == "chair")
        assert found["status"] == body
    kept = (await chapter.value("statuses"))["p-2"]
    assert (kept["text"], kept["hash"], kept["number"]) == (TEXTS["p-2"], body["hash"], body["number"])
    assert (await chapter.listed())["counts"] == {status: {"draft": 2, "agreed": 1}.get(status, 0) for status in STATUS}
    assert await chapter.sets("vice-chair", "draft", "p-2") == (403, "forbidden")
    assert await chapter.sets("chair", "draft", "p-2") == (200, "")
    assert (await chapter.paragraphs("egypt"))["p-2"]["may_edit"] is True
    assert [(one["act"], one["status"], one["reason"]) for one in await chapter.log()] == [
        ("status", "agreed", "third"), ("status", "draft", ""),
    ]  # fmt: skip


async def test_a_voided_agreement_shows_it_and_stays_sealed(chapter: Chapter) -> None:
    await chapter.sets("chair", "agreed")
    await chapter.write_into("p-1", "Almost ")
    await chapter.write(lambda document: rulings.void(document, "p-1", "chair", "2026-01-01T00:00:00.000Z"))
    found = (await chapter.paragraphs("egypt"))["p-1"]
    assert found["status"]["void"] == {"at": "2026-01-01T00:00:00.000Z", "by": "chair"}
    assert found["status"]["hash"] == sha(TEXTS["p-1"]) != sha(found["text"])
    assert (found["sealed"], found["may_edit"]) == (True, False)
    assert await chapter.sets("chair", "agreed") == (200, "")
    assert (await chapter.paragraphs())["p-1"]["status"]["void"] is None
    assert [one["act"] for one in await chapter.log(paragraph="p-1")] == ["status", "void", "status"]


async def test_a_status_is_set_on_what_another_has_locked(chapter: Chapter) -> None:
    await chapter.lock("secretariat", for_="egypt")
    assert await chapter.sets("vice-chair", "agreed in group") == (200, "")
    found = (await chapter.paragraphs("egypt"))["p-1"]
    assert (found["sealed"], found["may_edit"]) == (False, True)


async def test_a_status_for_the_text_that_was_meant(chapter: Chapter) -> None:
    text = TEXTS["p-1"]
    assert await chapter.sets("chair", "agreed", hash=sha(text).upper()) == (200, "")
    await chapter.write_into("p-1", "Not ")
    assert await chapter.sets("chair", "agreed", hash=sha(text)) == (409, "text-changed")
    assert await chapter.sets("chair", "agreed", hash="") == (409, "text-changed")
    assert await chapter.sets("chair", "agreed", hash=sha("Not " + text)) == (200, "")
    assert len(await chapter.log()) == 2


async def test_headings_have_a_status_and_are_not_counted(chapter: Chapter) -> None:
    assert await chapter.sets("chair", "agreed", "h-1") == (200, "")
    listed = await chapter.listed()
    assert listed["paragraphs"][0]["sealed"] is True
    assert listed["counts"]["agreed"] == 0


async def test_a_status_can_t_be_set_on_too_long_a_text(chapter: Chapter) -> None:
    await chapter.write_into("p-1", "x" * MAX_TEXT)
    assert await chapter.sets("chair", "agreed") == (422, "paragraph-too-long")


# Refusals


@pytest.mark.parametrize("paragraph", ["p-1", "*"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"for": "nobody"}, "holder-not-found"),
        ({"for": ""}, "holder-not-found"),
        ({"for": {"participant": "nobody"}}, "holder-not-found"),
        ({"for": {"participant": "acme-networks"}}, "holder-not-found"),
        ({"for": {"delegation": "acme"}}, "holder-not-found"),
        ({"for": "observer"}, "holder-cannot-write"),
        ({"for": {"participant": "observer"}}, "holder-cannot-write"),
        ({"for": {"participant": "egypt", "delegation": "egypt"}}, "invalid"),
        ({"for": {}}, "invalid"),
        ({"for": 5}, "invalid"),
        ({"for": "x" * 101}, "invalid"),
        ({"reason": "x" * (MAX_REASON + 1)}, "invalid"),
        ({"reason": None}, "invalid"),
        ({"reason": "\ud800"}, "invalid"),
        ({"until": "2001-01-01T00:00:00Z"}, "until-passed"),
        ({"until": "2030-01-01T00:00:00"}, "invalid"),
        ({"until": "tomorrow"}, "invalid"),
        ({"until": "9999-12-31T23:59:59-12:00"}, "until-invalid"),
        ([], "invalid"),
        ("egypt", "invalid"),
    ],
)
async def test_locks_that_can_t_be(chapter: Chapter, paragraph: str, body: object, code: str) -> None:
    content = (
        httpx.Request("PUT", "http://x", json=body).content if body != {"reason": "\ud800"} else b'{"reason":"\\ud800"}'
    )
    answer = await chapter.ask(
        "chair", "PUT", place(paragraph), content=content, headers={"Content-Type": "application/json"}
    )
    assert told(answer) == (422, code)
    assert await chapter.log() == []


@pytest.mark.parametrize("paragraph", ["p-1", "*"])
async def test_a_lock_needs_no_body(chapter: Chapter, paragraph: str) -> None:
    for options in ({}, {"content": b"null", "headers": {"Content-Type": "application/json"}}):
        answer = await chapter.ask("vice-chair", "PUT", place(paragraph), **options)
        assert (answer.status_code, answer.json()["for"]["participant"]) == (200, "vice-chair")


@pytest.mark.parametrize("scope", ["headings", "chapter", "", 1, None])
async def test_scopes_that_can_t_be(chapter: Chapter, scope: object) -> None:
    assert await chapter.locks("chair", "h-1", scope=scope) == (422, "invalid")


async def test_nobody_inactive_becomes_a_holder(chapter: Chapter) -> None:
    await chapter.world.services.meeting.update_participant("egypt", active=False)
    assert await chapter.locks("chair", for_={"participant": "egypt"}) == (422, "holder-cannot-write")


@pytest.mark.parametrize("status", ["Agreed", "agreed ", "", None, 1, ["agreed"]])
async def test_statuses_that_can_t_be(chapter: Chapter, status: object) -> None:
    assert await chapter.sets("chair", status) == (422, "invalid")
    assert await chapter.sets("chair", "agreed", reason="x" * (MAX_REASON + 1)) == (422, "invalid")
    assert await chapter.sets("chair", "agreed", hash="0" * 65) == (422, "invalid")
    assert await chapter.log() == []


async def test_the_longest_reason_and_a_deadline_in_any_zone(chapter: Chapter) -> None:
    lock = await chapter.lock("chair", reason="é" * MAX_REASON, until="2999-05-15T18:00:00.1239+02:00")
    assert (lock["reason"], lock["until"]) == ("é" * MAX_REASON, "2999-05-15T16:00:00.123Z")
    assert await chapter.releases("chair", reason="x" * (MAX_REASON + 1)) == (422, "invalid")
    assert await chapter.releases("chair", reason="x" * MAX_REASON) == (204, "")


async def test_there_is_no_such_chapter_or_paragraph(chapter: Chapter) -> None:
    chair = chapter._callers["chair"]
    for path in ("/paragraphs/p-1/lock", "/headings/lock"):
        assert told(await chair.put(f"/api/chapters/none{path}", json={})) == (404, "chapter-not-found")
        assert told(await chair.delete(f"/api/chapters/none{path}")) == (404, "chapter-not-found")
    for path in ("/paragraphs", "/rulings"):
        assert told(await chair.get(f"/api/chapters/none{path}")) == (404, "chapter-not-found")
    status = {"status": "draft"}
    assert told(await chair.put("/api/chapters/none/paragraphs/p-1/status", json=status)) == (404, "chapter-not-found")
    assert await chapter.locks("chair", "p-9") == (404, "paragraph-not-found")
    assert await chapter.locks("chair", "h-9", scope="section") == (404, "paragraph-not-found")
    assert await chapter.releases("chair", "p-9") == (404, "paragraph-not-found")
    assert await chapter.sets("chair", "draft", "p-9") == (404, "paragraph-not-found")
    assert await chapter.log() == []


async def test_strangers_rule_and_read_nothing(chapter: Chapter) -> None:
    stranger = chapter.world.stranger()
    assert told(await stranger.put(f"{PATH}/paragraphs/p-1/status", json={"status": "draft"})) == (401, "not-signed-in")
    for path in ("/paragraphs", "/rulings"):
        assert told(await stranger.get(PATH + path)) == (401, "not-signed-in")


async def test_so_many_locks_and_so_long_a_log(chapter: Chapter) -> None:
    def lock(number: int) -> Lock:
        return Lock(f"q-{number}", "paragraph", 0, NOBODY, NOBODY, "", "2026-01-01T00:00:00.000Z", "")

    def fill_locks(document: ChapterDocument) -> None:
        for number in range(MAX_LOCKS - 1):
            put_lock(document, lock(number), "lock")

    def fill_log(document: ChapterDocument) -> None:
        while len(rulings.log(document)) < MAX_RULINGS:
            put_lock(document, rulings.locks(document)["q-0"], "renew")

    await chapter.lock("vice-chair", "h-3", scope="section")
    await chapter.write(fill_locks)
    assert await chapter.locks("chair", "p-2") == (409, "limit-reached")
    assert await chapter.locks("chair", "h-3", scope="section") == (200, "")  # in place of another
    await chapter.write(fill_log)
    assert await chapter.locks("chair", "h-3", scope="section") == (409, "limit-reached")
    assert await chapter.sets("chair", "agreed") == (409, "limit-reached")
    assert await chapter.releases("chair", "h-3") == (204, "")
    assert len(await chapter.log()) == MAX_RULINGS + 1


async def test_while_the_storage_fails_nothing_is_ruled(chapter: Chapter, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise StorageUnavailable("/secret/path: disk full")

    await chapter.lock("vice-chair", "p-2")
    with monkeypatch.context() as broken:
        broken.setattr(chapter.world.services.storage, "append", fail)
        broken.setattr(chapter.world.services.storage, "probe", fail)
        for _ in range(2):
            assert await chapter.locks("chair") == (503, "read-only")
            assert await chapter.sets("chair", "agreed") == (503, "read-only")
            assert await chapter.releases("vice-chair", "p-2") == (503, "read-only")
        assert await chapter.holders() == {"p-2": "vice-chair"}
    async with asyncio.timeout(10):
        while await chapter.locks("chair") != (200, ""):  # noqa: ASYNC110 (there is no event to wait for)
            await asyncio.sleep(0.05)
    assert await chapter.acts() == [("lock", "p-2", "vice-chair"), ("lock", "p-1", "chair")]


# At once


async def test_of_many_who_lock_at_once_one_does(chapter: Chapter) -> None:
    await chapter.world.services.meeting.update_participant("egypt", role=Role.VICE_CHAIR)
    await chapter.world.services.meeting.update_participant("acme", role=Role.VICE_CHAIR)
    for turn in range(5):
        answers = await asyncio.gather(*(chapter.locks(who) for who in ("vice-chair", "egypt", "acme", "secretariat")))
        assert sorted(answers) == [(200, ""), (409, "locked"), (409, "locked"), (409, "locked")]
        assert len(await chapter.log()) == 2 * turn + 1
        assert await chapter.releases("chair") == (204, "")


async def test_of_two_who_release_at_once_one_does(chapter: Chapter) -> None:
    await chapter.lock("vice-chair")
    answers = await asyncio.gather(chapter.releases("vice-chair"), chapter.releases("chair"))
    assert sorted(answers) == [(204, ""), (404, "not-locked")]
    assert len(await chapter.log()) == 2


async def test_a_status_at_the_same_time_as_a_change_of_the_text(chapter: Chapter) -> None:
    for turn in range(5):
        text = (await chapter.paragraphs())["p-1"]["text"]
        answer, _ = await asyncio.gather(
            chapter.sets("chair", "agreed", hash=sha(text)), chapter.write_into("p-1", f"{turn} ")
        )
        kept = (await chapter.value("statuses")).get("p-1")
        if answer == (200, ""):
            assert kept is not None
            assert kept["text"] == text
        else:
            assert answer == (409, "text-changed")
            assert kept is None or kept["text"] != text
    assert (await chapter.paragraphs())["p-1"]["text"].startswith("4 3 2 1 0 ")


async def test_rulings_on_many_paragraphs_at_once_are_all_in_the_log(chapter: Chapter) -> None:
    answers = await asyncio.gather(
        *(chapter.locks("vice-chair", paragraph) for paragraph in TEXTS),
        *(chapter.sets("chair", status, paragraph) for paragraph in TEXTS for status in STATUS),
    )
    assert set(answers) == {(200, "")}
    log = await chapter.log()
    assert [one["n"] for one in log] == list(range(1, 1 + 8 * len(TEXTS)))
    assert {one["paragraph"]: one["status"] for one in log if one["act"] == "status"} == {
        one: body["status"]["status"] for one, body in (await chapter.paragraphs()).items()
    }
    assert [one["n"] for one in await chapter.log(paragraph="p-2")] == [
        one["n"] for one in log if one["paragraph"] == "p-2"
    ]


# Rights in the chapter


async def test_who_holds_the_pen_may_write_where_all_else_is_with_others(chapter: Chapter) -> None:
    meeting = chapter.world.services.meeting
    group = BreakoutGroup("a", "A", frozenset(("acme",)), frozenset(("trust",)), frozenset((("trust", "h-3"),)))
    await meeting.put_group(group)
    editable = {
        who: [one for one, body in (await chapter.paragraphs(who)).items() if body["may_edit"]] for who in PEOPLE
    }
    assert editable["acme"] == editable["vice-chair"] == list(TEXTS)
    assert editable["egypt"] == []
    await chapter.lock("vice-chair", "p-3", for_="egypt")
    assert [one for one, body in (await chapter.paragraphs("egypt")).items() if body["may_edit"]] == ["p-3"]
    assert (await chapter.paragraphs("acme"))["p-3"]["may_edit"] is False


async def test_sections_of_groups_nest(chapter: Chapter) -> None:
    meeting = chapter.world.services.meeting
    await meeting.put_group(BreakoutGroup("a", "A", frozenset(("acme",)), frozenset(), frozenset((("trust", "h-1"),))))
    await meeting.put_group(BreakoutGroup("b", "B", frozenset(("egypt",)), frozenset(), frozenset((("trust", "h-2"),))))
    editable = {
        who: [one for one, body in (await chapter.paragraphs(who)).items() if body["may_edit"]] for who in PEOPLE
    }
    assert editable["acme"] == ["h-1", "p-1", "h-3", "p-3"]
    assert editable["egypt"] == ["h-2", "p-2", "h-3", "p-3"]


# Afterwards


async def test_a_restart_keeps_all(tmp_path: Path) -> None:
    async with open_world(tmp_path / "meeting") as world:
        chapter = await Chapter.begin(world)
        await chapter.lock("vice-chair", "h-1", scope="section", until="2999-01-01T00:00:00Z", for_="egypt")
        await chapter.lock("secretariat", "*")
        await chapter.lock("chair", "p-2", reason="mine")
        await chapter.sets("chair", "agreed", "p-3")
        await chapter.sets("vice-chair", "agreed ad referendum", "p-1")
        await chapter.write_into("p-1", "Not ")
        await chapter.write(lambda document: rulings.void(document, "p-1", "chair", "2026-01-01T00:00:00.000Z"))
        before = await chapter.listed("egypt"), await chapter.log()
        await world.services.rooms.evict_idle(0)
        await world.services.rooms.evict_idle(1e9)
        assert world.services.rooms.find("trust") is None
        assert (await chapter.listed("egypt"), await chapter.log()) == before
    async with open_world(tmp_path / "meeting") as world:
        chapter = Chapter(world, {one: await world.caller(one) for one in PEOPLE})
        assert (await chapter.listed("egypt"), await chapter.log()) == before
        assert (await chapter.lock("chair", "p-2"))["number"] == 3
        assert (await chapter.log())[-1]["n"] == len(before[1]) + 1
