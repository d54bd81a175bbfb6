"""The pace of fan-outs: none waits where it costs little, and what costs much is gathered for, up to a bound."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from documents.crdt import protocol
from documents.model import SERVER, Chapter
from documents.pace import LEAST, LONGEST, PERIOD, SHARE, Pace
from documents.room import Room
from documents.rooms import Rooms
from documents.storage.memory import MemoryStorage
from tests.editorkit import Editor
from tests.roomkit import CHAPTER, QUICK, Clock, opening, quiet, until


class Time:
    """A clock that is set by hand, and sleepers that it wakes. Each fan-out takes `cost`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.worked = 0.0
        self.cost = 0.0
        self.flies = False
        """Whether nobody is waited for any more."""
        self._asked = 0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    @property
    def sleeping(self) -> int:
        return sum(not event.is_set() for _, event in self._sleepers)

    def work(self) -> float:
        self._asked += 1
        if self._asked % 2 == 0:  # at the end of a fan-out
            self.worked += self.cost
        return self.worked

    async def sleep(self, seconds: float) -> None:
        if self.flies:
            self.now += seconds
            return
        event = asyncio.Event()
        self._sleepers.append((self.now + seconds, event))
        await event.wait()

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        for until_, event in self._sleepers:
            if self.flies or self.now >= until_:
                event.set()

    def pace(self) -> Pace:
        return Pace(clock=lambda: self.now, work=self.work, sleep=self.sleep)


def fan_out(pace: Pace, time: Time, cost: float) -> None:
    time.cost = cost
    with pace:
        pass


async def turns(pace: Pace, time: Time, cost: float, *, count: int = 200) -> None:
    """So many turns one after the other, after a fan-out of that cost each."""
    time.flies = True
    for _ in range(count):
        fan_out(pace, time, cost)
        await pace.turn()
    time.flies = False


async def test_turns_are_a_period_apart_while_fan_outs_are_cheap() -> None:
    time = Time()
    pace = time.pace()
    assert pace.wait() == 0
    await turns(pace, time, 0.9 * PERIOD * SHARE)
    assert pace.wait() == pytest.approx(PERIOD)
    time.pass_(PERIOD)
    assert pace.wait() == 0


async def test_fan_outs_that_cost_more_have_their_share_of_the_time() -> None:
    time = Time()
    pace = time.pace()
    await turns(pace, time, 0.002)
    assert pace.wait() == pytest.approx(0.002 / SHARE, rel=0.001)
    time.pass_(pace.wait())
    assert pace.wait() == 0


async def test_those_of_all_rooms_add_up() -> None:
    time = Time()
    pace = time.pace()
    time.flies = True
    for _ in range(200):
        for _ in range(4):
            fan_out(pace, time, 0.0005)
        await pace.turn()
    assert pace.wait() == pytest.approx(0.002 / SHARE, rel=0.001)


async def test_one_slow_fan_out_makes_nobody_wait_much_longer() -> None:
    time = Time()
    pace = time.pace()
    await turns(pace, time, 0.001)
    before = pace.wait()
    await turns(pace, time, 0.003, count=1)
    assert before < pace.wait() < 1.2 * before


async def test_nobody_saves_up() -> None:
    time = Time()
    pace = time.pace()
    await turns(pace, time, 0.002)
    time.pass_(3600)
    assert pace.wait() == 0
    await turns(pace, time, 0.002, count=1)
    assert pace.wait() == pytest.approx(0.002 / SHARE, rel=0.001)


async def test_the_wait_has_a_bound() -> None:
    time = Time()
    pace = time.pace()
    await turns(pace, time, 1)
    assert pace.wait() == pytest.approx(LONGEST)


async def test_what_is_not_worth_a_timer_is_not_waited_for() -> None:
    time = Time()
    pace = time.pace()
    await pace.turn()
    time.pass_(PERIOD - 0.9 * LEAST)
    assert pace.wait() == 0


async def test_all_who_wait_have_the_next_turn_together() -> None:
    time = Time()
    pace = time.pace()
    await pace.turn()
    assert pace.wait() == pytest.approx(PERIOD)
    waiting = [asyncio.create_task(pace.turn()) for _ in range(3)]
    await until(lambda: time.sleeping)
    time.pass_(PERIOD / 2)
    assert not any(turn.done() for turn in waiting)
    time.pass_(PERIOD / 2)
    await asyncio.gather(*waiting)
    assert pace.wait() == pytest.approx(PERIOD)


async def test_who_gives_up_waiting_holds_nobody_up() -> None:
    time = Time()
    pace = time.pace()
    await pace.turn()
    first, second, third = (asyncio.create_task(pace.turn()) for _ in range(3))
    await until(lambda: time.sleeping)
    second.cancel()
    await asyncio.wait([second])
    first.cancel()
    await third
    assert second.cancelled()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def rooms(time: Time) -> AsyncIterator[Rooms]:
    rooms = Rooms(MemoryStorage(), room_limits=QUICK, now=Clock(), pace=time.pace())
    await rooms.create(Chapter(CHAPTER, "Principles", 1_000, SERVER), SERVER, opening)
    yield rooms
    time.flies = True
    time.pass_(0)
    await rooms.close()


async def test_a_lone_typists_words_travel_at_once(rooms: Rooms, time: Time) -> None:
    room = await rooms.open(CHAPTER)
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await settle(room, time, egypt, ifip)
    time.cost = 0.00002
    for count in range(updates_heard(ifip) + 1, updates_heard(ifip) + 6):
        time.pass_(0.2)
        egypt.type("x")
        await until(lambda: updates_heard(ifip) == count)  # noqa: B023 (it is awaited here)
        assert not time.sleeping


async def test_what_comes_while_the_window_is_open_goes_out_together(rooms: Rooms, time: Time) -> None:
    room = await rooms.open(CHAPTER)
    egypt, ifip = Editor("egypt", 11).join(room), Editor("ifip", 22).join(room)
    await settle(room, time, egypt, ifip)
    count = updates_heard(ifip)
    egypt.type("1")
    await until(lambda: updates_heard(ifip) == count + 1)
    for _ in range(7):
        egypt.type("2")
        ifip.type("3")
    await until(lambda: time.sleeping)
    for _ in range(50):
        await asyncio.sleep(0)
    assert updates_heard(ifip) == count + 1
    steps = rooms.counts.steps
    time.pass_(PERIOD)
    await until(lambda: updates_heard(ifip) > count + 1)
    assert rooms.counts.steps == steps + 1
    assert updates_heard(egypt) == updates_heard(ifip) == count + 2
    assert "2222222" in str(ifip.words(0))


async def settle(room: Room, time: Time, *editors: Editor) -> None:
    """Let them join, and be told all that there is."""
    time.flies = True
    await quiet(room, *editors)
    time.flies = False
    time.pass_(1)


def updates_heard(editor: Editor) -> int:
    return sum(isinstance(message, protocol.SyncUpdate) for message in editor.heard)
