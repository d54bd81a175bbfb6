"""The command line, command by command, on real folders."""

import asyncio
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from documents.authorship.record import Record
from documents.chapter import ChapterDocument
from documents.incoming.opening import create, title_only
from documents.rooms import Rooms
from server.cli import FAULT, PROBLEMS, main
from server.database import DATABASE, open_database
from server.offline import KEY
from server.sample_meeting import PARTICIPANTS, UNUSED_LINKS

ROOT = Path(__file__).parents[2]
DRAFT = "C7. Access\n\n1) People\n1. Every person counts.\tComment by Author: Egypt: Unclear\n2. \n[open\n"
ROSTER = (
    "id,name,delegation,group,role\nchair,Annelise,Switzerland,government,chair\negypt,رنا,Egypt,government,delegate\n"
)


@dataclass(frozen=True)
class Done:
    """What a command did."""

    status: object
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `adref` in this process."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["adref", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        captured = capsys.readouterr()
        return Done(stopped.value.code, captured.out, captured.err)

    return call


def good(done: Done) -> str:
    assert (done.status, done.err) == (0, "")
    return done.out


def fault(done: Done) -> str:
    """The one line that says what is wrong."""
    assert (done.status, done.out) == (FAULT, "")
    (line,) = done.err.splitlines()
    assert line.startswith("adref: ")
    assert "Traceback" not in line
    return line


def links(out: str) -> dict[str, str]:
    """Participant → link, of what `sample` prints."""
    return dict(re.findall(r"^(\S+) .* (http://\S+/join#\S+)$", out, re.MULTILINE))


def open_invitations(folder: Path) -> int:
    with sqlite3.connect(folder / DATABASE) as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM auth_invitation WHERE revoked_at IS NULL")
    connection.close()
    return int(count)


def test_the_sample_is_made_once_and_gives_fresh_links_each_time(run: Run, tmp_path: Path) -> None:
    first = good(run("sample", "--data", "meeting", "--port", "8123"))
    assert "Made the sample meeting" in first
    assert list(links(first)) == list(PARTICIPANTS)
    assert links(first)["egypt"].startswith("http://127.0.0.1:8123/join#")
    (line,) = (line for line in first.splitlines() if line.startswith("acme "))
    assert re.split(r"  +", line)[1:4] == ["Caroline Whitfield-Rao", "Acme Networks", "private sector"]
    again = good(run("sample", "--data", "meeting", "--quiet"))
    assert len(again.splitlines()) == len(PARTICIPANTS)
    assert not set(links(again).values()) & set(links(first).values())
    assert "17 participants" in good(run("check", "--data", "meeting"))
    assert good(run("check", "--data", "meeting")).count("chapter ") == 1
    assert (tmp_path / "meeting" / KEY).stat().st_mode & 0o777 == 0o600


def test_links_of_the_sample_do_not_pile_up(run: Run, tmp_path: Path) -> None:
    for _ in range(UNUSED_LINKS + 3):
        good(run("sample", "--data", "meeting"))
    assert open_invitations(tmp_path / "meeting") == UNUSED_LINKS * len(PARTICIPANTS)


def test_the_sample_leaves_another_meeting_alone(run: Run) -> None:
    Path("people.csv").write_text(ROSTER)
    good(run("participants", "import", "people.csv", "--data", "meeting"))
    assert "not the sample" in fault(run("sample", "--data", "meeting"))
    assert good(run("participants", "list", "--data", "meeting")).count("\n") == 2


def test_a_text_is_imported_and_reported(run: Run) -> None:
    Path("draft.txt").write_text(DRAFT)
    report = good(run("import", "draft.txt", "--data", "meeting"))
    assert "1 sections, 3 paragraphs, 2 of them numbered" in report
    assert "comments: Egypt 1" in report
    assert "line 5: paragraph 2 has no text (empty-paragraph)" in report
    assert "kept as chapter c7-access" in report
    again = json.loads(good(run("import", "draft.txt", "--data", "meeting", "--json", "--title", "Ψ 4")))
    assert (again["chapter"], again["title"], again["comments"]) == ("chapter-4", "C7. Access", {"Egypt": 1})
    assert {(one["line"], one["code"]) for one in again["problems"]} == {
        (5, "empty-paragraph"),
        (6, "unbalanced-brackets"),
    }
    assert "chapter c7-access: 1 entries, 3 paragraphs: ok" in good(run("check", "--data", "meeting"))


def test_what_delegations_contributed_is_imported_as_theirs(run: Run, tmp_path: Path) -> None:
    Path("people.csv").write_text(ROSTER)
    Path("draft.txt").write_text(DRAFT.replace("Egypt: Unclear", "Contribution by EGYPT"))
    good(run("participants", "import", "people.csv", "--data", "meeting"))
    good(run("import", "draft.txt", "--data", "meeting"))
    document = asyncio.run(recovered(tmp_path / "meeting", "c7-access"))
    authors = {one.label: [run.by for run in one.runs] for one in document.runs()}
    assert authors["1"] == ["@egypt"]
    assert (document.bylines()["@egypt"].name, document.bylines()["@egypt"].group) == ("Egypt", "government")
    assert [value["name"] for value in document.value("sources").values()] == ["EGYPT"]
    assert "3 paragraphs: ok" in good(run("check", "--data", "meeting"))


