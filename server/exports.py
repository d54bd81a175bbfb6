"""Papers of a chapter in every form: which forms there are, and how one is made without holding anybody up."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from auth.meeting import Meeting
from documents.formats import redline_html
from documents.formats.papers import akn, compilation, docx_paper, notation, page, plain, values
from documents.incoming.opening import slug
from documents.model import Chapter
from documents.progress import Told, untold
from documents.redline.base import Base, Bases
from documents.rooms import milliseconds
from documents.versions.paper import Edition, Heading, Paper, Sheet, arrange, tags, told
from documents.versions.versions import Version
from server.bylines import complete
from server.paper_forms import PaperForm

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a paper."""

    media_type: str
    ending: str
    """Of the file's name, after the chapter's id."""
    write: Callable[[Paper], bytes]
    compares: bool = False
    """Whether it can be held against an earlier text."""


def _text(write: Callable[[Paper], str]) -> Callable[[Paper], bytes]:
    return lambda paper: write(paper).encode()


def _html(paper: Paper) -> str:
    heading = paper.heading
    if heading.since_at is None:
        return page.page(paper)
    edition = heading.edition
    said = () if edition is None else tuple(filter(None, (edition.symbol, heading.status, heading.proof)))
    compared = redline_html.Heading(heading.chapter.title, heading.since_at, heading.version, heading.now, said)
    return redline_html.page(compared, list(paper.changes), paper.bylines)


FORMS: Final[Mapping[PaperForm, Form]] = {
    PaperForm.DOCX: Form(DOCX, ".docx", docx_paper.clean_docx),
    PaperForm.REDLINE: Form(DOCX, "-redline.docx", docx_paper.redline_docx, compares=True),
    PaperForm.COMPILATION: Form(DOCX, "-compilation.docx", compilation.compilation_docx, compares=True),
    PaperForm.BRACKETED: Form("text/plain; charset=utf-8", "-bracketed.txt", _text(notation.bracketed), compares=True),
    PaperForm.HTML: Form("text/html; charset=utf-8", ".html", _text(_html), compares=True),
    PaperForm.MARKDOWN: Form("text/markdown; charset=utf-8", ".md", _text(page.markdown)),
    PaperForm.TEXT: Form("text/plain; charset=utf-8", ".txt", _text(plain.plain_text)),
    PaperForm.AKOMA_NTOSO: Form("application/akn+xml", ".xml", akn.akoma_ntoso),
    PaperForm.JSON: Form("application/json", ".json", _text(values.as_json), compares=True),
}


DRAFT: Final = 1
"""The first entry of a chapter's history; what delegations contributed to the draft follows it."""


@dataclass(frozen=True, slots=True)
class Point:
    """An earlier text of a chapter."""

    seq: int
    """The last entry of the history that belongs to it."""
    at: datetime
    version: str
    """The name of a version, or nothing."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What is known beside the chapter itself."""

    bases: Bases
    meeting: Meeting


async def find_point(bases: Bases, chapter: str, known: Iterable[Version], since: str) -> Point | None:
    """The version of this name, or else of this id, or the text at this time; None if it is none of these.

    A time to come is now.
    """
    known = sorted(known, key=lambda version: version.name != since)
    for version in known:
        if since in {version.name, version.id}:
            return Point(version.seq, datetime.fromisoformat(version.at), version.name)
    try:
        time = datetime.fromisoformat(since)
    except ValueError:
        return None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    at = max(0, min(round(time.timestamp() * 1000), milliseconds()))
    return Point(await bases.last_before(chapter, at), datetime.fromtimestamp(at / 1000, UTC), "")


async def export(  # noqa: PLR0913 (what a paper is made of)
    form: Form,
    chapter: Chapter,
    sheet: Sheet,
    point: Point | None,
    archive: Archive,
    *,
    seq: int = 0,
    version: Version | None = None,
    progress: Told = untold,
) -> bytes:
    """The paper. Without a point, what is compared is compared with the draft that the chapter began with.

    The point is not later than the sheet, which is of the entry `seq`, and of the version, if one is given. Raises
    `ChapterNotFound`, `StorageError`.
    """
    progress("comparing", 0)
    base = await archive.bases.at(chapter.id, DRAFT if point is None else point.seq)
    heading = replace(_heading(chapter, point), seq=seq)
    if version is not None:
        heading = replace(heading, now=datetime.fromisoformat(version.at), edition=edition_of(version))
    bylines = complete(sheet.bylines, dict.fromkeys(tags(sheet)), archive.meeting)
    paper = await asyncio.to_thread(arrange, sheet, base, heading, bylines)
    progress("comparing", 1)
    progress("writing", 0)
    content = await asyncio.to_thread(form.write, paper)
    progress("writing", 1)
    return content


def published(chapter: Chapter, version: Version, sheet: Sheet) -> bytes:
    """A version for Word, for everybody: its text, labels and statuses, without authors, comments and sources."""
    heading = Heading(chapter, datetime.fromisoformat(version.at), "", edition=edition_of(version))
    paper = arrange(sheet, Base(), heading, {})
    paragraphs = tuple(replace(one, comments=(), sources=(), led_by="") for one in paper.paragraphs)
    return docx_paper.clean_docx(replace(paper, paragraphs=paragraphs, runs=(), changes=(), dropped=()))


def edition_of(version: Version) -> Edition:
    """What papers say of a version."""
    return Edition(version.name, version.symbol, version.status, version.exceptions, version.hash)


def file_name(chapter: str, form: Form, version: Version | None = None) -> str:
    """What to call the file."""
    return chapter + (f"-{slug(version.symbol or version.name, version.id)}" if version else "") + form.ending


def _heading(chapter: Chapter, point: Point | None) -> Heading:
    now = datetime.now(UTC)
    if point is None:
        return Heading(chapter, now, "")
    return Heading(chapter, now, f"“{point.version}”" if point.version else told(point.at), point.version, point.at)
