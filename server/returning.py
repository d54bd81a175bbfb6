"""A file that comes back to its chapter: read, held against what it was made of, and merged by who brings it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from auth.errors import Forbidden
from auth.meeting import Meeting
from auth.people import Delegation, Participant
from auth.rules import Action, require
from documents.authorship.runs import Byline, Tag, person
from documents.chapter import ChapterDocument
from documents.formats.debris import without_controls
from documents.formats.papers.wordml import SERVER_NAME, bookmark, writable
from documents.formats.word.returned import returned
from documents.gavel.rulings import iso
from documents.incoming.bringing import Bringer, OtherChapter, barred_behind, barred_for, bring
from documents.incoming.comparing import Held, Past, compare
from documents.incoming.differences import Difference, Kind, Plan
from documents.incoming.draft import Draft
from documents.incoming.merging import Ground, past, plan
from documents.incoming.returned import Returned, from_draft
from documents.model import ChapterId
from documents.redline.base import Base, Bases
from documents.room import Room
from documents.rooms import Rooms, milliseconds
from server.contributors import Noted, People, contributors, plain_name
from server.importing import AuthorInvalid, Brought, read_content, said
from server.rights import rights_in
from server.stamp import stamp_of

_SPACES: Final = str.maketrans("\t\n", "  ")


@dataclass(frozen=True, slots=True)
class Read:
    """A file as it was read."""

    file: Returned
    authors: tuple[tuple[str, str], ...]
    """Who changed or commented anything, as the file spells them, and for which delegation the secretariat says that
    they stand; empty for whoever brings the file."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of a file, or would."""

    chapter: ChapterId
    kept: bool
    plan: Plan
    differences: tuple[Difference, ...]
    read: Read


@dataclass(frozen=True, slots=True)
class Desk:
    """Where files are brought."""

    meeting: Meeting
    rooms: Rooms
    bases: Bases
    apart: Callable[..., Awaitable[object]]
    """Calls what takes long with what strangers wrote, with its arguments."""


def read_back(brought: Brought, people: People, given: Sequence[str], known: frozenset[str]) -> Read:
    """Read a file. `known` are the names of those whose changes the chapter has already.

    Raises `WordRefused`, `DraftInvalid`, `UnicodeDecodeError`, `AuthorInvalid`.
    """
    found = read_content(brought.content, brought.name)
    if isinstance(found, Draft):
        if given:
            raise AuthorInvalid("a plain text has no authors of changes, of whom it could be said who they are")
        return Read(from_draft(found), ())
    names = dict(said(one, found, people) for one in given)
    file = returned(found, lambda name: names.get(plain_name(name), ""), lambda name: plain_name(name) in known)
    return Read(file, tuple((name, names.get(plain_name(name), "")) for name in found.authors if name != SERVER_NAME))


def held_against(file: Returned, then: Sequence[Past], kind: Kind) -> dict[int, Held]:
    """See `documents.incoming.comparing.compare`."""
    return compare(file, then, kind, bookmark)


async def take_back(  # noqa: PLR0913 (what is asked)
    desk: Desk, chapter: ChapterId, brings: Participant, brought: Brought, given: Sequence[str] = (), *, keep: bool
) -> Merged:
    """Merge a file into the live chapter as the contribution of who brings it; without `keep`, only say what would be.

    `given` says whose the changes by an author in the file are, ``"NAME=DELEGATION"``, which only those may who import
    chapters. Raises `Forbidden`, `AuthorInvalid`, `OtherChapter`, `WordRefused`, `DraftInvalid`, `UnicodeDecodeError`,
    and as `Rooms.open` and `documents.incoming.bringing.bring`.
    """
    room = await desk.rooms.open(chapter)
    _bringer(desk.meeting, room, brings)
    if given:
        require(brings, Action.IMPORT_CHAPTER)
    known = frozenset(_known(await room.read(ChapterDocument.bylines), brings))
    read = await desk.apart(read_back, brought, Noted.of(desk.meeting), tuple(given), known)
    assert isinstance(read, Read)  # noqa: S101 (it is what it gives)
    file = read.file
    if file.chapter not in {"", chapter}:
        raise OtherChapter(file.chapter)
    # What comes twice at once must be there already for the second: so one is kept at a time.
    async with desk.rooms.turn(chapter) if keep else nullcontext():
        room = await desk.rooms.open(chapter)
        who = _bringer(desk.meeting, room, brings)
        others = _others(desk.meeting, who, {name for _, name in read.authors if name})
        mine = _mine(await room.read(ChapterDocument.bylines), brings, others)
        found = await _planned(desk, chapter, file, who, mine)
        differences = found.differences
        if keep:
            room = await desk.rooms.open(chapter)
            differences = await bring(room, found, who, others, iso(milliseconds()))
    return Merged(chapter, keep, found, differences, read)


