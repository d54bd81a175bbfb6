"""What the groups and the locks of a chapter make of a participant's rights in it."""

from dataclasses import replace

import pytest

from auth.meeting import Meeting
from auth.people import BreakoutGroup, Role
from auth.roster import parse_roster
from auth.storage.memory import MemoryAuthStorage
from auth.tokens import Signer
from documents.gavel.rulings import Lock, Person, Place
from server.rights import Rights, rights_in, state_of

PEOPLE = (
    b"id,name,delegation,group,role\n"
    b"chair,Nadia,Chair,government,chair\n"
    b"amina,Amina,Egypt,government,delegate\n"
    b"omar,Omar,Egypt,government,observer\n"
    b"wei,Wei,IFIP,civil society,delegate\n"
)
CHAIR = Person("chair", "Nadia", "chair", "Chair", "chair")
EGYPT = Person("", "", "egypt", "Egypt")
AMINA = Person("amina", "Amina", "egypt", "Egypt")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def meeting() -> Meeting:
    meeting = await Meeting.open(MemoryAuthStorage(), Signer(bytes(32)))
    await meeting.import_roster(parse_roster(PEOPLE))
    return meeting


def lock(holder: Person, *, scope: str = "paragraph", reason: str = "") -> Lock:
    return Lock("p", scope, 7, CHAIR, holder, reason, "2026-01-01T00:00:00.000Z", "", ())  # type: ignore[arg-type]


def place(*sections: str, held: Lock | None = None, sealed: bool = False) -> Place:
    return Place("p", sections, held, sealed)


def of(meeting: Meeting, who: str, *locks: Lock) -> Rights:
    return rights_in(meeting, "c", meeting.participant(who), locks)


async def test_without_groups_a_delegate_writes_everywhere_and_an_observer_nowhere(meeting: Meeting) -> None:
    amina = of(meeting, "amina")
    assert (amina.denial, amina.by_section, amina.bar(place("h"))) == (None, False, None)
    omar = of(meeting, "omar")
    assert omar.denial is not None
    assert (omar.denial.code, omar.by_section) == ("rights", False)
    assert "observer" in omar.denial.text
    assert omar.bar(place()) is not None


async def test_a_section_of_others_bars_only_that_section(meeting: Meeting) -> None:
    await meeting.put_group(BreakoutGroup("g", "G", frozenset({"wei"}), sections=frozenset({("c", "h")})))
    amina, wei, chair = (of(meeting, who) for who in ("amina", "wei", "chair"))
    assert (amina.denial, amina.by_section) == (None, True)
    assert amina.bar(place()) is amina.bar(place("other")) is None
    assert amina.bar(place("h")) == amina.bar(place("inner", "h"))
    assert "this section is with a breakout group" in str(amina.bar(place("h")))
    for one in (wei, chair):
        assert (one.denial, one.by_section, one.bar(place("h"))) == (None, False, None)


async def test_a_section_of_one_s_own_in_a_chapter_of_others(meeting: Meeting) -> None:
    await meeting.put_group(BreakoutGroup("all", "All", frozenset({"wei"}), frozenset({"c"})))
    assert of(meeting, "amina").denial is not None
    await meeting.put_group(BreakoutGroup("g", "G", frozenset({"amina", "omar"}), sections=frozenset({("c", "h")})))
    amina, wei = of(meeting, "amina"), of(meeting, "wei")
    assert (amina.denial, amina.by_section) == (wei.denial, wei.by_section) == (None, True)
    assert amina.bar(place("h")) is amina.bar(place("inner", "h")) is None
    assert "this chapter is with" in str(amina.bar(place("other")))
    assert wei.bar(place("other")) is None
    assert wei.bar(place("h")) is not None
    assert of(meeting, "omar").denial is not None


@pytest.mark.parametrize("holder", [AMINA, EGYPT])
async def test_who_holds_a_lock_may_write_there_though_the_chapter_is_with_others(
    meeting: Meeting, holder: Person
) -> None:
    await meeting.put_group(BreakoutGroup("all", "All", frozenset({"wei"}), frozenset({"c"})))
    held = lock(holder)
    amina = of(meeting, "amina", held)
    assert (amina.denial, amina.by_section) == (None, True)
    assert amina.bar(place(held=held)) is None
    assert amina.bar(place()) is not None
    assert of(meeting, "omar", held).denial is not None
    assert of(meeting, "amina", lock(replace(AMINA, participant="wei", delegation="ifip"))).denial is not None


async def test_who_is_barred_by_a_lock_is_told_for_whom_and_why(meeting: Meeting) -> None:
    bar = of(meeting, "wei").bar
    assert bar(place(held=lock(AMINA))) == "this paragraph is locked for Amina (Egypt)"
    held = lock(EGYPT, scope="section", reason="it is being redrafted")
    assert bar(place("h", held=held)) == "this section is locked for Egypt: it is being redrafted"
    assert bar(place(sealed=True)) == "the text of this paragraph is agreed: only the chair may change it"
    assert of(meeting, "chair").bar(place(sealed=True)) is None


async def test_what_is_ruled_as_the_table_asks_for_it() -> None:
    state = state_of(lock(AMINA, reason="read out"), sealed=True)
    assert (state.locked, state.sealed, state.taken_by, state.lock_reason) == (True, True, "chair", "read out")
    assert (state.holder_participant, state.holder_delegation, state.holder_name) == ("amina", "egypt", "Amina (Egypt)")
    assert (state_of(None).locked, state_of(None).sealed, state_of(None, sealed=True).sealed) == (False, False, True)


async def test_rights_that_were_given_follow_the_meeting_of_the_moment(meeting: Meeting) -> None:
    """A person of another role has other rights; nothing of the meeting's is kept."""
    await meeting.update_participant("omar", role=Role.DELEGATE)
    assert of(meeting, "omar").denial is None
