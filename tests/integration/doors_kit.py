"""Chapters in every state that the table of rights knows, for one participant, and that state as the table asks for it.

Each chapter has four sections: `plain`, which no group names; `mine`, which the participant's group names, with `inner`
in it; and `theirs`, which another group names. Each section has a paragraph for everything that may be ruled on one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from auth.meeting import Meeting
from auth.people import BreakoutGroup, Participant
from auth.rules import Action, ChapterAccess, ParagraphState, decide
from documents.chapter import ChapterDocument
from documents.gavel.rulings import Lock, Person, put_lock, set_status
from documents.model import Chapter
from documents.rooms import Rooms
from documents.versions.versions import Version, add_version

ROLES = ("chair", "vice-chair", "secretariat", "egypt", "observer")
"""A participant of each role."""
OTHER = Person("acme", "Søren Halkjær", "acme-networks", "Acme Networks", "delegate")
"""Somebody else, of another delegation."""
KINDS = ("open", "mine", "theirs", "closed")
"""With whom a chapter is: with nobody; with the participant's group, or another, but for the sections that groups name;
with another group as a whole."""
SECTIONS = {"plain": 2, "mine": 2, "inner": 3, "theirs": 2}
"""With the levels of their headings."""
AT = "2026-03-02T10:00:00.000Z"
VERSION = "First reading"
"""A version that each chapter has."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """What is ruled on a paragraph."""

    holder: str = ""
    """For whom it is locked: `me`, `delegation` (mine), `colleague` (another of mine), `other`; empty: it is not."""
    by_me: bool = False
    """Who locked it: the participant, or the other."""
    sealed: bool = False


RULED = {
    "free": Ruled(),
    "mine": Ruled("me"),
    "mine-by-me": Ruled("me", by_me=True),
    "delegation": Ruled("delegation"),
    "colleague": Ruled("colleague"),
    "other": Ruled("other"),
    "other-by-me": Ruled("other", by_me=True),
    "sealed": Ruled(sealed=True),
    "sealed-mine": Ruled("me", sealed=True),
    "sealed-other": Ruled("other", sealed=True),
}


OPEN_RULED = {name: ruled for name, ruled in RULED.items() if not ruled.sealed}


def state(me: Participant, ruled: Ruled) -> ParagraphState:
    """For the table of rights."""
    home = me.delegation.id
    holder = {
        "": ("", ""),
        "me": (me.id, home),
        "delegation": ("", home),
        "colleague": ("colleague", home),
        "other": ("acme", "acme-networks"),
    }
    participant, delegation = holder[ruled.holder]
    taken_by = me.id if ruled.by_me else "acme"
    return ParagraphState(
        locked=bool(ruled.holder),
        holder_participant=participant,
        holder_delegation=delegation,
        sealed=ruled.sealed,
        taken_by=taken_by if ruled.holder else "",
    )


def access(chapter: str, kind: str, section: str) -> ChapterAccess:
    """What the groups of `groups` say, for the table of rights."""
    if kind != "closed" and section in {"mine", "inner"}:
        return ChapterAccess(chapter, named=True, member=True, section="mine")
    if kind != "closed" and section == "theirs":
        return ChapterAccess(chapter, named=True, member=False, section="theirs")
    return ChapterAccess(chapter, named=kind != "open", member=kind == "mine")


def groups(chapter: str, kind: str, me: Participant) -> Iterator[BreakoutGroup]:
    """That make a chapter of this kind."""
    mine, theirs = frozenset({me.id}), frozenset({"acme"})
    if kind != "open":
        members = mine if kind == "mine" else theirs
        yield BreakoutGroup(f"{chapter}-all", "All of it", members, frozenset({chapter}))
    if kind != "closed":
        yield BreakoutGroup(f"{chapter}-mine", "Mine", mine, sections=frozenset({(chapter, "mine")}))
        yield BreakoutGroup(f"{chapter}-theirs", "Theirs", theirs, sections=frozenset({(chapter, "theirs")}))


def paragraphs() -> Iterator[tuple[str, str, str]]:
    """Each paragraph's id, its section, and the name of what is ruled on it, in the order of the text."""
    for section in SECTIONS:
        for name in RULED:
            yield f"{section}-{name}", section, name


def may_edit(me: Participant, chapter: str, kind: str) -> dict[str, bool]:
    """What the table says of each paragraph."""
    return {
        paragraph: decide(me, Action.EDIT, access(chapter, kind, section), state(me, RULED[name])).allowed
        for paragraph, section, name in paragraphs()
    }


async def make_chapter(meeting: Meeting, rooms: Rooms, chapter: str, kind: str, me: Participant) -> None:
    """Make a chapter of this kind for somebody."""

    def fill(document: ChapterDocument) -> None:
        for section, level in SECTIONS.items():
            document.append("heading", {"id": section, "label": "", "level": level}, section)
            for name in RULED:
                paragraph = f"{section}-{name}"
                document.append("paragraph", {"id": paragraph, "label": ""}, f"{paragraph}:")

    def rule(document: ChapterDocument) -> None:
        for paragraph, _, name in paragraphs():
            ruled = RULED[name]
            if ruled.sealed:
                set_status(document, paragraph, "agreed", OTHER, AT, "")
            if ruled.holder:
                put_lock(document, lock(me, paragraph, ruled), "lock")
        add_version(document, Version(VERSION, 1, AT, "chair"))

    await rooms.create(Chapter(chapter, chapter, 0, "chair"), "chair", fill)
    await (await rooms.open(chapter)).write("chair", rule)
    for group in groups(chapter, kind, me):
        await meeting.put_group(group)


WIDE = ("s", "s-1", "t", "t-1")
"""The paragraphs of a chapter with wide locks: the section `s`, which is locked, and the section `t`, which is not."""


async def make_wide(rooms: Rooms, chapter: str, ruled: Ruled, me: Participant) -> None:
    """Make a chapter in which the section `s`, and all headings, are locked so."""

    def fill(document: ChapterDocument) -> None:
        for paragraph in WIDE:
            tag = "paragraph" if paragraph.endswith("1") else "heading"
            document.append(tag, {"id": paragraph, "label": ""}, f"{paragraph}:")

    def rule(document: ChapterDocument) -> None:
        if ruled.holder:
            put_lock(document, lock(me, "*", ruled), "lock")
            put_lock(document, replace(lock(me, "s", ruled), scope="section", paragraphs=WIDE[:2]), "lock")

    await rooms.create(Chapter(chapter, chapter, 0, "chair"), "chair", fill)
    await (await rooms.open(chapter)).write("chair", rule)


def lock(me: Participant, key: str, ruled: Ruled) -> Lock:
    """As the document holds it."""
    home = me.delegation
    mine = Person(me.id, me.name, home.id, home.name)
    holder = {
        "me": mine,
        "delegation": Person("", "", home.id, home.name),
        "colleague": Person("colleague", "A colleague", home.id, home.name),
        "other": Person(OTHER.participant, OTHER.name, OTHER.delegation, OTHER.delegation_name),
    }[ruled.holder]
    by = Person(me.id, me.name, home.id, home.name, me.role) if ruled.by_me else OTHER
    return Lock(key, "headings" if key == "*" else "paragraph", 0, by, holder, "", AT, "")