async def recovered(folder: Path, chapter: str) -> ChapterDocument:
    async with await open_database(folder) as database:
        return ChapterDocument.recover(await database.documents.recover(chapter))


def test_a_dry_run_keeps_nothing(run: Run) -> None:
    Path("draft.txt").write_text(DRAFT)
    assert "nothing was kept" in good(run("import", "draft.txt", "--dry-run", "--data", "meeting"))
    assert json.loads(good(run("import", "draft.txt", "--dry-run", "--json")))["chapter"] is None
    assert not Path("meeting").exists()
    assert not Path("data").exists()


def test_texts_that_can_t_be_imported(run: Run) -> None:
    Path("bytes.txt").write_bytes(b"\xff\xfe")
    Path("untitled.txt").write_text("1. No title\n")
    assert "not UTF-8" in fault(run("import", "bytes.txt", "--data", "meeting"))
    assert "title" in fault(run("import", "untitled.txt", "--data", "meeting"))
    assert "missing.txt" in fault(run("import", "missing.txt", "--data", "meeting"))


def test_participants_are_imported_listed_and_invited(run: Run) -> None:
    Path("people.csv").write_text(ROSTER)
    assert good(run("participants", "import", "people.csv", "--data", "meeting")) == "2 added, 0 changed, 0 unchanged\n"
    assert good(run("participants", "import", "people.csv", "--data", "meeting")) == "0 added, 0 changed, 2 unchanged\n"
    listed = good(run("participants", "list", "--data", "meeting")).splitlines()
    assert [re.split(r"  +", line) for line in listed] == [
        ["chair", "Annelise", "Switzerland", "government", "chair"],
        ["egypt", "رنا", "Egypt", "government", "delegate"],
    ]
    link = good(run("invite", "egypt", "--data", "meeting", "--host", "10.0.0.1", "--port", "80", "--hours", "2"))
    assert re.fullmatch(r"http://10\.0\.0\.1:80/join#\S{43}\n", link)
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", good(run("token", "egypt", "--data", "meeting")))


def test_a_list_with_mistakes_names_every_line(run: Run) -> None:
    Path("people.csv").write_text("name,delegation,group,role\nA,B,goverment,delegate\nC,D,government,delegte\n")
    done = run("participants", "import", "people.csv", "--data", "meeting")
    assert (done.status, done.out) == (FAULT, "")
    heading, first, second = done.err.splitlines()
    assert "can't be imported" in heading
    assert first.startswith("adref: line 2, column group: ")
    assert second.startswith("adref: line 3, column role: ")
    assert not Path("meeting").exists()


def test_faults_are_one_line(run: Run) -> None:
    good(run("sample", "--data", "meeting"))
    assert "no participant 'nobody'" in fault(run("invite", "nobody", "--data", "meeting"))
    assert "no participant 'nobody'" in fault(run("token", "nobody", "--data", "meeting"))
    assert "lifetime" in fault(run("invite", "egypt", "--data", "meeting", "--hours", "0"))
    assert "lifetime" in fault(run("token", "egypt", "--data", "meeting", "--hours", "1000000"))
    for hours in ("inf", "nan", "1e308"):
        for command in ("invite", "token"):
            assert "lifetime in hours" in fault(run(command, "egypt", "--data", "meeting", "--hours", hours))
    assert "--hours" in fault(run("invite", "egypt", "--data", "meeting", "--hours", "soon"))
    assert "bogus" in fault(run("bogus"))
    assert "--bogus" in fault(run("check", "--bogus"))
    assert "port" in fault(run("serve", "--port", "70000"))


@pytest.mark.parametrize(
    "arguments", [["invite", "egypt"], ["token", "egypt"], ["participants", "list"], ["check"], ["backup", "copy"]]
)
def test_a_folder_without_a_meeting(run: Run, arguments: list[str]) -> None:
    assert "there is no meeting in missing" in fault(run(*arguments, "--data", "missing"))
    assert not Path("missing").exists()
    assert not Path("copy").exists()


def test_the_folder_may_be_given_in_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADREF_DATA", "elsewhere")
    monkeypatch.setenv("ADREF_PUBLIC_URL", "https://meeting.test/")
    assert "https://meeting.test/join#" in good(run("sample"))
    assert Path("elsewhere", DATABASE).exists()
    monkeypatch.setenv("ADREF_ROOMS", "none")
    assert "setting rooms" in fault(run("check"))


def test_a_backup_is_the_whole_meeting(run: Run) -> None:
    good(run("sample", "--data", "meeting"))
    assert "bytes" in good(run("backup", "copy.sqlite3", "--data", "meeting"))
    assert "exists already" in fault(run("backup", "copy.sqlite3", "--data", "meeting"))
    Path("restored").mkdir()
    Path("copy.sqlite3").rename(Path("restored", DATABASE))
    found = good(run("check", "--data", "restored"))
    assert "17 participants" in found
    assert "key: not made yet: ok" in found
    assert good(run("participants", "list", "--data", "restored")) == good(
        run("participants", "list", "--data", "meeting")
    )


