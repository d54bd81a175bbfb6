"""The table of rights in full: role × action × state → decision, against tables written out by hand."""

import itertools
from collections.abc import Iterator

import pytest

from auth.errors import Forbidden
from auth.people import Delegation, Participant, Role, StakeholderGroup
from auth.rules import (
    COLUMNS,
    TABLE,
    Action,
    ChapterAccess,
    ParagraphState,
    SetAsideOf,
    State,
    StatusChange,
    decide,
    require,
)

# One letter for each state of the chapter (or section), in the order of CHAPTERS; + allowed, - refused.
CHAPTERS = {
    "no chapter": None,
    "open": ChapterAccess("c", named=False, member=False),
    "of another group": ChapterAccess("c", named=True, member=False),
    "of one's own group": ChapterAccess("c", named=True, member=True),
    "section of another group": ChapterAccess("c", named=True, member=False, section="h"),
    "section of one's own group": ChapterAccess("c", named=True, member=True, section="h"),
}
# Who asks is Amina of Egypt.
PARAGRAPHS = {
    "free": ParagraphState(),
    "mine": ParagraphState(locked=True, holder_participant="amina", holder_delegation="egypt", taken_by="chair"),
    "mine-by-me": ParagraphState(locked=True, holder_participant="amina", holder_delegation="egypt", taken_by="amina"),
    "my-delegation's": ParagraphState(locked=True, holder_delegation="egypt", taken_by="chair"),
    "colleague's": ParagraphState(locked=True, holder_participant="omar", holder_delegation="egypt", taken_by="omar"),
    "other's": ParagraphState(locked=True, holder_participant="wei", holder_delegation="ifip", taken_by="wei"),
    "other's-by-me": ParagraphState(locked=True, holder_participant="wei", holder_delegation="ifip", taken_by="amina"),
    "other-delegation's": ParagraphState(locked=True, holder_delegation="ifip", taken_by="chair"),
    "nobody's": ParagraphState(locked=True, taken_by="chair"),
    "sealed": ParagraphState(sealed=True),
    "sealed-mine": ParagraphState(locked=True, holder_participant="amina", sealed=True, taken_by="chair"),
    "sealed-other's": ParagraphState(locked=True, holder_participant="wei", sealed=True, taken_by="wei"),
}
STATUSES = (
    "draft", "bracketed", "agreed in group", "agreed ad referendum", "agreed", "not discussed", "no agreement",
)  # fmt: skip
CHANGES = {f"{one} -> {other}": StatusChange(one, other) for one, other in itertools.product(STATUSES, repeat=2)}
SET_ASIDE = {"my edit": SetAsideOf("amina"), "another's edit": SetAsideOf("omar")}
STATES: dict[str, State | None] = {"unsaid": None, **PARAGRAPHS, **CHANGES, **SET_ASIDE}

