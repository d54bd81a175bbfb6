"""Search through all chapters."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from documents.search import Match, find
from server.http.guard import Reader, ServicesOf
from server.http.problems import problems
from server.http.texts import TextsOf

router = APIRouter(prefix="/api/search", tags=["search"])

MAX_RESULTS = 100
"""Places in one answer."""
MAX_QUERY = 200
"""Characters to search for."""


class Result(BaseModel):
    """A place where the words stand."""

    chapter: str
    title: str
    paragraph: str = Field(description="The paragraph's id; empty when the words stand in the chapter's title.")
    label: str
    text: str
    start: int = Field(description="Where the words begin in `text`, in UTF-16 units, as JavaScript counts.")
    end: int


class Results(BaseModel):
    """What was found, in the order of chapters and paragraphs."""

    results: list[Result]


@router.get("", responses=problems(401, 403, 422, 503))
async def search_chapters(
    _: Reader, texts: TextsOf, services: ServicesOf, q: Annotated[str, Query(max_length=MAX_QUERY)]
) -> Results:
    """Find words in the titles and paragraphs of all chapters; accents, case and look-alike letters do not matter."""
    found: list[Result] = []
    for chapter in await services.storage.chapters():
        places = [("", "", chapter.title)]
        places += [(one.id, one.label, one.text) for one in await texts.paragraphs(chapter.id)]
        for match in await asyncio.to_thread(find, q, [text for _, _, text in places]):
            paragraph, label, text = places[match.index]
            start, end = _utf16(text, match)
            found.append(
                Result(
                    chapter=chapter.id,
                    title=chapter.title,
                    paragraph=paragraph,
                    label=label,
                    text=text,
                    start=start,
                    end=end,
                )
            )
        if len(found) >= MAX_RESULTS:
            break
    return Results(results=found[:MAX_RESULTS])


def _utf16(text: str, match: Match) -> tuple[int, int]:
    """Where a match stands, in UTF-16 units."""
    start = match.start + sum(letter > "\uffff" for letter in text[: match.start])
    end = match.end + sum(letter > "\uffff" for letter in text[: match.end])
    return start, end
