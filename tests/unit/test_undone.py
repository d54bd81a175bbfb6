"""What was undone of one connection's edits: who is told what, and who is slowed and closed."""

import asyncio
from typing import Any

import pytest

from documents.crdt import protocol
from documents.gavel.set_aside import Runs, SetAside
from server.close_codes import CloseCode
from server.patience import Offences, Patience
from server.undone import BYTES_AN_EDIT, CARD, MOST_BYTES, PAUSE, REASON, Undone
from tests.wirekit import parse

BURST = 100


class Line:
    """A connection's link, as far as it is needed here."""

    def __init__(self) -> None:
        self.paused = False
        self.close_sent = False
        self.frames: list[bytes] = []
        self.pauses: list[float] = []
        self.ends: list[tuple[int, str]] = []

    def send_frame(self, frame: bytes) -> bool:
        self.frames.append(frame)
        return not self.paused

    def pause_reading_for(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def end(self, code: int, reason: str) -> None:
        self.close_sent = True
        self.ends.append((code, reason))

    def told(self) -> list[dict[str, Any]]:
        """The notices that were sent."""
        head = {126: 4, 127: 10}
        heard = [parse(frame[head.get(frame[1], 2) :]) for frame in self.frames]
        assert all(one.kind == "notice" for one in heard)
        return [one.body for one in heard]


class Case:
    """A connection, and a clock that the test moves."""

    def __init__(self, *, notices: bool = True) -> None:
        self.now = 0.0
        self.line = Line()
        self.offences = Offences()
        patience = Patience(rate=1, burst=BURST, seconds=5, clock=lambda: self.now)
        self.undone = Undone(self.line, patience, self.offences, notices=notices)

    async def step(self, *cards: SetAside) -> None:
        """A step of the room that undid so many edits."""
        for card in cards:
            self.undone.add(card)
        await asyncio.sleep(0)


def card(number: int = 1, words: str = "x", paragraph: str = "p-1") -> SetAside:
    runs: Runs = (("kept", "Parties "), ("inserted", words), ("deleted", " shall"))
    return SetAside("c", number, "egypt", paragraph, "12", 0, 0, "It is locked for Japan.", 7, runs)


async def test_who_asked_is_told_what_was_kept() -> None:
    case = Case()
    await case.step(card(3, "may"))
    assert case.line.told() == [
        {
            "type": "set-aside",
            "number": 3,
            "paragraph": "p-1",
            "label": "12",
            "reason": "It is locked for Japan.",
            "runs": [
                {"change": "kept", "text": "Parties "},
                {"change": "inserted", "text": "may"},
                {"change": "deleted", "text": " shall"},
            ],
            "words": "may",
        }
    ]
    assert case.offences.undone == 1


async def test_of_one_step_each_number_is_told_once_as_it_is_at_the_end() -> None:
    case = Case()
    nothing = [card(0, "", "p-1"), card(0, "", "p-2")]
    await case.step(card(1, "m"), card(2, "other"), card(1, "ma"), *nothing, card(1, "may"))
    told = [(one["number"], one["paragraph"], one["words"]) for one in case.line.told()]
    assert told == [(1, "p-1", "may"), (2, "p-1", "other"), (0, "p-1", ""), (0, "p-2", "")]
    assert case.offences.undone == 6


async def test_a_stock_client_is_sent_nothing() -> None:
    case = Case(notices=False)
    for _ in range(BURST):
        await case.step(card())
    assert case.line.frames == []
    assert case.line.pauses


async def test_to_who_does_not_read_nothing_piles_up() -> None:
    case = Case()
    case.line.paused = True
    for length in range(1, 50):
        await case.step(card(1, "x" * length), card(2, "y" * length))
    assert case.line.frames == []
    case.line.paused = False
    case.undone.tell()
    case.undone.tell()
    assert [one["words"] for one in case.line.told()] == ["x" * 49, "y" * 49]


async def test_telling_stops_when_the_reader_falls_behind() -> None:
    case = Case()

    def send(frame: bytes) -> bool:
        case.line.frames.append(frame)
        case.line.paused = True
        return False

    case.line.send_frame = send  # type: ignore[method-assign]
    await case.step(card(1), card(2))
    assert [one["number"] for one in case.line.told()] == [1]


@pytest.mark.parametrize("cards", [1, 100])
async def test_one_step_slows_nobody_however_much_it_undoes(cards: int) -> None:
    case = Case()
    await case.step(*(card(number, "x" * 5_000) for number in range(1, cards + 1)))
    assert case.line.pauses == []
    assert case.line.told()[-1]["number"] == cards


async def test_what_takes_long_to_undo_weighs_more() -> None:
    quick, slow = Case(), Case()
    for _ in range(BURST // 4):
        await quick.step(card())
        slow.undone.add(card(), 0.5)
        await slow.step()
    assert quick.line.pauses == []
    assert slow.line.pauses


async def until_slowed(case: Case, size: int = 0, *, new: bool = False) -> int:
    """After how many edits of so many bytes it is slowed."""
    edits = 0
    while not case.line.pauses:
        edits += 1
        case.undone.received(protocol.SyncUpdate(b"x" * size))
        await case.step(card(edits if new else 0, ""))
    return edits


@pytest.mark.parametrize(
    ("size", "new", "weight"),
    [
        (0, False, 1),
        (BYTES_AN_EDIT, False, 1),
        (BYTES_AN_EDIT * 3, False, 3),
        (MOST_BYTES, False, MOST_BYTES // BYTES_AN_EDIT),
        (MOST_BYTES * 9, False, MOST_BYTES // BYTES_AN_EDIT),
        (0, True, 1 + CARD),
        (BYTES_AN_EDIT * 2, True, 2 + CARD),
    ],
)
async def test_an_edit_weighs_by_its_size_and_by_what_it_begins(size: int, new: bool, weight: int) -> None:
    assert await until_slowed(Case(), size, new=new) == BURST // weight + 1


async def test_other_messages_weigh_nothing() -> None:
    case = Case()
    case.undone.received(protocol.Presences((protocol.PresenceEntry(1, 1, "x" * 9_000),)))
    case.undone.received(protocol.SyncStep1({1: 1}))
    assert await until_slowed(case) == BURST + 1


async def test_what_was_sent_before_counts_once() -> None:
    case = Case()
    case.undone.received(protocol.SyncUpdate(b"x" * 20_000, answer=True))
    assert await until_slowed(case) == BURST + 1 - MOST_BYTES // BYTES_AN_EDIT + 1


async def test_who_does_not_stop_is_slowed_and_then_closed() -> None:
    case = Case()
    for _ in range(BURST):
        await case.step(card(0, ""))
    assert case.line.pauses == []
    for _ in range(10):
        await case.step(card(0, ""))
    assert case.line.pauses == [PAUSE] * 10
    case.now += 4.9
    await case.step(*[card(0, "")] * 10)
    assert not case.line.ends
    case.now += 0.2
    await case.step(card(0, ""), card(0, ""))
    assert case.line.ends == [(CloseCode.LOCKED, REASON)]
    await case.step(card(0, ""))
    assert len(case.line.ends) == 1
    assert (case.offences.slowed, case.offences.closed) == (11, 1)
    assert case.offences.undone == BURST + 23
