"""The record of authorship: what is said of each id, and its bytes on disk."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.authorship.marks import Mark
from documents.authorship.record import Move, Record, RecordDamaged, Stretch
from documents.crdt.update_v1 import Id
from documents.model import SERVER

TAGS = ("amina", "amina~2", "boris", "@cuba", SERVER)
CLIENTS = (1, 7, 2**32 - 1)
START = 29_000_000
"""A minute, of about now."""

Action = tuple[int, int, int, int, int]
"""Its kind, the client, two places among its ids, and who does it when."""


class Naive:
    """The same, id by id."""

    def __init__(self) -> None:
        self.written: dict[Id, Mark] = {}
        self.removed: dict[Id, Mark] = {}
        self.moved: dict[Id, tuple[Id, str]] = {}

    def known(self, client: int) -> int:
        return sum(one == client for one, _ in self.written)

    def sources(self, client: int, clock: int) -> set[Id]:
        """An id, and all those it was moved from."""
        found = {(client, clock)}
        while (client, clock) in self.moved:
            (client, clock), _ = self.moved[client, clock]
            found.add((client, clock))
        return found


class Pair:
    """A record, and the same id by id; what is done is done to both."""

    def __init__(self) -> None:
        self.record = Record()
        self.naive = Naive()
        self.done: list[str] = []

    def insert(self, client: int, length: int, mark: Mark) -> None:
        start = self.naive.known(client)
        before = self.naive.written.get((client, start - 1))
        assert self.record.insert(client, length, mark) == (before is None or before[0] != mark[0])
        self.naive.written |= {(client, clock): mark for clock in range(start, start + length)}

    def delete(self, client: int, start: int, end: int, mark: Mark) -> None:
        new = [clock for clock in range(start, end) if (client, clock) not in self.naive.removed]
        parts = self.record.delete(client, start, end, mark)
        assert [clock for low, high in parts for clock in range(low, high)] == new
        self.naive.removed |= {(client, clock): mark for clock in new}

    def move(self, client: int, start: int, length: int, source: Id, by: str) -> None:
        self.record.move(client, Move(start, length, source, by))
        for offset in range(length):
            come_from = (source[0], source[1] + offset)
            self.naive.moved[client, start + offset] = (come_from, by)
            self.naive.written[client, start + offset] = self.naive.written[come_from]

    def play(self, actions: Iterable[Action]) -> None:
        """Anything that an honest journal may bring about; numbers choose what."""
        for kind, client_, first, second, chosen in actions:
            client = CLIENTS[client_]
            tag, known = TAGS[chosen % len(TAGS)], self.naive.known(client)
            mark = (tag, START + chosen // 40)
            start, end = sorted((first % (known + 1), second % (known + 1)))
            self.record.see(mark[1])
            if kind == 0 or not known:
                self.insert(client, 1 + first % 9, mark)
            elif kind == 1 and start < end:
                self.delete(client, start, end, mark)
            elif kind == 2:
                self._move_some(client, start, end, mark)
            elif start < end:
                words = ((0, 1),) if first % 2 else ()
                self.record.remember(Stretch(tag, mark[1], ((client, start, end - start),), words))

    def _move_some(self, client: int, start: int, end: int, mark: Mark) -> None:
        """What is deleted in a range and stands nowhere else goes to the end of another client."""
        target = CLIENTS[(CLIENTS.index(client) + mark[1]) % len(CLIENTS)]
        spent = {source for source, _ in self.naive.moved.values()}
        for clock in range(start, end):
            if (client, clock) in self.naive.removed and (client, clock) not in spent:
                at = self.naive.known(target)
                self.insert(target, 1, mark)
                self.move(target, at, 1, (client, clock), mark[0])


KINDS = st.sampled_from((0, 0, 1, 1, 2, 3))
ACTIONS = st.lists(
    st.tuples(KINDS, st.integers(0, 2), st.integers(0, 99), st.integers(0, 99), st.integers(0, 800)), max_size=40
)


def spread(ranges: Iterable[tuple[int, int, int, str, int]]) -> dict[Id, Mark]:
    return {
        (client, clock + offset): (tag, minute)
        for client, clock, length, tag, minute in ranges
        for offset in range(length)
    }


def check_alike(record: Record, naive: Naive) -> None:
    """Whichever way it is asked, the record says of every id what was noted of it."""
    assert spread(record.insertions()) == naive.written
    assert spread(record.deletions()) == naive.removed
    spent = {source for source, _ in naive.moved.values()}
    moved = {
        (client, move.clock + offset): ((move.source[0], move.source[1] + offset), move.by)
        for client, move in record.moves()
        for offset in range(move.length)
    }
    assert moved == naive.moved
    for client in CLIENTS:
        known = naive.known(client)
        assert record.known(client) == known
        for start, end in ((0, known), (known // 3, known - known // 4), (known - 1, known)):
            if 0 <= start < end:
                check_range(record, naive, [(client, clock) for clock in range(start, end)])
                given_ = [whether for low, high, whether in record.given(client, start, end) for _ in range(low, high)]
                assert given_ == [(client, clock) in spent for clock in range(start, end)]


def check_range(record: Record, naive: Naive, ids: list[Id]) -> None:
    """Ask for neighbouring ids of one client."""
    (client, start), end = ids[0], ids[-1][1] + 1
    written = [mark for low, high, mark in record.written(client, start, end) for _ in range(low, high)]
    assert written == [naive.written[one] for one in ids]
    removed = [mark for low, high, mark in record.removed(client, start, end) for _ in range(low, high)]
    assert removed == [naive.removed.get(one) for one in ids]
    moves = [
        move and ((move.source[0], move.source[1] + clock - move.clock), move.by)
        for low, high, move in record.moved(client, start, end)
        for clock in range(low, high)
    ]
    assert moves == [naive.moved.get(one) for one in ids]
    sources: dict[int, set[Id]] = {}
    for other, low, high, offset in record.sources(client, start, end):
        for clock in range(low, high):
            sources.setdefault(start + offset + clock - low, set()).add((other, clock))
    assert sources == {clock: naive.sources(client, clock) for _, clock in ids}


@given(ACTIONS)
def test_every_id_is_what_was_said_of_it_before_and_after_a_restart(
    actions: list[Action],
) -> None:
    pair = Pair()
    pair.play(actions)
    check_alike(pair.record, pair.naive)
    data = pair.record.encode()
    again = Record.decode(data)
    check_alike(again, pair.naive)
    assert again.encode() == data
    for tag in TAGS:
        for minute in (START, START + 10, START + 21):
            assert remembered(again, tag, minute) == remembered(pair.record, tag, minute)


def remembered(record: Record, by: str, minute: int) -> list[tuple[object, ...]]:
    return [(one.by, one.minute, one.parts, one.words) for one in record.removed_lately(by, minute)]


@given(ACTIONS, ACTIONS)
def test_a_restart_in_between_changes_nothing(before: list[Action], after: list[Action]) -> None:
    straight, stopped = Pair(), Pair()
    straight.play([*before, *after])
    stopped.play(before)
    stopped.record = Record.decode(stopped.record.encode())
    stopped.play(after)
    assert stopped.record.encode() == straight.record.encode()


@given(ACTIONS)
def test_neighbours_of_which_the_same_is_said_are_one_range(actions: list[Action]) -> None:
    pair = Pair()
    pair.play(actions)
    for ranges in (list(pair.record.insertions()), list(pair.record.deletions())):
        for (client, clock, length, *mark), (other, start, _, *following) in itertools.pairwise(ranges):
            assert (client, clock + length) <= (other, start)
            assert (client, clock + length, mark) != (other, start, following)
    for (client, move), (other, after) in itertools.pairwise(pair.record.moves()):
        assert client != other or not move.goes_on_in(after)


# One after the other


def test_nothing_is_in_a_new_record() -> None:
    record = Record()
    assert record.known(7) == 0
    assert [*record.insertions(), *record.deletions(), *record.moves(), *record.authors()] == []
    assert list(record.removed(7, 0, 5)) == [(0, 5, None)]
    assert list(record.moved(7, 0, 5)) == [(0, 5, None)]
    assert list(record.given(7, 0, 5)) == [(0, 5, False)]
    assert list(record.removed_lately("amina", 0)) == []
    assert Record.decode(record.encode()).encode() == record.encode()


def test_ranges_that_come_in_any_order_are_the_same_bytes() -> None:
    deletions = [(0, 2, ("amina", 5)), (2, 4, ("amina", 5)), (4, 5, ("boris", 5)), (7, 9, ("boris", 9))]
    found = set()
    for order in itertools.permutations(deletions):
        record = written("0123456789")
        for start, end, mark in order:
            record.delete(7, start, end, mark)
        assert list(record.deletions()) == [(7, 0, 4, "amina", 5), (7, 4, 1, "boris", 5), (7, 7, 2, "boris", 9)]
        found.add(record.encode())
    assert len(found) == 1


def test_clients_that_come_in_any_order_are_the_same_bytes() -> None:
    found = set()
    for order in itertools.permutations(CLIENTS):
        record = Record()
        for client in order:
            record.insert(client, 3, (f"by {client}", 5))
        found.add(record.encode())
    assert len(found) == 1


def test_moves_in_pieces_and_in_any_order_are_the_same_bytes() -> None:
    pieces = [Move(0, 1, (7, 2), "boris"), Move(1, 2, (7, 3), "boris"), Move(3, 1, (7, 5), "boris")]
    found = set()
    for order in (*itertools.permutations(pieces), [Move(0, 4, (7, 2), "boris")]):
        record = written("0123456789")
        record.insert(8, 4, ("boris", 6))
        for move in order:
            record.move(8, move)
        assert list(record.moves()) == [(8, Move(0, 4, (7, 2), "boris"))]
        assert list(record.insertions()) == [(7, 0, 10, "amina", 1), (8, 0, 4, "amina", 1)]
        found.add(record.encode())
    assert len(found) == 1


def test_what_is_moved_has_the_marks_of_what_it_was_and_its_neighbours_keep_theirs() -> None:
    record = Record()
    for length, mark in ((3, ("amina", 1)), (2, ("chen", 2)), (4, ("amina", 3))):
        record.insert(7, length, mark)
    record.insert(8, 9, ("boris", 9))
    record.move(8, Move(2, 5, (7, 1), "boris"))
    assert list(record.insertions()) == [
        (7, 0, 3, "amina", 1), (7, 3, 2, "chen", 2), (7, 5, 4, "amina", 3),
        (8, 0, 2, "boris", 9), (8, 2, 2, "amina", 1), (8, 4, 2, "chen", 2), (8, 6, 1, "amina", 3),
        (8, 7, 2, "boris", 9),
    ]  # fmt: skip
    assert list(record.moved(8, 0, 9)) == [(0, 2, None), (2, 7, Move(2, 5, (7, 1), "boris")), (7, 9, None)]
    assert list(record.given(7, 0, 9)) == [(0, 1, False), (1, 6, True), (6, 9, False)]
    assert list(record.authors()) == [
        (7, 0, "amina"), (7, 3, "chen"), (7, 5, "amina"),
        (8, 0, "boris"), (8, 2, "amina"), (8, 4, "chen"), (8, 6, "amina"), (8, 7, "boris"),
    ]  # fmt: skip
    assert list(record.authors_from(8, 5)) == [(8, 6, "amina"), (8, 7, "boris")]


def test_what_moved_twice_comes_from_both_places() -> None:
    record = written("01234")
    record.insert(8, 4, ("boris", 2))
    record.move(8, Move(1, 3, (7, 2), "boris"))
    record.insert(9, 2, ("chen", 3))
    record.move(9, Move(0, 2, (8, 2), "chen"))
    assert sorted(record.sources(9, 0, 2)) == [(7, 3, 5, 0), (8, 2, 4, 0), (9, 0, 2, 0)]
    assert sorted(record.sources(8, 0, 4)) == [(7, 2, 5, 1), (8, 0, 4, 0)]
    assert list(record.insertions())[-1] == (9, 0, 2, "amina", 1)
    assert {move.by for _, move in record.moves()} == {"boris", "chen"}


def test_a_deletion_belongs_to_whom_it_came_from_first() -> None:
    record = written("0123456789")
    assert record.delete(7, 2, 5, ("boris", 2)) == [(2, 5)]
    assert record.delete(7, 0, 9, ("chen", 3)) == [(0, 2), (5, 9)]
    assert record.delete(7, 1, 6, ("amina", 4)) == []
    by_chen, by_boris = ("chen", 3), ("boris", 2)
    assert list(record.removed(7, 1, 10)) == [(1, 2, by_chen), (2, 5, by_boris), (5, 9, by_chen), (9, 10, None)]


def written(text: str) -> Record:
    record = Record()
    record.insert(7, len(text), ("amina", 1))
    return record


def stretch(by: str, minute: int, clock: int = 0) -> Stretch:
    return Stretch(by, minute, ((7, clock, 2), (8, 5, 1)), ((0, 2),))


def test_what_was_removed_is_remembered_for_ten_minutes() -> None:
    record = written("0123456789")
    for minute, by in ((100, "boris"), (105, "chen"), (106, "boris")):
        record.see(minute)
        record.remember(stretch(by, minute, minute % 10))
    assert [one.minute for one in record.removed_lately("boris", 106)] == [106, 100]
    assert [one.minute for one in record.removed_lately("boris", 110)] == [106, 100]
    assert [one.minute for one in record.removed_lately("boris", 111)] == [106]
    assert [one.minute for one in record.removed_lately("chen", 111)] == [105]
    assert sorted(one.minute for one in record.removed_lately(SERVER, 110)) == [100, 105, 106]
    assert list(record.removed_lately("amina", 106)) == []
    again = Record.decode(record.encode())
    assert remembered(again, "boris", 110) == remembered(record, "boris", 110) != []
    record.see(111)
    for one in (record, Record.decode(record.encode())):
        assert [gone.minute for gone in one.removed_lately("boris", 106)] == [106], (
            "too old, though the clock be set back"
        )


def test_the_server_finds_what_anybody_removed_in_the_same_order_after_a_restart() -> None:
    record = written("0123456789")
    for minute, by in ((100, "chen"), (101, "boris"), (102, "chen"), (103, "amina")):
        record.see(minute)
        record.remember(stretch(by, minute))
    assert [one.minute for one in record.removed_lately(SERVER, 103)] == [103, 101, 102, 100]
    assert remembered(Record.decode(record.encode()), SERVER, 103) == remembered(record, SERVER, 103)


def test_what_is_forgotten_leaves_no_bytes() -> None:
    record, other = written("0123456789"), written("0123456789")
    for one in (record, other):
        one.see(100)
    record.remember(stretch("boris", 100))
    assert record.encode() != other.encode()
    for one in (record, other):
        one.see(111)
    assert record.encode() == other.encode()


# Bytes that are no record


def full() -> Record:
    record = Record()
    record.insert(7, 5, ("amina", 29_000_000))
    record.insert(7, 5, ("boris~2", 28_999_999))
    record.insert(8, 300, ("@cuba", 29_000_002))
    record.delete(7, 2, 8, ("boris~2", 29_000_003))
    record.insert(8, 2, ("boris~2", 29_000_003))
    record.move(8, Move(300, 2, (7, 3), "boris~2"))
    record.see(29_000_003)
    record.remember(stretch("boris", 29_000_003, 3))
    return record


def test_bytes_that_were_cut_short_or_go_on_are_no_record() -> None:
    data = full().encode()
    for length in range(len(data)):
        with pytest.raises(RecordDamaged):
            Record.decode(data[:length])
    with pytest.raises(RecordDamaged):
        Record.decode(data + b"\0")
    with pytest.raises(RecordDamaged, match="version"):
        Record.decode(b"\x63" + data[1:])


@given(st.data())
def test_damaged_bytes_are_a_record_or_are_said_to_be_damaged(data: st.DataObject) -> None:
    damaged = bytearray(full().encode())
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    check_damaged(bytes(damaged))


@given(st.binary(max_size=60))
def test_any_bytes_are_a_record_or_are_said_to_be_damaged(data: bytes) -> None:
    check_damaged(b"\x01" + data)


def check_damaged(data: bytes) -> None:
    """Nothing but `RecordDamaged`; and what is taken for a record can be read."""
    try:
        record = Record.decode(data)
    except RecordDamaged:
        return
    record.encode()
    for client, _ in itertools.groupby(record.insertions(), key=lambda one: one[0]):
        known = record.known(client)
        assert list(record.written(client, 0, known))
        assert list(record.sources(client, 0, known))
