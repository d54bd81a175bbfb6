"""The command `adref export`: a paper of a chapter, read from the folder, whether or not a server is at work on it."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from documents.chapter import ChapterDocument
from documents.model import Chapter
from documents.progress import Told
from documents.redline.base import Bases
from documents.redline.rebuilt import Rebuilt
from documents.versions.paper import take
from documents.versions.versions import Version, find, versions
from server.offline import Offline, open_offline
from server.paper_forms import PaperForm
from server.papers import Papers
from server.progress import bars
from server.settings import Settings

Data = Annotated[Path | None, typer.Option(help="The folder that holds the meeting; else ADREF_DATA, else ./data.")]


def export_chapter(  # noqa: PLR0913, PLR0917 (one for each option)
    chapter: Annotated[str, typer.Argument(help="The chapter's id, as it stands in its address.")],
    form: Annotated[PaperForm, typer.Option("--format", help="Which paper.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    since: Annotated[
        str, typer.Option(help="A version's name or id, or a time (ISO 8601), to compare with; else the draft.")
    ] = "",
    version: Annotated[str, typer.Option(help="The version to write, by its name or id; else the text of now.")] = "",
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
      adref export trust --format docx --version A/1/Pre-agreed -o pre-agreed.docx --data meeting
    """
    settings = Settings() if data is None else Settings(data=data)
    with bars() as told:
        paper = asyncio.run(_paper(settings, chapter, Wanted(form, since, version), told))
    output.write_bytes(paper)
    typer.echo(f"{output}: {output.stat().st_size} bytes")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which paper."""

    form: PaperForm
    since: str
    version: str


async def _paper(settings: Settings, chapter: str, wanted: Wanted, told: Told) -> bytes:
    from server.exports import FORMS, Archive, export, find_point  # noqa: PLC0415 (what makes papers takes its time)

    form = FORMS[wanted.form]
    if wanted.since and not form.compares:
        raise typer.BadParameter(f"a paper of the form {wanted.form} is held against nothing", param_hint="--since")
    async with open_offline(settings) as offline:
        told("reading", 0)
        bases = Bases(offline.rooms.storage)
        recovery = await offline.rooms.storage.recover(chapter)
        document, seq = ChapterDocument.recover(recovery), recovery.seq
        known = versions(document)
        version = await _version(offline, recovery.chapter, document, wanted.version) if wanted.version else None
        if version is not None:
            document, seq = await Rebuilt(offline.rooms.storage).document(chapter, version.seq), version.seq
        told("reading", 1)
        point = await find_point(bases, chapter, known, wanted.since) if wanted.since else None
        if wanted.since and point is None:
            raise typer.BadParameter(f"there is no version {wanted.since!r}, and it is no time", param_hint="--since")
        if version is not None and point is not None and point.seq > seq:
            raise typer.BadParameter("the version is earlier than that: swap the two", param_hint="--since")
        if point is not None:  # a server may have written since
            point = replace(point, seq=min(point.seq, seq))
        archive = Archive(bases, offline.meeting)
        sheet = take(document)
        return await export(form, recovery.chapter, sheet, point, archive, seq=seq, version=version, progress=told)


async def _version(offline: Offline, chapter: Chapter, document: ChapterDocument, version: str) -> Version:
    """The version, with its hash proved. Raises `VersionNotFound`, `StorageError`."""
    return (await Papers(offline.rooms).read(chapter, find(document, version))).version
