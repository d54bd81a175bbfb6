"""Locks and statuses of paragraphs: ruled over HTTP, kept in the chapter, shown to all as they are ruled."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from auth.errors import AuthError, ParticipantNotFound
from auth.meeting import Meeting
from auth.people import Participant, Role
from auth.rules import Action, ParagraphState, StatusChange, decide, require
from documents import rulings
from documents.chapter import ChapterDocument
from documents.rooms import milliseconds
from documents.rulings import DRAFT, HEADINGS, MAX_LOCKS, MAX_REASON, MAX_RULINGS, MAX_TEXT, Lock, Person, Scope, Status
from server.http.guard import Caller, Reader, ServicesOf
from server.http.problems import Refusal, problems
from server.http.ruled import ActBody, LockBody, Present, StatusBody, lock_body, person_of, status_body
from server.http.texts import TextsOf
from server.rights import called, state_of
from server.services import Services

router = APIRouter(prefix="/api/chapters/{chapter}", tags=["rulings"])

T = TypeVar("T")
MAX_ID = 100
"""Characters in an id that somebody sends."""

Reason = Annotated[str, Query(max_length=MAX_REASON, description="Why, for the log.")]


class ParticipantRef(BaseModel):
    """One participant."""

    model_config = ConfigDict(extra="forbid")

    participant: str = Field(max_length=MAX_ID)


class DelegationRef(BaseModel):
    """Everybody of a delegation."""

    model_config = ConfigDict(extra="forbid")

    delegation: str = Field(max_length=MAX_ID)


class HeadingsLock(BaseModel):
    """For whom to lock the headings, why, and until when. What is left out is not kept from the lock before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The structure is approved"}]})

    holder: Annotated[str, Field(max_length=MAX_ID)] | ParticipantRef | DelegationRef | None = Field(
        None,
        alias="for",
        description="The id of a participant or, if there is none, of a delegation. Left out: whoever asks.",
    )
    reason: str = Field("", max_length=MAX_REASON)
    until: AwareDatetime | None = Field(None, description="The deadline, as ISO 8601 with its offset from UTC.")


class NewLock(HeadingsLock):
    """For whom to lock a paragraph or a section, why, and until when. What is left out is not kept from before."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"for": {"delegation": "egypt"}, "reason": "Redrafting", "until": "2030-05-15T18:00:00+02:00"}]
        }
    )

    scope: Literal["paragraph", "section"] = Field("paragraph", description="`section`: the heading and all below it.")


class NewStatus(BaseModel):
    """Which status, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "agreed", "reason": "Third reading"}]})

    status: Status
    reason: str = Field("", max_length=MAX_REASON)
    hash: str | None = Field(
        None,
        max_length=64,
        description="SHA-256 of the paragraph's text (UTF-8): set the status only if this is still its text.",
    )


class Log(BaseModel):
    """What was ruled in a chapter."""

    rulings: list[ActBody] = Field(description="Newest last.")


@router.put("/paragraphs/{paragraph}/lock", responses=problems(401, 403, 404, 409, 422, 503))
async def lock_paragraph(chapter: str, paragraph: str, new: NewLock, caller: Caller, services: ServicesOf) -> LockBody:
    """Lock a paragraph or section; renew or hand over a lock. It holds for every client when this answers."""
    return await _lock(services, chapter, caller.participant, paragraph, new.scope, new)


@router.put("/headings/lock", responses=problems(401, 403, 404, 409, 422, 503))
async def lock_headings(chapter: str, new: HeadingsLock, caller: Caller, services: ServicesOf) -> LockBody:
    """Lock all headings of a chapter; renew or hand over that lock. It holds for every client when this answers."""
    return await _lock(services, chapter, caller.participant, HEADINGS, "headings", new)


