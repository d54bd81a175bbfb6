"""A set of ranges does what a set of numbers does."""

from hypothesis import given
from hypothesis import strategies as st

from documents.crdt.ranges import RangeSet

BOUNDS = st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))
STEPS = st.lists(st.tuples(st.sampled_from(("add", "remove")), BOUNDS))


def built(steps: list[tuple[str, tuple[int, int]]]) -> tuple[RangeSet, set[int]]:
    ranges, numbers = RangeSet(), set[int]()
    for name, (start, end) in steps:
        if name == "add":
            ranges.add(start, end)
            numbers |= set(range(start, end))
        else:
            ranges.remove(start, end)
            numbers -= set(range(start, end))
    return ranges, numbers


@given(STEPS)
def test_it_holds_what_a_set_holds(steps: list[tuple[str, tuple[int, int]]]) -> None:
    ranges, numbers = built(steps)
    assert {number for start, end in ranges for number in range(start, end)} == numbers
    assert {number for number in range(60) if number in ranges} == numbers
    assert bool(ranges) == bool(numbers)


@given(STEPS)
def test_its_ranges_are_sorted_and_do_not_touch(steps: list[tuple[str, tuple[int, int]]]) -> None:
    bounds = [bound for pair in built(steps)[0] for bound in pair]
    assert bounds == sorted(set(bounds))


@given(STEPS, BOUNDS)
def test_missing_is_what_a_set_lacks(steps: list[tuple[str, tuple[int, int]]], asked: tuple[int, int]) -> None:
    ranges, numbers = built(steps)
    found = list(ranges.missing(*asked))
    assert {number for start, end in found for number in range(start, end)} == set(range(*asked)) - numbers
    assert all(start < end for start, end in found)
    assert ranges.covers(*asked) == (not found)


@given(STEPS, BOUNDS)
def test_what_was_missing_can_be_added_and_taken_out_again(
    steps: list[tuple[str, tuple[int, int]]], asked: tuple[int, int]
) -> None:
    ranges, before = built(steps)[0], built(steps)[0]
    missing = list(ranges.missing(*asked))
    for start, end in missing:
        ranges.add(start, end)
    assert not list(ranges.missing(*asked))
    for start, end in reversed(missing):
        ranges.remove(start, end)
    assert ranges == before


def test_equal_sets_are_equal_and_others_are_not() -> None:
    one, other = RangeSet(), RangeSet()
    one.add(1, 5)
    other.add(1, 3)
    assert one != other
    other.add(3, 5)
    assert one == other
    assert one != {1, 2, 3, 4}
