"""The command line `adref`. Faults are told in one line on stderr, with exit status 2."""

import asyncio
import math
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from auth.errors import AuthError, FieldInvalid, RosterInvalid
from auth.roster import parse_roster
from auth.sessions import MAX_SECONDS
from documents.errors import DocumentsError
from server.check import check_folder
from server.database import DataFolderError, open_database
from server.export_command import export_chapter
from server.import_command import import_file
from server.offline import open_offline, require_meeting
from server.restore_command import restore_chapter
from server.sample_meeting import LINK_HOURS, make_sample, sample_links
from server.settings import Settings
from server.table import participant_cells, print_table
from server.version_commands import freeze_chapter, list_versions

FAULT: Final = 2
"""The exit status of a command that could not do what it was asked."""
PROBLEMS: Final = 1
"""The exit status of a check that found something wrong."""

app = typer.Typer(
    name="adref",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
participants = typer.Typer(rich_markup_mode=None, help="The list of participants.")
app.add_typer(participants, name="participants")

Data = Annotated[Path | None, typer.Option(help="The folder that holds the meeting; else ADREF_DATA, else ./data.")]
Host = Annotated[str | None, typer.Option(help="The server's address; else ADREF_HOST, else 127.0.0.1.")]
Port = Annotated[int | None, typer.Option(help="The server's port; else ADREF_PORT, else 8000.")]
Hours = Annotated[float | None, typer.Option(help="How long it is good for.")]
ParticipantId = Annotated[str, typer.Argument(help="A participant's id, as `adref participants list` shows it.")]
File = Annotated[Path, typer.Argument(help="The file to read, in UTF-8.")]


@app.callback()
def adref() -> None:
    """One live text for a negotiation: delegations write together, and every word has its author.

    \b
    Try it out:
      adref sample --data meeting         make a sample meeting, print links that sign in
      adref serve --data meeting          serve it on http://127.0.0.1:8000

    \b
    Prepare a meeting of your own:
      adref participants import people.csv --data meeting
      adref import zero-draft.txt --data meeting
      adref invite egypt --data meeting

    All settings can be given in the environment too, as ADREF_… (docs/settings.md).
    """


@app.command()
def serve(data: Data = None, host: Host = None, port: Port = None) -> None:
    """Serve a meeting until it is stopped with Ctrl-C. The folder is made when it is not there.

    \b
    Examples:
      adref serve --data meeting
      adref serve --data meeting --host 0.0.0.0 --port 80
    """
    from server.app import serve as serve_meeting  # noqa: PLC0415 (no other command needs the web server)

    serve_meeting(_settings(data=data, host=host, port=port))


@app.command()
def sample(
    data: Data = None,
    host: Host = None,
    port: Port = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the links alone.")] = False,
) -> None:
    """Make a sample meeting, print links that sign in.

    Nothing is made when the folder holds it already; the links, for seven participants, are fresh each time. Earlier
    ones go on working for a day, except that of those that nobody used only the newest are kept.

    \b
    Example:
      adref sample --data meeting && adref serve --data meeting
    """
    settings = _settings(data=data, host=host, port=port)

    async def run() -> None:
        async with open_offline(settings, make=True) as offline:
            made = await make_sample(offline)
            links = await sample_links(offline.meeting, settings.url)
        if not quiet:
            print(f"{'Made' if made else 'Found'} the sample meeting in {settings.data}.")
            print(f"Links that sign in, good for {LINK_HOURS} hours (open two of them in two browsers):")
        print_table([*participant_cells(one), link] for one, link in links)

    _run(run())


app.command("import")(import_file)
app.command("export")(export_chapter)
app.command("versions")(list_versions)
app.command("freeze")(freeze_chapter)
app.command("restore")(restore_chapter)


@app.command()
def invite(
    participant: ParticipantId, data: Data = None, host: Host = None, port: Port = None, hours: Hours = None
) -> None:
    """Print a link that signs a participant in.

    It works on several devices, until it expires or is revoked, and can't be shown again.

    \b
    Example:
      adref invite egypt --data meeting --hours 48
    """
    settings = _settings(data=data, host=host, port=port)

    async def run() -> None:
        async with open_offline(settings) as offline:
            lifetime = settings.invitation_hours if hours is None else hours
            _, secret = await offline.meeting.invite(participant, hours=lifetime)
            print(f"{settings.url}/join#{secret}")

    _run(run())


@app.command()
def token(participant: ParticipantId, data: Data = None, hours: Hours = None) -> None:
    """Print a session token, for scripts and bots. It stands for the participant: keep it secret.

    \b
    Example:
      curl -H "Authorization: Bearer $(adref token secretariat --data meeting)" http://127.0.0.1:8000/api/chapters
    """
    settings = _settings(data=data)

    async def run() -> None:
        async with open_offline(settings) as offline:
            lifetime = settings.session_hours if hours is None else hours
            if not math.isfinite(lifetime * 3600):  # it can't be rounded
                raise FieldInvalid("lifetime in hours", lifetime, f"more than 0 and at most {MAX_SECONDS // 3600}")
            print(await offline.meeting.open_session(participant, round(lifetime * 3600)))

    _run(run())


@participants.command("import")
def import_participants(file: File, data: Data = None) -> None:
    """Add and change participants by a list: CSV with the columns name, delegation, group, role, and if you like id and
    breakout. With anything wrong in it, nothing is changed.

    \b
    Example:
      adref participants import people.csv --data meeting
    """
    settings = _settings(data=data)
    roster = parse_roster(file.read_bytes())

    async def run() -> None:
        async with open_offline(settings, make=True) as offline:
            report = await offline.meeting.import_roster(roster)
        print(f"{len(report.added)} added, {len(report.changed)} changed, {len(report.unchanged)} unchanged")

    _run(run())


@participants.command("list")
def list_participants(data: Data = None) -> None:
    """Print all participants: id, name, delegation, stakeholder group, role.

    \b
    Example:
      adref participants list --data meeting
    """

    async def run() -> None:
        async with open_offline(_settings(data=data)) as offline:
            people = offline.meeting.participants()
        print_table([*participant_cells(one), one.role.value, "" if one.active else "inactive"] for one in people)

    _run(run())


@app.command()
def check(data: Data = None) -> None:
    """Verify the folder of a meeting.

    That is: the files, and that each chapter's whole history gives the text that is served and the same authors of
    every word. Exit status 0 when all is well, 1 when something is wrong. A server may be at work on the folder.

    \b
    Example:
      adref check --data meeting
    """
    settings = _settings(data=data)
    require_meeting(settings)
    if _run(_check(settings)):
        raise typer.Exit(PROBLEMS)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The new file.")], data: Data = None) -> None:
    """Copy the meeting into a new file.

    The copy is as of one moment; a server may be at work on the folder. To restore it, put the copy as adref.sqlite3
    into an empty folder. The signing key is not in it: with a new one, everybody signs in again.

    \b
    Example:
      adref backup meeting-2024-05-17.sqlite3 --data meeting
    """
    settings = _settings(data=data)
    require_meeting(settings)

    async def run() -> None:
        async with await open_database(settings.data, synchronous=settings.synchronous) as database:
            await database.documents.backup(file)
        print(f"{file}: {file.stat().st_size} bytes")

    _run(run())


T = TypeVar("T")


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _settings(**given: object) -> Settings:
    """The settings, read from the environment but for what was given. Raises `ValidationError`."""
    return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


async def _check(settings: Settings) -> bool:
    """Tell what is found; says whether anything is wrong."""
    wrong = False
    try:
        async for finding in check_folder(settings):
            wrong = wrong or bool(finding.problems)
            print(f"{finding.part}: {finding.summary}: {'PROBLEMS' if finding.problems else 'ok'}", flush=True)
            for problem in finding.problems:
                print(f"  {problem}")
    except (AuthError, DocumentsError, OSError) as error:  # so damaged that it can't even be opened
        print(f"  {error}")
        return True
    return wrong


def main() -> None:
    """What the command `adref` runs."""
    try:
        sys.exit(app(sys.argv[1:] or ["--help"], prog_name="adref", standalone_mode=False) or 0)
    except RosterInvalid as error:
        _fail("the list of participants can't be imported", *map(str, error.problems))
    except ValidationError as error:
        _fail(*(f"setting {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()))
    except UnicodeDecodeError as error:
        _fail(f"the file is not UTF-8 (byte {error.start + 1})")
    except (AuthError, DataFolderError, DocumentsError, OSError, TyperException) as error:
        _fail(error.format_message() if isinstance(error, TyperException) else str(error))


def _fail(*lines: str) -> NoReturn:
    for line in lines:
        print(f"adref: {line}", file=sys.stderr)
    sys.exit(FAULT)
