"""The command `adref restore`: a version's text becomes that of the chapter again."""

import asyncio
import json
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from auth.rules import Action, require
from documents.redline.base import Bases
from documents.redline.rebuilt import Rebuilt
from documents.versions.versions import VersionNotFound
from server.database import FolderInUse, lock_folder
from server.offline import open_offline
from server.remote import ask
from server.settings import Settings
from server.version_commands import AsJson, ChapterId, Data, settings_of


def restore_chapter(  # noqa: PLR0913, PLR0917 (one for each option)
    chapter: ChapterId,
    version: Annotated[str, typer.Argument(help="The version's name or id, as `adref versions --json` prints it.")],
    by: Annotated[str, typer.Option("--as", metavar="PARTICIPANT", help="The id of who restores it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing, and show what would change.")] = False,
    as_json: AsJson = False,
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="The server's address; else ADREF_HOST, else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="The server's port; else ADREF_PORT, else 8000.")] = None,
) -> None:
    """Make a chapter's text what it was in a version.

    Every word has the author again that it had. The text as it was becomes an automatic version before, so that it can
    be restored in turn. What is locked for others, or agreed, is not changed: then nothing is. For the chair and the
    secretariat. When a server is at work on the folder, it is asked to do it.

    \b
    Examples:
      adref restore trust "First reading" --as secretariat --dry-run --data meeting
      adref restore trust "First reading" --as secretariat --data meeting
    """
    settings = settings_of(data=data, host=host, port=port)
    found = asyncio.run(_restore(settings, chapter, version, by, dry_run=dry_run))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for line in _lines(found):
        typer.echo(line)


async def _restore(settings: Settings, chapter: str, version: str, by: str, *, dry_run: bool) -> dict[str, Any]:
    async with open_offline(settings) as offline:
        person = offline.meeting.participant(by)
        require(person, Action.RESTORE_VERSION)
        try:
            with lock_folder(settings.data):
                from server.http.restoring import shown  # noqa: PLC0415 (it takes the web server's libraries)
                from server.restoring import Restoring  # noqa: PLC0415 (so does this)

                storage = offline.rooms.storage
                restoring = Restoring(offline.meeting, offline.rooms, Bases(storage), Rebuilt(storage))
                try:
                    return (await shown(restoring, chapter, version, person, dry_run=dry_run)).model_dump(mode="json")
                finally:
                    await offline.rooms.close()
        except FolderInUse:
            token = await offline.meeting.open_session(by, 60)
    return await asyncio.to_thread(_restore_there, settings.url, token, chapter, version, dry_run=dry_run)


def _restore_there(url: str, token: str, chapter: str, version: str, *, dry_run: bool) -> dict[str, Any]:
    versions = f"/api/chapters/{quote(chapter, safe='')}/versions"
    known = ask(url, token, "GET", versions)
    named = [one["id"] for one in (*known["versions"], *known["automatic"]) if version in {one["name"], one["id"]}]
    if not named:
        raise VersionNotFound(version)
    found: dict[str, Any] = ask(url, token, "POST", f"{versions}/{named[0]}/restore" + "?dry_run=true" * dry_run)
    return found


def _lines(found: dict[str, Any]) -> Iterator[str]:
    """What was or would be done, for people: deletions as `[-…-]`, insertions as `{+…+}`."""
    would = "would be " if found["dry_run"] else ""
    for one in found["paragraphs"]:
        yield f"{one['label'] or one['id'] or '-'}: {would}{one['change']}"
    if found["dry_run"]:
        yield from _redline(found["redline"])
    for one in found["voids"]:
        yield f"{one['label'] or one['id']}: what was agreed on it {'would be' if found['dry_run'] else 'is'} void"
    if not found["changed"]:
        yield "Nothing to change: the text is that of the version."
    elif found["before"] is not None:
        yield f"Restored “{found['version']['name']}”. The text as it was: “{found['before']['name']}”"


def _redline(redline: dict[str, Any]) -> Iterator[str]:
    marks = {"deleted": "[-{}-]", "moved-away": "[-{}-]", "inserted": "{{+{}+}}", "moved-here": "{{+{}+}}"}
    for one in redline["paragraphs"]:
        said = "".join(marks.get(part["change"], "{}").format(part["text"]) for part in one["changes"])
        if one["change"] != "kept" or any(part["change"] in marks for part in one["changes"]):
            yield f"  {one['label']} {said}".rstrip()
