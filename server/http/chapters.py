"""Chapters: the list, a new one, what one says."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Body, Header, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from auth.people import Participant
from auth.rules import Action, decide
from documents.chapter import ChapterDocument
from documents.formats.word import looks_like_word
from documents.gavel.rulings import Lock
from documents.incoming.opening import MAX_TITLE, Opening, clean_title, create, create_by, title_only
from documents.model import Chapter
from documents.rooms import milliseconds
from server.contributors import Noted
from server.http.guard import NOT_KEPT, Drafter, Importer, Reader, ServicesOf
from server.http.problems import Refusal, problems
from server.http.texts import Texts, TextsOf
from server.importing import AuthorInvalid, name_of
from server.rights import rights_in
from server.services import Services
from server.uploads import Uploaded, Wish, keep_upload, take_upload

router = APIRouter(prefix="/api/chapters", tags=["chapters"])

SHORT_TEXT: Final = 10_000
"""Bytes below which a plain text is read by the server itself: a process of its own would take longer to begin."""
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


class ReadBlock(BaseModel):
    """A paragraph or heading, as it was read."""

    line: int = Field(description="Counted from 1.")
    kind: str = Field(description="`title`, `heading` or `paragraph`.")
    label: str
    text: str = Field(description="With all changes accepted.")
    deleted_by: str | None = Field(description="The delegation that deleted it as a whole.")


class NotesBy(BaseModel):
    """How many notes somebody made."""

    name: str
    number: int


class Imported(BaseModel):
    """The new chapter, what was dropped or looks like a slip, and what became of tracked changes."""

    chapter: ChapterBody | None = Field(description="None when it was only read.")
    title: str = Field(description="The text's own.")
    unit: Literal["line", "paragraph"] = Field(description="What is counted in what was read.")
    sections: int
    paragraphs: int
    numbered: int = Field(description="How many paragraphs have a label.")
    comments: list[NotesBy]
    sources: list[NotesBy]
    read: list[ReadBlock] = Field(description="The text; empty when it was kept.")
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
    response_model=Imported,
    responses=problems(401, 403, 413, 422, 503) | {200: {"model": Imported, "description": "It was only read"}},
)
async def import_chapter(  # noqa: PLR0913, PLR0917 (one for each part of the request)
    content: Annotated[bytes, Body(media_type="text/plain", description="A text in UTF-8, or a Word file.")],
    importer: Importer,
    services: ServicesOf,
    content_type: Annotated[str, Header(description="`text/markdown` for Markdown.")] = "",
    title: Annotated[str, Query(max_length=MAX_TITLE, description="In place of the text's own.")] = "",
    dry_run: Annotated[bool, Query(description="Read and report; keep nothing.")] = False,
    as_: Annotated[
        tuple[AuthorGiven, ...],
        Query(alias="as", max_length=500, description="Who an author in a Word file is: `NAME=DELEGATION`."),
    ] = (),
) -> Response:
    """Begin a chapter from a text in the plain-text form, from Markdown, or a Word file, which its first bytes tell."""
    wish = Wish(importer.participant.id, title, as_, not dry_run, milliseconds(), name_of(content_type))
    found = await _taken(services, content, wish)
    if dry_run:
        return _told(200, None, found)
    chapter = await create_by(
        services.rooms, found.title, wish.author, lambda one: keep_upload(services.rooms, one, found), at=wish.at
    )
    return _told(201, _shown(services, chapter, importer.participant, found.paragraphs), found)


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
    return _shown(services, chapter, person, await texts.count(chapter.id), await texts.locks(chapter.id))


def _shown(
    services: Services, chapter: Chapter, person: Participant, paragraphs: int, locks: Sequence[Lock] = ()
) -> ChapterBody:
    room = services.rooms.find(chapter.id)
    return ChapterBody(
        id=chapter.id,
        title=chapter.title,
        created_at=datetime.fromtimestamp(chapter.created_at / 1000, UTC),
        paragraphs=paragraphs,
        may_write=rights_in(services.meeting, chapter.id, person, locks).denial is None,
        may_comment=any(
            decide(person, Action.COMMENT, access).allowed
            for access in services.meeting.accesses(chapter.id, person.id)
        ),
        online=len({seat.author for seat in room.seats}) if room else 0,
    )


def _told(status: int, chapter: ChapterBody | None, found: Uploaded) -> Response:
    """An `Imported`, most of which was written apart: it may be long."""
    body = b"null" if chapter is None else chapter.model_dump_json().encode()
    return Response(b'{"chapter":' + body + b"," + found.report[1:], status, NOT_KEPT, "application/json")


async def _taken(services: Services, content: bytes, wish: Wish) -> Uploaded:
    people = Noted.of(services.meeting)
    try:
        if len(content) < SHORT_TEXT and not looks_like_word(content):
            return await asyncio.to_thread(take_upload, content, people, wish)
        return await services.apart.run(take_upload, content, people, wish)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refusal(422, "draft-invalid", f"line {line}: the text is not UTF-8") from None
    except AuthorInvalid as error:
        raise Refusal(422, "author-invalid", str(error)) from None
