"""The table of rights, cell by cell, against a second table written out by hand."""

import itertools

import pytest

from auth.errors import Forbidden
from auth.people import Delegation, Participant, Role, StakeholderGroup
from auth.rules import COLUMNS, TABLE, Action, ChapterAccess, decide, require

# One letter for each state of the chapter, in the order of STATES; + allowed, - refused.
STATES = {
    "no chapter": None,
    "open": ChapterAccess("c", named=False, member=False),
    "of another group": ChapterAccess("c", named=True, member=False),
    "of one's own group": ChapterAccess("c", named=True, member=True),
}
EXPECTED = """
                 chair  vice-chair  secretariat  delegate  observer
read             ++++   ++++        ++++         ++++      ++++
write            ++++   ++++        ++++         -+-+      ----
comment          ++++   ++++        ++++         ++++      ----
create-chapter   ++++   ++++        ++++         ----      ----
import-chapter   ++++   ++++        ++++         ----      ----
manage-people    ++++   ----        ++++         ----      ----
see-people       ++++   ++++        ++++         ++++      ++++
see-history      ++++   ++++        ++++         ++++      ++++
name-version     ++++   ++++        ++++         ----      ----
"""


def somebody(role: Role, *, active: bool = True) -> Participant:
    delegation = Delegation("egypt", "Egypt", StakeholderGroup.GOVERNMENT)
    return Participant("amina", "Amina", delegation, role, active)


def cells() -> list[tuple[Action, Role, str, bool]]:
    heading, *lines = EXPECTED.strip().splitlines()
    roles = [Role(word) for word in heading.split()]
    return [
        (Action(action), role, state, mark == "+")
        for action, *marks in (line.split() for line in lines)
        for role, cell in zip(roles, marks, strict=True)
        for state, mark in zip(STATES, cell, strict=True)
    ]


def test_the_expectation_covers_every_cell() -> None:
    assert {cell[:3] for cell in cells()} == set(itertools.product(Action, Role, STATES))
    assert set(TABLE) == set(Action)
    assert set(COLUMNS) == set(Role)


@pytest.mark.parametrize(("action", "role", "state", "allowed"), cells())
def test_active(action: Action, role: Role, state: str, *, allowed: bool) -> None:
    decision = decide(somebody(role), action, STATES[state])
    assert decision.allowed is allowed
    assert bool(decision.reason) is not allowed


@pytest.mark.parametrize(("action", "role", "state"), list(itertools.product(Action, Role, STATES)))
def test_inactive_people_may_nothing(action: Action, role: Role, state: str) -> None:
    decision = decide(somebody(role, active=False), action, STATES[state])
    assert not decision.allowed
    assert decision.reason == "you are no longer active in this meeting"


def test_require_raises_what_was_refused_and_why() -> None:
    require(somebody(Role.DELEGATE), Action.READ)
    with pytest.raises(Forbidden) as caught:
        require(somebody(Role.OBSERVER), Action.WRITE, STATES["open"])
    assert caught.value.action == "write"
    assert str(caught.value) == "you may not write: the role observer does not include write"
