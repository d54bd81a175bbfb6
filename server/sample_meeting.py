"""The sample meeting: made in an empty folder, and entered by links."""

import time
from dataclasses import dataclass
from importlib.resources import files

from auth.invitations import Invitation
from auth.meeting import Meeting
from auth.people import Participant
from auth.roster import parse_roster
from documents.formats import text as plain_text
from documents.incoming.opening import create, from_draft
from documents.model import SERVER
from documents.rooms import milliseconds
from server.contributors import contributors
from server.database import DataFolderError
from server.offline import Offline

PARTICIPANTS = ("chair", "vice-chair", "secretariat", "egypt", "ifip", "acme", "observer")
"""Those of the sample's participants who are given links."""
LINK_HOURS = 24
UNUSED_LINKS = 3
"""How many links that nobody has used a participant keeps; older ones are revoked."""


@dataclass(slots=True, eq=False)
class OtherMeeting(DataFolderError):
    """The folder holds a meeting that is not the sample."""

    def __str__(self) -> str:
        return "the folder holds a meeting that is not the sample: choose an empty folder with --data"


async def make_sample(offline: Offline) -> bool:
    """Make what the folder lacks of the sample; says whether it lacked anything. Raises `OtherMeeting`."""
    known = {one.id for one in offline.meeting.participants()}
    chapters = await offline.rooms.storage.chapters()
    if (known or chapters) and not known.issuperset(PARTICIPANTS):
        raise OtherMeeting
    papers = files("server.sample")
    if not known:
        await offline.meeting.import_roster(parse_roster(papers.joinpath("participants.csv").read_bytes()))
    if not chapters:
        draft = plain_text.read(papers.joinpath("chapter.txt").read_text("utf-8"))
        opening = from_draft(draft, contributors(offline.meeting))
        await create(offline.rooms, draft.title, SERVER, opening, at=milliseconds())
    return not known or not chapters


async def sample_links(meeting: Meeting, url: str) -> list[tuple[Participant, str]]:
    """A fresh link for each of `PARTICIPANTS` who is active.

    Nobody who came by an older link is signed out: only links that were never used are revoked, to keep them few.
    """
    links = []
    for participant in map(meeting.participant, PARTICIPANTS):
        if participant.active:
            for unused in _unused(meeting, participant.id)[: 1 - UNUSED_LINKS]:
                await meeting.revoke_invitation(unused.id)
            _, secret = await meeting.invite(participant.id, hours=LINK_HOURS)
            links.append((participant, f"{url}/join#{secret}"))
    return links


def _unused(meeting: Meeting, participant: str) -> list[Invitation]:
    """The open invitations that nobody has used, oldest first."""
    now = time.time()
    return [one for one in meeting.invitations(participant) if one.is_open(now) and not one.used]
