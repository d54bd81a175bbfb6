"""Who wrote a chapter, over HTTP, while delegations write in it with real clients."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from auth.meeting import Meeting
from auth.roster import parse_roster
from auth.tokens import Signer, load_or_create_key
from documents.authorship.content_map import content_map, gone
from documents.chapter import ChapterDocument
from server.database import open_database
from server.offline import KEY
from server.stamp import color_of
from tests.integration.authorship_kit import EGYPT, JAPAN, NOBODY, Chapter
from tests.integration.http_schema import Description
from tests.livekit import LiveServer
from tests.wirekit import eventually, presence, wire

PATHS = ("runs", "authorship/totals", "authorship/activity", "authorship/content-map", "versions")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("authorship") / "data", {})
    live.start()
    yield live
    live.stop()


@pytest.fixture(scope="module")
def description(server: LiveServer) -> Description:
    return Description(server.get("/api/openapi.json").json())


async def runs_of(chapter: Chapter, query: str = "") -> list[list[dict[str, Any]]]:
    """Each paragraph's runs, headings not among them, without their times."""
    paragraphs = (await chapter.get(f"runs{query}"))["paragraphs"]
    return [[_untimed(run) for run in one["runs"]] for one in paragraphs if one["label"] or not one["runs"]]


def _untimed(run: dict[str, Any]) -> dict[str, Any]:
    """A run without its times, each of which is a minute not long ago."""
    for act in (run, run.get("deleted_by", run)):
        assert act["at"].endswith(":00Z")
        moment = datetime.fromisoformat(act["at"])
        assert timedelta(0) <= datetime.now(UTC) - moment < timedelta(minutes=10)
    kept = {name: value for name, value in run.items() if name != "at"}
    if "deleted_by" in kept:
        kept["deleted_by"] = {name: value for name, value in kept["deleted_by"].items() if name != "at"}
    return kept


@pytest.fixture
def chapter(server: LiveServer, description: Description) -> Chapter:
    return Chapter(server, description, "Trust")


async def test_an_imported_draft_is_nobody_s(chapter: Chapter) -> None:
    assert await runs_of(chapter) == [
        [{"text": "The draft reads so."} | NOBODY],
        [{"text": "Second paragraph."} | NOBODY],
    ]
    assert (await chapter.get("runs"))["authors"] == []


async def test_runs_of_two_delegations(chapter: Chapter) -> None:
    async with chapter.editor("egypt") as egypt, chapter.editor("japan") as japan:
        await egypt.write("The draft", " of Egypt – مصر –")
        await japan.write("of ", "Japan and ")
        await egypt.delete(" reads so")
        first, second = await runs_of(chapter)
        assert first == [
            {"text": "The draft"} | NOBODY,
            {"text": " of "} | EGYPT,
            {"text": "Japan and "} | JAPAN,
            {"text": "Egypt – مصر –"} | EGYPT,
            {"text": "."} | NOBODY,
        ]
        assert second == [{"text": "Second paragraph."} | NOBODY]
        first, _ = await runs_of(chapter, "?deleted=1")
        assert first[-2:] == [{"text": " reads so", "deleted_by": EGYPT} | NOBODY, {"text": "."} | NOBODY]
        assert "".join(run["text"] for run in first) == "The draft of Japan and Egypt – مصر – reads so."


async def test_the_runs_name_their_authors_as_presence_does(chapter: Chapter) -> None:
    async with chapter.editor("egypt") as egypt, wire(chapter.server, "egypt", chapter.id) as other:
        await egypt.write("The draft", " of Egypt")
        await other.send(presence(70_001, 1, {}))
        await eventually(lambda: other.bodies("presence")[1:], "presence")
        user = json.loads(other.bodies("presence")[-1][0].state)["user"]
    (author,) = (await chapter.get("runs"))["authors"]
    assert author["number"] > 0
    assert author["color"] == color_of(author["number"])
    assert author == {
        "participant": "egypt",
        **{name: user[name] for name in ("name", "delegation", "delegation_name", "group", "number", "color")},
    }


