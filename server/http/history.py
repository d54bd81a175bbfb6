"""The journal of a chapter: who wrote when, and how much."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from auth.errors import ParticipantNotFound
from auth.meeting import Meeting
from documents.authorship.runs import Byline, Tag
from documents.chapter import ChapterDocument
from documents.model import SERVER, AuthorId
from server.http.guard import Historian, ServicesOf
from server.http.problems import problems
from server.http.texts import TextsOf

router = APIRouter(prefix="/api/chapters/{chapter}/history", tags=["history"])

MAX_ENTRIES = 1_000
"""Entries in one answer."""


class EntryBody(BaseModel):
    """One update of the chapter, as it is on disk."""

    seq: int = Field(description="Counts from 1 without gaps.")
    at: datetime
    author: str = Field(
        description=(
            "A participant's id; `@` and a name for an imported contribution; `adref` for what the server itself wrote."
        )
    )
    author_name: str
    bytes: int = Field(description="The size of the update.")


class History(BaseModel):
    """Some entries, in order."""

    entries: list[EntryBody]
    next: int | None = Field(description="What to ask for as `after` to go on; null at the end.")


@router.get("", responses=problems(401, 403, 404, 422, 503))
async def get_history(
    chapter: str,
    _: Historian,
    texts: TextsOf,
    services: ServicesOf,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_ENTRIES)] = 100,
) -> History:
    """The chapter's updates after one of them."""
    await texts.chapter(chapter)
    found = [entry async for entry in services.storage.history(chapter, after, limit)]
    contributed = any(entry.author.startswith("@") for entry in found)
    bylines = await texts.read(chapter, ChapterDocument.bylines) if contributed else {}
    entries = [
        EntryBody(
            seq=entry.seq,
            at=datetime.fromtimestamp(entry.at / 1000, UTC),
            author=entry.author,
            author_name=_name(services.meeting, bylines, entry.author),
            bytes=len(entry.update),
        )
        for entry in found
    ]
    return History(entries=entries, next=entries[-1].seq if len(entries) == limit else None)


def _name(meeting: Meeting, bylines: Mapping[Tag, Byline], author: AuthorId) -> str:
    if author == SERVER:
        return "Adref"
    if author.startswith("@") and author in bylines:
        return bylines[author].name
    try:
        return meeting.participant(author).name
    except ParticipantNotFound:
        return author
