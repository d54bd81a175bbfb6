"""All that is known of a meeting's people at one revision, and a change of it."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any

from auth.invitations import Invitation
from auth.people import BreakoutGroup, Delegation, Participant
from auth.sessions import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is put in place (by id, new or not) and what goes, all of it or nothing.

    A delegation that is put in place changes for all its participants, whether they are named here or not; the
    delegation of a participant named here is named here too, or is there already and the same.
    """

    delegations: tuple[Delegation, ...] = ()
    participants: tuple[Participant, ...] = ()
    groups: tuple[BreakoutGroup, ...] = ()
    invitations: tuple[Invitation, ...] = ()
    sessions: tuple[Session, ...] = ()
    dropped_groups: tuple[str, ...] = ()
    dropped_invitations: tuple[str, ...] = ()
    dropped_sessions: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Changes()

    def may_take_rights(self) -> bool:
        """Whether somebody who is signed in may have lost or changed what they may do."""
        ended = any(session.revoked_at is not None for session in self.sessions)
        people = self.delegations or self.participants or self.groups or self.dropped_groups
        return bool(people or self.dropped_sessions or ended)


@dataclass(slots=True)
class State:
    """Everything by its id. Changed by `apply` alone."""

    revision: int = 0
    delegations: dict[str, Delegation] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    """Of the delegations: 1, 2, 3 … in the order in which they came; never changed, never given twice."""
    participants: dict[str, Participant] = field(default_factory=dict)
    groups: dict[str, BreakoutGroup] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)

    def apply(self, changes: Changes, revision: int) -> None:
        """Make the changes; `revision` is what the state is then at."""
        self.revision = revision
        self.delegations |= {one.id: one for one in changes.delegations}
        for one in changes.delegations:
            self.numbers.setdefault(one.id, len(self.numbers) + 1)
        self.participants |= {one.id: one for one in changes.participants}
        self.groups |= {one.id: one for one in changes.groups}
        self.invitations |= {one.id: one for one in changes.invitations}
        self.sessions |= {one.id: one for one in changes.sessions}
        _drop(self.groups, changes.dropped_groups)
        _drop(self.invitations, changes.dropped_invitations)
        _drop(self.sessions, changes.dropped_sessions)
        if changes.delegations:
            self._join_delegations()

    def copy(self) -> "State":
        """Another state of the same contents, to be changed on its own."""
        return State(
            self.revision,
            dict(self.delegations),
            dict(self.numbers),
            dict(self.participants),
            dict(self.groups),
            dict(self.invitations),
            dict(self.sessions),
        )

    def _join_delegations(self) -> None:
        for one in self.participants.values():
            delegation = self.delegations[one.delegation.id]
            if one.delegation != delegation:
                self.participants[one.id] = replace(one, delegation=delegation)


def _drop(items: MutableMapping[str, Any], ids: tuple[str, ...]) -> None:
    for one in ids:
        items.pop(one, None)
