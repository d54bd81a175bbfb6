"""Published versions: readable by everybody at one address for good, and nothing of the draft with them."""

import asyncio
import base64
import hashlib
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from documents.chapter import ChapterDocument
from tests.integration.http_world import Caller, World, open_world

PATH = "/api/chapters/vision"
SYMBOL = "WSIS+10/4/26/Pre-agreed"
ADDRESS = "/papers/wsis-10-4-26-pre-agreed"
FORMS = ("", ".txt", ".json")


def append(label: str, text: str, document: ChapterDocument) -> None:
    document.append("paragraph", {"id": f"p-{label}", "label": label}, text)


async def write(world: World, label: str, text: str, chapter: str = "vision") -> None:
    await (await world.services.rooms.open(chapter)).write("egypt", partial(append, label, text))


async def begin(world: World, title: str = "Vision") -> Caller:
    """A chapter with a paragraph that is agreed and one that is not; and the secretariat."""
    chair = await world.caller("chair")
    chapter = (await chair.post("/api/chapters", json={"title": title})).json()["id"]
    await write(world, "1", "Every person counts <b>&amp;</b> نص", chapter)
    await write(world, "2", "Openness.", chapter)
    await chair.put(f"/api/chapters/{chapter}/paragraphs/p-1/status", json={"status": "agreed in group"})
    return await world.caller("secretariat")


async def freeze(caller: Caller, path: str = PATH, **said: Any) -> dict[str, Any]:
    said = {"symbol": SYMBOL, "date": "2014-04-17", "suffix": "COB"} | said
    answer = await caller.post(f"{path}/versions", json=said)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def publish(caller: Caller, version: dict[str, Any], path: str = PATH) -> httpx.Response:
    return await caller.put(f"{path}/versions/{version['id']}/publication")


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_paper_is_read_signed_out_and_stays_what_it_was(world: World) -> None:
    secretariat, stranger = await begin(world), world.stranger()
    version = await freeze(secretariat)
    assert version["exceptions"] == "besides Para 2"
    assert [problem(await stranger.get(ADDRESS + form)) for form in FORMS] == [(404, "paper-not-found")] * 3
    assert (await publish(secretariat, version)).json()["address"] == ADDRESS
    before = [(await stranger.get(ADDRESS + form)) for form in FORMS]
    assert [one.status_code for one in before] == [200] * 3
    await write(world, "3", "A secret of the draft.")
    await freeze(secretariat, symbol="WSIS+10/4/27", name="Not published")
    after = [(await stranger.get(ADDRESS + form)) for form in FORMS]
    assert [one.text for one in after] == [one.text for one in before]
    for answer in after:
        assert "Openness." in answer.text
        assert SYMBOL in answer.text
        assert "Status as of 17 April 2014, COB" in answer.text
        assert "besides Para 2" in answer.text
        assert version["hash"] in answer.text
        assert not re.search("secret|Not published|Miriam|Annelise|egypt|chair", answer.text)
        assert answer.headers["cache-control"] == "no-cache"
    assert (await stranger.get(f"/papers/{SYMBOL}")).text == after[0].text
    assert (await stranger.get(f"/papers/{SYMBOL}.json")).json() == after[2].json()


async def test_the_hash_can_be_proved_from_what_is_published(world: World) -> None:
    secretariat, stranger = await begin(world), world.stranger()
    version = await freeze(secretariat)
    await publish(secretariat, version)
    paper = (await stranger.get(f"{ADDRESS}.json")).json()
    lines = ([one["kind"], one["label"], one["status"], one["text"]] for one in paper["paragraphs"])
    form = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    assert hashlib.sha256(form.encode()).hexdigest() == paper["hash"] == version["hash"]


async def test_the_page_shows_and_escapes_what_was_written(world: World) -> None:
    secretariat, stranger = await begin(world), world.stranger()
    await publish(secretariat, await freeze(secretariat, name="<i>COB"))
    answer = await stranger.get(ADDRESS)
    page = answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Every person counts &lt;b&gt;&amp;amp;&lt;/b&gt; نص" in page
    assert "<title>Vision: &lt;i&gt;COB</title>" in page
    assert '<html lang="en">' in page
    assert page.count("<h1") == page.count("<main") == 1
    assert "(besides Para 2)" in page
    assert "[agreed in group]" in page
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in answer.headers["content-security-policy"]
    assert "<script" not in page
    text = (await stranger.get(f"{ADDRESS}.txt")).text
    assert "1. Every person counts <b>&amp;</b> نص [agreed in group]\n2. Openness.\n" in text


