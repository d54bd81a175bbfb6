"""Papers of a chapter over HTTP and by the command, on a live server in which delegations type."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from documents.formats import text as plain_text
from server.exports import DOCX, FORMS
from server.paper_forms import PaperForm
from tests.integration.authorship_kit import Chapter
from tests.integration.http_schema import Description
from tests.livekit import LiveServer
from tests.paperkit import comments, resolved, revisions

EDITED = ["Trust", "The draft of Egypt reads .", "Second paragraph."]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("export") / "data", {})
    live.start()
    yield live
    live.stop()


@pytest.fixture
async def chapter(server: LiveServer) -> Chapter:
    """Egypt writes; a version is named; Japan deletes, and comments."""
    one = Chapter(server, Description(server.get("/api/openapi.json").json()), "Trust")
    async with one.editor("egypt") as egypt, one.editor("japan") as japan:
        await egypt.write("The draft", " of Egypt")
        assert (await one.ask("versions", "chair", "POST", json={"name": "First reading"})).status_code == 201
        await japan.delete("so")
    said = {"paragraph": await one.paragraph("1"), "text": "Why?"}
    assert (await one.ask("comments", "japan", "POST", json=said)).status_code == 201
    return one


async def export(chapter: Chapter, form: str, **more: str) -> bytes:
    answer = await chapter.ask("export", params={"format": form, **more})
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_every_form_is_a_file_of_its_type(chapter: Chapter) -> None:
    for form in PaperForm:
        answer = await chapter.ask("export", params={"format": form.value})
        assert answer.status_code == 200, form
        assert answer.headers["content-type"] == FORMS[form].media_type
        assert answer.headers["content-disposition"] == f'attachment; filename="{chapter.id}{FORMS[form].ending}"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert (answer.content[:2] == b"PK") is (FORMS[form].media_type == DOCX)


async def test_a_redline_against_the_draft_and_against_a_version(chapter: Chapter) -> None:
    word = await export(chapter, "redline")
    assert [one.text for one in resolved(word, accept=True)] == EDITED
    assert [one.text for one in resolved(word, accept=False)][1] == "The draft reads so."
    assert {(one.kind, one.author, one.text) for one in revisions(word)} == {
        ("ins", "Egypt", " of Egypt"),
        ("del", "Japan", "so"),
    }
    assert [(name, text) for name, text, _ in comments(word)] == [("Japan", "Why?")]
    since = await export(chapter, "redline", since="First reading")
    assert [(one.kind, one.author) for one in revisions(since)] == [("del", "Japan")]
    assert [one.text for one in resolved(since, accept=False)][1] == "The draft of Egypt reads so."


async def test_other_forms_say_the_same(chapter: Chapter) -> None:
    brackets = (await export(chapter, "bracketed")).decode()
    assert "1. The draft [of Egypt - Egypt] reads [so - Japan delete]." in brackets
    blocks = plain_text.read((await export(chapter, "txt")).decode()).blocks
    assert [one.text for one in blocks] == EDITED
    assert [(note.name, note.text) for note in blocks[1].notes] == [("Japan", "Why?")]
    found = json.loads(await export(chapter, "json", since="First reading"))
    assert [one["text"] for one in found["paragraphs"]] == EDITED
    assert found["since"] == "“First reading”"
    html = (await export(chapter, "html", since="First reading")).decode()
    assert "against that of “<bdi>First reading</bdi>”" in html


async def test_what_can_not_be_asked_for(chapter: Chapter) -> None:
    for params, status, code in (
        ({"format": "pdf"}, 422, "invalid"),
        ({}, 422, "invalid"),
        ({"format": "docx", "since": "First reading"}, 422, "since-not-used"),
        ({"format": "redline", "since": "Last reading"}, 404, "version-not-found"),
    ):
        answer = await chapter.ask("export", params=params)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    nowhere = chapter.server.get("/api/chapters/nowhere/export?format=docx")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "chapter-not-found")
    address = f"{chapter.server.url}/api/chapters/{chapter.id}/export?format=docx"
    stranger = await asyncio.to_thread(httpx.get, address)
    assert (stranger.status_code, stranger.json()["code"]) == (401, "not-signed-in")


def adref(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_the_command_beside_the_server(chapter: Chapter, server: LiveServer, tmp_path: Path) -> None:
    file = tmp_path / "trust.docx"
    common = ("export", chapter.id, "--data", str(server.data))
    done = await asyncio.to_thread(adref, *common, "--format", "redline", "--since", "First reading", "-o", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{file}: {file.stat().st_size} bytes\n"
    assert [(one.kind, one.author) for one in revisions(file.read_bytes())] == [("del", "Japan")]
    for arguments, fault in (
        (("--format", "redline", "--since", "Last"), "there is no version 'Last', and it is no time"),
        (("--format", "txt", "--since", "First reading"), "a paper of the form txt is held against nothing"),
    ):
        done = await asyncio.to_thread(adref, *common, *arguments, "-o", str(tmp_path / "none"))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"adref: Invalid value for --since: {fault}\n"
    assert not (tmp_path / "none").exists()
