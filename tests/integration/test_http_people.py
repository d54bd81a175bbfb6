"""Participants, invitations and breakout groups over HTTP."""

from typing import Any

import httpx
import pytest

from tests.integration.http_world import Caller, World

CSV = {"Content-Type": "text/csv"}
MANAGED: list[tuple[str, str, Any]] = [
    ("PATCH", "/api/participants/egypt", {"role": "chair"}),
    ("POST", "/api/participants/egypt/invitations", {"hours": 1}),
    ("GET", "/api/participants/egypt/invitations", None),
    ("DELETE", "/api/invitations/any", None),
    ("PUT", "/api/breakout-groups/one", {"name": "One"}),
    ("DELETE", "/api/breakout-groups/one", None),
]


async def send_list(caller: Caller, text: str | bytes) -> httpx.Response:
    return await caller.post("/api/participants/import", content=text, headers=CSV)


async def test_everybody_sees_who_takes_part(world: World) -> None:
    answer = await (await world.caller("observer")).get("/api/participants")
    people = {one["id"]: one for one in answer.json()["participants"]}
    assert list(people) == ["acme", "chair", "egypt", "observer", "secretariat", "vice-chair"]
    assert people["acme"] == {
        "id": "acme",
        "name": "Søren Halkjær",
        "delegation": "acme-networks",
        "delegation_name": "Acme Networks",
        "group": "private sector",
        "role": "delegate",
        "active": True,
    }


@pytest.mark.parametrize("participant", ["vice-chair", "egypt", "observer", ""])
@pytest.mark.parametrize(("method", "path", "body"), MANAGED)
async def test_only_chair_and_secretariat_manage_people(
    world: World, participant: str, method: str, path: str, body: Any
) -> None:
    caller = await world.caller(participant) if participant else world.stranger()
    answer = await caller.request(method, path, json=body)
    refused = (403, "forbidden") if participant else (401, "not-signed-in")
    assert (answer.status_code, answer.json()["code"]) == refused
    assert world.services.meeting.participant("egypt").role == "delegate"
    assert not world.services.meeting.breakout_groups()
    assert not world.services.meeting.invitations("egypt")


@pytest.mark.parametrize("participant", ["vice-chair", "egypt", "observer"])
async def test_only_chair_and_secretariat_import_a_list(world: World, participant: str) -> None:
    answer = await send_list(await world.caller(participant), "name,delegation,group,role\nA,B,academia,chair\n")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert len(world.services.meeting.participants()) == 6


async def test_a_list_adds_and_changes(world: World) -> None:
    secretariat = await world.caller("secretariat")
    answer = await send_list(
        secretariat,
        "id;name;delegation;group;role\n"
        "japan;春子;Japan;government;delegate\n"
        "egypt;Nadia;Egypt;government;vice-chair\n"
        "acme;Søren Halkjær;Acme Networks;private sector;delegate\n",
    )
    assert (answer.status_code, answer.json()) == (200, {"added": ["japan"], "changed": ["egypt"], "unchanged": 1})
    assert world.services.meeting.participant("japan").name == "春子"


async def test_a_list_with_mistakes_changes_nothing(world: World) -> None:
    answer = await send_list(
        await world.caller("chair"),
        "name,delegation,group,role\nA,Japan,goverment,delegate\n,Japan,government,delegte\nOk,Japan,government,delegate\n",
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "roster-invalid")
    problems = [(one["line"], one["column"]) for one in answer.json()["problems"]]
    assert problems == [(2, "group"), (3, "name"), (3, "role")]
    assert "did you mean 'government'?" in answer.json()["problems"][0]["message"]
    assert len(world.services.meeting.participants()) == 6


@pytest.mark.parametrize("content", [b"\xff\xfe", b"nonsense", b'"open', b"\x00", b"{}"])
async def test_what_is_no_list(world: World, content: bytes) -> None:
    answer = await send_list(await world.caller("chair"), content)
    assert (answer.status_code, answer.json()["code"]) == (422, "roster-invalid")
    assert answer.json()["problems"]


