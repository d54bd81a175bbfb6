"""The command `adref export`: a paper of a chapter, read from the folder, whether or not a server is at work on it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from documents.base import Bases
from documents.chapter import ChapterDocument
from documents.paper import take
from documents.versions import versions
from server.offline import open_offline
from server.paper_forms import PaperForm
from server.settings import Settings

Data = Annotated[Path | None, typer.Option(help="The folder that holds the meeting; else ADREF_DATA, else ./data.")]


def export_chapter(
    chapter: Annotated[str, typer.Argument(help="The chapter's id, as it stands in its address.")],
    form: Annotated[PaperForm, typer.Option("--format", help="Which paper.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    since: Annotated[
        str, typer.Option(help="A version's name or a time (ISO 8601) to compare with; else the draft.")
    ] = "",
    data: Data = None,
) -> None:
    """Write a chapter as a paper.

    A server may be at work on the folder. docx is the text for Word, redline the text with tracked changes by
    delegation, compilation each paragraph with what was proposed for it, bracketed the text in square brackets
    (`[fair - Cuba; Japan delete]`), txt what `adref import` reads. --since is for redline, compilation, bracketed,
    html and json.

    \b
    Examples:
      adref export trust --format docx -o trust.docx --data meeting
      adref export trust --format redline --since "First reading" -o trust-redline.docx --data meeting
    """
    settings = Settings() if data is None else Settings(data=data)
    output.write_bytes(asyncio.run(_paper(settings, chapter, form, since)))
    typer.echo(f"{output}: {output.stat().st_size} bytes")


async def _paper(settings: Settings, chapter: str, name: PaperForm, since: str) -> bytes:
    from server.exports import FORMS, Archive, export, find_point  # noqa: PLC0415 (what makes papers takes its time)

    form = FORMS[name]
    if since and not form.compares:
        raise typer.BadParameter(f"a paper of the form {name} is held against nothing", param_hint="--since")
    async with open_offline(settings) as offline:
        bases = Bases(offline.rooms.storage)
        recovery = await offline.rooms.storage.recover(chapter)
        document = ChapterDocument.recover(recovery)
        point = await find_point(bases, chapter, versions(document), since) if since else None
        if since and point is None:
            raise typer.BadParameter(f"there is no version {since!r}, and it is no time", param_hint="--since")
        if point is not None:  # a server may have written since
            point = replace(point, seq=min(point.seq, recovery.seq))
        archive = Archive(bases, offline.meeting)
        return await export(form, recovery.chapter, take(document), point, archive, seq=recovery.seq)