async def test_one_paragraph_s_runs(chapter: Chapter) -> None:
    async with chapter.editor("egypt") as egypt:
        id_ = await chapter.paragraph("2")
        await egypt.write("Second", " and last")
        (one,) = (await chapter.get(f"runs?paragraph={id_}"))["paragraphs"]
        assert (one["id"], one["label"], len(one["runs"])) == (id_, "2", 3)
        await egypt.remove("last")
        for query in (f"?paragraph={id_}", "?paragraph=p-missing"):
            answer = await chapter.ask(f"runs{query}")
            assert (answer.status_code, answer.json()["code"]) == (404, "paragraph-not-found")
        (gone,) = (await chapter.get(f"runs?paragraph={id_}&deleted=1"))["paragraphs"]
    assert (gone["id"], gone["label"]) == (id_, "2")
    assert _untimed(gone | {"at": gone["deleted_by"]["at"]})["deleted_by"] == EGYPT
    assert {run["deleted_by"]["participant"] for run in gone["runs"]} == {"egypt"}


async def test_words_that_japan_moves_are_still_egypt_s(chapter: Chapter) -> None:
    async with chapter.editor("egypt") as egypt, chapter.editor("japan") as japan:
        await egypt.write("The draft", " Every word matters.")
        await japan.move(" Every word matters.", "Second paragraph.")
        first, second = await runs_of(chapter, "?deleted=1")
        assert first == [{"text": "The draft reads so."} | NOBODY]
        assert second == [{"text": "Second paragraph."} | NOBODY, {"text": " Every word matters."} | EGYPT]
        _, second = await runs_of(chapter, "?moved=1")
        assert second[-1] == {"text": " Every word matters.", "moved_by": JAPAN} | EGYPT
        names = [one["participant"] for one in (await chapter.get("runs?moved=1"))["authors"]]
        assert names == ["egypt", "japan"]
        assert [one["participant"] for one in (await chapter.get("runs"))["authors"]] == ["egypt"]


async def test_totals(chapter: Chapter) -> None:
    async with (
        chapter.editor("egypt") as egypt,
        chapter.editor("japan") as japan,
        chapter.editor("ifip") as ifip,
    ):
        await egypt.write("The draft", " of Egypt")
        await japan.delete("Second ")
        await ifip.write("paragraph.", " Openness first, everywhere.")
        await japan.move(" of Egypt", "Openness")
    found = await chapter.get("authorship/totals")
    nobody = 1 + 4 + 1  # "Trust", "The draft reads so." and "paragraph."
    assert found["words"] == nobody + 2 + 3
    shares = {one["delegation"]: (one["words"], one["characters"]) for one in found["delegations"]}
    assert shares | {"": ()} == {"egypt": (2, 9), "ifip": (3, 28), "": ()}
    assert [one["delegation"] for one in found["delegations"]][-1] == ""
    assert sum(one["share"] for one in found["delegations"]) == pytest.approx(1)
    assert {one["group"]: one["words"] for one in found["groups"]} == {
        "civil society": 3,
        "government": 2,
        "": nobody,
    }
    assert next(one["share"] for one in found["groups"] if one["group"] == "government") == 2 / found["words"]
    touches = [
        {each["delegation"]: (each["inserted"], each["deleted"], each["moved"]) for each in one["delegations"]}
        for one in found["paragraphs"]
        if one["label"]
    ]
    assert touches == [{}, {"egypt": (9, 0, 0), "japan": (0, 7, 9), "ifip": (28, 0, 0)}]


async def test_totals_of_a_deleted_paragraph(chapter: Chapter) -> None:
    async with chapter.editor("egypt") as egypt, chapter.editor("japan") as japan:
        await egypt.write("Second", " of Egypt")
        await japan.remove("of Egypt")
    found = await chapter.get("authorship/totals")
    assert [one["delegation"] for one in found["delegations"]] == [""]
    last = found["paragraphs"][-1]
    assert (last["label"], last["deleted"]) == ("2", True)
    assert {one["delegation"]: (one["inserted"], one["deleted"]) for one in last["delegations"]} == {
        "egypt": (9, 0),
        "japan": (0, 26),
    }


async def test_activity(chapter: Chapter) -> None:
    async with chapter.editor("egypt") as egypt, chapter.editor("japan") as japan:
        await egypt.write("The draft", " of Egypt")
        await japan.delete("Egypt")
    found = await chapter.get("authorship/activity?minutes=60")
    assert found["minutes"] == 60
    done: dict[str, tuple[int, int]] = {}
    for bucket in found["buckets"]:
        at = datetime.fromisoformat(bucket["at"])
        assert at.timestamp() % 3600 == 0
        assert abs(time.time() - at.timestamp()) < 4000
        for one in bucket["delegations"]:
            inserted, deleted = done.get(one["delegation"], (0, 0))
            done[one["delegation"]] = (inserted + one["inserted"], deleted + one["deleted"])
    assert (done["egypt"], done["japan"]) == ((9, 0), (0, 5))
    assert (await chapter.get("authorship/activity"))["minutes"] == 10
    for minutes in ("0", "-1", "1000000", "x"):
        assert (await chapter.ask(f"authorship/activity?minutes={minutes}")).status_code == 422