async def test_a_role_that_changes_bites_at_once(world: World) -> None:
    chair, egypt = await world.caller("chair"), await world.caller("egypt")
    assert (await egypt.post("/api/chapters", json={"title": "A"})).status_code == 403
    answer = await chair.patch("/api/participants/egypt", json={"role": "vice-chair", "name": "Nadia"})
    assert answer.status_code == 200
    assert (answer.json()["role"], answer.json()["name"], answer.json()["active"]) == ("vice-chair", "Nadia", True)
    assert (await egypt.post("/api/chapters", json={"title": "A"})).status_code == 201
    assert (await chair.patch("/api/participants/egypt", json={"active": False})).json()["active"] is False
    answer = await egypt.get("/api/chapters")
    assert (answer.status_code, answer.json()["code"]) == (401, "session-ended")


@pytest.mark.parametrize(
    ("participant", "change", "status", "code"),
    [
        ("missing", {"active": True}, 404, "participant-not-found"),
        ("egypt", {"role": "king"}, 422, "invalid"),
        ("egypt", {"name": " "}, 422, "field-invalid"),
        ("egypt", {"name": "x" * 201}, 422, "invalid"),
        ("egypt", {"name": "\u202emirror"}, 422, "field-invalid"),
        ("egypt", {"active": "perhaps"}, 422, "invalid"),
        ("egypt", [], 422, "invalid"),
    ],
)
async def test_changes_that_can_t_be(world: World, participant: str, change: object, status: int, code: str) -> None:
    answer = await (await world.caller("chair")).patch(f"/api/participants/{participant}", json=change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert world.services.meeting.participant("egypt").name == "رنا الحمود"


async def test_an_invitation_is_made_used_listed_and_revoked(world: World) -> None:
    chair, stranger = await world.caller("chair"), world.stranger()
    made = (await chair.post("/api/participants/egypt/invitations", json={"hours": 2})).json()
    assert made["expires_at"] == int(world.clock.now) + 7200
    address, secret = made["link"].split("#")
    assert address == "http://adref.test/join"
    assert (await stranger.post("/api/session", json={"invitation": secret})).status_code == 200

    answer = await chair.get("/api/participants/egypt/invitations")
    (listed,) = answer.json()["invitations"]
    assert (listed["id"], listed["used"], listed["revoked_at"]) == (made["id"], 1, None)
    assert secret not in answer.text

    assert (await chair.delete(f"/api/invitations/{made['id']}")).status_code == 204
    assert (await stranger.get("/api/session")).json()["code"] == "session-ended"
    (listed,) = (await chair.get("/api/participants/egypt/invitations")).json()["invitations"]
    assert listed["revoked_at"] == int(world.clock.now)


async def test_an_invitation_lasts_as_the_server_is_set_up_unless_told_otherwise(world: World) -> None:
    chair = await world.caller("chair")
    for body in (None, {}, {"hours": None}):
        made = (await chair.post("/api/participants/egypt/invitations", json=body)).json()
        assert made["expires_at"] == int(world.clock.now) + 7 * 24 * 3600


async def test_invitations_that_can_t_be(world: World) -> None:
    chair = await world.caller("chair")
    for hours in (0, -1, 1e9, "soon"):
        answer = await chair.post("/api/participants/egypt/invitations", json={"hours": hours})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    nan = await chair.post(
        "/api/participants/egypt/invitations", content=b'{"hours": NaN}', headers={"Content-Type": "application/json"}
    )
    assert nan.status_code == 422
    assert (await chair.post("/api/participants/nobody/invitations")).json()["code"] == "participant-not-found"
    assert (await chair.get("/api/participants/nobody/invitations")).json()["code"] == "participant-not-found"
    assert (await chair.delete("/api/invitations/nothing")).json()["code"] == "invitation-unknown"
    await chair.patch("/api/participants/egypt", json={"active": False})
    answer = await chair.post("/api/participants/egypt/invitations")
    assert (answer.status_code, answer.json()["code"]) == (409, "participant-inactive")


async def test_a_breakout_group_is_put_and_dropped(world: World) -> None:
    chair, acme = await world.caller("chair"), await world.caller("acme")
    await chair.post("/api/chapters", json={"title": "Trust"})
    group = {"name": "Groupe « A »", "members": ["egypt"], "chapters": ["trust"], "sections": []}
    put = await chair.put("/api/breakout-groups/a", json=group)
    assert (put.status_code, put.json()) == (200, {"id": "a", **group})
    assert (await acme.get("/api/breakout-groups")).json() == {"groups": [{"id": "a", **group}]}
    assert (await acme.get("/api/chapters/trust")).json()["may_write"] is False
    await chair.put("/api/breakout-groups/a", json=group | {"members": ["egypt", "acme"]})
    assert (await acme.get("/api/chapters/trust")).json()["may_write"] is True
    assert (await chair.delete("/api/breakout-groups/a")).status_code == 204
    assert (await acme.get("/api/breakout-groups")).json() == {"groups": []}


async def headings(world: World) -> tuple[str, list[dict[str, str]]]:
    """A chapter of some sections: its id, and theirs as a group names them."""
    chair = await world.caller("chair")
    draft = "Access\n\n1) People\n1. Every person counts.\n2) Means\n2. Somebody pays.\n"
    answer = await chair.post("/api/chapters/import", content=draft.encode(), headers={"Content-Type": "text/plain"})
    chapter = answer.json()["chapter"]["id"]
    paragraphs = (await chair.get(f"/api/chapters/{chapter}/paragraphs")).json()["paragraphs"]
    return chapter, [{"chapter": chapter, "section": one["id"]} for one in paragraphs if one["kind"] == "heading"]


async def test_a_breakout_group_names_sections(world: World) -> None:
    chair, acme = await world.caller("chair"), await world.caller("acme")
    chapter, sections = await headings(world)
    group = {"name": "A", "members": ["egypt"], "chapters": [], "sections": sections}
    put = await chair.put("/api/breakout-groups/a", json=group)
    assert put.status_code == 200
    assert sorted(put.json()["sections"], key=sections.index) == sections
    assert (await acme.get("/api/breakout-groups")).json() == {"groups": [put.json()]}
    access = world.services.meeting.access
    assert access(chapter, "egypt", sections[0]["section"]).member
    assert access(chapter, "acme", sections[0]["section"]).named
    assert not access(chapter, "acme").named

    less = await chair.put("/api/breakout-groups/a", json=group | {"sections": sections[1:]})
    assert sorted(less.json()["sections"], key=sections.index) == sections[1:]
    assert not access(chapter, "acme", sections[0]["section"]).named


async def test_sections_of_a_breakout_group_that_can_t_be(world: World) -> None:
    chair = await world.caller("chair")
    chapter, (section, *_) = await headings(world)
    paragraphs = (await chair.get(f"/api/chapters/{chapter}/paragraphs")).json()["paragraphs"]
    no_heading = next(one["id"] for one in paragraphs if one["kind"] == "paragraph")
    for named, status, code in (
        ({"chapter": "missing", "section": section["section"]}, 404, "chapter-not-found"),
        ({"chapter": chapter, "section": no_heading}, 422, "section-not-found"),
        ({"chapter": chapter, "section": "nothing"}, 422, "section-not-found"),
        ({"chapter": chapter, "section": ""}, 422, "section-not-found"),
        ({"chapter": chapter}, 422, "invalid"),
    ):
        answer = await chair.put("/api/breakout-groups/a", json={"name": "A", "sections": [section, named]})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not world.services.meeting.breakout_groups()


@pytest.mark.parametrize(
    ("group", "content", "status", "code"),
    [
        ("a", {"name": "A", "members": ["nobody"]}, 404, "participant-not-found"),
        ("a", {"name": "A", "chapters": ["missing"]}, 404, "chapter-not-found"),
        ("a", {"name": ""}, 422, "field-invalid"),
        ("A!", {"name": "A"}, 422, "field-invalid"),
        ("a", {}, 422, "invalid"),
        ("a", {"name": "A", "members": [None]}, 422, "invalid"),
    ],
)
async def test_breakout_groups_that_can_t_be(world: World, group: str, content: object, status: int, code: str) -> None:
    answer = await (await world.caller("chair")).put(f"/api/breakout-groups/{group}", json=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not world.services.meeting.breakout_groups()


async def test_there_is_no_such_breakout_group(world: World) -> None:
    answer = await (await world.caller("chair")).delete("/api/breakout-groups/a")
    assert (answer.status_code, answer.json()["code"]) == (404, "group-not-found")