# What goes by the chapter alone, whatever else is the case.
BY_CHAPTER = """
                 chair   vice-chair  secretariat  delegate  observer
read             ++++++  ++++++      ++++++       ++++++    ++++++
write            ++++++  ++++++      ++++++       -+-+-+    ------
comment          ++++++  ++++++      ++++++       ++++++    ---+-+
lock             ++++++  ++++++      ++++++       ------    ------
create-chapter   ++++++  ++++++      ++++++       ------    ------
import-chapter   ++++++  ++++++      ++++++       ------    ------
manage-people    ++++++  ------      ++++++       ------    ------
see-people       ++++++  ++++++      ++++++       ++++++    ++++++
see-history      ++++++  ++++++      ++++++       ++++++    ++++++
name-version     ++++++  ++++++      ++++++       ------    ------
publish-version  ++++++  ------      ++++++       ------    ------
restore-version  ++++++  ------      ++++++       ------    ------
"""
# What goes by what is ruled on the paragraph; all other states are as `unsaid`.
EDIT = """
                    chair   vice-chair  secretariat  delegate  observer
unsaid              ------  ------      ------       ------    ------
free                ++++++  ++++++      ++++++       -+-+-+    ------
mine                ++++++  ++++++      ++++++       ++++++    ------
mine-by-me          ++++++  ++++++      ++++++       ++++++    ------
my-delegation's     ++++++  ++++++      ++++++       ++++++    ------
colleague's         ------  ------      ------       ------    ------
other's             ------  ------      ------       ------    ------
other's-by-me       ------  ------      ------       ------    ------
other-delegation's  ------  ------      ------       ------    ------
nobody's            ------  ------      ------       ------    ------
sealed              ++++++  ------      ------       ------    ------
sealed-mine         ++++++  ------      ------       ------    ------
sealed-other's      ------  ------      ------       ------    ------
"""
# From here on the chapter does not matter: one letter for each role, in the order of the table's columns.
CHANGE_LOCK = """
unsaid              +----
free                +----
mine                +----
mine-by-me          +++--
my-delegation's     +----
colleague's         +----
other's             +----
other's-by-me       +++--
other-delegation's  +----
nobody's            +----
sealed              +----
sealed-mine         +----
sealed-other's      +----
"""
ORDER = (Role.CHAIR, Role.VICE_CHAIR, Role.SECRETARIAT, Role.DELEGATE, Role.OBSERVER)
# From the status of the line to draft, bracketed, agreed in group, agreed ad referendum, agreed, not discussed, no
# agreement. For the delegate and the observer: never.
SET_STATUS = """
                      chair    vice-chair  secretariat
draft                 +++++++  ++++-++     ++---++
bracketed             +++++++  ++++-++     ++---++
agreed in group       +++++++  ++++-++     -------
agreed ad referendum  +++++++  ++++-++     -------
agreed                +++++++  -------     -------
not discussed         +++++++  ++++-++     ++---++
no agreement          +++++++  ++++-++     ++---++
unsaid                +++++++  -------     -------
"""
OF_SET_ASIDE = {
    Action.SEE_SET_ASIDE: {"my edit": "+++++", "another's edit": "+-+--", "unsaid": "+-+--"},
    Action.SETTLE_SET_ASIDE: {"my edit": "+++++", "another's edit": "-----", "unsaid": "-----"},
}

Cell = tuple[Action, Role, str, str]
"""Action, role, chapter, state."""


def somebody(role: Role, *, active: bool = True) -> Participant:
    delegation = Delegation("egypt", "Egypt", StakeholderGroup.GOVERNMENT)
    return Participant("amina", "Amina", delegation, role, active)


def by_chapter() -> Iterator[tuple[Cell, bool]]:
    _, *lines = BY_CHAPTER.strip().splitlines()
    for action, *cells in (line.split() for line in lines):
        for role, marks in zip(ORDER, cells, strict=True):
            for (chapter, mark), state in itertools.product(zip(CHAPTERS, marks, strict=True), STATES):
                yield (Action(action), role, chapter, state), mark == "+"


def edit() -> Iterator[tuple[Cell, bool]]:
    lines = {line.split()[0]: line.split()[1:] for line in EDIT.strip().splitlines()[1:]}
    for state, (index, role) in itertools.product(STATES, enumerate(ORDER)):
        for chapter, mark in zip(CHAPTERS, lines.get(state, lines["unsaid"])[index], strict=True):
            yield (Action.EDIT, role, chapter, state), mark == "+"


def by_role(action: Action, marks: dict[str, str]) -> Iterator[tuple[Cell, bool]]:
    """`marks`: of each state one letter for each role; states that are missing are as `unsaid`."""
    for state, chapter in itertools.product(STATES, CHAPTERS):
        for role, mark in zip(ORDER, marks.get(state, marks["unsaid"]), strict=True):
            yield (action, role, chapter, state), mark == "+"


