"""Signing in by invitation, staying signed in, signing out; and what a page of another site can't do."""

from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from server.http.limits import MAX_ADDRESSES, Attempts
from server.http.problems import Refusal
from tests.integration.http_world import URL, World, open_world


def cookies(response: httpx.Response) -> SimpleCookie:
    """What the answer sets, with all flags."""
    jar = SimpleCookie()
    for header in response.headers.get_list("set-cookie"):
        jar.load(header)
    return jar


async def test_an_invitation_signs_in(world: World) -> None:
    stranger = world.stranger()
    response = await stranger.post("/api/session", json={"invitation": await world.secret("egypt")})
    assert response.status_code == 200
    body = response.json()
    assert body["participant"] == {
        "id": "egypt",
        "name": "رنا الحمود",
        "delegation": "egypt",
        "delegation_name": "Egypt",
        "group": "government",
        "role": "delegate",
    }
    assert body["may"] == ["read", "comment", "see-people", "see-history"]
    assert body["expires_at"] == int(world.clock.now) + 15 * 60
    assert (await stranger.get("/api/session")).json() == body


async def test_the_chair_may_manage(world: World) -> None:
    may = (await (await world.caller("chair")).get("/api/session")).json()["may"]
    assert {"create-chapter", "import-chapter", "manage-people", "write"} <= set(may)


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    response = await world.stranger().post("/api/session", json={"invitation": await world.secret("egypt")})
    found = cookies(response)
    assert set(found) == {"adref_session", "adref_refresh"}
    for cookie in found.values():
        assert cookie["httponly"]
        assert cookie["samesite"].lower() == "strict"
        assert not cookie["secure"]  # the world's address is plain HTTP
    assert found["adref_session"]["path"] == "/"
    assert found["adref_refresh"]["path"] == "/api/session"
    assert 890 <= int(found["adref_session"]["max-age"]) <= 900
    assert int(found["adref_refresh"]["max-age"]) > 11 * 3600
    assert found["adref_session"].value not in response.text
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("settings", "secure"),
    [
        ({"public_url": "https://adref.test"}, True),
        ({"public_url": "https://adref.test", "secure_cookies": False}, False),
        ({"secure_cookies": True}, True),
    ],
)
async def test_cookies_keep_to_https(tmp_path: Path, settings: dict[str, object], secure: bool) -> None:
    async with open_world(tmp_path / "meeting", **settings) as world:
        response = await world.stranger().post("/api/session", json={"invitation": await world.secret("egypt")})
        assert [bool(cookie["secure"]) for cookie in cookies(response).values()] == [secure, secure]


async def test_an_invitation_that_is_not_good(world: World) -> None:
    stranger = world.stranger()
    unknown = await stranger.post("/api/session", json={"invitation": "nobody's"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "invitation-unknown")

    invitation, revoked = await world.services.meeting.invite("egypt", hours=1)
    await world.services.meeting.revoke_invitation(invitation.id)
    answer = await stranger.post("/api/session", json={"invitation": revoked})
    assert (answer.status_code, answer.json()["code"]) == (410, "invitation-revoked")

    expired = await world.secret("egypt", hours=1)
    world.clock.now += 3600
    answer = await stranger.post("/api/session", json={"invitation": expired})
    assert (answer.status_code, answer.json()["code"]) == (410, "invitation-expired")
    assert not cookies(answer)


async def test_nobody_is_signed_in_by_nothing_or_by_nonsense(world: World) -> None:
    for headers, code in [
        ({}, "not-signed-in"),
        ({"Authorization": "Basic YTpi"}, "not-signed-in"),
        ({"Authorization": "Bearer nonsense"}, "token-invalid"),
        ({"Authorization": f"Bearer {'x' * 2000}"}, "token-invalid"),
        ({"Cookie": "adref_session=nonsense"}, "token-invalid"),
    ]:
        answer = await world.stranger(headers=headers).get("/api/session")
        assert (answer.status_code, answer.json()["code"]) == (401, code), headers
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_token_expires_and_the_session_is_refreshed(world: World) -> None:
    page = await world.page("egypt")
    first = page.cookies["adref_refresh"]
    world.clock.now += 15 * 60
    assert (await page.get("/api/session")).json()["code"] == "token-expired"
    refreshed = await page.post("/api/session/refresh")
    assert refreshed.status_code == 200
    assert refreshed.json()["expires_at"] == int(world.clock.now) + 15 * 60
    assert page.cookies["adref_refresh"] != first
    assert (await page.get("/api/session")).status_code == 200


async def test_an_old_refresh_secret_ends_the_session(world: World) -> None:
    page = await world.page("egypt")
    stolen = page.cookies["adref_refresh"]
    assert (await page.post("/api/session/refresh")).status_code == 200
    world.clock.now += 60
    thief = world.stranger(headers={"X-Adref": "1", "Cookie": f"adref_refresh={stolen}"})
    answer = await thief.post("/api/session/refresh")
    assert (answer.status_code, answer.json()["code"]) == (401, "session-ended")
    assert (await page.get("/api/session")).json()["code"] == "session-ended"


async def test_without_a_refresh_cookie_nothing_is_refreshed(world: World) -> None:
    answer = await world.stranger(headers={"X-Adref": "1"}).post("/api/session/refresh")
    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")


async def test_signing_out_ends_the_session_and_drops_the_cookies(world: World) -> None:
    page = await world.page("egypt")
    token = page.cookies["adref_session"]
    answer = await page.delete("/api/session")
    assert answer.status_code == 204
    assert {cookie["max-age"] for cookie in cookies(answer).values()} == {"0"}
    assert not page.cookies
    again = await world.stranger(headers={"Authorization": f"Bearer {token}"}).get("/api/session")
    assert again.json()["code"] == "session-ended"


async def test_signing_out_works_when_the_token_has_expired(world: World) -> None:
    page = await world.page("egypt")
    refresh = page.cookies["adref_refresh"]
    world.clock.now += 15 * 60
    assert (await page.delete("/api/session")).status_code == 204
    thief = world.stranger(headers={"X-Adref": "1", "Cookie": f"adref_refresh={refresh}"})
    assert (await thief.post("/api/session/refresh")).status_code == 401


async def test_signing_out_by_token_or_by_nothing(world: World) -> None:
    script = await world.caller("egypt")
    assert (await script.delete("/api/session")).status_code == 204
    assert (await script.get("/api/session")).status_code == 401
    assert (await world.stranger(headers={"X-Adref": "1"}).delete("/api/session")).status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/session"),
        ("POST", "/api/session/refresh"),
        ("POST", "/api/chapters"),
        ("PATCH", "/api/participants/egypt"),
    ],
)
async def test_a_change_by_cookie_needs_the_page_s_header(world: World, method: str, path: str) -> None:
    page = await world.page("chair")
    del page.headers["X-Adref"]
    answer = await page.request(method, path, json={"title": "New"})
    assert (answer.status_code, answer.json()["code"]) == (403, "header-missing")
    assert (await page.get("/api/session")).status_code == 200
    assert not await world.services.storage.chapters()


