"""Who stands behind a name beside an imported text: a delegation of the meeting, or the name alone."""

import unicodedata
from collections.abc import Callable

from auth.meeting import Meeting
from auth.people import Delegation
from documents.runs import Byline
from server.stamp import color_of


def contributors(meeting: Meeting) -> Callable[[str], Byline]:
    """Finds contributors by their names: by those of delegations, in upper or lower case, and nothing is guessed."""
    known = {plain_name(one.name): one for one in meeting.delegations()}

    def find(name: str) -> Byline:
        delegation = known.get(plain_name(name))
        return _byline(meeting, delegation) if delegation else Byline("", name, "", "", "")

    return find


def _byline(meeting: Meeting, delegation: Delegation) -> Byline:
    number = meeting.delegation_number(delegation.id)
    name, group = delegation.name, str(delegation.group)
    return Byline("", name, delegation.id, name, group, number, color_of(number))


def plain_name(name: str) -> str:
    """A name without what people spell differently: case, spaces, and the form of its letters."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
