"""`adref import FILE --chapter`: an edited export comes back, with a server at work on the folder and without."""

import json
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest

from tests.livekit import CHAPTER, ROOT, LiveServer

Live = Callable[..., LiveServer]


def adref(*arguments: object, status: int = 0) -> str:
    """What the command prints, or complains of."""
    command = [sys.executable, "-m", "server", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done.stderr.strip() if status else done.stdout.strip()


def merged(*arguments: object) -> Any:
    return json.loads(adref("import", *arguments, "--json"))


def edited(file: Path, old: str, new: str) -> None:
    document = docx.Document(BytesIO(file.read_bytes()))
    for paragraph in document.paragraphs:
        for run in paragraph.runs:
            run.text = run.text.replace(old, new) if old in run.text else run.text
    document.save(str(file))


@pytest.fixture
def meeting(tmp_path: Path) -> tuple[Path, str]:
    """A folder with a chapter that no server has open, and the chapter's id."""
    data = tmp_path / "meeting"
    people = tmp_path / "people.csv"
    people.write_text(
        "id,name,delegation,group,role\nsec,M,Secretariat,government,secretariat\nya,Y,Japan,government,delegate\n"
        "ob,O,Observers,government,observer\n"
    )
    draft = tmp_path / "draft.txt"
    draft.write_text("C7. Access\n\n1) People\n1. Every person counts.\n2. Trust matters.\n")
    report = json.loads(adref("import", draft, "--data", data, "--json"))
    adref("participants", "import", people, "--data", data)
    return data, report["chapter"]


def test_without_a_server(meeting: tuple[Path, str], tmp_path: Path) -> None:
    data, chapter = meeting
    file = tmp_path / "back.docx"
    adref("export", chapter, "--format", "docx", "-o", file, "--data", data)
    edited(file, "person counts", "person and group counts")
    asked = (file, "--chapter", chapter, "--as", "ya", "--data", data)
    told = merged(*asked, "--dry-run")
    assert (told["dry_run"], told["changed"], told["counts"]["changed"]) == (True, True, 1)
    text = adref("import", *asked, "--dry-run")
    assert "Every person {+and group +}counts." in text
    assert "dry run" in text
    assert merged(*asked)["differences"][0]["state"] == "changed"
    assert merged(*asked)["changed"] is False
    out = tmp_path / "out.json"
    adref("export", chapter, "--format", "json", "-o", out, "--data", data)
    (one,) = [one for one in json.loads(out.read_text())["paragraphs"] if one["label"] == "1"]
    assert one["text"] == "Every person and group counts."
    assert [run["by"] for run in one["runs"] if "group" in run["text"]] == ["ya"]
    assert "ok" in adref("check", "--data", data)


def test_with_a_server_at_work(live: Live, tmp_path: Path) -> None:
    server = live()
    file = tmp_path / "back.docx"
    draft = tmp_path / "draft.txt"
    draft.write_text("C7. Access\n\n1. Every person counts.\n")
    chapter = merged(draft, "--data", server.data)["chapter"]
    file.write_bytes(server.get(f"/api/chapters/{chapter}/export?format=redline").content)
    edited(file, "person", "human")
    port = server.url.rsplit(":", 1)[1]
    told = merged(file, "--chapter", chapter, "--as", "egypt", "--data", server.data, "--port", port)
    assert told["counts"]["changed"] == 1
    assert "Every human counts." in server.text(chapter)
    assert server.text(CHAPTER) == "\n"


def test_what_is_refused(meeting: tuple[Path, str], tmp_path: Path) -> None:
    data, chapter = meeting
    file = tmp_path / "back.docx"
    adref("export", chapter, "--format", "docx", "-o", file, "--data", data)
    for given, said in (
        ((), "who brings the file"),
        (("--as", "ya", "--as", "sec"), "who brings the file"),
        (("--as", "nobody"), "nobody"),
        (("--as", "ob"), "observer"),
        (("--as", "ya", "--as", "X=Japan"), "import chapter"),
        (("--as", "sec", "--as", "X=Japan"), "no author 'X'"),
    ):
        assert said in adref("import", file, "--chapter", chapter, *given, "--data", data, status=2)


def test_markdown_becomes_a_chapter_and_comes_back(tmp_path: Path) -> None:
    data, draft = tmp_path / "meeting", tmp_path / "draft.md"
    draft.write_text("# Access\n\n## 1) People\n\n1\\. Every *person* counts.\n\n> Egypt: Unclear\n")
    told = merged(draft, "--data", data)
    assert (told["title"], told["numbered"], told["comments"]) == ("Access", 1, {"Egypt": 1})
    out = tmp_path / "out.md"
    adref("export", told["chapter"], "--format", "md", "-o", out, "--data", data)
    assert out.read_text() == draft.read_text()
