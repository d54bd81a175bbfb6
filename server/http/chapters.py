"""Chapters: the list, a new one, what one says."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Body, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from auth.meeting import Meeting
from auth.people import Participant
from auth.rules import Action, decide
from documents.chapter import ChapterDocument
from documents.draft import Draft
from documents.model import Chapter
from documents.opening import MAX_TITLE, Opening, clean_title, create, from_draft, title_only
from documents.rooms import milliseconds
from server.contributors import contributors
from server.http.guard import Drafter, Importer, Reader, ServicesOf
from server.http.problems import Refusal, problems
from server.http.texts import Texts, TextsOf
from server.importing import AuthorInvalid, drafted, read
from server.rights import rights_in
from server.services import Services

router = APIRouter(prefix="/api/chapters", tags=["chapters"])

AuthorGiven = Annotated[str, Field(max_length=500)]


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

    line: int = Field(description="Counted from 1; of a Word file, the paragraph; 0 for the whole of it.")
    label: str = Field(description="The label of the paragraph, if it has one.")
    code: str
    message: str


class TrackedChange(BaseModel):
    """A change that a Word file came with, and what became of it."""

    line: int = Field(description="The paragraph in which it was found, counted from 1.")
    label: str
    kind: str
    id: str = Field(description="As the file numbers it.")
    author: str = Field(description="As the file spells it.")
    delegation: str = Field(description="For which delegation the author stands; empty when that has to be asked.")
    date: str
    text: str
    outcome: str = Field(description="How it stands in the chapter.")


class FileAuthor(BaseModel):
    """Somebody who changed or commented a Word file."""

    name: str = Field(description="As the file spells it.")
    delegation: str = Field(description="For which delegation they stand; empty when that has to be asked.")


class Imported(BaseModel):
    """The new chapter, what was dropped or looks like a slip, and what became of tracked changes."""

    chapter: ChapterBody | None = Field(description="None when it was only read.")
    title: str = Field(description="The text's own.")
    problems: list[ProblemInText]
    authors: list[FileAuthor]
    changes: list[TrackedChange]


@router.get("", responses=problems(401, 403, 503))
async def list_chapters(reader: Reader, texts: TextsOf, services: ServicesOf) -> ChapterList:
    """All chapters."""
    chapters = await services.storage.chapters()
    return ChapterList(chapters=[await _body(services, texts, one, reader.participant) for one in chapters])


@router.post("", status_code=201, responses=problems(401, 403, 422, 503))
async def create_chapter(new: NewChapter, drafter: Drafter, texts: TextsOf, services: ServicesOf) -> ChapterBody:
    """Begin a chapter. Its id is made from its title."""
    return await _create(services, texts, drafter.participant, new.title, title_only)


@router.post(
    "/import",
    status_code=201,
    responses=problems(401, 403, 413, 422, 503) | {200: {"model": Imported, "description": "It was only read"}},
)
async def import_chapter(  # noqa: PLR0913, PLR0917 (one for each part of the request)
    content: Annotated[bytes, Body(media_type="text/plain", description="A text in UTF-8, or a Word file.")],
    importer: Importer,
    texts: TextsOf,
    services: ServicesOf,
    response: Response,
    title: Annotated[str, Query(max_length=MAX_TITLE, description="In place of the text's own.")] = "",
    dry_run: Annotated[bool, Query(description="Read and report; keep nothing.")] = False,
    as_: Annotated[
        tuple[AuthorGiven, ...],
        Query(alias="as", max_length=500, description="Who an author in a Word file is: `NAME=DELEGATION`."),
    ] = (),
) -> Imported:
    """Begin a chapter from a text in the plain-text form or a Word file, which its first bytes tell."""
    draft = await asyncio.to_thread(_read, content, services.meeting, as_)
    if dry_run:
        response.status_code = 200
        return _imported(draft, None)
    chapter = await _create(
        services,
        texts,
        importer.participant,
        title or draft.title,
        lambda given: from_draft(draft, contributors(services.meeting), given),
    )
    return _imported(draft, chapter)


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


def _imported(draft: Draft, chapter: ChapterBody | None) -> Imported:
    return Imported(
        chapter=chapter,
        title=draft.title,
        problems=[ProblemInText(**asdict(one)) for one in draft.problems],
        authors=[FileAuthor(name=name, delegation=found) for name, found in draft.authors.items()],
        changes=[TrackedChange(**asdict(one)) for one in draft.tracked],
    )


def _read(content: bytes, meeting: Meeting, given: Sequence[str]) -> Draft:
    try:
        return drafted(read(BytesIO(content)), meeting, given)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refusal(422, "draft-invalid", f"line {line}: the text is not UTF-8") from None
    except AuthorInvalid as error:
        raise Refusal(422, "author-invalid", str(error)) from None
