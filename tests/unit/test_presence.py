"""Presence: stamped by the server, one owner a client id, clocks that stock clients understand."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from pycrdt import Awareness, Doc

from documents import presence
from documents.crdt import protocol
from documents.crdt.protocol import PresenceEntry
from documents.errors import MessageTooLarge
from documents.presence import Presences, Tick
from documents.seat import Seat
from tests.editorkit import Editor, awareness_update
from tests.roomkit import CHAPTER, FaultyMemory, open_rooms, quiet, until

STAMP = {"id": "egypt", "name": "Nadia", "delegation": "Egypt", "role": "delegate"}


def seat(author: str = "egypt", **stamp: Any) -> Seat:
    return Seat(Editor(author, 11, live=False), author, stamp or STAMP, None)


def entry(client: int = 11, clock: int = 1, **state: Any) -> PresenceEntry:
    return PresenceEntry(client, clock, json.dumps(state))


def gone(client: int = 11, clock: int = 1) -> PresenceEntry:
    return PresenceEntry(client, clock, "null")


def states(entries: list[PresenceEntry]) -> dict[int, Any]:
    return {entry.client: json.loads(entry.state) for entry in entries}


def test_whatever_a_client_writes_the_stamp_is_the_servers() -> None:
    presences = Presences()
    presences.hear(seat(), [entry(user={"name": "The Chair", "role": "chair"}, cursor=[1, 2])], {})
    assert states(presences.everybody()) == {11: {"user": STAMP, "cursor": [1, 2]}}
    assert states(presences.news()) == {11: {"user": STAMP, "cursor": [1, 2]}}
    assert presences.news() == []


def test_a_state_may_lack_a_user() -> None:
    presences = Presences()
    presences.hear(seat(), [entry()], {})
    assert states(presences.everybody()) == {11: {"user": STAMP}}


@pytest.mark.parametrize(
    "state",
    ["", "[]", "1", '"x"', "true", "{", "[" * 5_000, '{"a": NaN}', '{"a": "\\ud800"}', '{"a": 1e999}', "nul", " null"],
)
def test_what_is_not_a_json_object_is_passed_over(state: str) -> None:
    presences = Presences()
    assert presences.hear(seat(), [PresenceEntry(11, 1, state), entry(12)], {}) == [gone(12)]
    assert list(states(presences.everybody())) == [12]


def test_what_is_repeated_of_others_is_passed_over() -> None:
    presences, ours, theirs = Presences(), seat("egypt"), seat("ifip", name="Ivo")
    presences.hear(theirs, [entry(22, 5, cursor=1)], {})
    presences.hear(ours, [entry(22, 9, cursor=2), gone(22, 9), entry(11)], {})
    assert states(presences.everybody())[22] == {"user": {"name": "Ivo"}, "cursor": 1}
    presences.leave(theirs)
    assert presences.hear(ours, [entry(22, 10, cursor=2)], {}) == [], "nor after they have gone"
    assert list(states(presences.everybody())) == [11]


def test_nobody_speaks_for_the_owner_of_a_client_id() -> None:
    presences = Presences()
    assert presences.hear(seat("mallory"), [entry(22, 1)], {22: "ifip"}) == []
    assert presences.everybody() == []
    assert presences.holder(22) is None


def test_an_announced_client_id_has_a_holder_for_as_long_as_it_is_remembered() -> None:
    presences, ours = Presences(), seat()
    assert presences.holder(11) is None
    presences.hear(ours, [entry()], {})
    assert presences.holder(11) == "egypt"
    presences.leave(ours)
    assert presences.holder(11) == "egypt"


def test_only_a_higher_clock_is_news() -> None:
    presences, ours = Presences(), seat()
    presences.hear(ours, [entry(clock=5, cursor=5)], {})
    presences.news()
    assert presences.hear(ours, [entry(clock=5, cursor=5)], {}) == []
    assert presences.news() == []
    presences.hear(ours, [entry(clock=6, cursor=5)], {})
    assert [entry.clock for entry in presences.news()] == [6]


def test_another_state_at_an_old_clock_is_asked_for_again() -> None:
    presences, ours = Presences(), seat()
    presences.hear(ours, [entry(clock=5, cursor=5)], {})
    assert presences.hear(ours, [entry(clock=4, cursor=4)], {}) == [gone(clock=5)]
    assert states(presences.everybody())[11]["cursor"] == 5


def test_leaving_takes_away_what_a_connection_said_and_nothing_else() -> None:
    presences, ours, other = Presences(), seat(), seat("ifip")
    presences.hear(ours, [entry(11, 3), entry(12, 4)], {})
    presences.hear(other, [entry(22, 5)], {})
    presences.news()
    presences.leave(ours)
    assert presences.news() == [gone(11, 3), gone(12, 4)]
    assert list(states(presences.everybody())) == [22]
    assert set(states(presences.everybody(gone=True))) == {11, 12, 22}


def test_a_client_may_say_that_it_goes() -> None:
    presences, ours = Presences(), seat()
    presences.hear(ours, [entry(clock=3)], {})
    presences.hear(ours, [gone(clock=4)], {})
    assert presences.everybody() == []
    assert presences.news() == [gone(clock=4)]
    presences.hear(ours, [gone(99, 1), gone(clock=9)], {})
    assert presences.news() == []


def test_who_comes_back_is_told_to_raise_its_clock() -> None:
    presences, ours = Presences(), seat()
    presences.hear(ours, [entry(clock=3)], {})
    presences.leave(ours)
    again = seat()
    assert presences.hear(again, [entry(clock=3)], {}) == [gone(clock=3)]
    assert presences.everybody() == []
    assert presences.hear(again, [entry(clock=4)], {}) == []
    assert list(states(presences.everybody())) == [11]


def test_a_second_connection_of_the_same_person_takes_over_with_news_alone() -> None:
    """Two tabs of one browser tell each other what they hear, and send all of it on."""
    presences, first, second = Presences(), seat(), seat()
    presences.hear(first, [entry(clock=3, cursor=3)], {})
    presences.hear(second, [entry(12, 1)], {})
    assert presences.hear(second, [entry(clock=3, cursor=3)], {}) == []
    assert presences.hear(second, [entry(clock=2, cursor=2)], {}) == []
    presences.leave(second)
    assert states(presences.everybody()) == {11: {"user": STAMP, "cursor": 3}}
    third = seat()
    presences.hear(third, [entry(clock=4, cursor=4)], {})
    presences.leave(first)
    assert states(presences.everybody()) == {11: {"user": STAMP, "cursor": 4}}


def test_restamping() -> None:
    presences, ours = Presences(), seat()
    presences.hear(ours, [entry(clock=3, cursor=1)], {})
    presences.news()
    ours.stamp = STAMP | {"role": "observer"}
    presences.restamp(ours)
    (news,) = presences.news()
    assert news.clock == 4
    assert json.loads(news.state) == {"user": STAMP | {"role": "observer"}, "cursor": 1}


def test_limits() -> None:
    presences, ours = Presences(), seat()
    with pytest.raises(MessageTooLarge):
        presences.hear(ours, [entry(text="x" * presence.MAX_STATE)], {})
    with pytest.raises(MessageTooLarge):
        presences.hear(ours, [entry(client, 1) for client in range(presence.MAX_CLIENTS + 1)], {})
    assert len(presences.everybody()) == presence.MAX_CLIENTS
    presences.hear(ours, [entry(0, presence.MAX_CLOCK + 1, cursor=1)], {})
    assert "cursor" not in states(presences.everybody())[0]


def test_those_who_have_gone_are_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "MAX_REMEMBERED", 10)
    presences, stays = Presences(), seat("chair")
    presences.hear(stays, [entry(1, 1)], {})
    for client in range(100, 150):
        ours = seat()
        presences.hear(ours, [entry(client, 1)], {})
        presences.leave(ours)
    assert [entry.client for entry in presences.everybody(gone=True)] == [1, *range(140, 150)]
    assert presences.holder(100) is None
    assert {entry.client for entry in presences.news()} == {1, *range(140, 150)}


# With real receivers


class Receiver:
    """Somebody's page: what it makes of awareness messages."""

    def __init__(self, client_id: int) -> None:
        self.awareness = Awareness(Doc(client_id=client_id))

    def take(self, entries: list[PresenceEntry]) -> dict[int, Any]:
        self.awareness.apply_awareness_update(awareness_update(entries), "server")
        return {client: state for client, state in self.awareness.states.items() if client != self.awareness.client_id}


