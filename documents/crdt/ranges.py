"""A set of whole numbers, kept as sorted ranges that do not touch."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator


class RangeSet:
    """Ranges are half open: from `start` up to, and without, `end`."""

    __slots__ = ("_ends", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def copy(self) -> "RangeSet":
        """As it is now."""
        other = RangeSet()
        other._starts, other._ends = self._starts.copy(), self._ends.copy()
        return other

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._starts, self._ends, strict=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RangeSet) and self._starts == other._starts and self._ends == other._ends

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __contains__(self, number: int) -> bool:
        index = bisect_right(self._starts, number) - 1
        return index >= 0 and number < self._ends[index]

    def covers(self, start: int, end: int) -> bool:
        """Whether all of a range, of one number or more, is in the set."""
        index = bisect_right(self._starts, start) - 1
        return index >= 0 and end <= self._ends[index]

    def missing(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of a range that are not in the set."""
        index = bisect_right(self._ends, start)
        while start < end:
            if index == len(self._starts) or self._starts[index] >= end:
                yield start, end
                return
            if start < self._starts[index]:
                yield start, self._starts[index]
            start = self._ends[index]
            index += 1

    def add(self, start: int, end: int) -> None:
        """Put a range in."""
        first = bisect_left(self._ends, start)
        last = bisect_right(self._starts, end)
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def remove(self, start: int, end: int) -> None:
        """Take a range out."""
        first = bisect_right(self._ends, start)
        last = bisect_left(self._starts, end)
        if first >= last:
            return
        keep = [(self._starts[first], start), (end, self._ends[last - 1])]
        keep = [(low, high) for low, high in keep if low < high]
        self._starts[first:last] = [low for low, _ in keep]
        self._ends[first:last] = [high for _, high in keep]
