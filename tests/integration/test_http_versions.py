"""Named points in a chapter's history, over HTTP: on disk and in the live document when the answer comes."""

import asyncio
import re
from datetime import datetime
from typing import Any

import pytest

from documents.chapter import ChapterDocument
from documents.errors import StorageUnavailable
from documents.versions.versions import MAX_VERSIONS, Version, add_version, versions
from server.automatic import Automatic
from tests.integration.http_world import Caller, World

PATH = "/api/chapters/trust"


async def begin(world: World) -> Caller:
    """A chapter; and the chair."""
    chair = await world.caller("chair")
    assert (await chair.post("/api/chapters", json={"title": "Trust"})).status_code == 201
    return chair


async def name(caller: Caller, text: object, path: str = PATH) -> tuple[int, str]:
    answer = await caller.post(f"{path}/versions", json={"name": text})
    return answer.status_code, answer.json().get("code", "")


async def names(caller: Caller) -> list[str]:
    return [one["name"] for one in (await caller.get(f"{PATH}/versions")).json()["versions"]]


async def write(world: World, text: str) -> None:
    def change(document: ChapterDocument) -> None:
        document.append("paragraph", {"id": f"p-{text}", "label": ""}, text)

    room = await world.services.rooms.open("trust")
    await room.write("chair", change)


async def test_a_version_is_what_is_on_disk_when_it_is_named(world: World) -> None:
    chair = await begin(world)
    assert (await chair.get(f"{PATH}/versions")).json() == {"versions": [], "automatic": []}
    await write(world, "one")
    await write(world, "two")
    answer = await chair.post(f"{PATH}/versions", json={"name": "  Status as of 17 April 2014,\n COB "})
    assert answer.status_code == 201
    body = answer.json()
    assert abs(datetime.fromisoformat(body["at"]).timestamp() - world.clock.now) < 60
    told = {key: body[key] for key in ("name", "seq", "by")}
    assert told == {"name": "Status as of 17 April 2014, COB", "seq": 3, "by": "chair"}
    await write(world, "three")
    second = (await (await world.caller("vice-chair")).post(f"{PATH}/versions", json={"name": "A later one"})).json()
    assert second["seq"] == 5
    observer = await world.caller("observer")
    assert (await observer.get(f"{PATH}/versions")).json() == {"versions": [body, second], "automatic": []}
    kept = await (await world.services.rooms.open("trust")).read(lambda document: document.value("versions"))
    fields = ("seq", "at", "by", "status", "exceptions", "hash")
    assert kept == {one["name"]: {key: one[key] for key in fields} for one in (body, second)}
    history = (await chair.get(f"{PATH}/history")).json()["entries"]
    assert [one["author"] for one in history if one["seq"] in {4, 6}] == ["chair", "vice-chair"]


async def test_versions_outlive_the_room(world: World) -> None:
    chair = await begin(world)
    assert (await name(chair, "Zero draft"))[0] == 201
    before = (await chair.get(f"{PATH}/versions")).json()
    recovery = await world.services.storage.recover("trust")
    (kept,) = versions(ChapterDocument.recover(recovery))
    (told,) = before["versions"]
    assert (told["name"], told["seq"], told["hash"], told["id"]) == (kept.name, kept.seq, kept.hash, kept.id)


async def test_what_is_said_of_a_version(world: World) -> None:
    chair = await begin(world)
    await write(world, "one")
    said = {"symbol": " WSIS+10/4/26/Pre-agreed", "date": "2014-04-17", "suffix": "COB"}
    body = (await chair.post(f"{PATH}/versions", json=said)).json()
    assert body["name"] == "WSIS+10/4/26/Pre-agreed, Status as of 17 April 2014, COB"
    assert (body["symbol"], body["status"]) == ("WSIS+10/4/26/Pre-agreed", "Status as of 17 April 2014, COB")
    given = (await chair.post(f"{PATH}/versions", json={"name": "A", "status": "As the chair  proposed it"})).json()
    assert (given["name"], given["status"], given["symbol"]) == ("A", "As the chair proposed it", "")
    today = (await chair.post(f"{PATH}/versions", json={})).json()
    assert re.fullmatch(r"Status as of \d+ \w+ \d{4}", today["name"])
    for wrong in ({"symbol": "Ä/1"}, {"date": "17 April"}, {"status": "a\u202eb"}, {"symbol": "x" * 81}):
        assert (await chair.post(f"{PATH}/versions", json=wrong)).status_code == 422


