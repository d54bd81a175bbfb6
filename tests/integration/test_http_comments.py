"""Comments over HTTP: on disk and in the live document when the answer comes."""

import asyncio
from datetime import datetime
from typing import Any

import anyio
import pytest

from auth.people import BreakoutGroup
from documents.errors import StorageUnavailable
from tests.integration.http_world import Caller, World


async def chapter_with_paragraph(world: World) -> tuple[str, str]:
    """A chapter's path, and the id of a paragraph in it."""
    chair = await world.caller("chair")
    path = f"/api/chapters/{(await chair.post('/api/chapters', json={'title': 'Trust'})).json()['id']}"
    return path, (await chair.get(f"{path}/paragraphs")).json()["paragraphs"][0]["id"]


async def comments(world: World) -> dict[str, Any]:
    room = await world.services.rooms.open("trust")
    return await room.read(lambda document: document.value("comments"))


async def say(caller: Caller, path: str, paragraph: str, text: object) -> tuple[int, str]:
    answer = await caller.post(f"{path}/comments", json={"paragraph": paragraph, "text": text})
    return answer.status_code, answer.json().get("code", "")


async def test_a_delegate_comments_for_the_delegation(world: World) -> None:
    path, paragraph = await chapter_with_paragraph(world)
    egypt = await world.caller("egypt")
    answer = await egypt.post(f"{path}/comments", json={"paragraph": paragraph, "text": " غير واضح\n– unclear 𝄞 "})
    assert answer.status_code == 201
    body = answer.json()
    assert abs(datetime.fromisoformat(body["at"]).timestamp() - world.clock.now) < 60
    assert body | {"at": "", "id": ""} == {
        "id": "",
        "paragraph": paragraph,
        "name": "Egypt",
        "participant": "egypt",
        "text": "غير واضح\n– unclear 𝄞",
        "at": "",
        "resolved": False,
    }
    assert await comments(world) == {body.pop("id"): body}
    (*_, last) = (await egypt.get(f"{path}/history")).json()["entries"]
    assert last["author"] == "egypt"


async def test_a_comment_is_resolved_and_opened_again(world: World) -> None:
    path, paragraph = await chapter_with_paragraph(world)
    egypt, chair = await world.caller("egypt"), await world.caller("chair")
    body = (await egypt.post(f"{path}/comments", json={"paragraph": paragraph, "text": "Unclear"})).json()
    for resolved in (True, True, False):
        answer = await chair.patch(f"{path}/comments/{body['id']}", json={"resolved": resolved})
        assert answer.status_code == 200
        assert answer.json() == body | {"resolved": resolved}
    entries = (await chair.get(f"{path}/history")).json()["entries"]
    assert [one["author"] for one in entries] == ["chair", "egypt", "chair", "chair"]  # the second True changed nothing


async def test_many_comments_at_once_are_all_kept(world: World) -> None:
    path, paragraph = await chapter_with_paragraph(world)
    callers = [await world.caller(one) for one in ("egypt", "acme", "chair", "vice-chair", "secretariat")]
    answers = await asyncio.gather(*(say(caller, path, paragraph, f"{n}") for n in range(4) for caller in callers))
    assert {status for status, _ in answers} == {201}
    assert len(await comments(world)) == 20


async def test_an_observer_neither_comments_nor_resolves(world: World) -> None:
    path, paragraph = await chapter_with_paragraph(world)
    body = (
        await (await world.caller("egypt")).post(f"{path}/comments", json={"paragraph": paragraph, "text": "A"})
    ).json()
    observer = await world.caller("observer")
    assert await say(observer, path, paragraph, "B") == (403, "forbidden")
    answer = await observer.patch(f"{path}/comments/{body['id']}", json={"resolved": True})
    assert answer.json()["code"] == "forbidden"
    assert list((await comments(world)).values()) == [{key: body[key] for key in body if key != "id"}]


