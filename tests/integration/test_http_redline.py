"""A chapter against an earlier point, over HTTP, after delegations wrote in it with real clients."""

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.integration.authorship_kit import EGYPT, JAPAN, NOBODY, Chapter
from tests.integration.http_schema import Description
from tests.livekit import LiveServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("redline") / "data", {})
    live.start()
    yield live
    live.stop()


@pytest.fixture
def chapter(server: LiveServer) -> Chapter:
    return Chapter(server, Description(server.get("/api/openapi.json").json()), "Trust")


async def name(chapter: Chapter, version: str) -> dict[str, Any]:
    answer = await chapter.ask("versions", "chair", "POST", json={"name": version})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def redline(chapter: Chapter, since: str) -> dict[str, Any]:
    answer = await chapter.ask("redline", params={"since": since})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def changes(paragraph: dict[str, Any]) -> list[tuple[str, str, dict[str, str]]]:
    return [(one["change"], one["text"], one["by"]) for one in paragraph["changes"]]


async def test_what_changed_since_a_version(chapter: Chapter) -> None:
    async with chapter.editor("egypt") as egypt, chapter.editor("japan") as japan:
        await egypt.write("The draft", " of Egypt")
        version = await name(chapter, "First reading")
        assert [one["change"] for one in (await redline(chapter, "First reading"))["paragraphs"]] == ["kept"] * 3
        await japan.write("of ", "Japan and ")
        await japan.delete("reads so")
        await egypt.remove("Second")
        found = await redline(chapter, "First reading")
    assert found["since"] == version["seq"]
    heading, first, second = found["paragraphs"]
    assert changes(heading) == [("kept", "Trust", NOBODY)]
    assert [one for one in changes(first) if one[0] != "kept"] == [
        ("inserted", "Japan and ", JAPAN),
        ("deleted", "reads so", JAPAN),
    ]
    assert "".join(text for change, text, _ in changes(first) if change != "inserted") == "The draft of Egypt reads so."
    assert (
        "".join(text for change, text, _ in changes(first) if change != "deleted") == "The draft of Japan and Egypt ."
    )
    assert (second["change"], second["by"], second["label"]) == ("deleted", EGYPT, "2")
    assert changes(second) == [("deleted", "Second paragraph.", EGYPT)]
    assert second["changes"][0]["author"] == NOBODY
    assert {one["participant"] for one in found["authors"]} == {"egypt", "japan"}


async def test_between_two_versions(chapter: Chapter) -> None:
    async with chapter.editor("egypt") as egypt, chapter.editor("japan") as japan:
        first = await name(chapter, "First")
        await egypt.write("The draft", " of Egypt")
        await japan.delete("reads so")
        second = await name(chapter, "Second")
        now = await redline(chapter, "First")
        await japan.write("of Egypt", " and Japan")
        await egypt.remove("Second")
    answer = await chapter.ask("redline", params={"since": "First", "to": "Second"})
    assert answer.status_code == 200, answer.text
    between = answer.json()
    assert (between["since"], between.pop("to")) == (first["seq"], second["seq"])
    assert between == now
    by_ids = await chapter.ask("redline", params={"since": first["id"], "to": second["id"]})
    assert by_ids.json()["paragraphs"] == now["paragraphs"]
    nothing = (await chapter.ask("redline", params={"since": "Second", "to": "Second"})).json()
    assert {change for one in nothing["paragraphs"] for change, _, _ in changes(one)} == {"kept"}
    page = (await chapter.ask("redline", params={"since": "First", "to": "Second", "format": "html"})).text
    assert "of Egypt" in page
    assert "and Japan" not in page
    reversed_ = await chapter.ask("redline", params={"since": "Second", "to": "First"})
    assert (reversed_.status_code, reversed_.json()["code"]) == (422, "versions-reversed")
    missing = await chapter.ask("redline", params={"since": "First", "to": "Third"})
    assert (missing.status_code, missing.json()["code"]) == (404, "version-not-found")


