"""What was ruled on paragraphs: locks, statuses, and the log of both. They stand in roots of the document that the
server alone writes, so every client knows them.

What is read here is read from the document once, the first time, and kept: all that changes these roots later goes
through this module. Whatever changes them is called within `ChapterDocument.write`, and raises nothing.

Bounds: a reason has at most `MAX_REASON` characters, a chapter at most `MAX_LOCKS` locks. The log is never cut. Once it
holds `MAX_RULINGS` acts, no lock is taken, renewed or handed over and no status set any more; what ends a lock or voids
an agreement is still logged. Each of these needs an act that began it, so the log holds less than twice as many.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, Literal, get_args
from weakref import WeakKeyDictionary

from pycrdt import XmlElement, XmlFragment, XmlText

from documents.authorship.runs import person
from documents.chapter import LOCKS, RULINGS, STATUSES, ChapterDocument
from documents.crdt.ranges import RangeSet
from documents.model import AuthorId
from documents.outline import HEADING, Top

HEADINGS: Final = "*"
"""In place of a paragraph's id: all headings of the chapter."""

Scope = Literal["paragraph", "section", "headings"]
Act = Literal["lock", "renew", "hand-over", "release", "break", "status", "void", "restore"]
Status = Literal[
    "draft", "bracketed", "agreed in group", "agreed ad referendum", "agreed", "not discussed", "no agreement"
]
STATUS: Final[tuple[Status, ...]] = get_args(Status)
DRAFT: Final[Status] = "draft"
"""The status of a paragraph for which none was set."""
SEALING: Final[Status] = "agreed"
"""The one status under which only the chair may change the text."""
AGREED: Final = frozenset(("agreed in group", "agreed ad referendum", "agreed"))
"""Statuses that a change of the text voids."""

MAX_REASON: Final = 500
MAX_LOCKS: Final = 2_000
MAX_RULINGS: Final = 10_000
MAX_TEXT: Final = 100_000
"""Characters of a paragraph that a status can be set on: its text is kept with it."""


@dataclass(frozen=True, slots=True)
class Person:
    """A participant, as they were when they ruled; without a participant, everybody of the delegation."""

    participant: str
    name: str
    delegation: str
    delegation_name: str
    role: str = ""

    def to_map(self) -> dict[str, str]:
        """As it stands in the document."""
        return asdict(self)

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> "Person":
        """From what stands in the document."""
        fields = ("participant", "name", "delegation", "delegation_name", "role")
        return cls(*(str(value.get(field, "")) for field in fields))