@router.delete("/paragraphs/{paragraph}/lock", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def release_paragraph(
    chapter: str, paragraph: str, caller: Caller, services: ServicesOf, reason: Reason = ""
) -> None:
    """Release a paragraph's or section's lock; the chair breaks that of another."""
    if paragraph == HEADINGS:
        raise _no_paragraph()
    await _release(services, chapter, caller.participant, paragraph, reason)


@router.delete("/headings/lock", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def release_headings(chapter: str, caller: Caller, services: ServicesOf, reason: Reason = "") -> None:
    """Release the headings' lock; the chair breaks that of another."""
    await _release(services, chapter, caller.participant, HEADINGS, reason)


@router.put("/paragraphs/{paragraph}/status", responses=problems(401, 403, 404, 409, 422, 503))
async def set_status(chapter: str, paragraph: str, new: NewStatus, caller: Caller, services: ServicesOf) -> StatusBody:
    """Set a paragraph's status on the text that it has now. `agreed` seals it: then only the chair may change it."""
    person = caller.participant
    access = services.meeting.access(chapter, person.id)
    require(person, Action.SET_STATUS, access, StatusChange(new.status, new.status))

    def act(document: ChapterDocument) -> rulings.Standing | None:
        text = rulings.text_of(document, paragraph)
        if text is None:
            raise _no_paragraph()
        known = rulings.standings(document).get(paragraph)
        change = StatusChange(known.status if known else DRAFT, new.status)
        require(person, Action.SET_STATUS, access, change)
        if new.hash is not None and rulings.text_hash(text) != new.hash.lower():
            raise Refusal(409, "text-changed", "the paragraph's text is not the one that was meant")
        if len(text) > MAX_TEXT:
            raise Refusal(422, "paragraph-too-long", f"a status can be set on at most {MAX_TEXT} characters")
        _check_room(document)
        return rulings.set_status(document, paragraph, new.status, person_of(person), _now(), _clean(new.reason))

    return status_body(await _rule(services, chapter, person, act))


@router.get(
    "/rulings",
    responses=problems(401, 403, 404, 422, 503),
    response_model_exclude_none=True,
)
async def list_rulings(
    chapter: str,
    _: Reader,
    texts: TextsOf,
    paragraph: Annotated[str, Query(max_length=MAX_ID, description="Only what was ruled on it.")] = "",
) -> Log:
    """All that was ruled: who locked, released or broke what, and who set which status, when and why."""
    acts = await texts.read(chapter, rulings.log)
    return Log(rulings=[ActBody.model_validate(act) for act in acts if paragraph in {"", act["paragraph"]}])


# What happens in the chapter's room


async def _lock(  # noqa: PLR0913, PLR0917 (two routes call it)
    services: Services, chapter: str, caller: Participant, key: str, scope: Scope, new: HeadingsLock
) -> LockBody:
    require(caller, Action.LOCK, services.meeting.access(chapter, caller.id))
    holder = _holder(services.meeting, caller, new.holder)
    wanted = Lock(key, scope, 0, person_of(caller), holder, _clean(new.reason), "", _deadline(new.until))

    def act(document: ChapterDocument) -> Lock:
        return _take(document, caller, replace(wanted, at=_now(), paragraphs=_section(document, key, scope)))

    lock = await _rule(services, chapter, caller, act)
    services.connections.recheck()  # a holder may write now where all else is with others
    return lock_body(lock, Present.of(services.rooms.find(chapter)))


def _take(document: ChapterDocument, caller: Participant, wanted: Lock) -> Lock:
    """Take, renew or hand over; the chair breaks what of others is in the way. Raises `Refusal`, nothing written."""
    others = [lock for lock in _in_the_way(document, wanted) if lock.by.participant != caller.id]
    for lock in others:
        if not decide(caller, Action.CHANGE_LOCK, state=state_of(lock)).allowed:
            raise _locked(lock)
    _check_room(document, wanted.paragraph)
    for lock in others:
        if lock.paragraph in {wanted.paragraph, *wanted.paragraphs}:  # a wider one goes on around it
            rulings.drop_lock(document, lock.paragraph, wanted.by, "break", wanted.reason, wanted.at)
    old = rulings.locks(document).get(wanted.paragraph)
    if old is None:
        return rulings.put_lock(document, wanted, "lock")
    if old.scope != wanted.scope:
        rulings.drop_lock(document, old.paragraph, wanted.by, "release", wanted.reason, wanted.at)
        return rulings.put_lock(document, wanted, "lock")
    act: Literal["renew", "hand-over"] = "renew" if old.holder == wanted.holder else "hand-over"
    return rulings.put_lock(document, replace(wanted, number=old.number), act)


def _in_the_way(document: ChapterDocument, wanted: Lock) -> list[Lock]:
    """The locks that hold what shall be locked."""
    held = rulings.holding(document)
    found = [rulings.locks(document).get(wanted.paragraph), *map(held.get, wanted.paragraphs)]
    if wanted.scope == "paragraph":
        found.append(
            rulings.lock_on(document, wanted.paragraph, heading=rulings.is_heading(document, wanted.paragraph))
        )
    return list(dict.fromkeys(lock for lock in found if lock is not None))


def _section(document: ChapterDocument, key: str, scope: Scope) -> tuple[str, ...]:
    if scope != "headings" and not document.has_paragraph(key):
        raise _no_paragraph()
    members = tuple(rulings.section_members(document, key)) if scope == "section" else ()
    if scope == "section" and not members:
        raise Refusal(422, "not-a-heading", "a section is locked by its heading")
    return members


async def _release(services: Services, chapter: str, caller: Participant, key: str, reason: str) -> None:
    access = services.meeting.access(chapter, caller.id)
    require(caller, Action.CHANGE_LOCK, access, ParagraphState(taken_by=caller.id))

    def act(document: ChapterDocument) -> None:
        lock = rulings.locks(document).get(key)
        if lock is None:
            if key != HEADINGS and not document.has_paragraph(key):
                raise _no_paragraph()
            raise Refusal(404, "not-locked", "it is not locked, or only with its section or all headings")
        require(caller, Action.CHANGE_LOCK, access, state_of(lock))
        how: Literal["release", "break"] = "release" if lock.by.participant == caller.id else "break"
        rulings.drop_lock(document, key, person_of(caller), how, _clean(reason), _now())

    await _rule(services, chapter, caller, act)
    services.connections.recheck()


async def _rule(services: Services, chapter: str, author: Participant, act: Callable[[ChapterDocument], T]) -> T:
    """Look and rule in one step of the room. What `act` raises is raised here: it must not have written then."""
    done: list[T] = []
    refused: list[AuthError | Refusal] = []

    def change(document: ChapterDocument) -> None:
        try:
            done.append(act(document))
        except (AuthError, Refusal) as error:
            refused.append(error)

    room = await services.rooms.open(chapter)
    await room.write(author.id, change)  # asked for before anything else happens: the room can't be evicted in between
    if refused:
        raise refused[0]
    return done[0]


# What was sent


def _holder(meeting: Meeting, caller: Participant, said: str | ParticipantRef | DelegationRef | None) -> Person:
    """Raises `Refusal` for nobody, and for who may never write."""
    if said is None:
        return replace(person_of(caller), role="")
    if isinstance(said, DelegationRef):
        return _delegation(meeting, said.delegation)
    named = said.participant if isinstance(said, ParticipantRef) else said
    try:
        found = meeting.participant(named)
    except ParticipantNotFound:
        if isinstance(said, str):
            return _delegation(meeting, said)
        raise Refusal(422, "holder-not-found", "there is no such participant") from None
    if not found.active or found.role is Role.OBSERVER:
        raise Refusal(422, "holder-cannot-write", "an observer, or who is no longer active, can't hold a lock")
    return replace(person_of(found), role="")


def _delegation(meeting: Meeting, wanted: str) -> Person:
    for delegation in meeting.delegations():
        if delegation.id == wanted:
            return Person("", "", delegation.id, delegation.name)
    raise Refusal(422, "holder-not-found", "there is no such participant or delegation")


def _deadline(until: datetime | None) -> str:
    """Raises `Refusal` for what has passed, or can't be a time in UTC."""
    if until is None:
        return ""
    try:
        at = until.astimezone(UTC)
    except OverflowError:
        raise Refusal(422, "until-invalid", "the deadline can't be told in UTC") from None
    if at <= datetime.now(UTC):
        raise Refusal(422, "until-passed", "the deadline has passed already")
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _clean(reason: str) -> str:
    """Every run of white space as one space."""
    return " ".join(reason.split())


def _now() -> str:
    return rulings.iso(milliseconds())


def _check_room(document: ChapterDocument, key: str | None = None) -> None:
    if not rulings.has_room(document, key):
        text = f"a chapter holds at most {MAX_LOCKS} locks, and its log {MAX_RULINGS} acts"
        raise Refusal(409, "limit-reached", text)


def _no_paragraph() -> Refusal:
    return Refusal(404, "paragraph-not-found", "there is no such paragraph in the chapter")


def _locked(lock: Lock) -> Refusal:
    reason = f": {lock.reason}" if lock.reason else ""
    return Refusal(409, "locked", f"{lock.by.name} has locked it for {called(lock.holder)}{reason}")
