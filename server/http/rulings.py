"""Locks and statuses of paragraphs: ruled over HTTP, kept in the chapter, shown to all as they are ruled."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from auth.errors import AuthError
from auth.people import Participant
from auth.rules import Action, ParagraphState, StatusChange, decide, require
from documents.chapter import ChapterDocument
from documents.gavel import rulings
from documents.gavel.rulings import DRAFT, HEADINGS, MAX_LOCKS, MAX_REASON, MAX_RULINGS, MAX_TEXT, Lock, Scope
from documents.rooms import milliseconds
from server.http.guard import Caller, Reader, ServicesOf
from server.http.problems import Refusal, problems
from server.http.ruled import ActBody, LockBody, Present, StatusBody, lock_body, person_of, status_body
from server.http.ruling_requests import MAX_ID, HeadingsLock, NewLock, NewStatus, clean, deadline, holder_of
from server.http.texts import TextsOf
from server.rights import called, state_of
from server.services import Services

router = APIRouter(prefix="/api/chapters/{chapter}", tags=["rulings"])

T = TypeVar("T")
Reason = Annotated[str, Query(max_length=MAX_REASON, description="Why, for the log.")]


class Log(BaseModel):
    """What was ruled in a chapter."""

    rulings: list[ActBody] = Field(description="Newest last.")


@router.put("/paragraphs/{paragraph}/lock", responses=problems(401, 403, 404, 409, 422, 503))
async def lock_paragraph(
    chapter: str, paragraph: str, caller: Caller, services: ServicesOf, new: NewLock | None = None
) -> LockBody:
    """Lock a paragraph or section; renew or hand over a lock. It holds for every client when this answers."""
    new = new or NewLock()
    return await _lock(services, chapter, caller.participant, paragraph, new.scope, new)


@router.put("/headings/lock", responses=problems(401, 403, 404, 409, 422, 503))
async def lock_headings(
    chapter: str, caller: Caller, services: ServicesOf, new: HeadingsLock | None = None
) -> LockBody:
    """Lock all headings of a chapter; renew or hand over that lock. It holds for every client when this answers."""
    return await _lock(services, chapter, caller.participant, HEADINGS, "headings", new or HeadingsLock())


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
        return rulings.set_status(document, paragraph, new.status, person_of(person), _now(), clean(new.reason))

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
    holder = holder_of(services.meeting, caller, new.holder)
    wanted = Lock(key, scope, 0, person_of(caller), holder, clean(new.reason), "", deadline(new.until))

    def act(document: ChapterDocument) -> Lock:
        return _take(document, caller, replace(wanted, at=_now(), paragraphs=_section(document, key, scope)))

    lock = await _rule(services, chapter, caller, act)
    services.connections.recheck()  # a holder may write now where all else is with others
    return lock_body(lock, Present.of(services.rooms.find(chapter)))


def _take(document: ChapterDocument, caller: Participant, wanted: Lock) -> Lock:
    """Take, renew or hand over. Raises `Refusal` with nothing written."""
    old = rulings.locks(document).get(wanted.paragraph)
    if old is not None and old.scope == wanted.scope and old.by.participant == caller.id:
        _check_room(document, wanted.paragraph)
        same = (old.holder.participant, old.holder.delegation) == (wanted.holder.participant, wanted.holder.delegation)
        return rulings.put_lock(document, replace(wanted, number=old.number), "renew" if same else "hand-over")
    others = [lock for lock in _in_the_way(document, wanted) if lock.by.participant != caller.id]
    for lock in others:
        if not decide(caller, Action.CHANGE_LOCK, state=state_of(lock)).allowed:
            raise _locked(lock)
    _check_room(document, wanted.paragraph)
    for lock in others:
        if lock.paragraph in {wanted.paragraph, *wanted.paragraphs}:  # a wider one goes on around it
            rulings.drop_lock(document, lock.paragraph, wanted.by, "break", wanted.reason, wanted.at)
    if old is not None and old not in others:
        rulings.drop_lock(document, old.paragraph, wanted.by, "release", "", wanted.at)  # of another scope
    return rulings.put_lock(document, wanted, "lock")


def _in_the_way(document: ChapterDocument, wanted: Lock) -> list[Lock]:
    """The locks that hold what shall be locked."""
    held = rulings.holding(document)
    key = wanted.paragraph
    found = [rulings.locks(document).get(key), *map(held.get, wanted.paragraphs)]
    if wanted.scope == "paragraph":
        found.append(rulings.lock_on(document, key, heading=rulings.is_heading(document, key)))
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
        rulings.drop_lock(document, key, person_of(caller), how, clean(reason), _now())

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
