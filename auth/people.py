"""Who takes part in a meeting: participants, their delegations and stakeholder groups, and breakout groups."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from auth.errors import FieldInvalid

RESERVED_ID = "adref"
"""The server's own name as an author; nobody else may bear it."""
MAX_NAME = 200
"""Characters in a name."""
MAX_CHAPTERS = 1_000
"""Chapters that one breakout group may name."""
MAX_SECTIONS = 1_000
"""Sections that one breakout group may name."""
MAX_PARTICIPANTS = 5_000
MAX_GROUPS = 500

_ID = re.compile(r"[a-z0-9-]{1,40}")
_ID_EXPECTED = f"1 to 40 characters of a-z, 0-9 and '-', other than {RESERVED_ID!r}"
_CHAPTER = re.compile(r"[\x21-\x7e]{1,80}")
_SECTION = re.compile(r"[\x21-\x7e]{1,100}")
# Control characters, line separators, halves of surrogate pairs, and the marks that reverse the text around them,
# with which one name could be made to look like another.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NAME_EXPECTED = f"1 to {MAX_NAME} printable characters with a letter or digit, no space at either end"


class StakeholderGroup(StrEnum):
    """The group in which a delegation sits."""

    GOVERNMENT = "government"
    PRIVATE_SECTOR = "private sector"
    CIVIL_SOCIETY = "civil society"
    INTERNATIONAL_ORGANIZATION = "international organization"
    TECHNICAL_COMMUNITY = "technical community"
    ACADEMIA = "academia"


class Role(StrEnum):
    """What a participant does in the meeting; `rules` says what it lets them do."""

    CHAIR = "chair"
    VICE_CHAIR = "vice-chair"
    SECRETARIAT = "secretariat"
    DELEGATE = "delegate"
    OBSERVER = "observer"


@dataclass(frozen=True, slots=True)
class Delegation:
    """A state, company or organization. Raises `FieldInvalid` for an id or a name that can't be."""

    id: str
    name: str
    group: StakeholderGroup

    def __post_init__(self) -> None:
        _check("id of a delegation", self.id, is_id, _ID_EXPECTED)
        _check("name of a delegation", self.name, is_name, _NAME_EXPECTED)


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in a delegation. Raises `FieldInvalid` for an id or a name that can't be."""

    id: str
    name: str
    delegation: Delegation
    role: Role
    active: bool = True

    def __post_init__(self) -> None:
        _check("id of a participant", self.id, is_id, _ID_EXPECTED)
        _check("name of a participant", self.name, is_name, _NAME_EXPECTED)


@dataclass(frozen=True, slots=True)
class BreakoutGroup:
    """Participants with write access to certain chapters and sections of chapters.

    Raises `FieldInvalid` for a value that can't be.
    """

    id: str
    name: str
    members: frozenset[str] = frozenset()
    """Ids of participants."""
    chapters: frozenset[str] = frozenset()
    """Ids of chapters; what a chapter is, is not known here."""
    sections: frozenset[tuple[str, str]] = frozenset()
    """Ids of chapters, each with the id of one section of it (its heading's)."""

    def __post_init__(self) -> None:
        _check("id of a breakout group", self.id, is_id, _ID_EXPECTED)
        _check("name of a breakout group", self.name, is_name, _NAME_EXPECTED)
        if len(self.chapters) > MAX_CHAPTERS:
            raise FieldInvalid("number of chapters", len(self.chapters), f"at most {MAX_CHAPTERS}")
        if len(self.sections) > MAX_SECTIONS:
            raise FieldInvalid("number of sections", len(self.sections), f"at most {MAX_SECTIONS}")
        for chapter in (*self.chapters, *(chapter for chapter, _ in self.sections)):
            _check("id of a chapter", chapter, is_chapter_id, "1 to 80 printable characters of ASCII, without spaces")
        for _, section in self.sections:
            _check("id of a section", section, is_section_id, "1 to 100 printable characters of ASCII, without spaces")


def is_id(text: str) -> bool:
    """Whether this can be the id of a participant, a delegation or a breakout group."""
    return _ID.fullmatch(text) is not None and text != RESERVED_ID


def is_name(text: str) -> bool:
    """Whether this can be a name: seen as it is written, and not lost in a list."""
    return (
        0 < len(text) <= MAX_NAME
        and text == text.strip()
        and _UNPRINTABLE.search(text) is None
        and any(character.isalnum() for character in text)
    )


def is_chapter_id(text: str) -> bool:
    """Whether this can be the id of a chapter: a loose bound, since chapters are none of our business."""
    return _CHAPTER.fullmatch(text) is not None


def is_section_id(text: str) -> bool:
    """Whether this can be the id of a section: a loose bound as well."""
    return _SECTION.fullmatch(text) is not None


def _check(field: str, value: str, valid: Callable[[str], bool], expected: str) -> None:
    if not valid(value):
        raise FieldInvalid(field, value, expected)
