"""Any body, any path, any query: an answer as described, and never a fault of the server."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.chapter import ChapterDocument
from documents.gavel.rulings import STATUS
from tests.integration.http_world import Caller, World, open_world

TEXT = st.text(max_size=60) | st.sampled_from(
    ["egypt", "chair", "trust", "p-1", "a", "\x00", "\ud800", "../..", "é" * 400]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["title", "paragraph", "text", "resolved", "invitation", "role", "active", "name", "hours", "members", "chapters"]
)
BODIES = VALUES | st.dictionaries(FIELDS, VALUES, max_size=6)
CALLERS = st.sampled_from(["chair", "egypt", "observer"])
NAMES = st.sampled_from(["egypt", "chair", "acme", "acme-networks", "observer", "nobody"])
RULINGS = st.fixed_dictionaries(
    {"status": st.sampled_from(STATUS) | VALUES},
    optional={
        "for": NAMES
        | st.fixed_dictionaries({}, optional={"participant": NAMES | VALUES, "delegation": NAMES | VALUES})
        | VALUES,
        "until": st.datetimes(timezones=st.timezones()).map(datetime.isoformat)
        | st.sampled_from(["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "2999-02-30T00:00:00Z"])
        | VALUES,
        "reason": TEXT | VALUES,
        "scope": st.sampled_from(["paragraph", "section", "headings"]) | VALUES,
        "hash": st.sampled_from(["0" * 64, ""]) | VALUES,
    },
)
RULED = ["/paragraphs/p-1/lock", "/paragraphs/h-1/lock", "/paragraphs/p-1/status", "/headings/lock"]


class Meeting:
    """A world with a loop of its own, since hypothesis calls plain functions."""

    def __init__(self, world: World, loop: asyncio.Runner) -> None:
        self.world = world
        self.loop = loop
        self.callers: dict[str, Caller] = {}

    async def sign_in(self) -> None:
        for one in ("chair", "vice-chair", "egypt", "observer"):
            self.callers[one] = await self.world.caller(one)
        await self.callers["chair"].post("/api/chapters", json={"title": "Trust"})

    async def write(self) -> None:
        """Put a heading and a paragraph of known ids into the chapter."""

        def write(document: ChapterDocument) -> None:
            document.append("heading", {"id": "h-1", "label": ""}, "Trust")
            document.append("paragraph", {"id": "p-1", "label": "1"}, "All of it")

        await (await self.world.services.rooms.open("trust")).write("chair", write)

    def send(self, who: str, method: str, path: str, **options: Any) -> None:
        """Send, and hold the answer against the description (as `Caller` does)."""
        answer = self.loop.run(self.callers[who].request(method, path, **options))
        if answer.status_code == 401:  # signed out, or no longer active, by what was sent
            self.loop.run(self._restore())
        assert answer.status_code < 500, answer.text

    async def _restore(self) -> None:
        for one in self.callers:
            await self.world.services.meeting.update_participant(one, active=True)
        await self.sign_in()


@pytest.fixture(scope="module")
def meeting() -> Iterator[Meeting]:
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as loop:
        opening = open_world(Path(folder) / "meeting", sign_ins_per_minute=1_000_000)
        found = Meeting(loop.run(opening.__aenter__()), loop)
        loop.run(found.sign_in())
        loop.run(found.write())
        yield found
        loop.run(opening.__aexit__(None, None, None))


ROUTES = [
    ("POST", "/api/session"),
    ("POST", "/api/chapters"),
    ("POST", "/api/chapters/{}/comments"),
    ("PATCH", "/api/chapters/{}/comments/{}"),
    ("PATCH", "/api/participants/{}"),
    ("POST", "/api/participants/{}/invitations"),
    ("PUT", "/api/breakout-groups/{}"),
    ("PUT", "/api/chapters/{}/paragraphs/{}/lock"),
    ("PUT", "/api/chapters/{}/paragraphs/{}/status"),
    ("PUT", "/api/chapters/{}/headings/lock"),
]
READS = [
    "/api/chapters/{}",
    "/api/chapters/{}/text",
    "/api/chapters/{}/paragraphs",
    "/api/chapters/{}/history",
    "/api/chapters/{}/rulings",
    "/api/participants/{}/invitations",
    "/api/{}/{}",
]


def address(template: str, parts: list[str]) -> str:
    """The template with its gaps filled, whatever with; but an address with a line break never gets to the API."""
    plain = (part.replace("\n", "").encode(errors="replace") for part in parts)
    return template.format(*(quote(part, safe="") or "-" for part in plain))


@given(who=CALLERS, route=st.sampled_from(ROUTES), parts=st.tuples(TEXT, TEXT), body=BODIES)
def test_any_json(meeting: Meeting, who: str, route: tuple[str, str], parts: tuple[str, str], body: Any) -> None:
    content = json.dumps(body).encode()
    path = address(route[1], list(parts))
    meeting.send(who, route[0], path, content=content, headers={"Content-Type": "application/json"})


@given(
    who=CALLERS,
    path=st.sampled_from(["/api/chapters/import", "/api/participants/import", "/api/chapters", "/api/session"]),
    content=st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode(errors="replace")),
    media_type=st.sampled_from(["application/json", "text/plain", "text/csv", "multipart/form-data", "nonsense", ""]),
)
def test_any_bytes(meeting: Meeting, who: str, path: str, content: bytes, media_type: str) -> None:
    meeting.send(who, "POST", path, content=content, headers={"Content-Type": media_type})


@given(
    who=CALLERS,
    template=st.sampled_from(READS),
    parts=st.tuples(TEXT, TEXT),
    query=st.dictionaries(TEXT, TEXT, max_size=3),
)
def test_any_address(meeting: Meeting, who: str, template: str, parts: tuple[str, str], query: dict[str, str]) -> None:
    params = {key.encode(errors="replace"): value.encode(errors="replace") for key, value in query.items()}
    meeting.send(who, "GET", address(template, list(parts)), params=params)


@given(
    who=st.sampled_from(["chair", "vice-chair", "egypt", "observer"]),
    method=st.sampled_from(["PUT", "PUT", "PUT", "DELETE"]),
    path=st.sampled_from(RULED),
    body=RULINGS,
    reason=TEXT,
)
def test_any_ruling(meeting: Meeting, who: str, method: str, path: str, body: Any, reason: str) -> None:  # noqa: PLR0917
    content = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    params = {"reason": reason.encode(errors="replace")}
    meeting.send(who, method, f"/api/chapters/trust{path}", content=content, headers=headers, params=params)
    meeting.send(who, "GET", "/api/chapters/trust/paragraphs")
    meeting.send(who, "GET", "/api/chapters/trust/rulings", params={"paragraph": reason.encode(errors="replace")})


@given(who=CALLERS, words=st.text(max_size=250))
def test_any_search(meeting: Meeting, who: str, words: str) -> None:
    meeting.send(who, "GET", "/api/search", params={"q": words.encode(errors="replace").decode()})


@given(who=CALLERS, after=st.integers(), limit=st.integers())
def test_any_page_of_the_history(meeting: Meeting, who: str, after: int, limit: int) -> None:
    meeting.send(who, "GET", "/api/chapters/trust/history", params={"after": after, "limit": limit})


@given(
    st.dictionaries(
        st.sampled_from(["Authorization", "Cookie", "Origin", "X-Adref"]),
        st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=80)
        | st.sampled_from(
            ["Bearer x", "Bearer é", "adref_session=é; adref_refresh=é", "adref_refresh=x.y", "http://["]
        ),
    )
)
def test_any_sign_in(meeting: Meeting, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/api/session"), ("POST", "/api/session/refresh"), ("DELETE", "/api/session")):
        request = meeting.world.stranger().build_request(method, path)
        request.headers.encoding = "latin-1"
        for name, value in headers.items():
            request.headers[name] = value
        answer = meeting.loop.run(meeting.world.stranger().send(request))
        assert answer.status_code < 500, answer.text