async def test_the_content_map_is_what_the_journal_says(chapter: Chapter) -> None:
    async with chapter.editor("egypt") as egypt:
        await egypt.write("The draft", " of Egypt")
        await egypt.delete("reads")
        answer = await chapter.ask("authorship/content-map")
        assert answer.headers["content-type"] == "application/octet-stream"
    async with await open_database(chapter.server.data) as database:
        document = ChapterDocument.recover(await database.documents.recover(chapter.id))
    deletions = gone(document.record)
    assert answer.content == content_map(document.record.insertions(), deletions, document.bylines())


async def test_nothing_is_forgotten_when_the_server_is_killed(
    live: Callable[[], LiveServer], description: Description
) -> None:
    server = live()
    chapter = Chapter(server, description, "Trust")
    async with chapter.editor("egypt") as egypt, chapter.editor("japan") as japan:
        await egypt.write("The draft", " of Egypt")
        await japan.move(" of Egypt", "Second paragraph.")
        await egypt.delete("Second ")
    answer = await chapter.ask("versions", "chair", "POST", json={"name": "Before"})
    assert answer.status_code == 201
    queries = ("runs?deleted=1&moved=1", "authorship/totals", "authorship/activity", "versions")
    before = [await chapter.get(query) for query in queries]
    content = (await chapter.ask("authorship/content-map")).content
    server.kill()
    server.start()
    assert [await chapter.get(query) for query in queries] == before
    assert (await chapter.ask("authorship/content-map")).content == content


async def test_who_changes_the_delegation_keeps_the_old_words_there(chapter: Chapter) -> None:
    async with beside(chapter.server) as meeting, chapter.editor("kenya") as kenya:
        await kenya.write("The draft", " of Kenya")
        line = "kenya,Wanjiru Kiplagat,ITU,international organization,delegate\n"
        await meeting.import_roster(parse_roster(f"id,name,delegation,group,role\n{line}".encode()))
        number = meeting.delegation_number("itu")
        await eventually(lambda: _delegation(chapter.server, "kenya") == "itu", "the new delegation")
        await kenya.write("of Kenya", " or ITU")
        first, _ = await runs_of(chapter)
        assert first[1:3] == [
            {"text": " of Kenya", "delegation": "kenya", "group": "government", "participant": "kenya"},
            {"text": " or ITU", "delegation": "itu", "group": "international organization", "participant": "kenya"},
        ]
        words = {one["delegation"]: one["words"] for one in (await chapter.get("authorship/totals"))["delegations"]}
        assert (words["kenya"], words["itu"]) == (2, 2)
        authors = (await chapter.get("runs"))["authors"]
        assert [(one["participant"], one["delegation_name"]) for one in authors] == [
            ("kenya", "Kenya"),
            ("kenya", "ITU"),
        ]
        assert authors[1]["number"] == number


@asynccontextmanager
async def beside(server: LiveServer) -> AsyncIterator[Meeting]:
    """The meeting, as another process (the command line) opens it beside the server."""
    async with await open_database(server.data) as database:
        yield await Meeting.open(database.auth, Signer(load_or_create_key(server.data / KEY)))


def _delegation(server: LiveServer, who: str) -> str:
    people = server.get("/api/participants").json()["participants"]
    return next(str(one["delegation"]) for one in people if one["id"] == who)


@pytest.mark.parametrize("path", PATHS)
async def test_who_may_read_it(chapter: Chapter, path: str) -> None:
    for who in ("observer", "egypt", "chair"):
        assert (await chapter.ask(path, who)).status_code == 200
    url = f"{chapter.server.url}/api/chapters/"
    async with httpx.AsyncClient() as stranger:
        answer = await stranger.get(f"{url}{chapter.id}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")
        answer = await stranger.get(f"{url}missing/{path}", headers=chapter.server.bearer("observer"))
        assert (answer.status_code, answer.json()["code"]) == (404, "chapter-not-found")