async def test_what_is_withdrawn_is_gone_and_can_come_back(world: World) -> None:
    secretariat, stranger = await begin(world), world.stranger()
    version = await freeze(secretariat)
    never = await secretariat.delete(f"{PATH}/versions/{version['id']}/publication")
    assert (never.json()["published"], never.json()["acts"], never.json()["address"]) == (False, [], "")
    await publish(secretariat, version)
    twice = (await publish(secretariat, version)).json()
    assert [(one["act"], one["by"]) for one in twice["acts"]] == [("publish", "secretariat")]
    chair = await world.caller("chair")
    body = (await chair.delete(f"{PATH}/versions/{version['id']}/publication")).json()
    assert (body["published"], body["address"]) == (False, ADDRESS)
    for form in FORMS:
        answer = await stranger.get(ADDRESS + form)
        assert problem(answer) == (410, "paper-withdrawn")
        assert "Openness" not in answer.text
    back = (await publish(chair, version)).json()
    assert [one["act"] for one in back["acts"]] == ["publish", "withdraw", "publish"]
    assert (await stranger.get(ADDRESS)).status_code == 200
    (listed,) = (await chair.get(f"{PATH}/versions")).json()["versions"]
    assert listed == back
    assert {key: back[key] for key in ("name", "seq", "hash", "at")} == {
        key: version[key] for key in ("name", "seq", "hash", "at")
    }


async def test_an_address_is_one_papers_for_good(world: World) -> None:
    secretariat, other = await begin(world), "/api/chapters/trust"
    await begin(world, "Trust")
    first, second = await freeze(secretariat), await freeze(secretariat, other)
    answers = await asyncio.gather(publish(secretariat, first), publish(secretariat, second, other))
    assert sorted(one.status_code for one in answers) == [200, 409]
    (taken,) = (one for one in answers if one.status_code == 409)
    assert taken.json()["code"] == "address-taken"
    winner, path = (first, PATH) if answers[0].status_code == 200 else (second, other)
    loser, its = (second, other) if winner is first else (first, PATH)
    await secretariat.delete(f"{path}/versions/{winner['id']}/publication")
    assert problem(await publish(secretariat, loser, its)) == (409, "address-taken")
    later = await freeze(secretariat, path, symbol="wsis 10/4/26 PRE-AGREED", name="Later")
    assert problem(await publish(secretariat, later, path)) == (409, "address-taken")


async def test_a_version_without_a_symbol_has_an_address_too(world: World) -> None:
    secretariat, stranger = await begin(world), world.stranger()
    version = await freeze(secretariat, symbol="")
    address = (await publish(secretariat, version)).json()["address"]
    assert address == f"/papers/vision-{version['seq']}"
    assert "Openness." in (await stranger.get(address)).text


@pytest.mark.parametrize("form", FORMS)
async def test_there_is_no_such_paper_and_no_list_of_them(world: World, form: str) -> None:
    secretariat, stranger = await begin(world), world.stranger()
    await publish(secretariat, await freeze(secretariat))
    for address in ("/papers/missing", "/papers/", "/papers/vision", "/papers/%00", "/papers/../api/chapters"):
        assert (await stranger.get(address + form)).status_code in {401, 404}


async def test_papers_outlive_the_server(tmp_path: Path) -> None:
    async with open_world(tmp_path / "meeting") as world:
        secretariat = await begin(world)
        await publish(secretariat, await freeze(secretariat))
        withdrawn = await freeze(secretariat, symbol="A/1", name="Another")
        await publish(secretariat, withdrawn)
        await secretariat.delete(f"{PATH}/versions/{withdrawn['id']}/publication")
        page = (await world.stranger().get(ADDRESS)).text
    async with open_world(tmp_path / "meeting") as world:
        stranger = world.stranger()
        assert (await stranger.get(ADDRESS)).text == page
        assert (await stranger.get("/papers/a-1")).status_code == 410
        assert world.services.rooms.opened() == []


async def test_a_text_that_is_not_what_was_frozen_is_not_shown(world: World) -> None:
    secretariat, stranger = await begin(world), world.stranger()
    version = await freeze(secretariat)
    await forge(world, version)
    assert problem(await publish(secretariat, version)) == (500, "storage-damaged")
    assert (await stranger.get(ADDRESS)).status_code == 404


async def test_it_can_still_be_withdrawn(world: World) -> None:
    secretariat, stranger = await begin(world), world.stranger()
    version = await freeze(secretariat)
    await publish(secretariat, version)
    await forge(world, version)
    answer = await secretariat.delete(f"{PATH}/versions/{version['id']}/publication")
    assert (answer.status_code, answer.json()["published"]) == (200, False)
    assert problem(await stranger.get(ADDRESS)) == (410, "paper-withdrawn")
    assert problem(await publish(secretariat, version)) == (500, "storage-damaged")


async def forge(world: World, version: dict[str, Any]) -> None:
    """Let a version have another hash than its text."""

    def change(document: ChapterDocument) -> None:
        kept = document.value("versions")[version["name"]]
        document.maps["versions"][version["name"]] = kept | {"hash": "0" * 64}

    await (await world.services.rooms.open("vision")).write("chair", change)
