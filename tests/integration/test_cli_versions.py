"""`adref freeze` and `adref versions`: on a folder that nobody serves, and beside a server that does."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.livekit import CHAPTER, ROOT, LiveServer

Live = Callable[..., LiveServer]
Done = subprocess.CompletedProcess[str]


def adref(*arguments: object) -> Done:
    command = [sys.executable, "-m", "server", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def good(done: Done) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def fault(done: Done) -> str:
    """The one line that says what is wrong."""
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


def read(*arguments: object) -> Any:
    return json.loads(good(adref(*arguments, "--json")))


SAID = ("--as", "secretariat", "--symbol", "A/1/Pre-agreed", "--date", "2014-04-17", "--suffix", "COB")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A meeting that nobody serves, with the chapter `trust`."""
    (tmp_path / "people.csv").write_text(
        "id,name,delegation,group,role\nsecretariat,Miriam,Secretariat,international organization,secretariat\n"
        "vice-chair,Tevita,Tonga,government,vice-chair\negypt,Rana,Egypt,government,delegate\n"
    )
    (tmp_path / "trust.txt").write_text("Trust\n1) People\n1. Every person counts.\n")
    good(adref("participants", "import", tmp_path / "people.csv", "--data", tmp_path / "meeting"))
    good(adref("import", tmp_path / "trust.txt", "--data", tmp_path / "meeting"))
    return tmp_path / "meeting"


def test_a_chapter_is_frozen_and_listed(folder: Path) -> None:
    lines = good(adref("freeze", "trust", *SAID, "--publish", "--data", folder, "--port", 8123)).splitlines()
    assert lines[0] == "A/1/Pre-agreed, Status as of 17 April 2014, COB"
    assert lines[1] == "Status as of 17 April 2014, COB (no paragraph is agreed)"
    assert lines[2].startswith("SHA-256 ")
    assert lines[3] == "http://127.0.0.1:8123/papers/a-1-pre-agreed"
    second = read("freeze", "trust", "--as", "secretariat", "--name", "Second", "--data", folder)
    assert (second["name"], second["published"]) == ("Second", False)
    listed = read("versions", "trust", "--data", folder)
    assert [one["name"] for one in listed] == [lines[0], "Second"]
    assert listed[0]["hash"] == lines[2].removeprefix("SHA-256 ") == second["hash"]
    first, other = good(adref("versions", "trust", "--data", folder)).splitlines()
    assert first.endswith(f"{listed[0]['hash'][:12]}  /papers/a-1-pre-agreed")
    assert "Second" in other
    assert "ok" in good(adref("check", "--data", folder))


def test_what_can_t_be_frozen(folder: Path) -> None:
    def freeze(*arguments: object, chapter: str = "trust") -> str:
        return fault(adref("freeze", chapter, *arguments, "--data", folder))

    assert "name version" in freeze("--as", "egypt")
    assert "publish version" in freeze("--as", "vice-chair", "--publish")
    assert "no participant" in freeze("--as", "nobody")
    assert "missing" in freeze("--as", "secretariat", chapter="missing")
    assert "symbol" in freeze("--as", "secretariat", "--symbol", "Ä")
    assert "--date" in freeze("--as", "secretariat", "--date", "yesterday")
    assert "--as" in freeze()
    good(adref("freeze", "trust", *SAID, "--data", folder))
    assert "already" in freeze(*SAID)
    assert "missing" in fault(adref("versions", "missing", "--data", folder))


def test_the_server_that_serves_the_folder_is_asked(live: Live) -> None:
    server = live()
    port = server.url.rpartition(":")[2]
    made = read("freeze", CHAPTER, *SAID, "--publish", "--data", server.data, "--port", port)
    (listed,) = server.get(f"/api/chapters/{CHAPTER}/versions").json()["versions"]
    assert made == listed
    assert httpx.get(f"{server.url}/papers/A/1/Pre-agreed.json").json()["hash"] == made["hash"]
    assert read("versions", CHAPTER, "--data", server.data) == [made]
    again = adref("freeze", CHAPTER, *SAID, "--data", server.data, "--port", port)
    assert "already" in fault(again)
    elsewhere = fault(adref("freeze", CHAPTER, *SAID, "--data", server.data, "--port", 1))
    assert "a server is at work on the folder, but not at http://127.0.0.1:1" in elsewhere
