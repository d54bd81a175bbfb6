"""Names beside an imported text: a delegation is found by its name, and nothing is guessed."""

import pytest

from auth.meeting import Meeting
from auth.roster import parse_roster
from auth.storage.memory import MemoryAuthStorage
from auth.tokens import Signer
from documents.authorship.runs import Byline
from server.contributors import contributors
from server.stamp import color_of

ROSTER = (
    "name,delegation,group,role\n"
    "Ana,Cuba,government,delegate\n"
    "Yuki,Japan,government,delegate\n"
    "Awa,Côte d'Ivoire,government,delegate\n"
    "Jo,IFIP,civil society,delegate\n"
)


@pytest.fixture
async def meeting() -> Meeting:
    meeting = await Meeting.open(MemoryAuthStorage(), Signer(bytes(32)))
    await meeting.import_roster(parse_roster(ROSTER.encode()))
    return meeting


@pytest.mark.parametrize("name", ["IFIP", "ifip", " Ifip ", "ＩＦＩＰ"])
async def test_a_delegation_is_found_by_its_name(meeting: Meeting, name: str) -> None:
    number = meeting.delegation_number("ifip")
    assert number > 0
    assert contributors(meeting)(name) == Byline("", "IFIP", "ifip", "IFIP", "civil society", number, color_of(number))


@pytest.mark.parametrize("composed", ["Côte d'Ivoire", "CO\u0302TE  D'IVOIRE"])
async def test_accents_may_be_written_either_way(meeting: Meeting, composed: str) -> None:
    assert contributors(meeting)(composed).delegation == "cote-d-ivoire"


@pytest.mark.parametrize("name", ["Janan", "Jap", "Japan, IFIP", "Cote d'Ivoire", "Yuki", "japan-", ""])
async def test_whoever_is_no_delegation_keeps_the_name_alone(meeting: Meeting, name: str) -> None:
    assert contributors(meeting)(name) == Byline("", name, "", "", "")