async def _planned(desk: Desk, chapter: ChapterId, file: Returned, who: Bringer, mine: Callable[[Tag], bool]) -> Plan:
    """What is to be done with a file, by what the chapter is now."""
    kind, base = await _base(desk, chapter, file)
    cards = await _aside(desk, chapter, who)
    spell = _spell_exactly if file.exact else _spell

    def ground(document: ChapterDocument) -> Ground:
        return Ground(
            kind, base, mine,
            lambda item: barred_for(document, who, item),
            lambda item, heading: barred_behind(document, who, item, heading=heading),
            spell, cards,
        )  # fmt: skip

    # It takes a while, so it is done on a copy and nobody waits; the edits merge with what is written meanwhile.
    document = await asyncio.to_thread(ChapterDocument.recover, await desk.rooms.storage.recover(chapter))
    then = await asyncio.to_thread(past, document, ground(document))
    held = await desk.apart(held_against, file, then, kind)
    assert isinstance(held, dict)  # noqa: S101 (it is what it gives)
    found = await asyncio.to_thread(plan, document, file, held, ground(document))
    await asyncio.to_thread(document.discard)
    return found


async def _base(desk: Desk, chapter: ChapterId, file: Returned) -> tuple[Kind, Base]:
    """Against which text a file is held."""
    room = await desk.rooms.open(chapter)
    seq = await room.read(lambda _: room.seq)
    kind: Kind = "tracked" if file.tracked else "chapter"
    if 0 < file.seq <= seq and file.chapter == chapter:
        seq, kind = file.seq, "version"
    return kind, await desk.bases.at(chapter, seq)


async def _aside(desk: Desk, chapter: ChapterId, who: Bringer) -> dict[str, frozenset[str]]:
    """How paragraphs would read by what was set aside of somebody and waits for them."""
    found: dict[str, set[str]] = {}
    for card in await desk.rooms.storage.set_aside(chapter, who.author):
        if card.state == "kept":
            found.setdefault(card.paragraph, set()).add(card.text)
    return {paragraph: frozenset(texts) for paragraph, texts in found.items()}


def _bringer(meeting: Meeting, room: Room, brings: Participant) -> Bringer:
    """Raises `Forbidden`."""
    rights = rights_in(meeting, room.chapter.id, brings, room.locks)
    if rights.denial is not None:
        raise Forbidden(Action.WRITE, rights.denial.text)
    stamp = stamp_of(brings, meeting.delegation_number(brings.delegation.id))
    return Bringer(brings.id, stamp, rights.denial, rights.bar, rights.by_section)


def _others(meeting: Meeting, who: Bringer, names: set[str]) -> dict[str, Bringer]:
    """Those of whom the secretariat says what is theirs: under tags of their own, with the rights of who brings it."""
    find = contributors(meeting)
    found: dict[str, Bringer] = {}
    for one in meeting.delegations():
        if one.name in names:
            found[one.name] = Bringer(_tag(one), {}, None, who.bar, who.by_section, find(one.name))
    return found


def _tag(delegation: Delegation) -> str:
    return f"@{delegation.id}"


def _known(bylines: Mapping[Tag, Byline], brings: Participant) -> set[str]:
    """The names under which our own files sign what is in the chapter, those of who brings this file aside."""
    names = {name for one in bylines.values() for name in (one.delegation_name, one.name)}
    own = {plain_name(brings.name), plain_name(brings.delegation.name)}
    return ({plain_name(name) for name in names} | {plain_name(SERVER_NAME)}) - own - {""}


def _mine(bylines: Mapping[Tag, Byline], brings: Participant, others: Mapping[str, Bringer]) -> Callable[[Tag], bool]:
    delegations = {brings.delegation.id, *(one.byline.delegation for one in others.values() if one.byline)} - {""}

    def mine(tag: Tag) -> bool:
        known = bylines.get(tag)
        return person(tag) == brings.id or (known is not None and known.delegation in delegations)

    return mine


def _spell_exactly(letter: str) -> str:
    return without_controls(writable(letter))[0]


def _spell(letter: str) -> str:
    return _spell_exactly(letter).translate(_SPACES)
