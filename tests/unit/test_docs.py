"""The documents tell the truth: what the code offers is in them, and what they offer is there."""

import re
import subprocess
from pathlib import Path

import pytest
import reference

from server.close_codes import CloseCode
from server.page import PATHS

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
NAMED_FILE = r"`((?:server|documents|auth|tests|benchmarks|docs|tools)/[\w./*-]+)`"


@pytest.mark.parametrize("page", ["settings.md", "api.md", "commands.md"])
def test_a_reference_page_is_what_the_code_says(page: str) -> None:
    assert (DOCS / page).read_text() == reference.pages()[page], "run `make docs`"


def test_every_close_code_is_explained() -> None:
    protocol = (DOCS / "protocol.md").read_text()
    explained = {int(code) for code in re.findall(r"^\| *`?(\d{4})`?", protocol, re.MULTILINE)}
    assert explained >= set(CloseCode)
    assert {code for code in explained if code >= 4000} <= set(CloseCode), "a code that is never sent"


def test_every_route_is_in_the_reference() -> None:
    api = (DOCS / "api.md").read_text()
    for path in ("/metrics", "/ws/{chapter}", "/api/chapters/{chapter}/text", "/health", "/ready"):
        assert path in api
    assert set(PATHS) == {"/", "/join", "/chapters/{chapter}"}


def test_files_that_the_documents_name_are_there() -> None:
    others = [ROOT / name for name in ("README.md", "CHANGELOG.md", "tests/README.md", "client-sample/README.md")]
    for page in [*DOCS.glob("*.md"), *others]:
        for name in re.findall(NAMED_FILE, page.read_text()):
            assert list(ROOT.glob(name.rstrip("/"))), f"{page.name} names {name}, which is not there"
        for link in re.findall(r"\]\((?!http)([\w./-]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} links to {link}, which is not there"


def test_make_targets_that_the_readme_names_are_there() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    named = set(re.findall(r"(?:^|`)make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert named <= set(re.findall(r"^make (\w+)", listed, re.MULTILINE))
