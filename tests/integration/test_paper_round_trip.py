"""A meeting paper imported, written out as text, as a Word file and as a redline, and read again: the same chapter."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from documents.chapter import ChapterDocument
from documents.formats.word.draft import OWN_NAME
from server.cli import main
from server.database import open_database
from tests.unit.test_text_format import papers

DELEGATIONS = ("Norway", "Chile", "Egypt", "Japan", "Cuba", "IFIP")
ROSTER = "id,name,delegation,group,role\n" + "".join(
    f"p{at},Person {at},{name},government,delegate\n" for at, name in enumerate(DELEGATIONS)
)
Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `adref` in a folder with a meeting; returns what it says."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["adref", *arguments, "--data", "meeting"])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        assert (stopped.value.code, err) == (0, "")
        return str(out)

    Path("people.csv").write_text(ROSTER)
    call("participants", "import", "people.csv")
    return call


@pytest.fixture(params=papers())
def paper(request: pytest.FixtureRequest) -> Iterator[tuple[Any, ...]]:
    yield request.param


def told(document: ChapterDocument) -> dict[str, Any]:
    """All that a chapter says, without the names that differ between two of them."""
    places = {one.id: at for at, one in enumerate(document.paragraphs())}
    notes = {
        root: [{**value, "paragraph": places[value["paragraph"]]} for _, value in sorted(document.value(root).items())]
        for root in ("comments", "sources")
    }
    return {
        "paragraphs": [(one.kind, one.label, one.text) for one in document.paragraphs()],
        "runs": [[(run.text, run.by) for run in one.runs if run.deleted is None] for one in document.runs()],
        **notes,
    }


def chapter(name: str) -> dict[str, Any]:
    async def recovered() -> ChapterDocument:
        async with await open_database(Path("meeting")) as database:
            return ChapterDocument.recover(await database.documents.recover(name))

    return told(asyncio.run(recovered()))


def test_a_paper_comes_back_from_every_form_that_is_read(run: Run, paper: tuple[Any, ...]) -> None:
    path, first, second, sources, _ = paper
    report = json.loads(run("import", str(path), "--json"))
    assert (report["sections"], report["paragraphs"], report["numbered"]) == (5, 36, 36)
    assert (report["comments"], report["sources"]) == ({first: 2, second: 2}, dict.fromkeys(sources, 1))
    assert [one["code"] for one in report["problems"]] == ["empty-paragraph", "bookmark"]
    begun = chapter(report["chapter"])
    assert len(begun["paragraphs"]) == 44
    for form, ending in (("txt", "txt"), ("docx", "docx"), ("redline", "docx")):
        name = f"{form}.{ending}"
        run("export", report["chapter"], "--format", form, "-o", name)
        again = json.loads(run("import", name, "--json"))
        found = chapter(again["chapter"])
        for what, said in begun.items():
            assert found[what] == said, (form, what)
        assert {one["code"] for one in again["problems"]} <= {"empty-paragraph", "author-unknown", "header", "footer"}
        asked = [one["name"] for one in again["authors"] if not one["delegation"] and one["name"] != OWN_NAME]
        assert set(asked) == (set() if form == "txt" else set(sources) - set(DELEGATIONS))
    run("export", again["chapter"], "--format", "txt", "-o", "again.txt")
    assert Path("again.txt").read_bytes() == Path("txt.txt").read_bytes()