def test_a_receiver_sees_people_come_move_go_and_come_back() -> None:
    presences, ours, page = Presences(), seat(), Receiver(99)
    presences.hear(ours, [entry(clock=1, cursor=1)], {})
    assert page.take(presences.news())[11]["cursor"] == 1
    presences.hear(ours, [entry(clock=2, cursor=2)], {})
    assert page.take(presences.news())[11]["cursor"] == 2
    presences.leave(ours)
    assert page.take(presences.news()) == {}
    again = seat()
    (told,) = presences.hear(again, [entry(clock=2, cursor=3)], {})
    presences.hear(again, [entry(clock=told.clock + 1, cursor=3)], {})
    assert page.take(presences.news())[11]["cursor"] == 3


async def test_stock_clients_see_each_other_whatever_happens_and_fall_silent() -> None:
    """Stock providers send on every change that they hear, their own states too: nothing may go round and round."""
    async with open_rooms(FaultyMemory()) as rooms:
        room = await rooms.open(CHAPTER)
        egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
        for editor in (egypt, ifip):
            editor.announce()
        await quiet(room, egypt, ifip)
        egypt.announce(cursor=1, user={"name": "The Chair"})
        await quiet(room, egypt, ifip)
        assert ifip.sees()[11] == {"cursor": 1, "user": {"name": "Egypt"}}
        egypt.leave()
        await quiet(room, ifip)
        assert list(ifip.sees()) == [22]
        egypt.join(room)
        await quiet(room, egypt, ifip)
        assert ifip.sees()[11]["cursor"] == 1, "seen again at once, though its state is the old one"
        assert egypt.seat is not None
        room.rights_changed(egypt.seat, {"name": "Egypt", "role": "observer"}, None)
        egypt.announce(cursor=2)
        await quiet(room, egypt, ifip)
        assert ifip.sees()[11] == {"cursor": 2, "user": {"name": "Egypt", "role": "observer"}}
        assert {client: state["cursor"] for client, state in egypt.sees().items() if client == 11} == {11: 2}
        heard = len(egypt.heard) + len(ifip.heard)
        await quiet(room, egypt, ifip)
        assert len(egypt.heard) + len(ifip.heard) == heard


