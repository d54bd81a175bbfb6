"""Who stands behind a name beside an imported text: a delegation of the meeting, or the name alone."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from auth.meeting import Meeting
from auth.people import Delegation, Participant
from documents.authorship.runs import Byline
from server.stamp import color_of


class People(Protocol):
    """Who takes part: a meeting, or what was noted of one."""

    def participants(self) -> Sequence[Participant]:
        """All of them."""

    def delegations(self) -> Sequence[Delegation]:
        """All of them."""

    def delegation_number(self, delegation_id: str, /) -> int:
        """A delegation's own number; 0 for one that is not known."""


@dataclass(frozen=True, slots=True)
class Noted:
    """The people of a meeting at one moment, as plain data that another process can be given."""

    people: tuple[Participant, ...]
    groups: tuple[Delegation, ...]
    numbers: Mapping[str, int]

    @classmethod
    def of(cls, meeting: Meeting) -> "Noted":
        groups = tuple(meeting.delegations())
        return cls(tuple(meeting.participants()), groups, {one.id: meeting.delegation_number(one.id) for one in groups})

    def participants(self) -> Sequence[Participant]:
        return self.people

    def delegations(self) -> Sequence[Delegation]:
        return self.groups

    def delegation_number(self, delegation_id: str, /) -> int:
        return self.numbers.get(delegation_id, 0)


def contributors(meeting: People) -> Callable[[str], Byline]:
    """Finds contributors by their names: by those of delegations, in upper or lower case, and nothing is guessed."""
    known = {plain_name(one.name): one for one in meeting.delegations()}

    def find(name: str) -> Byline:
        delegation = known.get(plain_name(name))
        return _byline(meeting, delegation) if delegation else Byline("", name, "", "", "")

    return find


def _byline(meeting: People, delegation: Delegation) -> Byline:
    number = meeting.delegation_number(delegation.id)
    name, group = delegation.name, str(delegation.group)
    return Byline("", name, delegation.id, name, group, number, color_of(number))


def plain_name(name: str) -> str:
    """A name without what people spell differently: case, spaces, and the form of its letters."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
