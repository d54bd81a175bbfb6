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
    """Change the text of a chapter, or of a section, where nothing is ruled."""
    EDIT = "edit"
    """Change a paragraph, by what is ruled on it. Needs a `ParagraphState`."""
    COMMENT = "comment"
    LOCK = "lock"
    """Lock what nobody has locked."""
    CHANGE_LOCK = "change-lock"
    """Renew, hand over or release a lock that stands. Needs a `ParagraphState`."""
    SET_STATUS = "set-status"
    """Needs a `StatusChange`."""
    SEE_SET_ASIDE = "see-set-aside"
    """See what of somebody's edits was set aside. Needs a `SetAsideOf`."""
    SETTLE_SET_ASIDE = "settle-set-aside"
    """Propose or discard it. Needs a `SetAsideOf`."""
    CREATE_CHAPTER = "create-chapter"
    IMPORT_CHAPTER = "import-chapter"
    MANAGE_PEOPLE = "manage-people"
    """Change participants, breakout groups and invitations."""
    SEE_PEOPLE = "see-people"
    SEE_HISTORY = "see-history"
    NAME_VERSION = "name-version"
    """Freeze a chapter's text as a version."""
    PUBLISH_VERSION = "publish-version"
    """Let everybody read a version, signed in or not; or withdraw it."""
    RESTORE_VERSION = "restore-version"
    """Make a chapter's text what it was in a version."""


@dataclass(frozen=True, slots=True)
class ChapterAccess:
    """What breakout groups say of one chapter, or of one section of it, and one participant."""

    chapter: str
    named: bool
    """Some breakout group names it."""
    member: bool
    """The participant is in a group that names it."""
    section: str = ""
    """The section that is meant; empty when it is the chapter, or when no group names the section by itself."""


@dataclass(frozen=True, slots=True)
class ParagraphState:
    """What is ruled on a paragraph, on its section, or on the chapter's headings."""

    locked: bool = False
    holder_participant: str = ""
    """Id of the only participant who may change it; empty when everybody of the delegation may."""
    holder_delegation: str = ""
    """The holder's delegation, by its id."""
    sealed: bool = False
    """The text is agreed."""
    holder_name: str = ""
    """What people call the holder."""
    lock_reason: str = ""
    taken_by: str = ""
    """Id of the participant who locked it."""
    scope: str = "paragraph"
    """What is locked: `paragraph`, `section` or `headings`."""


FREE = ParagraphState()
"""Nothing is ruled on it."""


@dataclass(frozen=True, slots=True)
class StatusChange:
    """From which status a paragraph shall come to which."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SetAsideOf:
    """Whose edit it was that was set aside."""

    author: str
    """Id of a participant."""


State = ParagraphState | StatusChange | SetAsideOf

LOCKED = {
    "paragraph": "this paragraph is locked",
    "section": "this section is locked",
    "headings": "the chapter's headings are locked",
}
"""By scope."""

AGREED = "agreed"
"""The status that seals a paragraph."""
WORKING_STATUSES = frozenset(("draft", "bracketed", "not discussed", "no agreement"))
"""Those that say how far the work is, not what was agreed."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether an action is allowed; when it is not, a reason that can be shown to the person."""

    allowed: bool
    reason: str = ""


ALLOWED = Decision(allowed=True)


def refused(reason: str) -> Decision:
    """A refusal, and why."""
    return Decision(allowed=False, reason=reason)


INACTIVE = refused("you are no longer active in this meeting")
UNSAID = refused("it has to be said of what")
"""A rule was not given the state by which it decides."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be decided."""

    person: Participant
    action: Action
    chapter: ChapterAccess | None
    state: State | None


Rule = Callable[[Case], Decision]
"""One cell of the table."""


def yes(_case: Case) -> Decision:
    """Always."""
    return ALLOWED


def no(case: Case) -> Decision:
    """Never, whatever the state."""
    return refused(f"the role {case.person.role} does not include {_spoken(case.action)}")


def own(case: Case) -> Decision:
    """Where no breakout group is named, or in what is with one's own group."""
    if case.chapter is None:
        return refused("it has to be said in which chapter")
    if case.chapter.named and not case.chapter.member:
        what = "section" if case.chapter.section else "chapter"
        return refused(f"this {what} is with a breakout group that you are not a member of")
    return ALLOWED


def in_group(case: Case) -> Decision:
    """Only in what is with one's own group."""
    if case.chapter is None or not case.chapter.named:
        return refused(f"{case.person.role}s may {_spoken(case.action)} only where a breakout group of theirs works")
    return own(case)