async def test_a_page_that_others_knew_before_a_restart_is_seen_after_it() -> None:
    storage = FaultyMemory()
    async with open_rooms(storage) as rooms:
        room = await rooms.open(CHAPTER)
        egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
        for editor in (egypt, ifip):
            editor.announce(cursor=1)
        await quiet(room, egypt, ifip)
        for editor in (egypt, ifip):
            editor.leave()
            assert editor.presence is not None
            editor.presence.remove_awareness_states([33 - editor.doc.client_id], "closed")
    async with open_rooms(storage, create=False) as rooms:
        room = await rooms.open(CHAPTER)
        egypt.join(room)
        ifip.join(room)
        await quiet(room, egypt, ifip)
        assert set(egypt.sees()) == set(ifip.sees()) == {11, 22}


async def test_a_sign_of_life_is_answered() -> None:
    async with open_rooms(FaultyMemory()) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        await quiet(room, egypt)
        heard = len(egypt.heard)
        egypt.post_frame(protocol.presences(()))
        await until(lambda: len(egypt.heard) == heard + 1)
        assert egypt.heard[-1] == protocol.Presences(())


async def test_who_is_here_is_answered_once_however_often_it_is_asked() -> None:
    async with open_rooms(FaultyMemory()) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        egypt.announce(cursor=1)
        await quiet(room, egypt)
        heard = len(egypt.heard)
        egypt.post_frame(b"\x03" * protocol.MAX_MESSAGES)
        await quiet(room, egypt)
        assert len(egypt.heard) == heard + 1
        answer = egypt.heard[-1]
        assert isinstance(answer, protocol.Presences)
        assert [entry.client for entry in answer.entries] == [11]


