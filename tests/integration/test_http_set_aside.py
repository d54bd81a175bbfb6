"""What was set aside, over HTTP: who sees it, who makes a proposal of it, who throws it away."""

import asyncio
from typing import Any

import pytest

from documents.errors import StorageUnavailable
from documents.gavel.set_aside import Runs, SetAside
from server.http.set_aside import NOTHING_LEFT
from tests.editorkit import Editor
from tests.integration.http_world import Caller, World
from tests.roomkit import quiet

RUNS: Runs = (("kept", "Parties "), ("deleted", "shall"), ("inserted", "may"), ("kept", " report."))
PATH = "/api/chapters/trust/set-aside"


async def begin(world: World, *items: tuple[int, str, Runs]) -> str:
    """A chapter `trust` in which this was set aside: number, author, runs. Returns the id of its paragraph."""
    chair = await world.caller("chair")
    assert (await chair.post("/api/chapters", json={"title": "Trust"})).status_code == 201
    paragraphs = (await chair.get("/api/chapters/trust/paragraphs")).json()["paragraphs"]
    paragraph = str(paragraphs[0]["id"])
    await keep(world, paragraph, *items)
    return paragraph


async def keep(world: World, paragraph: str, *items: tuple[int, str, Runs], updated: int = 61_000) -> None:
    kept = [
        SetAside("trust", number, author, paragraph, "12", 60_000, updated, "It is locked for Japan.", 7, runs)
        for number, author, runs in items
    ]
    await world.services.storage.append([], kept)


async def listed(caller: Caller, **params: Any) -> list[dict[str, Any]]:
    answer = await caller.get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["set_aside"]
    return found


async def numbers(caller: Caller, **params: Any) -> list[int]:
    return [one["number"] for one in await listed(caller, **params)]


async def comments(world: World) -> list[dict[str, Any]]:
    room = await world.services.rooms.open("trust")
    return list((await room.read(lambda document: document.value("comments"))).values())


async def delete_paragraph(world: World) -> None:
    room = await world.services.rooms.open("trust")
    editor = Editor("chair", 77).join(room)
    await quiet(room, editor)
    del editor.text.children[0]
    await quiet(room, editor)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_delegate_sees_the_paragraph_as_it_would_have_been(world: World) -> None:
    paragraph = await begin(world, (1, "egypt", RUNS))
    assert await listed(await world.caller("egypt")) == [
        {
            "number": 1,
            "paragraph": paragraph,
            "label": "12",
            "participant": "egypt",
            "name": "رنا الحمود",
            "delegation": "egypt",
            "delegation_name": "Egypt",
            "at": "1970-01-01T00:01:00.000Z",
            "updated": "1970-01-01T00:01:01.000Z",
            "reason": "It is locked for Japan.",
            "runs": [{"change": change, "text": text} for change, text in RUNS],
            "words": "may",
            "text": "Parties may report.",
            "state": "kept",
        }
    ]


ITEMS: list[tuple[int, str, Runs]] = [
    (number, who, RUNS) for number, who in enumerate(("egypt", "acme", "chair", "secretariat", "egypt", "gone"), 1)
]


@pytest.mark.parametrize(
    ("who", "by_default", "everything"),
    [
        ("secretariat", [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]),
        ("chair", [3], [1, 2, 3, 4, 5, 6]),
        ("vice-chair", [], None),
        ("egypt", [1, 5], None),
        ("acme", [2], None),
        ("observer", [], None),
    ],
)
async def test_who_sees_what(world: World, who: str, by_default: list[int], everything: list[int] | None) -> None:
    await begin(world, *ITEMS)
    caller = await world.caller(who)
    assert await numbers(caller) == by_default
    assert await numbers(caller, all=0) == [number for number, author, _ in ITEMS if author == who]
    if everything is None:
        assert code(await caller.get(PATH, params={"all": 1})) == (403, "forbidden")
    else:
        assert await numbers(caller, all=1) == everything


async def test_whoever_is_not_known_any_more_has_no_name(world: World) -> None:
    await begin(world, (1, "gone", RUNS))
    (found,) = await listed(await world.caller("secretariat"))
    assert (found["participant"], found["name"], found["delegation"], found["delegation_name"]) == ("gone", "", "", "")


async def test_proposing_makes_one_comment_on_the_paragraph(world: World) -> None:
    paragraph = await begin(world, (1, "egypt", RUNS))
    egypt = await world.caller("egypt")
    for _ in range(2):
        answer = await egypt.post(f"{PATH}/1/propose")
        assert answer.status_code == 200
        assert answer.json()["state"] == "proposed"
    (comment,) = await comments(world)
    assert comment.pop("at")
    assert comment == {
        "paragraph": paragraph,
        "name": "Egypt",
        "participant": "egypt",
        "text": "Parties may report.",
        "resolved": False,
    }
    assert [one["state"] for one in await listed(egypt)] == ["proposed"]
    (*_, last) = (await egypt.get("/api/chapters/trust/history")).json()["entries"]
    assert last["author"] == "egypt"