async def test_what_was_moved_and_what_was_not_there_then(chapter: Chapter) -> None:
    async with chapter.editor("egypt") as egypt, chapter.editor("japan") as japan:
        await egypt.write("The draft", " Every word matters.")
        await name(chapter, "Before")
        await japan.move(" Every word matters.", "Second paragraph.")
        await egypt.write("matters.", " Indeed.")
        _, first, second = (await redline(chapter, "Before"))["paragraphs"]
    assert ("moved-away", " Every word matters.", JAPAN) in changes(first)
    assert changes(second)[1:] == [("moved-here", " Every word matters.", JAPAN), ("inserted", " Indeed.", EGYPT)]
    assert second["changes"][1]["author"] == EGYPT


async def test_since_a_time(chapter: Chapter) -> None:
    created = (await chapter.get(""))["created_at"]
    async with chapter.editor("egypt") as egypt:
        await egypt.write("The draft", " of Egypt")
    before_all = await redline(chapter, "2020-01-01")
    assert before_all["since"] == 0
    assert {one["change"] for one in before_all["paragraphs"]} == {"inserted"}
    assert {change for one in before_all["paragraphs"] for change, _, _ in changes(one)} == {"inserted"}
    imported = await redline(chapter, created)
    assert imported["since"] > 0
    inserted = [change for one in imported["paragraphs"] for change in changes(one) if change[0] != "kept"]
    assert inserted == [("inserted", " of Egypt", EGYPT)]
    for time in (datetime.now(UTC).isoformat(), "2120-01-01T00:00:00+02:00"):
        now = await redline(chapter, time)
        assert {one["change"] for one in now["paragraphs"]} == {"kept"}
        assert {change for one in now["paragraphs"] for change, _, _ in changes(one)} == {"kept"}


async def test_as_a_page(chapter: Chapter) -> None:
    async with chapter.editor("egypt") as egypt, chapter.editor("japan") as japan:
        await name(chapter, "Zero <draft>")
        await egypt.write("The draft", " <of> & Egypt")
        await japan.delete("reads so")
        answer = await chapter.ask("redline", params={"since": "Zero <draft>", "format": "html"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = answer.text
    assert re.search(r"<ins\b.*Egypt.* &lt;of&gt; &amp; Egypt<", page)
    assert re.search(r"<del\b.*Japan.*reads so<", page)
    assert "Zero &lt;draft&gt;" in page
    assert "<title>Redline: Trust</title>" in page
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert (await chapter.ask("redline", params={"since": "2026-01-01", "format": "pdf"})).status_code == 422


@pytest.mark.parametrize("form", ["json", "html"])
async def test_times_at_the_ends_of_the_calendar(chapter: Chapter, form: str) -> None:
    for since in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        assert (await chapter.ask("redline", params={"since": since, "format": form})).status_code == 200


async def test_there_is_no_such_point(chapter: Chapter) -> None:
    for since in ("Never named", "2026-13-45", "", " "):
        answer = await chapter.ask("redline", params={"since": since})
        assert (answer.status_code, answer.json()["code"]) == (404, "version-not-found")
    assert (await chapter.ask("redline")).status_code == 422
    assert (await chapter.ask("redline", params={"since": "x" * 301})).status_code == 422


async def test_who_may_read_it(chapter: Chapter) -> None:
    url = f"{chapter.server.url}/api/chapters/"
    query = "redline?since=2026-01-01"
    for who in ("observer", "egypt", "chair"):
        assert (await chapter.ask(query, who)).status_code == 200
    async with httpx.AsyncClient() as stranger:
        answer = await stranger.get(f"{url}{chapter.id}/{query}")
        assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")
        answer = await stranger.get(f"{url}missing/{query}", headers=chapter.server.bearer("observer"))
        assert (answer.status_code, answer.json()["code"]) == (404, "chapter-not-found")


async def test_a_name_goes_before_an_id(chapter: Chapter) -> None:
    async with chapter.editor("egypt") as egypt:
        first = await name(chapter, "First")
        await egypt.write("The draft", " of Egypt")
        second = await name(chapter, first["id"])
    assert (await redline(chapter, "First"))["since"] == first["seq"]
    assert (await redline(chapter, first["id"]))["since"] == second["seq"] > first["seq"]
