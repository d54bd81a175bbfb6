"""What people wrote where it was forbidden: to look at, to propose, to discard."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from auth.errors import ParticipantNotFound
from auth.meeting import Meeting
from auth.people import Participant, Role
from auth.rules import Action, SetAsideOf, decide, require
from documents.chapter import ChapterDocument
from documents.gavel.rulings import iso
from documents.gavel.set_aside import Change, SetAside, State
from documents.incoming.opening import Comment, add_comment, find_comment
from documents.rooms import milliseconds
from documents.storage.base import Storage
from server.http.comments import MAX_TEXT, require_comment
from server.http.guard import Caller, Reader, ServicesOf
from server.http.problems import Refusal, problems
from server.http.texts import TextsOf
from server.services import Services

router = APIRouter(prefix="/api/chapters/{chapter}/set-aside", tags=["set aside"])

NOTHING_LEFT = "Proposal: delete this paragraph."
"""The comment that proposes a paragraph without any text."""


class RunBody(BaseModel):
    """A piece of the paragraph, against the text as it was ruled."""

    change: Change
    text: str


class SetAsideBody(BaseModel):
    """A paragraph as its author would have had it."""

    number: int
    paragraph: str = Field(description="The paragraph's id. It may be gone by now.")
    label: str = Field(description="What it was called.")
    participant: str = Field(description="The author's id.")
    name: str = Field(description="The author's name; empty when it is not known any more.")
    delegation: str = Field(description="The id of the author's delegation.")
    delegation_name: str
    at: str = Field(description="When it began, as ISO 8601 in UTC.")
    updated: str = Field(description="When it grew last, as ISO 8601 in UTC.")
    reason: str = Field(description="Why it could not stay, in one sentence.")
    runs: list[RunBody]
    words: str = Field(description="What the author wrote.")
    text: str = Field(description="The paragraph as the author would have had it.")
    state: State


class SetAsideList(BaseModel):
    """What was set aside in a chapter and not discarded."""

    set_aside: list[SetAsideBody] = Field(description="By number: in the order in which it began.")


All = Annotated[
    bool | None,
    Query(alias="all", description="Everybody's, for those who may see it; unset: so for the secretariat alone."),
]


@router.get("", responses=problems(401, 403, 404, 422, 503))
async def list_set_aside(chapter: str, reader: Reader, services: ServicesOf, everybody: All = None) -> SetAsideList:
    """What of one's own edits, or of everybody's, was undone by a ruling."""
    person = reader.participant
    if everybody:
        require(person, Action.SEE_SET_ASIDE, services.meeting.access(chapter, person.id), SetAsideOf(""))
    if everybody is None:
        everybody = person.role is Role.SECRETARIAT
    items = await services.storage.set_aside(chapter, None if everybody else person.id)
    seen = [one for one in items if one.state != "discarded" and _may_see(services, person, one)]
    return SetAsideList(set_aside=[_body(one, services.meeting) for one in seen])


@router.post("/{number}/propose", responses=problems(401, 403, 404, 422, 503))
async def propose_set_aside(
    chapter: str, number: int, caller: Caller, texts: TextsOf, services: ServicesOf
) -> SetAsideBody:
    """Make a comment on the paragraph of it. Asked for again, it changes nothing."""
    item = await _own(services, caller.participant, chapter, number)
    await require_comment(services, texts, chapter, caller.participant, item.paragraph)
    if item.state == "discarded":
        raise _missing()
    if item.state == "kept":
        _close(services, chapter, number)
        await _propose(services, caller.participant, item)
        # What had grown on before, and was kept while the comment was written, is not proposed yet.
        await services.storage.settle_set_aside(chapter, number, "proposed", updated=item.updated)
        item = await _find(services.storage, chapter, number)
    return _body(item, services.meeting)


@router.delete("/{number}", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def discard_set_aside(chapter: str, number: int, caller: Caller, services: ServicesOf) -> None:
    """Throw it away: it is not listed any more, but stays on disk."""
    await _own(services, caller.participant, chapter, number)
    _close(services, chapter, number)
    await services.storage.settle_set_aside(chapter, number, "discarded")


def _may_see(services: Services, person: Participant, item: SetAside) -> bool:
    access = services.meeting.access(item.chapter, person.id)
    return decide(person, Action.SEE_SET_ASIDE, access, SetAsideOf(item.author)).allowed


async def _own(services: Services, person: Participant, chapter: str, number: int) -> SetAside:
    """What somebody may settle. Raises `Forbidden`, `Refusal`."""
    item = await _find(services.storage, chapter, number)
    access = services.meeting.access(chapter, person.id)
    require(person, Action.SETTLE_SET_ASIDE, access, SetAsideOf(item.author))
    return item


async def _find(storage: Storage, chapter: str, number: int) -> SetAside:
    for item in await storage.set_aside(chapter):
        if item.number == number:
            return item
    raise _missing()


def _close(services: Services, chapter: str, number: int) -> None:
    """Let it grow no more: what its author writes from now on is set aside under another number."""
    room = services.rooms.find(chapter)
    if room is not None:
        room.close_card(number)


def _missing() -> Refusal:
    return Refusal(404, "set-aside-not-found", "nothing is set aside under this number")


async def _propose(services: Services, author: Participant, item: SetAside) -> None:
    """Write the comment, unless it is there. Its id says of what it is, so that two requests make one."""
    name = f"c-aside-{item.number}-{item.updated}"
    comment = Comment(name, item.paragraph, author.delegation.name, author.id, _proposal(item), iso(milliseconds()))
    found: list[bool] = []

    def write(document: ChapterDocument) -> None:
        found.append(document.has_paragraph(item.paragraph))
        if found[0] and find_comment(document, name) is None:
            add_comment(comment)(document)

    room = await services.rooms.open(item.chapter)
    await room.write(author.id, write)  # asked for before anything else happens: the room can't be evicted in between
    if not found[0]:
        raise Refusal(404, "paragraph-not-found", "there is no such paragraph in the chapter any more")


def _proposal(item: SetAside) -> str:
    """The whole paragraph; when that is too long for a comment, the new words."""
    text = item.text.strip()
    if len(text) > MAX_TEXT:
        text = item.words.strip()
    return text[:MAX_TEXT] or NOTHING_LEFT


def _body(item: SetAside, meeting: Meeting) -> SetAsideBody:
    name = delegation = delegation_name = ""
    try:
        author = meeting.participant(item.author)
    except ParticipantNotFound:
        pass
    else:
        name, delegation, delegation_name = author.name, author.delegation.id, author.delegation.name
    return SetAsideBody(
        number=item.number,
        paragraph=item.paragraph,
        label=item.label,
        participant=item.author,
        name=name,
        delegation=delegation,
        delegation_name=delegation_name,
        at=iso(item.at),
        updated=iso(item.updated),
        reason=item.reason,
        runs=[RunBody(change=change, text=text) for change, text in item.runs],
        words=item.words,
        text=item.text,
        state=item.state,
    )