async def test_proposing_twice_at_once_makes_one_comment(world: World) -> None:
    await begin(world, (1, "egypt", RUNS))
    egypt = await world.caller("egypt")
    answers = await asyncio.gather(*(egypt.post(f"{PATH}/1/propose") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await comments(world)) == 1


async def test_what_has_grown_since_is_proposed_anew(world: World) -> None:
    paragraph = await begin(world, (1, "egypt", RUNS))
    egypt = await world.caller("egypt")
    await egypt.post(f"{PATH}/1/propose")
    await keep(world, paragraph, (1, "egypt", (*RUNS, ("inserted", " Yearly."))), updated=62_000)
    assert [one["state"] for one in await listed(egypt)] == ["kept"]
    assert (await egypt.post(f"{PATH}/1/propose")).json()["state"] == "proposed"
    assert sorted(one["text"] for one in await comments(world)) == [
        "Parties may report.",
        "Parties may report. Yearly.",
    ]


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ((("deleted", "Parties shall report."),), NOTHING_LEFT),
        ((("kept", " \n"), ("deleted", "shall")), NOTHING_LEFT),
        ((("kept", "x" * 4_998), ("inserted", "é!")), "x" * 4_998 + "é!"),
        ((("kept", "x" * 4_999), ("inserted", "é!")), "é!"),
        ((("inserted", "x" * 9_000),), "x" * 5_000),
    ],
)
async def test_a_proposal_is_no_longer_than_a_comment(world: World, runs: Runs, text: str) -> None:
    await begin(world, (1, "egypt", runs))
    assert (await (await world.caller("egypt")).post(f"{PATH}/1/propose")).status_code == 200
    assert [one["text"] for one in await comments(world)] == [text]


async def test_without_its_paragraph_nothing_is_proposed(world: World) -> None:
    await begin(world, (1, "egypt", RUNS))
    await delete_paragraph(world)
    egypt = await world.caller("egypt")
    for _ in range(2):
        assert code(await egypt.post(f"{PATH}/1/propose")) == (404, "paragraph-not-found")
    assert await comments(world) == []
    assert [one["state"] for one in await listed(egypt)] == ["kept"]


async def test_what_is_discarded_is_listed_no_more_and_stays_on_disk(world: World) -> None:
    await begin(world, (1, "egypt", RUNS), (2, "egypt", RUNS))
    egypt = await world.caller("egypt")
    for _ in range(2):
        assert (await egypt.delete(f"{PATH}/1")).status_code == 204
    assert await numbers(egypt) == [2]
    assert await numbers(await world.caller("secretariat")) == [2]
    assert code(await egypt.post(f"{PATH}/1/propose")) == (404, "set-aside-not-found")
    assert [one.state for one in await world.services.storage.set_aside("trust")] == ["discarded", "kept"]
    assert await comments(world) == []


async def test_what_was_proposed_may_be_discarded_and_its_comment_stays(world: World) -> None:
    await begin(world, (1, "egypt", RUNS))
    egypt = await world.caller("egypt")
    await egypt.post(f"{PATH}/1/propose")
    assert (await egypt.delete(f"{PATH}/1")).status_code == 204
    assert await listed(egypt) == []
    assert len(await comments(world)) == 1


@pytest.mark.parametrize("who", ["secretariat", "chair", "vice-chair", "acme", "observer"])
async def test_only_its_author_proposes_or_discards(world: World, who: str) -> None:
    await begin(world, (1, "egypt", RUNS))
    caller = await world.caller(who)
    assert code(await caller.post(f"{PATH}/1/propose")) == (403, "forbidden")
    assert code(await caller.delete(f"{PATH}/1")) == (403, "forbidden")
    assert await comments(world) == []
    assert [one.state for one in await world.services.storage.set_aside("trust")] == ["kept"]


async def test_who_may_not_comment_any_more_proposes_nothing_but_may_discard(world: World) -> None:
    await begin(world, (1, "observer", RUNS))
    observer = await world.caller("observer")
    assert code(await observer.post(f"{PATH}/1/propose")) == (403, "forbidden")
    assert await comments(world) == []
    assert (await observer.delete(f"{PATH}/1")).status_code == 204


async def test_there_is_no_such_number_or_chapter(world: World) -> None:
    await begin(world, (1, "egypt", RUNS))
    egypt = await world.caller("egypt")
    for number in (0, 2, -1, 2**70):
        assert code(await egypt.post(f"{PATH}/{number}/propose")) == (404, "set-aside-not-found")
        assert code(await egypt.delete(f"{PATH}/{number}")) == (404, "set-aside-not-found")
    missing = PATH.replace("trust", "missing")
    assert code(await egypt.get(missing)) == (404, "chapter-not-found")
    assert code(await egypt.post(f"{missing}/1/propose")) == (404, "chapter-not-found")
    assert code(await egypt.delete(f"{missing}/1")) == (404, "chapter-not-found")
    assert code(await egypt.delete(f"{PATH}/one")) == (422, "invalid")


async def test_strangers_see_and_do_nothing(world: World) -> None:
    await begin(world, (1, "egypt", RUNS))
    stranger = world.stranger()
    for method, path in (("GET", PATH), ("POST", f"{PATH}/1/propose"), ("DELETE", f"{PATH}/1")):
        assert code(await stranger.request(method, path)) == (401, "not-signed-in")


async def test_while_the_storage_fails_nothing_is_said_to_be_proposed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(world, (1, "egypt", RUNS))
    egypt = await world.caller("egypt")

    async def fail(*_: object, **__: object) -> None:
        raise StorageUnavailable("/secret/path: disk full")

    with monkeypatch.context() as broken:
        broken.setattr(world.services.storage, "settle_set_aside", fail)
        for method, path in (("POST", f"{PATH}/1/propose"), ("DELETE", f"{PATH}/1")):
            answer = await egypt.request(method, path)
            assert code(answer) == (503, "storage")
            assert "secret" not in answer.text
    assert [one["state"] for one in await listed(egypt)] == ["kept"]
    assert (await egypt.post(f"{PATH}/1/propose")).json()["state"] == "proposed"
    assert len(await comments(world)) == 1
