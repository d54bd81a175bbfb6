"""The paragraphs of a chapter, what is ruled on each, and what whoever asks may do with them."""

from collections import Counter
from collections.abc import Mapping
from functools import cache

from fastapi import APIRouter
from pydantic import BaseModel, Field

from auth.people import Participant
from auth.rules import Action, decide
from documents.chapter import ChapterDocument
from documents.outline import HEADING
from documents.rulings import DRAFT, HEADINGS, STATUS, Item, Lock, Standing, lock_on, locks, standings, texts
from server.http.guard import Reader, ServicesOf
from server.http.problems import problems
from server.http.ruled import LockBody, Present, StatusBody, lock_body, status_body
from server.http.texts import TextsOf
from server.rights import state_of
from server.services import Services

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


@router.get("", responses=problems(401, 403, 404, 422, 503))
async def list_paragraphs(chapter: str, reader: Reader, texts: TextsOf, services: ServicesOf) -> ParagraphList:
    """The text as it is committed to disk, with the ids and labels of its paragraphs, and what is ruled on each."""
    ruled, headings = await texts.read(chapter, _look)
    present = Present.of(services.rooms.find(chapter))
    counts = Counter(_status(standing) for item, _, _, standing in ruled if item.kind != HEADING)
    return ParagraphList(
        paragraphs=_bodies(services, chapter, reader.participant, ruled, present),
        counts=Counts.model_validate({status: counts[status] for status in STATUS}),
        headings_lock=None if headings is None else lock_body(headings, present),
    )


def _look(document: ChapterDocument) -> tuple[list[Ruled], Lock | None]:
    statuses: Mapping[str, Standing] = standings(document)
    ruled = [
        (item, text, lock_on(document, item.paragraph, heading=item.kind == HEADING), statuses.get(item.paragraph))
        for item, text in texts(document)
    ]
    return ruled, locks(document).get(HEADINGS)


def _bodies(
    services: Services, chapter: str, person: Participant, ruled: list[Ruled], present: Present
) -> list[ParagraphBody]:
    access = cache(lambda *sections: services.meeting.access(chapter, person.id, *sections))
    bodies = []
    for item, text, lock, standing in ruled:
        sealed = standing is not None and standing.sealed
        state = state_of(lock, sealed=sealed)
        bodies.append(
            ParagraphBody(
                id=item.paragraph,
                label=item.label,
                kind=item.kind,
                text=text,
                section=item.sections[0] if item.sections else "",
                lock=None if lock is None else lock_body(lock, present),
                status=status_body(standing),
                sealed=sealed,
                may_edit=decide(person, Action.EDIT, access(*item.sections), state).allowed,
            )
        )
    return bodies


def _status(standing: Standing | None) -> str:
    return DRAFT if standing is None else standing.status
