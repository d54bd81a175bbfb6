"""Each route of the HTTP API lets through what the table of rights allows, and nothing else.

The websocket: `test_rules_at_the_websocket.py`.
"""

from io import BytesIO
from typing import Any

import httpx
import pytest
from docx import Document

from auth.people import Participant
from auth.rules import Action, ParagraphState, SetAsideOf, StatusChange, decide
from documents.chapter import ChapterDocument
from documents.gavel.rulings import HEADINGS, STATUS, Status, drop_lock, put_lock, set_status
from documents.gavel.set_aside import SetAside
from documents.incoming.opening import Comment, add_comment
from tests.integration.doors_kit import (
    AT,
    KINDS,
    OPEN_RULED,
    OTHER,
    ROLES,
    RULED,
    SECTIONS,
    VERSION,
    access,
    lock,
    make_chapter,
    may_edit,
    state,
)
from tests.integration.http_world import PEOPLE, Caller, World

Route = tuple[str, str]

CHAPTER = "/api/chapters/{chapter}"
CSV = {"content": PEOPLE.encode(), "headers": {"Content-Type": "text/csv"}}
DRAFT = {"content": b"A title\n", "headers": {"Content-Type": "text/plain"}}

WITHOUT_STATE: dict[Route, tuple[Action, dict[str, Any]]] = {
    ("GET", "/api/chapters"): (Action.READ, {}),
    ("POST", "/api/chapters"): (Action.CREATE_CHAPTER, {"json": {"title": "Another"}}),
    ("POST", "/api/chapters/import"): (Action.IMPORT_CHAPTER, DRAFT),
    ("GET", CHAPTER): (Action.READ, {}),
    ("GET", f"{CHAPTER}/text"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/paragraphs"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/rulings"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/set-aside"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/runs"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/authorship/totals"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/authorship/activity"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/authorship/content-map"): (Action.READ, {}),
    ("GET", f"{CHAPTER}/redline"): (Action.READ, {"params": {"since": AT}}),
    ("GET", f"{CHAPTER}/export"): (Action.READ, {"params": {"format": "docx"}}),
    ("GET", f"{CHAPTER}/versions"): (Action.READ, {}),
    ("POST", f"{CHAPTER}/versions"): (Action.NAME_VERSION, {"json": {"name": "Status of today"}}),
    ("GET", f"{CHAPTER}/versions/{{version}}"): (Action.READ, {}),
    ("PUT", f"{CHAPTER}/versions/{{version}}/publication"): (Action.PUBLISH_VERSION, {}),
    ("DELETE", f"{CHAPTER}/versions/{{version}}/publication"): (Action.PUBLISH_VERSION, {}),
    ("POST", f"{CHAPTER}/versions/{{version}}/restore"): (Action.RESTORE_VERSION, {}),
    ("GET", f"{CHAPTER}/versions/{{version}}/restore"): (Action.RESTORE_VERSION, {}),
    ("GET", f"{CHAPTER}/history"): (Action.SEE_HISTORY, {}),
    ("GET", "/api/search"): (Action.READ, {"params": {"q": "plain"}}),
    ("GET", "/api/participants"): (Action.SEE_PEOPLE, {}),
    ("POST", "/api/participants/import"): (Action.MANAGE_PEOPLE, CSV),
    ("PATCH", "/api/participants/{participant}"): (Action.MANAGE_PEOPLE, {"json": {"name": "Søren H."}}),
    ("POST", "/api/participants/{participant}/invitations"): (Action.MANAGE_PEOPLE, {"json": {"hours": 1}}),
    ("GET", "/api/participants/{participant}/invitations"): (Action.MANAGE_PEOPLE, {}),
    ("DELETE", "/api/invitations/{invitation}"): (Action.MANAGE_PEOPLE, {}),
    ("GET", "/api/breakout-groups"): (Action.SEE_PEOPLE, {}),
    ("PUT", "/api/breakout-groups/{group}"): (Action.MANAGE_PEOPLE, {"json": {"name": "A"}}),
    ("DELETE", "/api/breakout-groups/{group}"): (Action.MANAGE_PEOPLE, {}),
}
"""Routes for which the person alone decides, with an action of the table."""
BY_STATE: dict[Route, dict[str, Any]] = {
    ("POST", f"{CHAPTER}/comments"): {"json": {"paragraph": "plain-free", "text": "Unclear"}},
    ("PATCH", f"{CHAPTER}/comments/{{comment}}"): {"json": {"resolved": True}},
    ("PUT", f"{CHAPTER}/paragraphs/{{paragraph}}/lock"): {"json": {}},
    ("DELETE", f"{CHAPTER}/paragraphs/{{paragraph}}/lock"): {},
    ("PUT", f"{CHAPTER}/headings/lock"): {"json": {}},
    ("DELETE", f"{CHAPTER}/headings/lock"): {},
    ("PUT", f"{CHAPTER}/paragraphs/{{paragraph}}/status"): {"json": {"status": "draft"}},
    ("POST", f"{CHAPTER}/import"): DRAFT,
    ("POST", f"{CHAPTER}/set-aside/{{number}}/propose"): {},
    ("DELETE", f"{CHAPTER}/set-aside/{{number}}"): {},
}
"""Routes for which a state of the table decides too; each has a test of its own here."""
WITHOUT_RIGHTS: set[Route] = {
    ("POST", "/api/session"),
    ("GET", "/api/session"),
    ("DELETE", "/api/session"),
    ("POST", "/api/session/refresh"),
    ("GET", "/papers/{address}"),
    ("GET", "/papers/{address}.docx"),
    ("GET", "/papers/{address}.txt"),
    ("GET", "/papers/{address}.json"),
    ("GET", "/health"),
    ("GET", "/ready"),
}
"""Signing in and out, what is published, and what watches the server: no right is needed."""


def said(answer: httpx.Response) -> str:
    """`allowed`, or the code of the problem."""
    return "allowed" if answer.is_success else str(answer.json()["code"])


def expected(allowed: bool) -> str:
    return "allowed" if allowed else "forbidden"


async def person(world: World, who: str, kind: str = "open") -> tuple[Participant, Caller, str]:
    """A participant, signed in, and a chapter of this kind for them."""
    me = world.services.meeting.participant(who)
    chapter = f"{who}-{kind}"
    await make_chapter(world.services.meeting, world.services.rooms, chapter, kind, me)
    return me, await world.caller(who), chapter


async def send(world: World, caller: Caller, route: Route, options: dict[str, Any], chapter: str) -> str:
    """Ask a route for which the person alone decides."""
    method, path = route
    invitation, _ = await world.services.meeting.invite("acme", hours=1)
    address = path.format(
        chapter=chapter,
        participant="acme",
        invitation=invitation.id,
        group=f"{chapter}-theirs",
        paragraph="plain-free",
        comment="c",
        number=1,
        version=VERSION,
    )
    return said(await caller.request(method, address, **options))


async def test_every_route_is_held_against_the_table(world: World) -> None:
    assert set(world.description.routes) == set(WITHOUT_STATE) | set(BY_STATE) | WITHOUT_RIGHTS


@pytest.mark.parametrize("who", ROLES)
async def test_what_the_role_decides(world: World, who: str) -> None:
    wrong = {}
    for kind in KINDS:
        me, caller, chapter = await person(world, who, kind)
        for route, (action, options) in WITHOUT_STATE.items():
            got = await send(world, caller, route, options, chapter)
            if got != expected(decide(me, action, access(chapter, kind, "plain")).allowed):
                wrong[kind, route] = got
    assert wrong == {}


async def test_who_is_not_active_or_not_signed_in_may_nothing(world: World) -> None:
    me, caller, chapter = await person(world, "egypt")
    await world.services.meeting.update_participant("egypt", active=False)
    routes = {route: options for route, (_, options) in WITHOUT_STATE.items()} | BY_STATE
    for route, options in routes.items():
        assert await send(world, caller, route, options, chapter) == "session-ended", route
        assert await send(world, world.stranger(), route, options, chapter) == "not-signed-in", route
    assert not any(decide(world.services.meeting.participant(me.id), action).allowed for action in Action)


@pytest.mark.parametrize("who", ROLES)
async def test_which_paragraphs_one_may_edit_is_told(world: World, who: str) -> None:
    for kind in KINDS:
        me, caller, chapter = await person(world, who, kind)
        answer = await caller.get(f"/api/chapters/{chapter}/paragraphs")
        told = {one["id"]: one["may_edit"] for one in answer.json()["paragraphs"] if one["kind"] == "paragraph"}
        assert told == may_edit(me, chapter, kind)
        body = (await caller.get(f"/api/chapters/{chapter}")).json()
        assert body["may_write"] is any(told.values())
        accesses = [access(chapter, kind, section) for section in SECTIONS]
        assert body["may_comment"] is any(decide(me, Action.COMMENT, one).allowed for one in accesses)
        (listed,) = (one for one in (await caller.get("/api/chapters")).json()["chapters"] if one["id"] == chapter)
        assert listed == body


@pytest.mark.parametrize("who", ROLES)
async def test_what_of_a_file_that_comes_back_is_taken(world: World, who: str) -> None:
    for kind in KINDS:
        me, caller, chapter = await person(world, who, kind)
        paper = await caller.get(f"/api/chapters/{chapter}/export", params={"format": "docx"})
        file = Document(BytesIO(paper.content))
        for paragraph in file.paragraphs:
            if paragraph.style is not None and paragraph.style.name == "Numbered Paragraph":
                said_runs = [
                    one for one in paragraph.runs if one.style.name not in {"Paragraph Label", "Paragraph Status"}
                ]
                said_runs[-1].text += " And more."
        file.save(content := BytesIO())
        answer = await caller.post(f"/api/chapters/{chapter}/import", content=content.getvalue())
        may = may_edit(me, chapter, kind)
        assert said(answer) == expected(any(may.values())), kind
        if answer.is_success:
            told = {one["paragraph"]: one["state"] for one in answer.json()["differences"]}
            assert told == {name: "changed" if allowed else "locked" for name, allowed in may.items()}, kind


@pytest.mark.parametrize("who", ROLES)
async def test_comments(world: World, who: str) -> None:
    for kind in KINDS:
        me, caller, chapter = await person(world, who, kind)
        for section in SECTIONS:
            right = expected(decide(me, Action.COMMENT, access(chapter, kind, section)).allowed)
            for name in RULED:
                body = {"paragraph": f"{section}-{name}", "text": "Unclear"}
                assert said(await caller.post(f"/api/chapters/{chapter}/comments", json=body)) == right, section
            await write(world, chapter, add_comment(Comment(section, f"{section}-free", "Acme", "acme", "Unclear", AT)))
            change = await caller.patch(f"/api/chapters/{chapter}/comments/{section}", json={"resolved": True})
            assert said(change) == right, section


@pytest.mark.parametrize("who", ROLES)
async def test_locks(world: World, who: str) -> None:
    me, caller, chapter = await person(world, who)
    taking, releasing = {}, {}
    for name, ruled in RULED.items():
        taken = await caller.put(f"/api/chapters/{chapter}/paragraphs/plain-{name}/lock", json={})
        released = await caller.delete(f"/api/chapters/{chapter}/paragraphs/theirs-{name}/lock")
        now = state(me, ruled)
        if said(taken) != may_take(me, now):
            taking[name] = said(taken)
        if said(released) != may_release(me, now):
            releasing[name] = said(released)
    assert (taking, releasing) == ({}, {})


@pytest.mark.parametrize("who", ROLES)
async def test_the_lock_of_the_headings(world: World, who: str) -> None:
    me, caller, chapter = await person(world, who)
    address = f"/api/chapters/{chapter}/headings/lock"
    for ruled in OPEN_RULED.values():

        def rule(document: ChapterDocument, ruled: Any = ruled) -> None:
            drop_lock(document, HEADINGS, OTHER, "break", "", AT)
            if ruled.holder:
                put_lock(document, lock(me, HEADINGS, ruled), "lock")

        await write(world, chapter, rule)
        assert said(await caller.put(address, json={})) == may_take(me, state(me, ruled)), ruled
        await write(world, chapter, rule)
        assert said(await caller.delete(address)) == may_release(me, state(me, ruled)), ruled


def may_take(me: Participant, now: ParagraphState) -> str:
    """What taking a lock is answered with: one that stands is changed, or in the way."""
    if not decide(me, Action.LOCK, state=now).allowed:
        return "forbidden"
    return "locked" if now.locked and not decide(me, Action.CHANGE_LOCK, state=now).allowed else "allowed"


def may_release(me: Participant, now: ParagraphState) -> str:
    """What releasing a lock is answered with. Where none stands, whoever may release their own is told so."""
    if now.locked:
        return expected(decide(me, Action.CHANGE_LOCK, state=now).allowed)
    own = decide(me, Action.CHANGE_LOCK, state=ParagraphState(taken_by=me.id))
    return "not-locked" if own.allowed else "forbidden"


@pytest.mark.parametrize("who", ROLES)
async def test_statuses(world: World, who: str) -> None:
    me, caller, chapter = await person(world, who)
    wrong = {}
    for before in STATUS:
        for after in STATUS:
            await write(world, chapter, lambda document, now=before: set_now(document, now))
            got = said(
                await caller.put(f"/api/chapters/{chapter}/paragraphs/plain-free/status", json={"status": after})
            )
            if got != expected(decide(me, Action.SET_STATUS, state=StatusChange(before, after)).allowed):
                wrong[before, after] = got
    assert wrong == {}
    body = {"status": "bracketed"}
    fresh = await caller.put(f"/api/chapters/{chapter}/paragraphs/mine-free/status", json=body)
    assert said(fresh) == expected(decide(me, Action.SET_STATUS, state=StatusChange("draft", "bracketed")).allowed)


def set_now(document: ChapterDocument, status: Status) -> None:
    set_status(document, "plain-free", status, OTHER, AT, "")


@pytest.mark.parametrize("who", ROLES)
async def test_what_is_set_aside(world: World, who: str) -> None:
    for kind in KINDS:
        me, caller, chapter = await person(world, who, kind)
        items = [(section, by) for section in SECTIONS for by in (who, "acme")]
        await world.services.storage.append(
            [],
            [
                SetAside(chapter, number, by, f"{section}-free", "", 1, 1, "why", 0, (("inserted", "x"),))
                for number, (section, by) in enumerate(items, 1)
            ],
        )
        address = f"/api/chapters/{chapter}/set-aside"
        others = decide(me, Action.SEE_SET_ASIDE, state=SetAsideOf("acme")).allowed
        everybody = await caller.get(address, params={"all": True})
        own = await caller.get(address, params={"all": False})
        assert said(everybody) == expected(others)
        assert {one["participant"] for one in own.json()["set_aside"]} == {who}
        assert not others or len(everybody.json()["set_aside"]) == len(items)
        for number, (section, by) in enumerate(items, 1):
            settle = decide(me, Action.SETTLE_SET_ASIDE, state=SetAsideOf(by)).allowed
            comment = decide(me, Action.COMMENT, access(chapter, kind, section)).allowed
            assert said(await caller.post(f"{address}/{number}/propose")) == expected(settle and comment)
            assert said(await caller.delete(f"{address}/{number}")) == expected(settle)


async def write(world: World, chapter: str, change: Any) -> None:
    await (await world.services.rooms.open(chapter)).write("chair", change)
