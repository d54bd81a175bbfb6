"""Chapters: the list, a new one, what one says."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Query
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from auth.people import Participant
from auth.rules import Action, decide
from documents.chapter import ChapterDocument
from documents.draft import Draft
from documents.formats import text as plain_text
from documents.model import Chapter
from documents.opening import MAX_TITLE, Opening, clean_title, create, from_draft, title_only
from documents.rooms import milliseconds
from server.contributors import contributors
from server.http.guard import Drafter, Importer, Reader, ServicesOf
from server.http.problems import Refusal, problems
from server.http.texts import Texts, TextsOf
from server.rights import rights_in
from server.services import Services

router = APIRouter(prefix="/api/chapters", tags=["chapters"])


class ChapterBody(BaseModel):
    """A chapter, as whoever asks may use it."""

    id: str
    title: str
    created_at: datetime
    paragraphs: int = Field(description="How many there are, headings not among them.")
    may_write: bool = Field(description="Somewhere in it, if not everywhere.")
    may_comment: bool = Field(description="Somewhere in it, if not everywhere.")
    online: int = Field(description="How many participants have it open now.")


class ChapterList(BaseModel):
    """All chapters of the meeting."""

    chapters: list[ChapterBody] = Field(description="Oldest first.")


class NewChapter(BaseModel):
    """What a chapter begins with."""

    title: str = Field(max_length=MAX_TITLE)


class ProblemInText(BaseModel):
    """Something that a person should look at in the text that was imported."""

    line: int = Field(description="Counted from 1.")
    label: str = Field(description="The label of the paragraph, if it has one.")
    code: str
    message: str


class Imported(BaseModel):
    """The new chapter, and what was dropped or looks like a slip."""

    chapter: ChapterBody
    problems: list[ProblemInText]


@router.get("", responses=problems(401, 403, 503))
async def list_chapters(reader: Reader, texts: TextsOf, services: ServicesOf) -> ChapterList:
    """All chapters."""
    chapters = await services.storage.chapters()
    return ChapterList(chapters=[await _body(services, texts, one, reader.participant) for one in chapters])


@router.post("", status_code=201, responses=problems(401, 403, 422, 503))
async def create_chapter(new: NewChapter, drafter: Drafter, texts: TextsOf, services: ServicesOf) -> ChapterBody:
    """Begin a chapter. Its id is made from its title."""
    return await _create(services, texts, drafter.participant, new.title, title_only)


@router.post("/import", status_code=201, responses=problems(401, 403, 422, 503))
async def import_chapter(
    content: Annotated[bytes, Body(media_type="text/plain", description="A chapter in the plain-text form, UTF-8.")],
    importer: Importer,
    texts: TextsOf,
    services: ServicesOf,
    title: Annotated[str, Query(max_length=MAX_TITLE, description="In place of the text's own.")] = "",
) -> Imported:
    """Begin a chapter from a text."""
    draft = await asyncio.to_thread(_read, content)
    chapter = await _create(
        services,
        texts,
        importer.participant,
        title or draft.title,
        lambda given: from_draft(draft, contributors(services.meeting), given),
    )
    return Imported(
        chapter=chapter,
        problems=[
            ProblemInText(line=one.line, label=one.label, code=one.code, message=one.message) for one in draft.problems
        ],
    )


@router.get("/{chapter}", responses=problems(401, 403, 404, 422, 503))
async def get_chapter(chapter: str, reader: Reader, texts: TextsOf, services: ServicesOf) -> ChapterBody:
    """One chapter."""
    return await _body(services, texts, await texts.chapter(chapter), reader.participant)


@router.get(
    "/{chapter}/text",
    response_class=PlainTextResponse,
    responses=problems(401, 403, 404, 422, 503),
)
async def get_text(chapter: str, _: Reader, texts: TextsOf) -> str:
    """The text as it is committed to disk, a line for each paragraph."""
    return "".join(f"{line}\n" for line in await texts.read(chapter, ChapterDocument.lines))


async def _create(
    services: Services, texts: Texts, author: Participant, title: str, opening: Callable[[str], Opening]
) -> ChapterBody:
    title = clean_title(title)
    chapter = await create(services.rooms, title, author.id, opening(title), at=milliseconds())
    return await _body(services, texts, chapter, author)


async def _body(services: Services, texts: Texts, chapter: Chapter, person: Participant) -> ChapterBody:
    room = services.rooms.find(chapter.id)
    return ChapterBody(
        id=chapter.id,
        title=chapter.title,
        created_at=datetime.fromtimestamp(chapter.created_at / 1000, UTC),
        paragraphs=await texts.count(chapter.id),
        may_write=rights_in(services.meeting, chapter.id, person, await texts.locks(chapter.id)).denial is None,
        may_comment=any(
            decide(person, Action.COMMENT, access).allowed
            for access in services.meeting.accesses(chapter.id, person.id)
        ),
        online=len({seat.author for seat in room.seats}) if room else 0,
    )


def _read(content: bytes) -> Draft:
    try:
        return plain_text.read(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refusal(422, "draft-invalid", f"line {line}: the text is not UTF-8") from None
