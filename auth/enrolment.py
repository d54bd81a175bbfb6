"""What a list of participants changes in a meeting."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from auth.errors import LimitReached, RosterInvalid, RosterProblem
from auth.people import MAX_GROUPS, MAX_PARTICIPANTS, BreakoutGroup, Participant
from auth.roster import Roster, RosterEntry, id_from_name
from auth.state import Changes, State


@dataclass(frozen=True, slots=True)
class RosterReport:
    """What an import did, as ids in the order of the list."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    """Participants with another name, delegation, role or breakout group than before."""
    unchanged: tuple[str, ...]
    delegations: tuple[str, ...]
    """New ones, and those with another name or stakeholder group than before."""
    groups: tuple[str, ...]
    """Breakout groups that are new or have other members than before."""


def enrol(state: State, roster: Roster) -> tuple[Changes, RosterReport]:
    """Work out the changes; nobody is removed, and who was inactive stays so.

    A line that names breakout groups says all of its participant's groups; one that names none leaves them.
    Raises `RosterInvalid` when a participant without an id would take the place of one of another delegation, and
    `LimitReached`.
    """
    _refuse_mistaken(state, roster)
    people = [_with_activity(state, entry.participant) for entry in roster.entries]
    delegations = {one.delegation.id: one.delegation for one in people}
    groups = _groups(state, roster)
    changes = Changes(
        delegations=tuple(one for one in delegations.values() if state.delegations.get(one.id) != one),
        participants=tuple(one for one in people if state.participants.get(one.id) != one),
        groups=tuple(one for one in groups.values() if state.groups.get(one.id) != one),
    )
    _check_limits(state, changes)
    return changes, _report(state, people, changes)


def _refuse_mistaken(state: State, roster: Roster) -> None:
    problems = tuple(
        RosterProblem(
            entry.line,
            "id",
            f"{entry.participant.name} is in the meeting already, for {known.delegation.name}: expected the id "
            f"{known.id!r} if this is the same person, another id if not",
        )
        for entry in roster.entries
        if (known := state.participants.get(entry.participant.id)) is not None
        and not entry.id_given
        and known.delegation.id != entry.participant.delegation.id
    )
    if problems:
        raise RosterInvalid(problems)


def _with_activity(state: State, participant: Participant) -> Participant:
    known = state.participants.get(participant.id)
    return participant if known is None else replace(participant, active=known.active)


def _groups(state: State, roster: Roster) -> dict[str, BreakoutGroup]:
    """All breakout groups as they are after the import."""
    placed = [entry for entry in roster.entries if entry.breakout]
    moved = {entry.participant.id for entry in placed}
    groups = {one.id: replace(one, members=one.members - moved) for one in state.groups.values()}
    members = _members(placed)
    for id_, name in {id_from_name(name): name for entry in placed for name in entry.breakout}.items():
        group = groups.get(id_, BreakoutGroup(id_, name))
        groups[id_] = replace(group, members=group.members | members[id_])
    return groups


def _members(placed: Iterable[RosterEntry]) -> dict[str, set[str]]:
    members: dict[str, set[str]] = defaultdict(set)
    for entry in placed:
        for name in entry.breakout:
            members[id_from_name(name)].add(entry.participant.id)
    return members


def _check_limits(state: State, changes: Changes) -> None:
    if len(state.participants.keys() | {one.id for one in changes.participants}) > MAX_PARTICIPANTS:
        raise LimitReached("participants", MAX_PARTICIPANTS)
    if len(state.groups.keys() | {one.id for one in changes.groups}) > MAX_GROUPS:
        raise LimitReached("breakout groups", MAX_GROUPS)


def _report(state: State, people: Iterable[Participant], changes: Changes) -> RosterReport:
    other = {one.id for one in changes.participants}
    for group in changes.groups:
        before = state.groups[group.id].members if group.id in state.groups else frozenset()
        other |= group.members ^ before
    ids = [one.id for one in people]
    return RosterReport(
        added=tuple(id_ for id_ in ids if id_ not in state.participants),
        changed=tuple(id_ for id_ in ids if id_ in state.participants and id_ in other),
        unchanged=tuple(id_ for id_ in ids if id_ in state.participants and id_ not in other),
        delegations=tuple(one.id for one in changes.delegations),
        groups=tuple(one.id for one in changes.groups),
    )