async def test_what_a_closed_connection_had_said_does_not_come_back() -> None:
    storage = FaultyMemory()
    async with open_rooms(storage) as rooms:
        room = await rooms.open(CHAPTER)
        egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
        ifip.announce()
        await quiet(room, egypt, ifip)
        gate = storage.faults.hold("append")
        ifip.type("x")
        await storage.faults.reached("append")
        egypt.announce(cursor=1)
        egypt.leave()
        gate.set()
        await quiet(room, ifip)
        assert list(ifip.sees()) == [22]


async def test_too_much_presence_ends_the_connection() -> None:
    async with open_rooms(FaultyMemory()) as rooms:
        room = await rooms.open(CHAPTER)
        egypt = Editor("egypt", 11).join(room)
        egypt.announce(text="x" * presence.MAX_STATE)
        await until(lambda: egypt.said == ["refused MessageTooLarge"])
        ifip = Editor("ifip", 22).join(room)
        ifip.announce()
        await quiet(room, ifip)
        assert list(ifip.sees()) == [22]


# How often it is said


class Timers:
    """An event loop's clock, set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.calls: list[tuple[float, Callable[[], object]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        self.calls.append((when, callback))
        return asyncio.TimerHandle(when, callback, (), asyncio.get_running_loop())

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        due, self.calls = [call for when, call in self.calls if when <= self.now], []
        for call in due:
            call()


async def test_a_tick_lets_the_first_through_and_wakes_for_what_came_after_it() -> None:
    timers, woken = Timers(), []
    tick = Tick(0.1, lambda: woken.append(timers.now), timers)
    assert tick.is_due()
    tick.done()
    assert not timers.calls, "nobody has asked"
    timers.pass_(0.05)
    assert not tick.is_due()
    assert not tick.is_due()
    assert len(timers.calls) == 1
    timers.pass_(0.05)
    assert len(woken) == 1
    assert tick.is_due()
    tick.done()
    timers.pass_(0.2)
    assert tick.is_due()


async def test_what_is_new_of_a_person_between_two_ticks_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_rooms(FaultyMemory()) as rooms:
        room = await rooms.open(CHAPTER)
        timers = Timers()
        egypt, ifip, japan = (
            Editor("egypt", 11).join(room),
            Editor("ifip", 22).join(room),
            Editor("japan", 33).join(room),
        )
        egypt.announce(cursor=0)
        japan.announce()
        await quiet(room, egypt, ifip, japan)
        monkeypatch.setattr(room._audience, "_tick", Tick(0.1, room._wake.set, timers))
        egypt.announce(cursor=1)
        await quiet(room, egypt, ifip, japan)
        heard = len(japan.heard)
        for cursor in range(2, 9):
            egypt.announce(cursor=cursor)
            ifip.announce(cursor=cursor)
            await quiet(room, egypt, ifip, japan)
        assert len(japan.heard) == heard
        assert japan.sees()[11]["cursor"] == 1
        timers.pass_(0.1)
        await until(lambda: len(japan.heard) > heard)
        assert len(japan.heard) == heard + 1
        assert {client: state["cursor"] for client, state in japan.sees().items() if client != 33} == {11: 8, 22: 8}


async def test_a_sign_of_life_is_answered_once_a_tick_and_not_beside_the_news() -> None:
    async with open_rooms(FaultyMemory()) as rooms:
        room = await rooms.open(CHAPTER)
        egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
        egypt.announce(cursor=0)
        await quiet(room, egypt, ifip)
        heard = len(egypt.heard)
        egypt.announce(cursor=1)
        await quiet(room, egypt, ifip)
        assert len(egypt.heard) == heard + 1, "the news say it"
        again = protocol.presences(())
        heard, others = len(egypt.heard), len(ifip.heard)
        egypt.post_frame(again)
        egypt.post_frame(again)
        await quiet(room, egypt, ifip)
        assert len(egypt.heard) == heard + 1
        assert len(ifip.heard) == others