def holding(case: Case) -> Decision:
    """Where nothing is locked, or what is locked for oneself."""
    state = case.state
    if not isinstance(state, ParagraphState):
        return UNSAID
    if not state.locked or _holds(case.person, state):
        return ALLOWED
    what = LOCKED.get(state.scope, LOCKED["paragraph"])
    holder = state.holder_name or state.holder_participant or state.holder_delegation
    return refused(f"{what} for {holder}" + (f": {state.lock_reason}" if state.lock_reason else ""))


def unsealed(case: Case) -> Decision:
    """Where the text is not agreed, and locked for nobody else."""
    if isinstance(case.state, ParagraphState) and case.state.sealed:
        return refused("the text of this paragraph is agreed: only the chair may change it")
    return holding(case)


def unsealed_own(case: Case) -> Decision:
    """Where the text is not agreed: what is locked for oneself, and of what is free one's own."""
    decision = unsealed(case)
    if decision.allowed and isinstance(case.state, ParagraphState) and not case.state.locked:
        return own(case)
    return decision


def taker(case: Case) -> Decision:
    """The lock that one has put oneself."""
    if not isinstance(case.state, ParagraphState):
        return UNSAID
    if case.state.taken_by == case.person.id:
        return ALLOWED
    return refused("only who locked it, and the chair, may do this")


def short_of_agreed(case: Case) -> Decision:
    """Any status but the one that seals."""
    if not isinstance(case.state, StatusChange):
        return UNSAID
    if AGREED in {case.state.before, case.state.after}:
        return refused("only the chair says that a text is agreed, or that it is so no longer")
    return ALLOWED


def working(case: Case) -> Decision:
    """Among those that say how far the work is."""
    if not isinstance(case.state, StatusChange):
        return UNSAID
    if {case.state.before, case.state.after} <= WORKING_STATUSES:
        return ALLOWED
    return refused("what was agreed, and how far, is for the chair and the vice-chairs to say")


def author(case: Case) -> Decision:
    """What was one's own."""
    if not isinstance(case.state, SetAsideOf):
        return UNSAID
    return ALLOWED if case.state.author == case.person.id else refused("it is somebody else's")


COLUMNS = (Role.CHAIR, Role.VICE_CHAIR, Role.SECRETARIAT, Role.DELEGATE, Role.OBSERVER)
TABLE: Mapping[Action, tuple[Rule, Rule, Rule, Rule, Rule]] = {
    #                        chair    vice-chair       secretariat delegate      observer
    Action.READ:             (yes,     yes,             yes,        yes,          yes),
    Action.WRITE:            (yes,     yes,             yes,        own,          no),
    Action.EDIT:             (holding, unsealed,        unsealed,   unsealed_own, no),
    Action.COMMENT:          (yes,     yes,             yes,        yes,          in_group),
    Action.LOCK:             (yes,     yes,             yes,        no,           no),
    Action.CHANGE_LOCK:      (yes,     taker,           taker,      no,           no),
    Action.SET_STATUS:       (yes,     short_of_agreed, working,    no,           no),
    Action.SEE_SET_ASIDE:    (yes,     author,          yes,        author,       author),
    Action.SETTLE_SET_ASIDE: (author,  author,          author,     author,       author),
    Action.CREATE_CHAPTER:   (yes,     yes,             yes,        no,           no),
    Action.IMPORT_CHAPTER:   (yes,     yes,             yes,        no,           no),
    Action.MANAGE_PEOPLE:    (yes,     no,              yes,        no,           no),
    Action.SEE_PEOPLE:       (yes,     yes,             yes,        yes,          yes),
    Action.SEE_HISTORY:      (yes,     yes,             yes,        yes,          yes),
    Action.NAME_VERSION:     (yes,     yes,             yes,        no,           no),
    Action.PUBLISH_VERSION:  (yes,     no,              yes,        no,           no),
    Action.RESTORE_VERSION:  (yes,     no,              yes,        no,           no),
}  # fmt: skip


def decide(
    person: Participant, action: Action, chapter: ChapterAccess | None = None, state: State | None = None
) -> Decision:
    """Decide from the table. Total and pure: it raises nothing and knows no more than it is given.

    ``chapter`` is needed for what is done in a chapter, ``state`` for what is ruled on; a rule that needs one and does
    not get it refuses.
    """
    if not person.active:
        return INACTIVE
    rule = TABLE[action][COLUMNS.index(person.role)]
    return rule(Case(person, action, chapter, state))


def require(
    person: Participant, action: Action, chapter: ChapterAccess | None = None, state: State | None = None
) -> None:
    """Raise `Forbidden` when `decide` does not allow it."""
    decision = decide(person, action, chapter, state)
    if not decision.allowed:
        raise Forbidden(action, decision.reason)


def _spoken(action: Action) -> str:
    return action.replace("-", " ")


def _holds(person: Participant, state: ParagraphState) -> bool:
    if state.holder_participant:
        return state.holder_participant == person.id
    return state.holder_delegation == person.delegation.id
