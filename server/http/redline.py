"""The redline: a chapter against an earlier point of its history, with who changed what."""

import asyncio
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from documents.authorship.runs import NOBODY, Byline, Tag
from documents.formats.redline_html import STYLE, Heading, page
from documents.incoming.opening import MAX_TITLE
from documents.redline.base import Bases
from documents.redline.rebuilt import Rebuilt, Then
from documents.redline.redline import (
    Change,
    Neighbour,
    ParagraphChange,
    RedlineParagraph,
    TextChange,
    read,
    redline,
    tags,
)
from documents.versions.versions import versions
from server.exports import Point, find_point
from server.http.authors import Acts, Author, BylineBody, complete, moment
from server.http.guard import NOT_KEPT, Reader, ServicesOf
from server.http.problems import Refusal, problems
from server.http.texts import Texts, TextsOf

router = APIRouter(prefix="/api/chapters/{chapter}/redline", tags=["authorship"])


def _bases(request: Request) -> Bases:
    bases: Bases = request.app.state.bases
    return bases


BasesOf = Annotated[Bases, Depends(_bases)]


def _rebuilt(request: Request) -> Rebuilt:
    rebuilt: Rebuilt = request.app.state.rebuilt
    return rebuilt


RebuiltOf = Annotated[Rebuilt, Depends(_rebuilt)]
Since = Annotated[str, Query(max_length=MAX_TITLE, description="A version's name or id, or a time as ISO 8601.")]
To = Annotated[
    str | None, Query(max_length=MAX_TITLE, description="As `since`, and not before it; left out: the text of now.")
]

PAGE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}
_STYLE_HASH: Final = b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = NOT_KEPT | {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The page may look as it does, and nothing else."""


class ChangeBody(BaseModel):
    """Neighbouring characters of which the same is to be said."""

    text: str
    change: TextChange = Field(
        description="The text then is what is kept, deleted and moved away; the text now is what is kept, inserted "
        "and moved here."
    )
    by: Author = Field(description="Who wrote what is kept or inserted; who deleted or moved the rest.")
    at: datetime | None = Field(None, description="When they did: UTC, to the minute; left out when nobody can tell.")
    author: Author = Field(description="Who wrote it first.")
    moved_by: Author | None = Field(
        None, description="Of what was inserted and was written elsewhere: who put it here."
    )


class RedlineParagraphBody(BaseModel):
    """A paragraph of then or now."""

    id: str
    label: str
    old_label: str = Field(description="The label that it bore then.")
    kind: str
    old_kind: str
    change: ParagraphChange
    by: Author | None = Field(None, description="Who inserted or deleted it.")
    at: datetime | None = Field(None, description="When they did: UTC, to the minute.")
    part_of: Neighbour | None = Field(
        None,
        description="Of an inserted paragraph: whose text then it holds a part of, since "
        "somebody split it. Of a deleted one: in which text a part of it is now.",
    )
    changes: list[ChangeBody]


class Redline(BaseModel):
    """A chapter's text against what it was."""

    since: int = Field(description="The last entry of the history that belongs to the earlier text.")
    to: int | None = Field(None, description="That of the later text; left out when it is the text of now.")
    paragraphs: list[RedlineParagraphBody]
    authors: list[BylineBody] = Field(description="Everybody who is named in it.")


@dataclass(frozen=True, slots=True)
class _Found:
    """A redline, and a byline for every tag in it."""

    since: Point
    to: Point | None
    """None: the text of now."""
    paragraphs: list[RedlineParagraph]
    bylines: dict[Tag, Byline]


@dataclass(frozen=True, slots=True)
class _Span:
    """From where to where a text is compared."""

    since: Point
    to: Point | None


async def _span(chapter: str, _: Reader, texts: TextsOf, bases: BasesOf, since: Since, to: To = None) -> _Span:
    span = _Span(
        await earlier_point(texts, bases, chapter, since),
        None if to is None else await earlier_point(texts, bases, chapter, to),
    )
    if span.to is not None and span.to.seq < span.since.seq:
        raise Refusal(422, "versions-reversed", "the later text is that of an earlier entry: swap `since` and `to`")
    return span


SpanOf = Annotated[_Span, Depends(_span)]


async def _later(chapter: str, span: SpanOf, texts: TextsOf, rebuilt: RebuiltOf) -> Then:
    if span.to is not None:
        return await rebuilt.at(chapter, span.to.seq)
    return await texts.read_runs(chapter, lambda document: Then(read(document), document.bylines()), deleted=True)


async def _find(
    chapter: str, span: SpanOf, later: Annotated[Then, Depends(_later)], bases: BasesOf, services: ServicesOf
) -> _Found:
    base = await bases.at(chapter, span.since.seq)
    found = await asyncio.to_thread(redline, later.text, base)
    return _Found(span.since, span.to, found, complete(later.bylines, dict.fromkeys(tags(found)), services.meeting))


async def earlier_point(texts: Texts, bases: Bases, chapter: str, since: str) -> Point:
    """A version, or the text at a time, as `find_point` finds it. Raises `Refusal`."""
    point = await find_point(bases, chapter, await texts.read(chapter, versions), since)
    if point is None:
        raise Refusal(404, "version-not-found", "there is no version of this name, and it is no time")
    return point


@router.get(
    "", response_model=Redline, response_model_exclude_none=True, responses=PAGE | problems(401, 403, 404, 422, 503)
)
async def get_redline(
    chapter: str,
    texts: TextsOf,
    found: Annotated[_Found, Depends(_find)],
    form: Annotated[Literal["json", "html"], Query(alias="format", description="As data, or as a page.")] = "json",
) -> Redline | Response:
    """What was inserted, deleted and moved since an earlier point, or between two, and by whom."""
    if form == "html":
        title = (await texts.chapter(chapter)).title
        until = datetime.now(UTC) if found.to is None else found.to.at
        heading = Heading(title, found.since.at, found.since.version, until)
        return HTMLResponse(await asyncio.to_thread(page, heading, found.paragraphs, found.bylines), headers=HEADERS)
    to = None if found.to is None else found.to.seq
    return await asyncio.to_thread(redline_body, found.since.seq, to, found.paragraphs, found.bylines)


def redline_body(
    since: int, to: int | None, paragraphs: Iterable[RedlineParagraph], bylines: dict[Tag, Byline]
) -> Redline:
    """A redline as the API tells of it; `bylines` are of everybody who is named in it."""
    return Redline(
        since=since,
        to=to,
        paragraphs=_paragraphs(paragraphs, bylines),
        authors=[BylineBody(**asdict(one)) for one in dict.fromkeys(bylines.values()) if one != NOBODY],
    )


def _paragraphs(paragraphs: Iterable[RedlineParagraph], bylines: dict[Tag, Byline]) -> list[RedlineParagraphBody]:
    acts = Acts(bylines)
    return [
        RedlineParagraphBody(
            id=one.id,
            label=one.label,
            old_label=one.old_label,
            kind=one.kind,
            old_kind=one.old_kind,
            change=one.change,
            by=None if one.by is None else acts.authors[one.by],
            at=None if one.at is None else moment(one.at),
            part_of=one.part_of,
            changes=[_change(change, acts) for change in one.changes],
        )
        for one in paragraphs
    ]


def _change(change: Change, acts: Acts) -> ChangeBody:
    return ChangeBody(
        text=change.text,
        change=change.change,
        by=acts.authors[change.by],
        at=None if change.at is None else moment(change.at),
        author=acts.authors[change.author],
        moved_by=None if change.moved_by is None else acts.authors[change.moved_by],
    )
