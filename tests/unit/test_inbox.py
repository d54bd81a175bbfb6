"""Who waits in a room, and for how long: all in their order, and who makes it undo much behind the others."""

import asyncio

import pytest

from documents.crdt import update_v1
from documents.errors import RoomBusy
from documents.inbox import PART, Edit, Inbox, Item, Look, Turns
from documents.seat import Seat
from tests.editorkit import Editor


def seat(author: str) -> Seat:
    return Seat(Editor(author, 77, live=False), author, {}, None)


def edits(one: Seat, *numbers: int) -> list[Edit]:
    return [Edit(one, bytes((number,)), answer=False) for number in numbers]


def taken(inbox: Inbox) -> list[Item]:
    return [inbox.take() for _ in range(len(inbox))]


async def look(after: str | None = None) -> Look:
    return Look(lambda _: None, asyncio.get_running_loop().create_future(), after)


def filled(*items: Item, limit: int = 1_000) -> Inbox:
    inbox = Inbox(limit)
    for item in items:
        inbox.put(item, 10)
    return inbox


async def test_who_is_held_waits_and_the_others_go_on_in_their_order() -> None:
    kenya, japan = seat("kenya"), seat("japan")
    a, b, c = edits(kenya, 1, 2, 3)
    x, y = edits(japan, 1, 2)
    inbox = filled(a, x, b)
    inbox.hold("kenya")
    inbox.put(y, 10)
    inbox.put(c, 10)
    assert taken(inbox) == [x, y]
    assert inbox.is_held("kenya")
    assert not inbox.is_held("japan")


def answer(one: Seat, client: int) -> Edit:
    """An update of this client that holds one letter in the root `default`."""
    text = update_v1.write_string("x")
    struct = bytes((update_v1.STRING, 1)) + update_v1.write_string("default") + text
    return Edit(one, update_v1.write_update([(client, 0, [struct])], []), answer=True)


def test_answers_are_taken_from_the_highest_client_id_down() -> None:
    seats = [seat(name) for name in ("kenya", "japan", "cuba", "egypt")]
    answers = [answer(one, client) for one, client in zip(seats, (20, 3_000_000_000, 7, 300), strict=True)]
    (letter,) = edits(seat("peru"), 1)
    inbox = filled(answers[0], letter, *answers[1:])
    inbox.order_answers(100)
    assert taken(inbox) == [answers[1], letter, answers[3], answers[0], answers[2]]


def test_an_answer_whose_sender_has_sent_more_keeps_its_place() -> None:
    kenya, japan, cuba = seat("kenya"), seat("japan"), seat("cuba")
    early, high, low = answer(kenya, 5), answer(japan, 90), answer(cuba, 10)
    (later,) = edits(kenya, 1)
    inbox = filled(early, low, later, high)
    inbox.order_answers(100)
    assert taken(inbox) == [early, high, later, low]


def test_only_so_many_are_ordered_and_what_is_no_update_goes_last() -> None:
    broken = Edit(seat("kenya"), b"\xff", answer=True)
    japan, cuba = answer(seat("japan"), 90), answer(seat("cuba"), 900)
    inbox = filled(broken, japan, cuba)
    inbox.order_answers(2)
    assert taken(inbox) == [japan, broken, cuba]


async def test_one_edit_goes_on_at_a_time_and_the_order_of_a_sender_stays() -> None:
    kenya = seat("kenya")
    a, b, c = edits(kenya, 1, 2, 3)
    inbox = filled(a, b)
    inbox.hold("kenya")
    seen = []
    while inbox.is_held("kenya"):
        inbox.release("kenya")
        seen.append(taken(inbox))
    inbox.put(c, 10)
    assert [*seen, taken(inbox)] == [[a], [b], [c]]


async def test_a_question_waits_for_the_sender_whom_it_is_about_alone() -> None:
    (edit,) = edits(seat("kenya"), 1)
    everybody, about = await look(), await look("kenya")
    inbox = filled(edit)
    inbox.hold("kenya")
    for one in (about, everybody):
        inbox.put(one)
    assert taken(inbox) == [everybody]
    inbox.release("kenya")
    assert taken(inbox) == [edit]
    inbox.release("kenya")
    assert taken(inbox) == [about]


async def test_what_is_held_of_a_connection_goes_with_it() -> None:
    gone, other = seat("kenya"), seat("kenya")
    (a,), (b,) = edits(gone, 1), edits(other, 2)
    inbox = filled(a, b, limit=80)
    inbox.hold("kenya")
    inbox.forget(gone)
    inbox.release("kenya")
    assert taken(inbox) == [b]
    assert not inbox.is_held("kenya")
    inbox.put(a, 20)  # there is room again for all of it


@pytest.mark.parametrize("held", [False, True])
def test_nobody_takes_the_room_of_others(*, held: bool) -> None:
    inbox = filled(limit=400)
    (edit,) = edits(seat("kenya"), 1)
    (other,) = edits(seat("japan"), 1)
    for _ in range(2):
        if held:
            inbox.hold("kenya")
        for _ in range(400 // PART // 10):
            inbox.put(edit, 10)
        with pytest.raises(RoomBusy):
            inbox.put(edit, 10)
        inbox.put(other, 400 // PART)
        inbox.release_all()
        taken(inbox)


def test_what_goes_with_its_connection_leaves_its_place_to_others() -> None:
    inbox, kenya = filled(limit=400), seat("kenya")
    (edit,) = edits(kenya, 1)
    for _ in range(2):
        inbox.hold("kenya")
        inbox.put(edit, 400 // PART)
        inbox.forget(kenya)


async def test_nobody_is_held_any_more_when_all_is_released() -> None:
    kenya = seat("kenya")
    a, b = edits(kenya, 1, 2)
    inbox = filled(a, b)
    inbox.hold("kenya")
    inbox.release_all()
    assert taken(inbox) == [a, b]
    assert not inbox.is_held("kenya")


def test_some_work_may_be_undone_at_once_and_a_share_of_the_time_in_the_long_run() -> None:
    now = [0.0]
    turns = Turns(burst=0.05, share=0.05, clock=lambda: now[0])
    assert turns.charge("kenya", 0.05) == 0
    assert turns.charge("kenya", 0.01) == pytest.approx(0.2)
    assert turns.charge("japan", 0.05) == 0
    now[0] += 0.2
    assert turns.charge("kenya", 0.0) == 0
    for _ in range(100):
        now[0] += turns.charge("kenya", 0.02)
    assert now[0] == pytest.approx(0.2 + 100 * 0.02 / 0.05)
    now[0] += 100
    assert turns.charge("kenya", 0.05) == 0


def test_the_others_have_their_turn_after_each_edit_that_was_undone() -> None:
    now = [0.0]
    turns = Turns(burst=0.05, share=0.01, rest=4, clock=lambda: now[0])
    waits = []
    for _ in range(6):
        waits.append(turns.charge("kenya", 0.01))
        now[0] += waits[-1]
    assert waits[:5] == pytest.approx([0.04] * 5)
    assert waits[5] == pytest.approx((0.01 - 5 * 0.04 * 0.01) / 0.01)
