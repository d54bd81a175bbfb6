"""A version restored, and papers of versions, on a live server in which delegations type."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import docx
import httpx
import pytest

from documents.formats import text as plain_text
from server.exports import DOCX
from server.paper_forms import PaperForm
from tests.integration.authorship_kit import Chapter
from tests.integration.http_schema import Description
from tests.livekit import LiveServer
from tests.paperkit import resolved, revisions

FROZEN = ["Trust", "The draft of Egypt reads so.", "Second paragraph."]
SAID = {"symbol": "WSIS+10/4/25/Pre-agreed", "date": "2014-04-17", "suffix": "COB"}
STATUS = "Status as of 17 April 2014, COB, besides Para 2"
NAME = "WSIS+10/4/25/Pre-agreed, Status as of 17 April 2014, COB"


@pytest.fixture
def server(live: Callable[..., LiveServer]) -> Iterator[LiveServer]:
    return live()  # type: ignore[return-value]


class Scene:
    """Egypt wrote, a version was frozen, and Japan has changed all of it since."""

    def __init__(self, chapter: Chapter, version: dict[str, Any]) -> None:
        self.chapter = chapter
        self.version = version

    async def restore(self, who: str = "secretariat", **params: Any) -> httpx.Response:
        return await self.chapter.ask(f"versions/{self.version['id']}/restore", who, "POST", params=params)

    async def runs(self) -> list[tuple[str, str]]:
        found = (await self.chapter.get("runs"))["paragraphs"]
        return [(run["text"], run["delegation"]) for one in found for run in one["runs"]]

    async def export(self, form: str, **more: str) -> bytes:
        answer = await self.chapter.ask("export", params={"format": form, **more})
        assert answer.status_code == 200, answer.text
        return answer.content


@pytest.fixture
async def scene(server: LiveServer) -> Scene:
    one = Chapter(server, Description(server.get("/api/openapi.json").json()), "Trust")
    async with one.editor("egypt") as egypt, one.editor("japan") as japan:
        await egypt.write("The draft", " of Egypt")
        await one.ask(
            f"paragraphs/{await one.paragraph('1')}/status", "chair", "PUT", json={"status": "agreed in group"}
        )
        version = (await one.ask("versions", "secretariat", "POST", json=SAID)).json()
        await japan.delete(" of Egypt reads")
        await japan.write("The draft", " by Japan")
        await japan.remove("Second paragraph.")
    return Scene(one, version)


async def test_who_is_connected_follows_at_once_and_authors_are_kept(scene: Scene) -> None:
    async with scene.chapter.editor("japan") as japan:
        found = (await scene.restore()).json()
        assert found["changed"] is True
        assert [(one["label"], one["change"]) for one in found["paragraphs"]] == [("1", "changed"), ("2", "inserted")]
        assert found["before"]["before"] == NAME
        await japan.write("Second", " (as it was)")
    told = await scene.runs()
    assert (" of Egypt", "egypt") in told
    assert (" (as it was)", "japan") in told
    assert all("by Japan" not in text for text, _ in told)
    text = (await scene.chapter.ask("text")).text
    assert "The draft of Egypt reads so." in text
    (act,) = [one for one in (await scene.chapter.get("rulings"))["rulings"] if one["act"] == "restore"]
    assert (act["by"]["participant"], act["reason"]) == ("secretariat", NAME)


async def test_a_dry_run_shows_what_would_change_and_changes_nothing(scene: Scene) -> None:
    before = (await scene.chapter.ask("text")).text
    found = (await scene.restore(dry_run=True)).json()
    assert (found["dry_run"], found["changed"], found["before"]) == (True, True, None)
    changes = [part for one in found["redline"]["paragraphs"] for part in one["changes"] if part["change"] != "kept"]
    inserted = [(one["text"], one["author"]["participant"]) for one in changes if one["change"] == "inserted"]
    assert (" of Egypt", "egypt") in inserted
    assert any(one["change"] == "deleted" and " by Japan" in one["text"] for one in changes), changes
    assert (await scene.chapter.ask("text")).text == before
    page = await scene.chapter.ask(f"versions/{scene.version['id']}/restore", "chair", params={"format": "html"})
    assert page.status_code == 200
    assert "by Japan" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_what_is_locked_is_named_and_whoever_may_not_is_told(scene: Scene) -> None:
    first = await scene.chapter.paragraph("1")
    lock = {"for": {"delegation": "egypt"}, "reason": "Redrafting"}
    assert (await scene.chapter.ask(f"paragraphs/{first}/lock", "chair", "PUT", json=lock)).status_code == 200
    for dry_run in (True, False):
        refused = await scene.restore(dry_run=dry_run)
        assert (refused.status_code, refused.json()["code"]) == (409, "restore-refused")
        assert "(1: this paragraph is locked for Egypt: Redrafting)" in refused.json()["detail"]
    for who in ("egypt", "vice-chair", "observer"):
        assert (await scene.restore(who)).status_code == 403
    nowhere = await scene.chapter.ask("versions/nothing/restore", "chair", "POST")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "version-not-found")


async def test_after_a_restart_it_is_still_so_and_can_be_taken_back(scene: Scene) -> None:
    changed = await scene.runs()
    before = (await scene.restore()).json()["before"]
    restored = await scene.runs()
    server = scene.chapter.server
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    assert await scene.runs() == restored
    again = (await scene.restore()).json()
    assert (again["changed"], again["before"], again["paragraphs"]) == (False, None, [])
    scene.version = before
    back = await scene.restore("chair")
    assert back.status_code == 200, server.log()[-3000:]
    assert await scene.runs() == changed
    done = await asyncio.to_thread(adref, "check", "--data", server.data)
    assert done.returncode == 0, done.stderr


async def test_every_form_of_a_version_says_what_it_is(scene: Scene) -> None:
    for form in PaperForm:
        content = await scene.export(form.value, version=NAME)
        if content[:2] == b"PK":
            paper: Any = docx.Document(BytesIO(content))
            above = [one.text for one in paper.sections[0].header.paragraphs]
            assert above[0] == SAID["symbol"]
            assert above[2].startswith(STATUS)
            assert paper.sections[0].footer.paragraphs[-1].text == f"SHA-256 of the text: {scene.version['hash']}"
            assert paper.core_properties.identifier == f"sha256:{scene.version['hash']}"
        elif form is not PaperForm.TEXT:  # what is read as a chapter again says nothing but its text
            said = content.decode()
            assert all(word in said for word in (SAID["symbol"], scene.version["hash"])), form
            assert STATUS in said or form is PaperForm.JSON
            assert "by Japan" not in said
    assert [one.text for one in plain_text.read((await scene.export("txt", version=NAME)).decode()).blocks] == FROZEN
    values = json.loads(await scene.export("json", version=scene.version["id"]))
    assert values["version"]["exceptions"] == "besides Para 2"
    assert [one["text"] for one in values["paragraphs"]] == FROZEN
    answer = await scene.chapter.ask("export", params={"format": "docx", "version": NAME})
    name = f"{scene.chapter.id}-wsis-10-4-25-pre-agreed.docx"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


async def test_a_version_against_another_by_their_ids(scene: Scene) -> None:
    later = (await scene.chapter.ask("versions", "chair", "POST", json={"name": "Later"})).json()
    first = scene.version["id"]
    now = await scene.export("redline", version=later["id"], since=first)
    assert "Japan" in {one.author for one in revisions(now)}
    assert [one.text for one in resolved(now, accept=False)] == FROZEN
    page = (await scene.export("html", version=later["id"], since=first)).decode()
    assert f"SHA-256 of the text: {later['hash']}" in page
    assert "against that of “<bdi>WSIS+10" in page
    draft = await scene.export("redline", version=first)
    assert [(one.kind, one.author) for one in revisions(draft)] == [("ins", "Egypt")]
    assert [one.text for one in resolved(draft, accept=True)] == FROZEN
    reversed_ = await scene.chapter.ask("export", params={"format": "redline", "version": first, "since": later["id"]})
    assert (reversed_.status_code, reversed_.json()["code"]) == (422, "versions-reversed")
    missing = await scene.chapter.ask("export", params={"format": "docx", "version": "nothing"})
    assert (missing.status_code, missing.json()["code"]) == (404, "version-not-found")


async def test_a_published_version_for_word_tells_no_authors_and_no_comments(scene: Scene) -> None:
    said = {"paragraph": await scene.chapter.paragraph("1"), "text": "Why?"}
    assert (await scene.chapter.ask("comments", "japan", "POST", json=said)).status_code == 201
    address = "/papers/wsis-10-4-25-pre-agreed.docx"
    url = scene.chapter.server.url + address
    assert (await asyncio.to_thread(httpx.get, url)).status_code == 404
    await scene.chapter.ask(f"versions/{scene.version['id']}/publication", "chair", "PUT")
    answer = await asyncio.to_thread(httpx.get, url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, DOCX)
    assert answer.headers["content-disposition"] == 'attachment; filename="wsis-10-4-25-pre-agreed.docx"'
    assert [one.text for one in resolved(answer.content, accept=True)] == FROZEN
    assert not list(revisions(answer.content))
    assert "word/comments.xml" not in ZipFile(BytesIO(answer.content)).namelist()
    assert b"Japan" not in answer.content
    page = await asyncio.to_thread(httpx.get, url.removesuffix(".docx"))
    assert f'href="{address}"' in page.text
    await scene.chapter.ask(f"versions/{scene.version['id']}/publication", "chair", "DELETE")
    assert (await asyncio.to_thread(httpx.get, url)).status_code == 410


def adref(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_the_commands_beside_the_server_and_without_it(scene: Scene, tmp_path: Path) -> None:
    server, chapter = scene.chapter.server, scene.chapter.id
    common = (chapter, NAME, "--as", "secretariat", "--data", server.data, "--port", server.url.rpartition(":")[2])
    done = await asyncio.to_thread(adref, "restore", *common, "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == ["1: would be changed", "2: would be inserted"]
    assert "{+Second paragraph.+}" in done.stdout
    done = await asyncio.to_thread(adref, "restore", *common)
    assert "Restored “WSIS+10" in done.stdout, done.stderr
    assert ("Second paragraph.", "") in await scene.runs()
    await asyncio.to_thread(server.stop)
    done = await asyncio.to_thread(adref, "restore", *common)
    assert done.stdout == "Nothing to change: the text is that of the version.\n"
    listed = json.loads((await asyncio.to_thread(adref, "versions", chapter, "--json", "--data", server.data)).stdout)
    (before,) = [one for one in listed if one["before"] == NAME]
    back = (chapter, before["id"], "--as", "chair", "--data", server.data)
    assert json.loads((await asyncio.to_thread(adref, "restore", *back, "--dry-run", "--json")).stdout)["changed"]
    assert json.loads((await asyncio.to_thread(adref, "restore", *back, "--json")).stdout)["before"]["before"]
    for arguments, fault in (
        ((chapter, "No version", "--as", "chair"), "there is no version 'No version' in the chapter"),
        ((chapter, NAME, "--as", "egypt"), "the role delegate does not include restore version"),
    ):
        done = await asyncio.to_thread(adref, "restore", *arguments, "--data", server.data)
        assert (done.returncode, done.stdout) == (2, "")
        assert fault in done.stderr
    file = tmp_path / "frozen.docx"
    export = ("export", chapter, "--format", "docx", "-o", file, "--data", server.data)
    done = await asyncio.to_thread(adref, *export, "--version", NAME)
    assert (done.returncode, done.stderr) == (0, "")
    assert [one.text for one in resolved(file.read_bytes(), accept=True)] == FROZEN
    done = await asyncio.to_thread(adref, *export, "--version", "No version")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