def damage(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / DATABASE) as connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE journal SET content = x'ff'", "UPDATE journal SET seq = 70 WHERE seq = 1", "DELETE FROM journal"],
)
def test_damage_is_found(run: Run, tmp_path: Path, statement: str) -> None:
    good(run("sample", "--data", "meeting"))
    damage(tmp_path / "meeting", statement)
    done = run("check", "--data", "meeting")
    assert (done.status, done.err) == (PROBLEMS, "")
    assert "PROBLEMS" in done.out


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE journal SET content = x'0000' WHERE seq = 3", "differ in the text"),
        ("UPDATE snapshots SET owners = '{}'", "digest does not fit"),
        ("UPDATE snapshots SET state = x'0000'", "damaged"),
        ("DELETE FROM journal WHERE seq = 2", "lacks the entries 2"),
    ],
)
def test_a_history_that_tells_another_story_is_found(run: Run, tmp_path: Path, statement: str, found: str) -> None:
    asyncio.run(write_chapter(tmp_path / "meeting"))
    assert "3 entries, 3 paragraphs: ok" in good(run("check", "--data", "meeting"))
    damage(tmp_path / "meeting", statement)
    done = run("check", "--data", "meeting")
    assert done.status == PROBLEMS
    assert found in done.out


@pytest.mark.parametrize(
    ("told", "found"),
    [("by somebody else", "differ in the record of authorship"), ("of another chapter", "it is not of this state")],
)
def test_a_record_of_authorship_that_is_not_the_journals_is_found(
    run: Run, tmp_path: Path, told: str, found: str
) -> None:
    asyncio.run(write_chapter(tmp_path / "meeting"))
    asyncio.run(retell(tmp_path / "meeting", told))
    done = run("check", "--data", "meeting")
    assert done.status == PROBLEMS
    assert found in done.out


async def retell(folder: Path, told: str) -> None:
    """Put another record into the snapshot, with a digest that fits."""
    async with await open_database(folder) as database:
        snapshot = (await database.documents.recover("trust")).snapshot
        assert snapshot is not None
        record = Record()
        for client, _, length, _, minute in Record.decode(snapshot.record).insertions():
            if told == "by somebody else":
                record.insert(client, length, ("mallory", minute))
        await database.documents.save_snapshot(replace(snapshot, record=record.encode()))


async def write_chapter(folder: Path) -> None:
    """A chapter with a journal of three entries and a snapshot."""
    async with await open_database(folder) as database:
        rooms = Rooms(database.documents)
        chapter = await create(rooms, "Trust", "chair", title_only("Trust"), at=1)
        for number in (1, 2):
            room = await rooms.open(chapter.id)
            names = {"id": f"p-{number}", "label": ""}
            await room.write("egypt", partial(ChapterDocument.append, tag="paragraph", attributes=names, text="New."))
        await rooms.close()


def test_a_key_that_others_may_read_is_found(run: Run, tmp_path: Path) -> None:
    good(run("sample", "--data", "meeting"))
    (tmp_path / "meeting" / KEY).chmod(0o644)
    done = run("check", "--data", "meeting")
    assert done.status == PROBLEMS
    assert "chmod 600" in done.out
    assert "chmod 600" in fault(run("token", "egypt", "--data", "meeting"))


def test_a_file_that_is_no_database_is_found(run: Run, tmp_path: Path) -> None:
    (tmp_path / "meeting").mkdir()
    (tmp_path / "meeting" / DATABASE).write_bytes(b"not a database" * 100)
    assert run("check", "--data", "meeting").status == PROBLEMS


COMMANDS = ["serve", "sample", "import", "export", "invite", "token", "check", "backup", "versions", "freeze"]


@pytest.mark.parametrize(
    "command", [*([one] for one in COMMANDS), ["participants", "import"], ["participants", "list"]]
)
def test_help_teaches_by_example(run: Run, command: list[str]) -> None:
    text = good(run(*command, "--help"))
    assert "Example" in text
    assert re.search(rf"(^|\(|\s)adref {' '.join(command)}\b", text)


def test_help_comes_without_being_asked_for(run: Run) -> None:
    overview = good(run())
    assert overview == good(run("--help"))
    assert all(f"\n  {command} " in overview for command in [*COMMANDS, "participants"])
    assert "..." not in overview.partition("Commands:")[2]


def test_the_module_is_the_command(tmp_path: Path) -> None:
    """In a process of its own: nothing but the answer on stdout, and no traceback on stderr."""
    command = [sys.executable, "-m", "server"]
    arguments = [*command, "check", "--data", str(tmp_path / "missing")]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (FAULT, "")
    assert done.stderr.count("\n") == 1
    helped = subprocess.run([*command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert helped.stdout.startswith("Usage: adref ")
