"""Whom tags stand for: as the chapter has it, or as the meeting has it now."""

from collections.abc import Iterable, Mapping

from auth.errors import ParticipantNotFound
from auth.meeting import Meeting
from documents.authorship.runs import NOBODY, Byline, Tag, is_server, person
from documents.seat import byline_of
from server.stamp import stamp_of


def complete(bylines: Mapping[Tag, Byline], wanted: Iterable[Tag], meeting: Meeting) -> dict[Tag, Byline]:
    """A byline for every tag that is wanted: where the chapter has none, what the meeting says of the participant."""
    return {tag: bylines[tag] if tag in bylines else _from_meeting(tag, meeting) for tag in wanted}


def _from_meeting(tag: Tag, meeting: Meeting) -> Byline:
    if is_server(tag):
        return NOBODY
    try:
        participant = meeting.participant(person(tag))
    except ParticipantNotFound:
        return NOBODY
    number = meeting.delegation_number(participant.delegation.id)
    return byline_of(participant.id, stamp_of(participant, number))
