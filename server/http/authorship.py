"""What the authorship of a chapter adds up to: shares, touches, activity; and all of it for clients of Yjs 14."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from itertools import chain
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from auth.meeting import Meeting
from documents.authorship import totals
from documents.authorship.content_map import content_map, gone
from documents.authorship.record import Record
from documents.authorship.runs import Byline, Tag
from server.http.authors import complete, moment, read_authored
from server.http.guard import NOT_KEPT, Reader, ServicesOf
from server.http.problems import problems
from server.http.texts import TextsOf

router = APIRouter(prefix="/api/chapters/{chapter}/authorship", tags=["authorship"])

_BYTES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}

MAX_MINUTES = 7 * 24 * 60
"""The longest stretch of time that activity is told by."""


class Party(BaseModel):
    """A delegation; or an imported contribution of which only the name is known; or nobody, when all is empty."""

    delegation: str = Field(description="Its id.")
    name: str
    group: str = Field(description="The stakeholder group's name.")
    number: int = Field(description="The delegation's own number in the meeting; 0 when it has none.")
    color: str = Field(description="The delegation's colour, as `#rrggbb`; empty when it has none.")


class Share(BaseModel):
    """A part of the text that can be read now."""

    words: int = Field(
        description="Runs of letters and digits, each counted for whoever wrote its first letter; each Chinese or "
        "Japanese sign is one by itself."
    )
    characters: int
    share: float = Field(description="Of all words, from 0 to 1.")


class PartyShare(Party, Share):
    """What one delegation wrote."""


class GroupShare(Share):
    """What one stakeholder group wrote."""

    group: str


class Touch(Party):
    """What one delegation did to a paragraph, in characters."""

    inserted: int = Field(description="It wrote them first; they stand here, or were deleted here.")
    deleted: int
    moved: int = Field(description="It put them here last, whoever wrote them.")


class TouchedParagraph(BaseModel):
    """Who had a hand in one paragraph."""

    id: str
    label: str
    deleted: bool = Field(description="It is gone as a whole.")
    delegations: list[Touch]


class Totals(BaseModel):
    """Who wrote how much of a chapter."""

    words: int
    characters: int
    delegations: list[PartyShare] = Field(
        description="By their numbers, nobody last; a delegation that changed its group has a row for each."
    )
    groups: list[GroupShare] = Field(description="By name, nobody last.")
    paragraphs: list[TouchedParagraph] = Field(description="In the order of the text, deleted ones in their place.")


class Change(Party):
    """What one delegation did in a stretch of time, in characters."""

    inserted: int
    deleted: int


class Bucket(BaseModel):
    """One stretch of time in which something was done."""

    at: datetime = Field(description="Its beginning, UTC.")
    delegations: list[Change]


class Activity(BaseModel):
    """What was written and deleted when."""

    minutes: int = Field(description="How long each stretch is.")
    buckets: list[Bucket] = Field(description="In the order of time; those in which nothing was done are left out.")


@router.get("/totals", responses=problems(401, 403, 404, 422, 503))
async def get_totals(chapter: str, _: Reader, texts: TextsOf, services: ServicesOf) -> Totals:
    """Shares of the text by delegation and by stakeholder group, and who touched which paragraph."""
    authored = await read_authored(texts, services.meeting, chapter, deleted=True)
    counted = await asyncio.to_thread(totals.totals, authored.paragraphs, authored.bylines)
    touched = await asyncio.to_thread(totals.touched, authored.paragraphs, authored.bylines)

    def share(part: totals.Share) -> dict[str, Any]:
        return {**asdict(part), "share": part.words / counted.all.words if counted.all.words else 0.0}

    return Totals(
        words=counted.all.words,
        characters=counted.all.characters,
        delegations=[PartyShare(**asdict(party), **share(part)) for party, part in counted.parties],
        groups=[GroupShare(group=group, **share(part)) for group, part in counted.groups],
        paragraphs=[
            TouchedParagraph(
                id=one.id,
                label=one.label,
                deleted=one.deleted,
                delegations=[Touch(**asdict(party), **asdict(touch)) for party, touch in one.parties],
            )
            for one in touched
        ],
    )


@router.get("/activity", responses=problems(401, 403, 404, 422, 503))
async def get_activity(
    chapter: str,
    _: Reader,
    texts: TextsOf,
    services: ServicesOf,
    minutes: Annotated[int, Query(ge=1, le=MAX_MINUTES, description="How long each stretch of time is.")] = 10,
) -> Activity:
    """How many characters each delegation inserted and deleted, by stretches of time."""
    authored = await read_authored(texts, services.meeting, chapter, deleted=True)
    buckets = await asyncio.to_thread(totals.activity, authored.paragraphs, authored.bylines, minutes)
    return Activity(
        minutes=minutes,
        buckets=[
            Bucket(
                at=moment(bucket.at),
                delegations=[Change(**asdict(party), **asdict(change)) for party, change in bucket.parties],
            )
            for bucket in buckets
        ],
    )


@router.get(
    "/content-map",
    response_class=Response,
    responses=_BYTES | problems(401, 403, 404, 422, 503),
)
async def get_content_map(chapter: str, _: Reader, texts: TextsOf, services: ServicesOf) -> Response:
    """Who inserted and who deleted what, by the ids of Yjs: for `decodeContentMap` of @y/y 14."""
    record, bylines = await texts.read(chapter, lambda document: (document.record.copy(), document.bylines()))
    content = await asyncio.to_thread(_content_map, record, bylines, services.meeting)
    return Response(content, headers=NOT_KEPT, media_type="application/octet-stream")


def _content_map(record: Record, bylines: Mapping[Tag, Byline], meeting: Meeting) -> bytes:
    deletions = list(gone(record))
    wanted = {tag for *_, tag, _ in chain(record.insertions(), deletions)}
    return content_map(record.insertions(), deletions, complete(bylines, wanted, meeting))
