"""Whom words are by, as the HTTP API tells it, where the chapter itself does not say so."""

from datetime import UTC, datetime

import pytest

from auth.meeting import Meeting
from auth.roster import parse_roster
from auth.storage.memory import MemoryAuthStorage
from auth.tokens import Signer
from documents.authorship.runs import NOBODY, Byline, Deletion
from documents.model import SERVER
from server.http.authors import Acts, complete
from server.stamp import color_of

ROSTER = b"id,name,delegation,group,role\nyuki,Yuki,Japan,government,delegate\namina,Amina,Egypt,government,delegate\n"
AMINA = Byline("amina", "Amina", "egypt", "Egypt", "government", 2, color_of(2))
CUBA = Byline("", "Contribution by Cuba", "", "", "")


@pytest.fixture
async def meeting() -> Meeting:
    meeting = await Meeting.open(MemoryAuthStorage(), Signer(bytes(32)))
    await meeting.import_roster(parse_roster(ROSTER))
    return meeting


async def test_what_the_chapter_says_goes_first(meeting: Meeting) -> None:
    then = Byline("amina", "Amina", "ifip", "IFIP", "civil society", 3, "#000000")
    assert complete({"amina": then, "yuki": NOBODY}, ["amina"], meeting) == {"amina": then}


async def test_of_others_the_meeting_knows(meeting: Meeting) -> None:
    assert complete({}, ["amina", "amina~2"], meeting) == {"amina": AMINA, "amina~2": AMINA}


async def test_who_is_not_known_at_all_is_nobody(meeting: Meeting) -> None:
    unknown = [SERVER, "@cuba", "wei"]
    assert complete({}, unknown, meeting) == dict.fromkeys(unknown, NOBODY)


def test_what_is_told_of_an_act() -> None:
    acts = Acts({"amina": AMINA, "@cuba": CUBA, SERVER: NOBODY})
    told = acts.act("amina", 2).model_dump(exclude_none=True)
    assert told == {
        "delegation": "egypt",
        "group": "government",
        "participant": "amina",
        "at": datetime(1970, 1, 1, 0, 2, tzinfo=UTC),
    }
    assert acts.act("amina", 2).model_dump_json(exclude_none=True).endswith('"at":"1970-01-01T00:02:00Z"}')
    assert acts.deletion(None) is None
    deletion = acts.deletion(Deletion("@cuba", 3))
    assert deletion is not None
    assert (deletion.delegation, deletion.participant, deletion.name) == ("", "", "Contribution by Cuba")
    assert set(acts.authors[SERVER].model_dump(exclude_none=True).values()) == {""}
