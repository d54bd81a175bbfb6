"""What delegations say of paragraphs: written through the chapter's room, read live from the document."""

from dataclasses import asdict
from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from auth.people import Participant
from auth.rules import Action, require
from documents.chapter import ChapterDocument
from documents.gavel.rulings import Item, items
from documents.incoming.opening import Change, Comment, add_comment, find_comment, new_comment_id, resolve_comment
from server.http.guard import Caller, ServicesOf
from server.http.problems import Refusal, problems
from server.http.texts import Texts, TextsOf
from server.services import Services

router = APIRouter(prefix="/api/chapters/{chapter}/comments", tags=["comments"])

MAX_TEXT = 5_000
"""Characters in a comment."""


class NewComment(BaseModel):
    """What to say, and of which paragraph."""

    paragraph: str = Field(max_length=100, description="The paragraph's id.")
    text: str = Field(max_length=MAX_TEXT)


class CommentChange(BaseModel):
    """What becomes of a comment."""

    resolved: bool


class CommentBody(BaseModel):
    """A comment as it stands in the document's map `comments`, and its id."""

    id: str
    paragraph: str
    name: str = Field(description="The delegation's name.")
    participant: str = Field(description="Empty for a comment that came with an imported text.")
    text: str
    at: str = Field(description="When, as ISO 8601 in UTC; empty for a comment that came with an imported text.")
    resolved: bool


@router.post("", status_code=201, responses=problems(401, 403, 404, 422, 503))
async def add_comment_to_paragraph(
    chapter: str, new: NewComment, caller: Caller, texts: TextsOf, services: ServicesOf
) -> CommentBody:
    """Comment on a paragraph. The comment is on disk, and shown to all, when this answers."""
    person = caller.participant
    is_there = await require_comment(services, texts, chapter, person, new.paragraph)
    text = new.text.strip()
    if not text:
        raise Refusal(422, "comment-empty", "the comment is empty")
    if not is_there:
        raise Refusal(404, "paragraph-not-found", "there is no such paragraph in the chapter")
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    comment = Comment(new_comment_id(), new.paragraph, person.delegation.name, person.id, text, at)
    await _write(services, chapter, person.id, add_comment(comment))
    return CommentBody(**asdict(comment))


@router.patch("/{comment}", responses=problems(401, 403, 404, 422, 503))
async def change_comment(  # noqa: PLR0913, PLR0917 (what the route is made of)
    chapter: str, comment: str, change: CommentChange, caller: Caller, texts: TextsOf, services: ServicesOf
) -> CommentBody:
    """Mark a comment as settled, or as open again."""
    person = caller.participant

    def look(document: ChapterDocument) -> Comment | None:
        return find_comment(document, comment)

    found = await texts.read(chapter, look)
    await require_comment(services, texts, chapter, person, found.paragraph if found else "")
    if found is not None:
        await _write(services, chapter, person.id, resolve_comment(comment, resolved=change.resolved))
        found = await texts.read(chapter, look)
    if found is None:
        raise Refusal(404, "comment-not-found", "there is no such comment in the chapter")
    return CommentBody(**asdict(found))


async def require_comment(services: Services, texts: Texts, chapter: str, person: Participant, paragraph: str) -> bool:
    """Raises `Forbidden` for who may not comment on a paragraph: an observer may where their breakout group works, and
    that may be a section. Says whether the paragraph is there."""

    def look(document: ChapterDocument) -> Item | None:
        return next((one for one in items(document) if one.paragraph == paragraph), None)

    item = await texts.read(chapter, look)
    sections = () if item is None else item.sections
    require(person, Action.COMMENT, services.meeting.access(chapter, person.id, *sections))
    return bool(paragraph) and item is not None


async def _write(services: Services, chapter: str, author: str, change: Change) -> None:
    room = await services.rooms.open(chapter)
    await room.write(author, change)  # asked for before anything else happens: the room can't be evicted in between