def of_statuses() -> dict[str, str]:
    lines = [line.rsplit(maxsplit=3) for line in SET_STATUS.strip().splitlines()[1:]]
    marks = {
        f"{before} -> {after}": "".join(cell[index] for cell in cells) + "--"
        for before, *cells in lines
        for index, after in enumerate(STATUSES)
    }
    return marks | {"unsaid": "+----"}


EXPECTED: dict[Cell, bool] = {
    **dict(by_chapter()),
    **dict(edit()),
    **dict(by_role(Action.CHANGE_LOCK, dict(line.split() for line in CHANGE_LOCK.strip().splitlines()))),
    **dict(by_role(Action.SET_STATUS, of_statuses())),
    **{cell: allowed for action, marks in OF_SET_ASIDE.items() for cell, allowed in by_role(action, marks)},
}


def test_the_expectation_covers_every_cell() -> None:
    assert set(EXPECTED) == set(itertools.product(Action, Role, CHAPTERS, STATES))
    assert set(TABLE) == set(Action)
    assert set(COLUMNS) == set(Role)


@pytest.mark.parametrize(("action", "role"), list(itertools.product(Action, Role)))
def test_every_state(action: Action, role: Role) -> None:
    person = somebody(role)
    wrong = [
        (chapter, state)
        for (of, by, chapter, state), allowed in EXPECTED.items()
        if (of, by) == (action, role)
        and decide(person, action, CHAPTERS[chapter], STATES[state]).allowed is not allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("role", Role)
def test_a_refusal_says_why_and_nothing_else_does(role: Role) -> None:
    for action, chapter, state in itertools.product(Action, CHAPTERS, STATES):
        decision = decide(somebody(role), action, CHAPTERS[chapter], STATES[state])
        assert bool(decision.reason) is not decision.allowed


@pytest.mark.parametrize(("action", "role"), list(itertools.product(Action, Role)))
def test_inactive_people_may_nothing(action: Action, role: Role) -> None:
    for chapter, state in itertools.product(CHAPTERS, STATES):
        decision = decide(somebody(role, active=False), action, CHAPTERS[chapter], STATES[state])
        assert not decision.allowed
        assert decision.reason == "you are no longer active in this meeting"


def lock(scope: str = "paragraph", reason: str = "", name: str = "Wei (IFIP)") -> ParagraphState:
    return ParagraphState(
        locked=True,
        holder_participant="wei",
        holder_delegation="ifip",
        holder_name=name,
        lock_reason=reason,
        scope=scope,
    )


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (lock(), "this paragraph is locked for Wei (IFIP)"),
        (lock(reason="it is being read out"), "this paragraph is locked for Wei (IFIP): it is being read out"),
        (lock("section"), "this section is locked for Wei (IFIP)"),
        (lock("headings", name=""), "the chapter's headings are locked for wei"),
        (ParagraphState(sealed=True), "the text of this paragraph is agreed: only the chair may change it"),
    ],
)
def test_who_may_not_edit_is_told_for_whom_it_is_locked(state: ParagraphState, reason: str) -> None:
    assert decide(somebody(Role.DELEGATE), Action.EDIT, CHAPTERS["open"], state).reason == reason


def test_it_is_said_whether_the_section_or_the_chapter_is_with_others() -> None:
    person = somebody(Role.DELEGATE)
    assert "this chapter is with" in decide(person, Action.WRITE, CHAPTERS["of another group"]).reason
    assert "this section is with" in decide(person, Action.WRITE, CHAPTERS["section of another group"]).reason


def test_require_raises_what_was_refused_and_why() -> None:
    require(somebody(Role.DELEGATE), Action.READ)
    require(somebody(Role.DELEGATE), Action.EDIT, CHAPTERS["open"], PARAGRAPHS["mine"])
    with pytest.raises(Forbidden) as caught:
        require(somebody(Role.OBSERVER), Action.WRITE, CHAPTERS["open"])
    assert caught.value.action == "write"
    assert str(caught.value) == "you may not write: the role observer does not include write"
