"""Who did what to one client's ids, as ranges."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from documents.authorship.runs import Tag

Mark = tuple[Tag, int]
"""By whom, and when, in minutes since 1970 (UTC)."""


class Written:
    """A client's ids, from 0 to `end`: a step function of marks."""

    __slots__ = ("end", "marks", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.marks: list[Mark] = []
        self.end = 0

    def copy(self) -> "Written":
        """As it is now."""
        other = Written()
        other.starts, other.marks, other.end = self.starts.copy(), self.marks.copy(), self.end
        return other

    def add(self, length: int, mark: Mark) -> bool:
        """Note the next ids. Returns whether somebody else begins here than wrote before."""
        marks = self.marks
        begins = not marks or marks[-1][0] != mark[0]
        if begins or marks[-1] != mark:
            self.starts.append(self.end)
            marks.append(mark)
        self.end += length
        return begins

    def only(self, start: int, end: int) -> Mark | None:
        """The mark of these ids, if all have the same."""
        index = bisect_right(self.starts, start)
        return self.marks[index - 1] if index == len(self.starts) or self.starts[index] >= end else None

    def within(self, start: int, end: int) -> Iterator[tuple[int, int, Mark]]:
        """The marks of these ids, as (start, end, mark)."""
        starts = self.starts
        index = bisect_right(starts, start) - 1
        while start < end:
            stop = min(starts[index + 1], end) if index + 1 < len(starts) else end
            yield start, stop, self.marks[index]
            start = stop
            index += 1

    def replace(self, start: int, end: int, mark: Mark) -> None:
        """Put another mark on known ids."""
        first, last = bisect_right(self.starts, start) - 1, bisect_left(self.starts, end)
        after = self.marks[last - 1]
        steps = [(start, mark)]
        if self.starts[first] < start:
            steps.insert(0, (self.starts[first], self.marks[first]))
        if end < self.end and (last == len(self.starts) or self.starts[last] > end):
            steps.append((end, after))
        if first > 0:
            first -= 1
            steps.insert(0, (self.starts[first], self.marks[first]))
        if last < len(self.starts):
            steps.append((self.starts[last], self.marks[last]))
            last += 1
        steps = [step for number, step in enumerate(steps) if number == 0 or steps[number - 1][1] != step[1]]
        self.starts[first:last] = [clock for clock, _ in steps]
        self.marks[first:last] = [one for _, one in steps]


class Removed:
    """A client's deleted ids: ranges that do not overlap, each with its mark."""

    __slots__ = ("ends", "marks", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.marks: list[Mark] = []

    def copy(self) -> "Removed":
        """As it is now."""
        other = Removed()
        other.starts, other.ends, other.marks = self.starts.copy(), self.ends.copy(), self.marks.copy()
        return other

    def missing(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of a range that are not deleted yet."""
        return ((low, high) for low, high, mark in self.within(start, end) if mark is None)

    def add(self, start: int, end: int, mark: Mark) -> None:
        """Note a range of which nothing was deleted before."""
        index = bisect_left(self.starts, start)
        if index > 0 and self.ends[index - 1] == start and self.marks[index - 1] == mark:
            index -= 1
            start = self.starts[index]
            del self.starts[index], self.ends[index], self.marks[index]
        if index < len(self.starts) and self.starts[index] == end and self.marks[index] == mark:
            end = self.ends[index]
            del self.starts[index], self.ends[index], self.marks[index]
        self.starts.insert(index, start)
        self.ends.insert(index, end)
        self.marks.insert(index, mark)

    def within(self, start: int, end: int) -> Iterator[tuple[int, int, Mark | None]]:
        """The marks of these ids, as (start, end, mark); None of those that are not deleted."""
        index = bisect_right(self.ends, start)
        while start < end:
            if index == len(self.starts) or self.starts[index] >= end:
                yield start, end, None
                return
            if start < self.starts[index]:
                yield start, self.starts[index], None
                start = self.starts[index]
            stop = min(self.ends[index], end)
            yield start, stop, self.marks[index]
            start = stop
            index += 1
