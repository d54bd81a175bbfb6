"""A Word file comes into the house, by the command and by HTTP: whose words, who is asked about, what is refused."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from documents.chapter import ChapterDocument
from server.cli import FAULT, main
from server.database import DATABASE, open_database
from tests.integration.http_world import World
from tests.wordkit import MAIN, TYPES, anchored, comments, dele, ins, members, packed, para
from tests.wordkit import word as made

ROSTER = (
    "id,name,delegation,group,role\n"
    "chair,Annelise,Switzerland,government,chair\n"
    "egypt,رنا,Egypt,government,delegate\n"
    "japan,Yuki Sato,Japan,government,delegate\n"
    "twin,Ana,Cuba,government,delegate\n"
    "other,Ana,Chile,government,delegate\n"
)
FILE = made(
    para("C7. Access", style="Title"),
    para(
        "1. Every ",
        ins(1, "egypt ", "single "),
        "person",
        ins(2, "Janan", ", here"),
        dele(3, "YUKI  Sato", " and now"),
        ".",
    ),
    para("2. ", anchored(0, "Text"), ins(4, "Ana", " by one of two"), "."),
    parts={"comments": comments((0, "Janan", "Unclear"))},
)
MACROS = packed(members(para("Text")) | {"[Content_Types].xml": TYPES.format(type=f"{MAIN}.macroEnabled.12")})
Run = Callable[..., tuple[object, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `adref` in this process, where there is a meeting and a Word file: status, output, faults."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["adref", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        return (stopped.value.code, *capsys.readouterr())

    Path("people.csv").write_text(ROSTER)
    assert call("participants", "import", "people.csv", "--data", "meeting")[0] == 0
    Path("draft.docx").write_bytes(FILE)
    return call


async def recovered(chapter: str) -> ChapterDocument:
    async with await open_database(Path("meeting")) as database:
        return ChapterDocument.recover(await database.documents.recover(chapter))


def authors(document: ChapterDocument) -> list[tuple[str, str, str]]:
    runs = [run for paragraph in document.runs(deleted=True)[1:] for run in paragraph.runs]
    return [(run.text, run.by, run.deleted.by if run.deleted else "") for run in runs]


def test_names_are_matched_and_nobody_is_guessed(run: Run) -> None:
    status, out, err = run("import", "draft.docx", "--data", "meeting")
    assert (status, err) == (0, "")
    assert authors(asyncio.run(recovered("c7-access"))) == [
        ("Every ", "adref", ""),
        ("single ", "@egypt", ""),
        ("person, here", "adref", ""),
        (" and now", "adref", "@japan"),
        (".", "adref", ""),
        ("Text by one of two.", "adref", ""),
    ]
    assert "egypt is Egypt: inserted 1" in out
    assert "Janan is not known: inserted 1" in out
    assert "Ana is not known: inserted 1" in out
    assert "the file: who is 'Janan'?" in out
    assert "paragraph 2: deleted by YUKI Sato on 2014-04-17T10:00:00Z ' and now': the text is deleted by Japan" in out
    assert run("check", "--data", "meeting")[0] == 0


def test_the_secretariat_says_who_is_who(run: Run) -> None:
    status, out, _ = run(
        "import", "draft.docx", "--data", "meeting", "--as", "janan=japan", "--as", "Ana=CUBA", "--json"
    )
    assert status == 0
    told = json.loads(out)
    assert {one["name"]: one["delegation"] for one in told["authors"]} == {
        "egypt": "Egypt",
        "Janan": "Japan",
        "YUKI Sato": "Japan",
        "Ana": "Cuba",
    }
    assert [(one["line"], one["kind"], one["delegation"]) for one in told["changes"]] == [
        (2, "inserted", "Egypt"),
        (2, "inserted", "Japan"),
        (2, "deleted", "Japan"),
        (3, "inserted", "Cuba"),
    ]
    assert [(one["line"], one["label"], one["text"]) for one in told["read"]] == [
        (1, "", "C7. Access"),
        (2, "1", "Every single person, here."),
        (3, "2", "Text by one of two."),
    ]
    assert told["comments"] == {"Japan": 1}
    assert not told["problems"]
    assert (", here", "@japan", "") in authors(asyncio.run(recovered(told["chapter"])))


def test_a_dry_run_keeps_nothing_and_needs_no_meeting(run: Run) -> None:
    status, out, _ = run("import", "draft.docx", "--data", "meeting", "--dry-run")
    assert (status, "egypt is Egypt" in out, "nothing was kept" in out) == (0, True, True)
    status, out, _ = run("import", "draft.docx", "--data", "elsewhere", "--dry-run")
    assert (status, "egypt is not known" in out) == (0, True)
    assert not Path("elsewhere").exists()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("Janan", "'Janan' does not say who is who: write NAME=DELEGATION"),
        ("Janan=", "NAME=DELEGATION"),
        ("Nobody=Japan", "the file has no author 'Nobody'"),
        ("Janan=Atlantis", "the meeting has no delegation 'Atlantis'"),
    ],
)
def test_who_is_who_must_be_so(run: Run, given: str, told: str) -> None:
    status, out, err = run("import", "draft.docx", "--data", "meeting", "--as", given)
    assert (status, out, err.count("\n")) == (FAULT, "", 1)
    assert told in err


def test_a_plain_text_has_no_authors_to_speak_of(run: Run) -> None:
    Path("draft.txt").write_text("C7. Access\n1. Text\n")
    status, _, err = run("import", "draft.txt", "--data", "meeting", "--as", "Janan=Japan")
    assert (status, err.count("\n")) == (FAULT, 1)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.docx", b"text", "not a .docx file"),
        ("x.txt", FILE[:-40], "cut off"),
        ("x.docm", MACROS, "macros"),
        ("x.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old form"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(run: Run, name: str, content: bytes, told: str) -> None:
    Path(name).write_bytes(content)
    status, out, err = run("import", name, "--data", "fresh")
    assert (status, out, err.count("\n")) == (FAULT, "", 1)
    assert told in err
    assert not (Path("fresh") / DATABASE).exists()


async def test_a_word_file_is_imported_by_http(world: World) -> None:
    chair = await world.caller("chair")
    headers = {"Content-Type": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
    path = "/api/chapters/import"
    answer = await chair.post(path, content=FILE, headers=headers, params={"dry_run": "true"})
    assert (answer.status_code, answer.json()["chapter"], answer.json()["title"]) == (200, None, "C7. Access")
    assert {"name": "Janan", "delegation": ""} in answer.json()["authors"]
    assert not await world.services.storage.chapters()
    answer = await chair.post(path, content=FILE, headers=headers, params={"as": ["Janan=egypt", "Ana=Egypt"]})
    assert answer.status_code == 201
    body = answer.json()
    assert {"name": "Janan", "delegation": "Egypt"} in body["authors"]
    text = await chair.get(f"/api/chapters/{body['chapter']['id']}/text")
    assert text.text == "C7. Access\nEvery single person, here.\nText by one of two.\n"


@pytest.mark.parametrize(
    ("content", "params", "status", "code"),
    [
        (FILE[:-40], {}, 422, "word-broken"),
        (MACROS, {}, 422, "word-macros"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 40, {}, 422, "word-locked"),
        (packed(members("<w:p/>" * 700_000)), {}, 422, "word-unsafe"),
        (packed(members("<w:sdt>" * 200 + "</w:sdt>" * 200)), {}, 413, "word-too-large"),
        (FILE, {"as": "Janan"}, 422, "author-invalid"),
        (b"C7. Access\n", {"as": "Janan=Japan"}, 422, "author-invalid"),
    ],
)
async def test_http_says_what_is_wrong_with_a_file(
    world: World, content: bytes, params: dict[str, str], status: int, code: str
) -> None:
    chair = await world.caller("chair")
    answer = await chair.post(
        "/api/chapters/import", content=content, params=params, headers={"Content-Type": "application/octet-stream"}
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not await world.services.storage.chapters()
