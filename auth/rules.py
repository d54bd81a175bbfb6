"""Who may do what: one pure function over one table, role × action × state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from auth.errors import Forbidden
from auth.people import Participant, Role


class Action(StrEnum):
    """What somebody may want to do."""

    READ = "read"
    WRITE = "write"
    COMMENT = "comment"
    CREATE_CHAPTER = "create-chapter"
    IMPORT_CHAPTER = "import-chapter"
    MANAGE_PEOPLE = "manage-people"
    """Change participants, breakout groups and invitations."""
    SEE_PEOPLE = "see-people"
    SEE_HISTORY = "see-history"
    NAME_VERSION = "name-version"
    """Give a point of a chapter's history a name."""


@dataclass(frozen=True, slots=True)
class ChapterAccess:
    """What breakout groups say of one chapter and one participant."""

    chapter: str
    named: bool
    """Some breakout group names this chapter."""
    member: bool
    """The participant is in a group that names it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether an action is allowed; when it is not, a reason that can be shown to the person."""

    allowed: bool
    reason: str = ""


Rule = Callable[[Participant, Action, ChapterAccess | None], Decision]
"""One cell of the table."""

ALLOWED = Decision(allowed=True)
INACTIVE = Decision(allowed=False, reason="you are no longer active in this meeting")


def yes(_person: Participant, _action: Action, _chapter: ChapterAccess | None) -> Decision:
    """Always."""
    return ALLOWED


def no(person: Participant, action: Action, _chapter: ChapterAccess | None) -> Decision:
    """Never, whatever the state."""
    return Decision(allowed=False, reason=f"the role {person.role} does not include {action}")


def own(_person: Participant, _action: Action, chapter: ChapterAccess | None) -> Decision:
    """In a chapter that no breakout group names, or in one of one's own group."""
    if chapter is None:
        return Decision(allowed=False, reason="it has to be said in which chapter")
    if chapter.named and not chapter.member:
        return Decision(allowed=False, reason="this chapter is with a breakout group that you are not a member of")
    return ALLOWED


COLUMNS = (Role.CHAIR, Role.VICE_CHAIR, Role.SECRETARIAT, Role.DELEGATE, Role.OBSERVER)
TABLE: Mapping[Action, tuple[Rule, Rule, Rule, Rule, Rule]] = {
    #                      chair vice-chair secretariat delegate observer
    Action.READ:           (yes, yes,       yes,        yes,     yes),
    Action.WRITE:          (yes, yes,       yes,        own,     no),
    Action.COMMENT:        (yes, yes,       yes,        yes,     no),
    Action.CREATE_CHAPTER: (yes, yes,       yes,        no,      no),
    Action.IMPORT_CHAPTER: (yes, yes,       yes,        no,      no),
    Action.MANAGE_PEOPLE:  (yes, no,        yes,        no,      no),
    Action.SEE_PEOPLE:     (yes, yes,       yes,        yes,     yes),
    Action.SEE_HISTORY:    (yes, yes,       yes,        yes,     yes),
    Action.NAME_VERSION:   (yes, yes,       yes,        no,      no),
}  # fmt: skip


def decide(person: Participant, action: Action, chapter: ChapterAccess | None = None) -> Decision:
    """Decide from the table. Total and pure: it raises nothing and knows no more than it is given.

    ``chapter`` is needed for what is done in a chapter; a rule that needs it and does not get it refuses.
    """
    if not person.active:
        return INACTIVE
    rule = TABLE[action][COLUMNS.index(person.role)]
    return rule(person, action, chapter)


def require(person: Participant, action: Action, chapter: ChapterAccess | None = None) -> None:
    """Raise `Forbidden` when `decide` does not allow it."""
    decision = decide(person, action, chapter)
    if not decision.allowed:
        raise Forbidden(action, decision.reason)
