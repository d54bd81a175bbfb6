"""The paragraphs of a chapter, what is ruled on each, and what whoever asks may do with them."""

import asyncio
from collections import Counter
from collections.abc import Mapping

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from auth.people import Participant
from auth.rules import Action, ChapterAccess, decide
from documents.chapter import ChapterDocument
from documents.gavel.rulings import DRAFT, HEADINGS, STATUS, Item, Lock, Standing, lock_on, locks, standings, texts
from documents.outline import HEADING
from server.http.guard import NOT_KEPT, Reader, ServicesOf
from server.http.problems import problems
from server.http.ruled import LockBody, Present, StatusBody, lock_body, status_body
from server.http.texts import TextsOf
from server.rights import state_of

router = APIRouter(prefix="/api/chapters/{chapter}/paragraphs", tags=["rulings"])


class ParagraphBody(BaseModel):
    """A paragraph or heading as it reads now, and what is ruled on it."""

    id: str = Field(description="Stable: it stays when the paragraph is renumbered or moved.")
    label: str = Field(description="Literal, such as `12 bis`; empty when there is none.")
    kind: str = Field(description="`paragraph`, `heading`, or what another editor made.")
    text: str = Field(description="To the character; what is embedded counts as a space.")
    section: str = Field(
        description="The id of the heading it stands under; its own for a heading; empty before the first."
    )
    lock: LockBody | None = Field(description="The lock that holds it: its own, the headings' or its section's.")
    status: StatusBody
    sealed: bool = Field(description="Whether it is agreed, so that only the chair may change it.")
    may_edit: bool = Field(description="Whether whoever asks may change it now.")


class Counts(BaseModel):
    """How many paragraphs have each status, headings not among them."""

    draft: int
    bracketed: int
    agreed_in_group: int = Field(alias="agreed in group")
    agreed_ad_referendum: int = Field(alias="agreed ad referendum")
    agreed: int
    not_discussed: int = Field(alias="not discussed")
    no_agreement: int = Field(alias="no agreement")


class ParagraphList(BaseModel):
    """All of a chapter, in order."""

    paragraphs: list[ParagraphBody]
    counts: Counts
    headings_lock: LockBody | None = Field(description="The lock of all headings.")


Ruled = tuple[Item, str, Lock | None, Standing | None]
"""A paragraph, what it says, and what is ruled on it."""


@router.get("", response_model=ParagraphList, responses=problems(401, 403, 404, 422, 503))
async def list_paragraphs(chapter: str, reader: Reader, texts: TextsOf, services: ServicesOf) -> Response:
    """The text as it is committed to disk, with the ids and labels of its paragraphs, and what is ruled on each."""
    ruled, headings = await texts.read(chapter, _look)
    person, present = reader.participant, Present.of(services.rooms.find(chapter))
    everywhere = {item.sections for item, *_ in ruled}
    access = {sections: services.meeting.access(chapter, person.id, *sections) for sections in everywhere}

    def body() -> bytes:
        counts = Counter(_status(standing) for item, _, _, standing in ruled if item.kind != HEADING)
        found = ParagraphList(
            paragraphs=[_body(one, person, access[one[0].sections], present) for one in ruled],
            counts=Counts.model_validate({status: counts[status] for status in STATUS}),
            headings_lock=None if headings is None else lock_body(headings, present),
        )
        return found.model_dump_json(by_alias=True).encode()

    # In a thread: ten thousand paragraphs take a fifth of a second.
    return Response(await asyncio.to_thread(body), headers=NOT_KEPT, media_type="application/json")


def _look(document: ChapterDocument) -> tuple[list[Ruled], Lock | None]:
    statuses: Mapping[str, Standing] = standings(document)
    ruled = [
        (item, text, lock_on(document, item.paragraph, heading=item.kind == HEADING), statuses.get(item.paragraph))
        for item, text in texts(document)
    ]
    return ruled, locks(document).get(HEADINGS)


def _body(ruled: Ruled, person: Participant, access: ChapterAccess, present: Present) -> ParagraphBody:
    item, text, lock, standing = ruled
    sealed = standing is not None and standing.sealed
    return ParagraphBody(
        id=item.paragraph,
        label=item.label,
        kind=item.kind,
        text=text,
        section=item.sections[0] if item.sections else "",
        lock=None if lock is None else lock_body(lock, present),
        status=status_body(standing),
        sealed=sealed,
        may_edit=decide(person, Action.EDIT, access, state_of(lock, sealed=sealed)).allowed,
    )


def _status(standing: Standing | None) -> str:
    return DRAFT if standing is None else standing.status
