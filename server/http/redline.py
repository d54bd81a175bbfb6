"""The redline: a chapter against an earlier point of its history, with who changed what."""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from documents.base import Bases
from documents.opening import MAX_TITLE
from documents.redline import Change, RedlineParagraph, read, redline, tags
from documents.runs import NOBODY, Byline, Tag
from documents.versions import versions
from server.http.authors import Acts, Author, BylineBody, complete, moment
from server.http.guard import Reader, ServicesOf
from server.http.problems import Refusal, problems
from server.http.texts import Texts, TextsOf

router = APIRouter(prefix="/api/chapters/{chapter}/redline", tags=["authorship"])


def _bases(request: Request) -> Bases:
    bases: Bases = request.app.state.bases
    return bases


BasesOf = Annotated[Bases, Depends(_bases)]


class ChangeBody(BaseModel):
    """Neighbouring characters of which the same is to be said."""

    text: str
    change: str = Field(
        description="`kept`, `inserted`, `deleted`, `moved-here` or `moved-away`. The text then is what is kept, "
        "deleted and moved away; the text now is what is kept, inserted and moved here."
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
    change: str = Field(description="`kept`, `inserted` or `deleted`.")
    by: Author | None = Field(None, description="Who inserted or deleted it.")
    at: datetime | None = Field(None, description="When they did: UTC, to the minute.")
    part_of: str | None = Field(
        None,
        description="`previous` or `next`. Of an inserted paragraph: whose text then it holds a part of, since "
        "somebody split it. Of a deleted one: in which text a part of it is now.",
    )
    changes: list[ChangeBody]


class Redline(BaseModel):
    """A chapter's text against what it was."""

    since: int = Field(description="The last entry of the history that belongs to the earlier text.")
    paragraphs: list[RedlineParagraphBody]
    authors: list[BylineBody] = Field(description="Everybody who is named in it.")


@router.get("", response_model_exclude_none=True, responses=problems(401, 403, 404, 422, 503))
async def get_redline(
    chapter: str,
    _: Reader,
    texts: TextsOf,
    bases: BasesOf,
    services: ServicesOf,
    since: Annotated[str, Query(max_length=MAX_TITLE, description="A version's name, or a time as ISO 8601.")],
) -> Redline:
    """What was inserted, deleted and moved since an earlier point, and by whom."""
    seq = await _point(texts, bases, chapter, since)
    base = await bases.at(chapter, seq)
    text, known = await texts.read(chapter, lambda document: (read(document), document.bylines()))
    found = await asyncio.to_thread(redline, text, base)
    bylines = complete(known, dict.fromkeys(tags(found)), services.meeting)
    return Redline(
        since=seq,
        paragraphs=await asyncio.to_thread(_paragraphs, found, bylines),
        authors=[BylineBody(**asdict(one)) for one in dict.fromkeys(bylines.values()) if one != NOBODY],
    )


async def _point(texts: Texts, bases: Bases, chapter: str, since: str) -> int:
    """The last entry that belongs to a version, or to the text at a time."""
    for version in await texts.read(chapter, versions):
        if version.name == since:
            return version.seq
    try:
        time = datetime.fromisoformat(since)
    except ValueError:
        raise Refusal(404, "version-not-found", "there is no version of this name, and it is no time") from None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return await bases.last_before(chapter, round(time.timestamp() * 1000))


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