@dataclass(frozen=True, slots=True)
class Lock:
    """Who alone may change what. It stays until it is released or broken, also when `until` has passed."""

    paragraph: str
    """The paragraph's id; of a section, its heading's; `HEADINGS` for all headings."""
    scope: Scope
    number: int
    """Of the act in the log by which it was taken; it stays when the lock is renewed or handed over."""
    by: Person
    """Who took it."""
    holder: Person
    """Who may write; with an empty `participant` everybody of the delegation."""
    reason: str
    at: str
    """When it became what it is, as ISO 8601 in UTC."""
    until: str
    """The deadline, as ISO 8601 in UTC; empty for none."""
    paragraphs: tuple[str, ...] = ()
    """Of a section: the ids that it had at `at`, its heading's first."""

    def to_map(self) -> dict[str, Any]:
        """As it stands in the document, under its key."""
        holder = self.holder.to_map()
        del holder["role"]
        return {
            "scope": self.scope,
            "number": self.number,
            "by": self.by.to_map(),
            "for": holder,
            "reason": self.reason,
            "at": self.at,
            "until": self.until,
            "paragraphs": list(self.paragraphs),
        }

    @classmethod
    def from_map(cls, paragraph: str, value: Mapping[str, Any]) -> "Lock":
        """From what stands in the document."""
        return cls(
            paragraph,
            value["scope"],
            int(value["number"]),
            Person.from_map(value["by"]),
            Person.from_map(value["for"]),
            value["reason"],
            value["at"],
            value["until"],
            tuple(value["paragraphs"]),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """The status of a paragraph, and the exact text that it was set on."""

    status: Status
    number: int
    """Of the act in the log that set it."""
    by: Person
    at: str
    text: str
    hash: str
    """See `text_hash`."""
    void: Mapping[str, str] | None = None
    """Once an agreed text was changed: `at`, and `by` whom (a participant's id)."""

    @property
    def sealed(self) -> bool:
        """Whether only the chair may change the text: also once it is void, until a status is set anew."""
        return self.status == SEALING

    def to_map(self) -> dict[str, Any]:
        """As it stands in the document, under the paragraph's id."""
        value = {
            "status": self.status,
            "number": self.number,
            "by": self.by.to_map(),
            "at": self.at,
            "text": self.text,
            "hash": self.hash,
        }
        return value if self.void is None else {**value, "void": dict(self.void)}

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> "Standing":
        """From what stands in the document."""
        by = Person.from_map(value["by"])
        said = (value["status"], int(value["number"]), by, value["at"], value["text"], value["hash"])
        return cls(*said, value.get("void"))


@dataclass(frozen=True, slots=True)
class Place:
    """What somebody wants to change."""

    paragraph: str
    """Its id; empty for a new one."""
    sections: tuple[str, ...]
    """The headings, by id, of the sections that it lies in, the innermost first; a heading's own first of all."""
    lock: Lock | None
    sealed: bool


Node = XmlElement | XmlFragment | XmlText

# What is known


class _Known:
    """What the three roots say."""

    __slots__ = ("holding", "locks", "log", "restored", "standings")

    def __init__(self, document: ChapterDocument) -> None:
        locks, standings = document.value(LOCKS), document.value(STATUSES)
        self.locks = {key: Lock.from_map(key, value) for key, value in locks.items()}
        self.standings = {key: Standing.from_map(value) for key, value in standings.items()}
        self.log = sorted(map(_act_from_map, document.value(RULINGS).values()), key=lambda act: int(act["n"]))
        self.holding: dict[str, Lock] | None = None
        self.restored = RangeSet()
        for act in self.log:
            if act["act"] == "restore" and act["start"] < act["end"]:
                self.restored.add(int(act["start"]), int(act["end"]))


_known_of: WeakKeyDictionary[ChapterDocument, _Known] = WeakKeyDictionary()


def _known(document: ChapterDocument) -> _Known:
    known = _known_of.get(document)
    if known is None:
        known = _known_of[document] = _Known(document)
    return known


def locks(document: ChapterDocument) -> Mapping[str, Lock]:
    """All locks, by paragraph. The same object as long as none changes."""
    return _known(document).locks


def holding(document: ChapterDocument) -> Mapping[str, Lock]:
    """Which lock holds each paragraph: its own, or else that of the smallest locked section around it.

    Of two as small it is the one that was taken later. The headings' lock is not among them; see `lock_on`. The same
    object as long as no lock changes.
    """
    known = _known(document)
    if known.holding is None:
        sections = [one for one in known.locks.values() if one.scope == "section"]
        sections.sort(key=lambda one: (-len(one.paragraphs), one.number))
        found = {paragraph: lock for lock in sections for paragraph in lock.paragraphs}
        own = {key: lock for key, lock in known.locks.items() if lock.scope == "paragraph"}
        known.holding = found | own
    return known.holding


def lock_on(document: ChapterDocument, paragraph: str, *, heading: bool) -> Lock | None:
    """The lock that holds a paragraph: its own; for a heading that of all headings; that of the smallest section."""
    lock = holding(document).get(paragraph)
    if heading and (lock is None or lock.scope == "section"):
        return locks(document).get(HEADINGS, lock)
    return lock


def standings(document: ChapterDocument) -> Mapping[str, Standing]:
    """The statuses that were set, by paragraph. The same object as long as none changes."""
    return _known(document).standings


def log(document: ChapterDocument) -> list[Mapping[str, Any]]:
    """All acts, oldest first. They never change."""
    return list(_known(document).log)


def has_room(document: ChapterDocument, paragraph: str | None = None) -> bool:
    """Whether one more lock or status may be ruled; with `paragraph`, a lock of it."""
    known = _known(document)
    more = paragraph is not None and paragraph not in known.locks
    return len(known.log) < MAX_RULINGS and (not more or len(known.locks) < MAX_LOCKS)


# Ruling


def put_lock(document: ChapterDocument, lock: Lock, act: Literal["lock", "renew", "hand-over"]) -> Lock:
    """Keep a lock in place of the one of its key, and log the act as its taker's, at its time.

    Returns it as it is kept: one of the number 0 gets the act's. Whether there is room has been asked before.
    """
    known = _known(document)
    kept = replace(lock, number=lock.number or _next(known))
    _log_lock(document, kept, act, kept.by, kept.reason, kept.at)
    document.maps[LOCKS][kept.paragraph] = kept.to_map()
    known.locks = {**known.locks, kept.paragraph: kept}
    known.holding = None
    return kept


def drop_lock(  # noqa: PLR0913, PLR0917 (what the log says of it)
    document: ChapterDocument, paragraph: str, by: Person, act: Literal["release", "break"], reason: str, at: str
) -> Lock | None:
    """Take a lock away, and log who did; returns what it was, None if there was none."""
    known = _known(document)
    lock = known.locks.get(paragraph)
    if lock is None:
        return None
    _log_lock(document, lock, act, by, reason, at)
    del document.maps[LOCKS][paragraph]
    known.locks = {key: one for key, one in known.locks.items() if key != paragraph}
    known.holding = None
    return lock


def set_status(  # noqa: PLR0913, PLR0917 (what the log says of it)
    document: ChapterDocument, paragraph: str, status: Status, by: Person, at: str, reason: str, *, void: bool = False
) -> Standing | None:
    """Set a paragraph's status, one of `STATUS`, on the text that it has now; returns what it is now.

    With `void`, an agreement on an earlier text, which is not known here (it counts as empty), and void since then.
    None, with nothing written, for a paragraph that is not there or too long, and when there is no room.
    """
    known, text = _known(document), text_of(document, paragraph)
    if text is None or len(text) > MAX_TEXT or not has_room(document):
        return None
    on = "" if void else text
    standing = Standing(status, _next(known), by, at, on, text_hash(on))
    _put_standing(document, paragraph, standing, "status", by, reason, at)
    if void:
        standing = replace(standing, void=MappingProxyType({"at": at, "by": by.participant}))
        _put_standing(document, paragraph, standing, "void", by, reason, at)
    return standing


def void(document: ChapterDocument, paragraph: str, author: AuthorId, at: str) -> bool:
    """Void what was agreed on a paragraph, if its text is not that any more; returns whether it did.

    `author` is who changed it; names are those that the document has of them. Nothing happens to what is void already.
    """
    return may_void(document, paragraph) and void_but(document, paragraph, text_of(document, paragraph), author, at)


def may_void(document: ChapterDocument, paragraph: str) -> bool:
    """Whether a paragraph's text is agreed, and that is not void."""
    standing = standings(document).get(paragraph)
    return standing is not None and standing.status in AGREED and standing.void is None


def void_but(document: ChapterDocument, paragraph: str, text: str | None, author: AuthorId, at: str) -> bool:
    """Void what is agreed on a paragraph unless this is its text (None: it is gone); returns whether it did."""
    standing = standings(document)[paragraph]
    if text == standing.text:
        return False
    voided = replace(standing, void=MappingProxyType({"at": at, "by": author}))
    _put_standing(document, paragraph, voided, "void", _person(document, author), "", at)
    return True


def note_restored(document: ChapterDocument, version: str, clocks: tuple[int, int], by: Person, at: str) -> int:
    """Log that the text was made what it was in a version, by what has these clocks of the server; returns the act's
    number. Whether there is room has been asked before."""
    known = _known(document)
    start, end = clocks
    _log(document, "restore", "", by, version, at, {"start": start, "end": end})
    if start < end:
        known.restored.add(start, end)
    return len(known.log)


def restored(document: ChapterDocument) -> RangeSet:
    """The server's clocks by which versions were restored. Not to be changed."""
    return _known(document).restored


def _put_standing(  # noqa: PLR0913, PLR0917 (two places above call it)
    document: ChapterDocument, paragraph: str, standing: Standing, act: Act, by: Person, reason: str, at: str
) -> None:
    more = {"status": standing.status, "hash": standing.hash}
    _log(document, act, paragraph, by, reason, at, more)
    document.maps[STATUSES][paragraph] = standing.to_map()
    known = _known(document)
    known.standings = {**known.standings, paragraph: standing}


def _log_lock(  # noqa: PLR0913, PLR0917 (two places above call it)
    document: ChapterDocument, lock: Lock, act: Act, by: Person, reason: str, at: str
) -> None:
    value = lock.to_map()
    _log(document, act, lock.paragraph, by, reason, at, {key: value[key] for key in ("scope", "for", "until")})


def _log(  # noqa: PLR0913, PLR0917 (what the log says of an act)
    document: ChapterDocument,
    act: Act,
    paragraph: str,
    by: Person,
    reason: str,
    at: str,
    more: Mapping[str, Any],
) -> None:
    known = _known(document)
    number = _next(known)
    said = {"n": number, "act": act, "paragraph": paragraph, "by": by.to_map(), "at": at, "reason": reason, **more}
    document.maps[RULINGS][str(number)] = said
    known.log.append(said)


def _next(known: _Known) -> int:
    return len(known.log) + 1


def _act_from_map(value: Mapping[str, Any]) -> dict[str, Any]:
    return {**value, "n": int(value["n"])}


def _person(document: ChapterDocument, author: AuthorId) -> Person:
    """Whoever an author last was in this document."""
    found = Person(author, "", "", "")
    for tag, byline in document.bylines().items():
        if person(tag) == author:
            found = Person(author, byline.name, byline.delegation, byline.delegation_name)
    return found


def iso(at: int) -> str:
    """A time in milliseconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# The text that is ruled on


@dataclass(frozen=True, slots=True)
class Item:
    """A child of the text, without what it says."""

    paragraph: str
    """Its id."""
    label: str
    kind: str
    """The element's name: `paragraph`, `heading`, or what another editor made; `text` for bare text."""
    sections: tuple[str, ...]
    """As those of a `Place`."""


def text_hash(text: str) -> str:
    """SHA-256 of a text's UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def text_of(document: ChapterDocument, paragraph: str) -> str | None:
    """The exact text of a paragraph, to the character; None if it is not there.

    What is embedded counts as a space, and where an inner block begins (in a list, say) there is a line feed.
    Reads this one paragraph and no other.
    """
    item = document.item_of(paragraph)
    element = None if item is None else document.element(item)
    return None if element is None else exact(element)


def exact(node: Node) -> str:
    """What `text_of` says of it."""
    if isinstance(node, XmlText):
        return "".join(chunk if isinstance(chunk, str) else " " for chunk, _ in node.diff())
    said: list[str] = []
    for index, child in enumerate(node.children):
        if isinstance(child, XmlText):
            said.append(exact(child))
        elif not list(child.children):
            said.append(" ")
        else:
            said.append("\n" * bool(index) + exact(child))
    return "".join(said)


def items(document: ChapterDocument) -> list[Item]:
    """All children of the text, in order; what they say is not read."""
    outline = document.outline()
    return [_item(document, top, outline.sections(top.item)) for top in outline.tops]


def texts(document: ChapterDocument) -> list[tuple[Item, str]]:
    """All children of the text, in order, each with what `text_of` says of it."""
    return list(zip(items(document), map(exact, document.children), strict=True))


def _item(document: ChapterDocument, top: Top, sections: tuple[str, ...]) -> Item:
    identity = document.identity(top.item)
    return Item(top.paragraph, identity.label if identity else "", top.tag or "text", sections)


def section_members(document: ChapterDocument, heading: str) -> list[str]:
    """The ids of a section: its heading, and what follows up to the next heading of the same or a higher level.

    Empty for what is not a heading of the text.
    """
    members = document.outline().members(heading)
    return [top.paragraph for top in members] if members and members[0].tag == HEADING else []


def is_heading(document: ChapterDocument, paragraph: str) -> bool:
    """Whether it is a heading of the text."""
    outline, item = document.outline(), document.item_of(paragraph)
    place = None if item is None else outline.places.get(item)
    return place is not None and outline.tops[place].tag == HEADING