async def test_an_observer_comments_where_a_breakout_group_of_theirs_works(world: World) -> None:
    chair, observer = await world.caller("chair"), await world.caller("observer")
    draft = "Trust\n\n1) People\n1. Every person counts.\n2) Means\n2. Somebody pays.\n"
    answer = await chair.post("/api/chapters/import", content=draft.encode(), headers={"Content-Type": "text/plain"})
    path = f"/api/chapters/{answer.json()['chapter']['id']}"
    *_, heading, one, other, two = (await chair.get(f"{path}/paragraphs")).json()["paragraphs"]
    assert (heading["kind"], other["kind"]) == ("heading", "heading")
    members, section = frozenset({"observer"}), ("trust", str(heading["id"]))

    async def may() -> tuple[bool, int, int]:
        told = (await observer.get(path)).json()
        first, _ = await say(observer, path, one["id"], "A")
        second, _ = await say(observer, path, two["id"], "B")
        return told["may_comment"], first, second

    assert await may() == (False, 403, 403)
    await world.services.meeting.put_group(BreakoutGroup("a", "A", members, sections=frozenset({section})))
    assert await may() == (True, 201, 403)
    await world.services.meeting.put_group(BreakoutGroup("a", "A", members, frozenset({"trust"})))
    assert await may() == (True, 201, 201)
    comment = next(iter(await comments(world)))
    assert (await observer.patch(f"{path}/comments/{comment}", json={"resolved": True})).status_code == 200
    await world.services.meeting.put_group(BreakoutGroup("b", "B", sections=frozenset({section})))
    assert await may() == (True, 403, 201)
    assert (await observer.get(path)).json()["may_write"] is False


@pytest.mark.parametrize("text", ["", " \n ", "x" * 5_001, None, 5])
async def test_comments_that_can_t_be(world: World, text: object) -> None:
    path, paragraph = await chapter_with_paragraph(world)
    status, code = await say(await world.caller("egypt"), path, paragraph, text)
    assert status == 422
    assert code in {"comment-empty", "invalid"}
    assert await comments(world) == {}


async def test_the_longest_comment(world: World) -> None:
    path, paragraph = await chapter_with_paragraph(world)
    assert await say(await world.caller("egypt"), path, paragraph, "é" * 5_000) == (201, "")


async def test_there_is_no_such_chapter_paragraph_or_comment(world: World) -> None:
    path, paragraph = await chapter_with_paragraph(world)
    egypt = await world.caller("egypt")
    assert await say(egypt, "/api/chapters/missing", paragraph, "A") == (404, "chapter-not-found")
    assert await say(egypt, path, "p-missing", "A") == (404, "paragraph-not-found")
    for chapter, code in ((path, "comment-not-found"), ("/api/chapters/missing", "chapter-not-found")):
        answer = await egypt.patch(f"{chapter}/comments/c-missing", json={"resolved": True})
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert await comments(world) == {}


async def test_strangers_say_nothing(world: World) -> None:
    path, paragraph = await chapter_with_paragraph(world)
    assert await say(world.stranger(), path, paragraph, "A") == (401, "not-signed-in")


async def test_while_the_storage_fails_nothing_is_said_to_be_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, paragraph = await chapter_with_paragraph(world)
    egypt = await world.caller("egypt")

    async def fail(*_: object) -> None:
        raise StorageUnavailable("/secret/path: disk full")

    with monkeypatch.context() as broken:
        broken.setattr(world.services.storage, "append", fail)
        broken.setattr(world.services.storage, "probe", fail)
        for _ in range(2):
            answer = await egypt.post(f"{path}/comments", json={"paragraph": paragraph, "text": "A"})
            assert (answer.status_code, answer.json()["code"]) == (503, "read-only")
            assert "secret" not in answer.text
        assert (await egypt.get(f"{path}/text")).status_code == 200
    with anyio.fail_after(10):
        while (await say(egypt, path, paragraph, "B"))[0] != 201:  # noqa: ASYNC110 (there is no event to wait for)
            await anyio.sleep(0.05)
    assert [one["text"] for one in (await comments(world)).values()] == ["B"]