async def test_a_change_by_cookie_comes_from_our_own_pages(tmp_path: Path) -> None:
    async with open_world(tmp_path / "meeting", origins=("https://desk.test",)) as world:
        page = await world.page("chair")
        for origin, status in [
            ("https://evil.test", 403),
            ("null", 403),
            ("http://[", 403),
            ("https://desk.test", 201),
            (URL, 201),
            (f"{URL}.evil.test", 403),
        ]:
            answer = await page.post("/api/chapters", json={"title": "New"}, headers={"Origin": origin})
            assert answer.status_code == status, origin
            assert status == 201 or answer.json()["code"] == "origin-forbidden"


async def test_another_site_can_t_sign_its_visitors_in(world: World) -> None:
    secret = await world.secret("egypt")
    stranger = world.stranger(headers={"Origin": "https://evil.test"})
    answer = await stranger.post("/api/session", json={"invitation": secret})
    assert (answer.status_code, answer.json()["code"]) == (403, "origin-forbidden")
    form = await world.stranger().post("/api/session", data={"invitation": secret})
    assert form.status_code == 422


async def test_a_token_in_the_header_goes_before_the_cookie(world: World) -> None:
    page = await world.page("egypt")
    token = await world.services.meeting.open_session("chair", 3600)
    answer = await page.get("/api/session", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["participant"]["id"] == "chair"


async def test_too_many_attempts_to_sign_in(tmp_path: Path) -> None:
    async with open_world(tmp_path / "meeting", sign_ins_per_minute=3) as world:
        stranger = world.stranger()
        for _ in range(3):
            assert (await stranger.post("/api/session", json={"invitation": "guess"})).status_code == 404
        answer = await stranger.post("/api/session", json={"invitation": await world.secret("egypt")})
        assert (answer.status_code, answer.json()["code"]) == (429, "too-many-attempts")
        assert 1 <= int(answer.headers["retry-after"]) <= 21


def test_attempts_come_back_with_time_and_refused_ones_cost_nothing() -> None:
    now = 0.0
    attempts = Attempts(2, lambda: now)
    for _ in range(2):
        attempts.take("a")
    for _ in range(50):
        with pytest.raises(Refusal):
            attempts.take("a")
    attempts.take("b")
    now = 30.0
    attempts.take("a")
    with pytest.raises(Refusal):
        attempts.take("a")


def test_the_addresses_that_are_remembered_are_bounded() -> None:
    attempts = Attempts(1, lambda: 0.0)
    attempts.take("first")
    for number in range(MAX_ADDRESSES):
        attempts.take(str(number))
    attempts.take("first")  # forgotten, and so new
    with pytest.raises(Refusal):
        attempts.take(str(MAX_ADDRESSES - 1))