async def test_a_version_is_read_as_it_was(world: World) -> None:
    chair, observer = await begin(world), await world.caller("observer")
    await write(world, "one")
    await chair.put(f"{PATH}/paragraphs/p-one/status", json={"status": "agreed"})
    body = (await chair.post(f"{PATH}/versions", json={"name": "Then"})).json()
    await chair.put(f"{PATH}/paragraphs/p-one/status", json={"status": "bracketed"})
    await write(world, "two")
    for address in (body["id"], "Then"):
        told = (await observer.get(f"{PATH}/versions/{address}")).json()
        assert told["version"] == body
        assert told["title"] == "Trust"
        (one,) = (one for one in told["paragraphs"] if one["text"])
        assert (one["id"], one["text"], one["status"]) == ("p-one", "one", "agreed")
    missing = await observer.get(f"{PATH}/versions/v-0")
    assert (missing.status_code, missing.json()["code"]) == (404, "version-not-found")


async def test_a_version_of_an_older_program_is_read_with_its_hash(world: World) -> None:
    chair = await begin(world)
    await write(world, "one")

    def note(document: ChapterDocument) -> None:
        document.maps["versions"]["Old"] = {"seq": 2, "at": "2026-01-01T00:00:00Z", "by": "chair"}

    await (await world.services.rooms.open("trust")).write("chair", note)
    (listed,) = (await chair.get(f"{PATH}/versions")).json()["versions"]
    assert (listed["name"], listed["hash"], listed["exceptions"]) == ("Old", "", "")
    read = (await chair.get(f"{PATH}/versions/Old")).json()
    assert read["version"]["exceptions"] == "no paragraph is agreed"
    again = await chair.post(f"{PATH}/versions", json={"name": "The same text"})
    assert again.json()["hash"] == read["version"]["hash"]


async def test_automatic_versions_are_listed_apart(world: World) -> None:
    chair = await begin(world)
    await write(world, "one")
    assert (await name(chair, "Zero draft"))[0] == 201
    await write(world, "two")
    await Automatic(world.services.rooms, 24).keep(round(world.clock.now * 1000) + 24 * 3_600_000)
    listed = (await chair.get(f"{PATH}/versions")).json()
    assert [one["name"] for one in listed["versions"]] == ["Zero draft"]
    (made,) = listed["automatic"]
    assert (made["by"], made["published"]) == ("adref", False)
    assert made["name"].startswith("Automatic: Status as of ")
    read = (await chair.get(f"{PATH}/versions/{made['id']}")).json()
    assert [one["text"] for one in read["paragraphs"] if one["text"]] == ["one", "two"]


async def test_who_may_name_a_version(world: World) -> None:
    await begin(world)
    expected = {"chair": 201, "vice-chair": 201, "secretariat": 201, "egypt": 403, "acme": 403, "observer": 403}
    for who, status in expected.items():
        assert (await name(await world.caller(who), f"By {who}"))[0] == status
    assert await name(world.stranger(), "By nobody") == (401, "not-signed-in")
    chair = await world.caller("chair")
    assert await names(chair) == ["By chair", "By vice-chair", "By secretariat"]


async def test_a_name_is_given_once(world: World) -> None:
    chair, secretariat = await begin(world), await world.caller("secretariat")
    assert sorted(await asyncio.gather(name(chair, "Zero draft"), name(secretariat, " Zero  draft"))) == [
        (201, ""),
        (409, "version-exists"),
    ]
    before = (await chair.get(f"{PATH}/versions")).json()
    await write(world, "more")
    assert await name(chair, "Zero draft") == (409, "version-exists")
    assert (await chair.get(f"{PATH}/versions")).json() == before


@pytest.mark.parametrize("text", ["", " \n ", "x" * 301, "a\u202eb", 5])
async def test_names_that_can_t_be(world: World, text: object) -> None:
    chair = await begin(world)
    status, code = await name(chair, text)
    assert status == 422
    assert code in {"version-name-invalid", "invalid"}
    assert await names(chair) == []


async def test_a_chapter_holds_so_many(world: World) -> None:
    chair = await begin(world)

    def fill(document: ChapterDocument) -> None:
        for number in range(MAX_VERSIONS - 1):
            assert add_version(document, Version(f"Version {number}", 1, "2026-01-01T00:00:00Z", "chair"))

    await (await world.services.rooms.open("trust")).write("chair", fill)
    assert (await name(chair, "The last"))[0] == 201
    assert await name(chair, "One more") == (409, "limit-reached")
    assert await name(chair, "The last") == (409, "version-exists")
    assert len(await names(chair)) == MAX_VERSIONS


async def test_there_is_no_such_chapter(world: World) -> None:
    chair = await begin(world)
    assert await name(chair, "Zero draft", "/api/chapters/missing") == (404, "chapter-not-found")


async def test_while_the_storage_fails_nothing_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    chair = await begin(world)

    async def fail(*_: Any) -> None:
        raise StorageUnavailable("/secret/path: disk full")

    with monkeypatch.context() as broken:
        broken.setattr(world.services.storage, "append", fail)
        broken.setattr(world.services.storage, "probe", fail)
        assert await name(chair, "Zero draft") == (503, "read-only")
        assert await names(chair) == []
