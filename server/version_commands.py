"""The commands `adref versions` and `adref freeze`."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from auth.rules import Action, require
from documents.chapter import ChapterDocument
from documents.gavel.rulings import iso
from documents.rooms import milliseconds
from documents.versions.freezing import Wanted, freeze
from documents.versions.versions import Version, status_line, versions
from server.database import FolderInUse, lock_folder
from server.offline import Offline, open_offline
from server.papers import Papers
from server.remote import ask
from server.settings import Settings
from server.table import print_table

ChapterId = Annotated[str, typer.Argument(help="The chapter's id, as it stands in its address.")]
Data = Annotated[Path | None, typer.Option(help="The folder that holds the meeting; else ADREF_DATA, else ./data.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


def list_versions(chapter: ChapterId, data: Data = None, as_json: AsJson = False) -> None:
    """Print a chapter's versions.

    That is when each was made, its name, the hash's beginning, and where it is published. Those that the
    server made by itself come after those that people named. A server may be at work on the folder.

    \b
    Example:
      adref versions trust --data meeting
    """

    async def run() -> list[Version]:
        async with open_offline(settings_of(data=data)) as offline:
            return versions(ChapterDocument.recover(await offline.rooms.storage.recover(chapter)))

    found = sorted(asyncio.run(run()), key=lambda one: one.automatic)
    if as_json:
        typer.echo(json.dumps([_values(one) for one in found], ensure_ascii=False, indent=2))
    elif found:
        print_table([[one.at[:16] + "Z", one.name, one.hash[:12] or "-", _place(one)] for one in found])


def freeze_chapter(  # noqa: PLR0913, PLR0917 (one for each option)
    chapter: ChapterId,
    by: Annotated[str, typer.Option("--as", metavar="PARTICIPANT", help="The id of who freezes it.")],
    symbol: Annotated[str, typer.Option(help="The document symbol, as WSIS+10/4/26/Pre-agreed.")] = "",
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Of the status line; else today, in UTC.")
    ] = None,
    suffix: Annotated[str, typer.Option(help="What follows the date in the status line, as COB.")] = "",
    status: Annotated[str, typer.Option(help="The status line, in place of date and suffix.")] = "",
    name: Annotated[str, typer.Option(help="The version's name; else the symbol and the status line.")] = "",
    publish: Annotated[bool, typer.Option("--publish", help="Let everybody read it, signed in or not.")] = False,
    as_json: AsJson = False,
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="The server's address; else ADREF_HOST, else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="The server's port; else ADREF_PORT, else 8000.")] = None,
) -> None:
    """Freeze a chapter's text as a version.

    It says what is not agreed in it, and its hash never changes. When a server is at work on the folder, it is asked
    to do it.

    \b
    Examples:
      adref freeze trust --as secretariat --symbol A/1/Pre-agreed --suffix COB --data meeting
      adref freeze trust --as secretariat --name "Zero draft" --publish --data meeting
    """
    settings = settings_of(data=data, host=host, port=port)
    line = status or status_line((date or datetime.now(UTC)).date(), " ".join(suffix.split()))
    wanted = Wanted(name, symbol, line).cleaned()
    found = asyncio.run(_freeze(settings, chapter, by, wanted, publish=publish))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    exceptions = f" ({found['exceptions']})" if found["exceptions"] else ""
    typer.echo(f"{found['name']}\n{found['status']}{exceptions}\nSHA-256 {found['hash']}")
    if found["published"]:
        typer.echo(settings.url + found["address"])


async def _freeze(settings: Settings, chapter: str, by: str, wanted: Wanted, *, publish: bool) -> dict[str, Any]:
    async with open_offline(settings) as offline:
        person = offline.meeting.participant(by)
        for action in (Action.NAME_VERSION, *[Action.PUBLISH_VERSION] * publish):
            require(person, action)
        try:
            with lock_folder(settings.data):
                return _values(await _freeze_here(offline, chapter, by, wanted, publish=publish))
        except FolderInUse:
            token = await offline.meeting.open_session(by, 60)
    return await asyncio.to_thread(_freeze_there, settings.url, token, chapter, wanted, publish=publish)


async def _freeze_here(offline: Offline, chapter: str, by: str, wanted: Wanted, *, publish: bool) -> Version:
    try:
        version = await freeze(await offline.rooms.open(chapter), wanted, by, iso(milliseconds()))
        if publish:
            version = await Papers(offline.rooms).publish(chapter, version.id, by, iso(milliseconds()))
        return version
    finally:
        await offline.rooms.close()


def _freeze_there(url: str, token: str, chapter: str, wanted: Wanted, *, publish: bool) -> dict[str, Any]:
    path = f"/api/chapters/{quote(chapter, safe='')}/versions"
    said = {"name": wanted.name, "symbol": wanted.symbol, "status": wanted.status}
    found: dict[str, Any] = ask(url, token, "POST", path, said)
    if publish:
        found = ask(url, token, "PUT", f"{path}/{found['id']}/publication")
    return found


def _values(version: Version) -> dict[str, Any]:
    from server.http.versions import version_body  # noqa: PLC0415 (it takes the web server's libraries)

    return version_body(version).model_dump()


def _place(version: Version) -> str:
    if version.published:
        return f"/papers/{version.address}"
    return "withdrawn" if version.address else ""


def settings_of(**given: object) -> Settings:
    """The settings, with what was given on the command line in place of them."""
    return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
