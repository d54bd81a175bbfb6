"""How far an import or export has come: bars on a terminal, and nothing of them in pipes, files and JSON."""

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.test_word_import import ROSTER
from tests.wordkit import dele, ins, para
from tests.wordkit import word as made

AUTHORS = ("Egypt", "Japan", "Cuba", "Chile", "Switzerland")
BAR = "━"
ERASED = "\x1b[2K"
SECONDS = 20
"""What a thousand paragraphs may take at most, on a machine that has other work."""


def long_file(paragraphs: int) -> bytes:
    """With five changes in every paragraph, of five authors."""
    blocks = [para("C7. Access", style="Title")]
    for at in range(1, paragraphs + 1):
        changes = (
            (ins if n % 2 else dele)(at * 10 + n, AUTHORS[(at + n) % 5], f"{'new' if n % 2 else 'old'} words {n} ")
            for n in range(5)
        )
        blocks.append(para(f"{at}. ", *(one for change in changes for one in ("Every person counts here ", change))))
    return made(*blocks)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("progress")
    (path / "long.docx").write_bytes(long_file(1_000))
    (path / "people.csv").write_text(ROSTER)
    assert piped(path, "participants", "import", "people.csv").returncode == 0
    return path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "server", *arguments, "--data", "meeting"]


def piped(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command(*arguments), cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def on_a_terminal(folder: Path, *arguments: str, errors_alone: bool = False) -> tuple[int, str, float]:
    """Exit status, what a terminal was sent, and how long it took; the output goes to a pipe with `errors_alone`."""
    ours, theirs = pty.openpty()
    begun = time.monotonic()
    with subprocess.Popen(
        command(*arguments),
        cwd=folder,
        stdin=theirs,
        stdout=subprocess.DEVNULL if errors_alone else theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "100"},
    ) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        status = process.wait(60)
    os.close(ours)
    return status, shown.decode(), time.monotonic() - begun


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # nobody holds its other end any more
        return b""


def test_a_thousand_paragraphs_come_in_and_go_out_in_seconds_with_bars(folder: Path) -> None:
    status, shown, seconds = on_a_terminal(folder, "import", "long.docx")
    assert status == 0, shown
    assert seconds < SECONDS
    assert all(what in shown for what in ("unpacking", "reading", "writing", BAR, "100 %"))
    assert shown.rstrip().endswith("kept as chapter c7-access")
    for form in ("redline", "docx"):
        status, shown, seconds = on_a_terminal(folder, "export", "c7-access", "--format", form, "-o", f"{form}.docx")
        assert status == 0, shown
        assert seconds < SECONDS
        assert all(what in shown for what in ("reading", "writing", BAR, "100 %"))
    again = piped(folder, "import", "redline.docx", "--dry-run", "--json")
    told = json.loads(again.stdout)
    assert (told["paragraphs"], len(told["changes"]) >= 5_000) == (1_000, True)


def test_nothing_of_it_is_in_pipes_and_in_json(folder: Path) -> None:
    done = piped(folder, "import", "long.docx", "--dry-run")
    assert (done.returncode, done.stderr, BAR in done.stdout) == (0, "", False)
    status, shown, _ = on_a_terminal(folder, "import", "long.docx", "--dry-run", "--json")
    assert status == 0
    assert json.loads(shown)["title"] == "C7. Access"
    status, shown, _ = on_a_terminal(folder, "import", "long.docx", "--dry-run", errors_alone=True)
    assert (status, shown) == (0, "")


def test_a_fault_is_one_line_below_bars_that_are_gone(folder: Path) -> None:
    (folder / "cut.docx").write_bytes((folder / "long.docx").read_bytes()[:-50])
    status, shown, _ = on_a_terminal(folder, "import", "cut.docx")
    assert status == 2
    assert f"{ERASED}adref: this can't be read as a Word file: its archive is cut off" in shown
    assert len(shown.rsplit(ERASED, 1)[1].splitlines()) == 1
