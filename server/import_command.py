"""The command `adref import`: a file becomes a chapter of the folder's meeting, comes back to one, or is only read."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from documents.formats.word import WordText
from documents.incoming.contributions import first_entries
from documents.incoming.draft import Draft
from documents.incoming.opening import clean_title, create_by, from_draft
from documents.model import SERVER, Chapter
from documents.progress import Told
from documents.rooms import milliseconds
from server.contributors import contributors
from server.database import DATABASE
from server.import_report import as_text, as_values
from server.importing import AuthorInvalid, Brought, drafted, read
from server.offline import open_offline
from server.progress import bars
from server.settings import Settings


def import_file(  # noqa: PLR0913, PLR0917 (one for each option)
    file: Annotated[
        Path, typer.Argument(help="The file to read: a text in UTF-8, Markdown (.md), or a Word file (.docx).")
    ],
    data: Annotated[
        Path | None, typer.Option(help="The folder that holds the meeting; else ADREF_DATA, else ./data.")
    ] = None,
    title: Annotated[str, typer.Option(help="The chapter's title; else the one above the text.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and report; keep nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--as",
            metavar="NAME=DELEGATION",
            help="Who an author in a Word file is; can be given often. With --chapter also PARTICIPANT, once: the id "
            "of who brings the file.",
        ),
    ] = None,
    chapter: Annotated[str, typer.Option(help="The id of the chapter to which the file comes back.")] = "",
    host: Annotated[str | None, typer.Option(help="The server's address; else ADREF_HOST, else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="The server's port; else ADREF_PORT, else 8000.")] = None,
) -> None:
    """Make a chapter of a file, or merge it into one.

    Without --chapter it becomes a new one; with it, it is merged into one that is there.

    A server may be at work on the folder. The plain-text form has one paragraph a line: `1) Section`,
    `12. Paragraph`, and behind a tab `Comment by Author: Egypt: …`. What stands before
    `Comment by Author: Contribution by Egypt` becomes Egypt's own words: import the participants first.

    Of a Word file, what was tracked (insertions, deletions, moves) becomes the delegation's whose name, or whose
    participant's name, its author has. Say with --as who all others are; what they did is nobody's else.

    With --chapter, a file that was exported from that chapter, and edited, is merged into the text of now as the
    contribution of who brings it: what others have written since stays. Look at a dry run first. When a server is at
    work on the folder, it is asked to do it.

    \b
    Examples:
      adref import zero-draft.txt --dry-run
      adref import zero-draft.txt --data meeting --title "Chapter 4"
      adref import zero-draft.docx --data meeting --as "Janan=Japan"
      adref import trust.docx --chapter trust --as egypt --dry-run --data meeting
    """
    said = {"data": data, "host": host, "port": port}
    settings = Settings(**{name: value for name, value in said.items() if value is not None})  # type: ignore[arg-type]
    if chapter:
        _merge(settings, chapter, file, given or [], keep=not dry_run, as_json=as_json)
        return
    try:
        with bars(wanted=not as_json) as told:
            with file.open("rb") as stream:
                found = read(stream, file.name, told)
            draft, made = asyncio.run(_import(settings, found, title, given or [], told, keep=not dry_run))
    except AuthorInvalid as error:
        raise typer.BadParameter(str(error), param_hint="--as") from None
    values = as_values(draft, made)
    typer.echo(json.dumps(values, ensure_ascii=False, indent=2) if as_json else as_text(draft, made))


def _merge(  # noqa: PLR0913 (one for each option that concerns it)
    settings: Settings, chapter: str, file: Path, given: list[str], *, keep: bool, as_json: bool
) -> None:
    from server.merge_command import merge, told  # noqa: PLC0415 (what it takes is slow to load)

    try:
        values = asyncio.run(merge(settings, chapter, Brought(file.read_bytes(), file.name), given, keep=keep))
    except AuthorInvalid as error:
        raise typer.BadParameter(str(error), param_hint="--as") from None
    typer.echo(json.dumps(values, ensure_ascii=False, indent=2) if as_json else told(values))


async def _import(  # noqa: PLR0913 (one for each option that concerns it)
    settings: Settings, found: Draft | WordText, title: str, given: list[str], told: Told, *, keep: bool
) -> tuple[Draft, str]:
    """The draft, and the id of the chapter that was made of it; empty when it was not to be kept."""
    if not keep and not (settings.data / DATABASE).is_file():
        return drafted(found, None, given), ""
    async with open_offline(settings, make=True) as offline:
        draft = drafted(found, offline.meeting, given)
        if not keep:
            return draft, ""
        name = clean_title(title or draft.title)
        opening = from_draft(draft, contributors(offline.meeting), name)

        async def keep_it(chapter: Chapter) -> None:
            entries = await asyncio.to_thread(
                first_entries, chapter, SERVER, opening.change, opening.contributions, told
            )
            await offline.rooms.storage.create_chapter(chapter, entries)

        return draft, (await create_by(offline.rooms, name, SERVER, keep_it, at=milliseconds())).id
