"""The order of a list's items, found as every replica finds it: each item between the two it was inserted between.

The rule for several items in one place is Yjs's (`Item.integrate` in yjs 13): first the one with the smaller client id.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from documents.crdt.update_v1 import Id


@dataclass(frozen=True, slots=True)
class Run:
    """Items of one client typed in a row: each after the one before it, and all before the same right neighbour."""

    client: int
    start: int
    end: int
    origin: Id | None
    """What the first of them was inserted after; None at the start of the list."""
    right: Id | None


@dataclass(slots=True, eq=False)
class _Node:
    client: int
    start: int
    end: int
    origin: Id | None
    right: Id | None
    before: "_Node | None"
    """The node of the same client that must be placed first."""
    placed: bool = False
    next: "_Node | None" = field(default=None, repr=False)


class Order:
    """Where the ids of one list stand. `runs` are all of the list's items; `asked` the ids that will be asked for."""

    def __init__(self, runs: Iterable[Run], asked: Iterable[Id]) -> None:
        self._by_start: dict[Id, _Node] = {}
        self._by_end: dict[Id, _Node] = {}
        self._head = _Node(-1, 0, 0, None, None, None, placed=True)
        self._cut(list(runs), asked)
        for node in self._by_start.values():
            self._place_all(node)
        self._places: dict[Id, int] = {}
        at, place = self._head.next, 0
        while at is not None:
            place += 1
            self._places[at.client, at.start] = self._places[at.client, at.end - 1] = place
            at = at.next

    def place(self, item: Id) -> int:
        """The place of an asked id."""
        return self._places[item]

    def _cut(self, runs: list[Run], asked: Iterable[Id]) -> None:
        """Cut the runs wherever something was inserted."""
        cuts: dict[int, set[int]] = {}
        for client, clock in asked:
            cuts.setdefault(client, set()).update((clock, clock + 1))
        for run in runs:
            if run.origin:
                cuts.setdefault(run.origin[0], set()).add(run.origin[1] + 1)
            if run.right:
                cuts.setdefault(run.right[0], set()).add(run.right[1])
        points = {client: sorted(clocks) for client, clocks in cuts.items()}
        last: dict[int, _Node] = {}
        for run in sorted(runs, key=lambda run: (run.client, run.start)):
            clocks = points.get(run.client, [])
            inside = clocks[bisect_right(clocks, run.start) : bisect_left(clocks, run.end)]
            bounds = [run.start, *inside, run.end]
            for start, end in pairwise(bounds):
                origin = run.origin if start == run.start else (run.client, start - 1)
                node = _Node(run.client, start, end, origin, run.right, last.get(run.client))
                last[run.client] = self._by_start[run.client, start] = self._by_end[run.client, end - 1] = node

    def _place_all(self, node: _Node) -> None:
        """Place a node after all that it builds on."""
        stack = [node]
        while stack:
            top = stack[-1]
            needs = None if top.placed else self._unplaced(top)
            if needs is not None:
                stack.append(needs)
                continue
            stack.pop()
            if not top.placed:
                self._place(top)

    def _unplaced(self, node: _Node) -> _Node | None:
        origin = self._by_end[node.origin] if node.origin else None
        right = self._by_start[node.right] if node.right else None
        return next((one for one in (node.before, origin, right) if one is not None and not one.placed), None)

    def _place(self, node: _Node) -> None:
        left = self._by_end[node.origin] if node.origin else self._head
        right = self._by_start[node.right] if node.right else None
        conflicting: set[_Node] = set()
        passed: set[_Node] = set()
        at = left.next
        while at is not None and at is not right:
            passed.add(at)
            conflicting.add(at)
            if at.origin == node.origin:
                if at.client < node.client:
                    left = at
                    conflicting.clear()
                elif at.right == node.right:
                    break
            elif at.origin is not None and self._by_end[at.origin] in passed:
                if self._by_end[at.origin] not in conflicting:
                    left = at
                    conflicting.clear()
            else:
                break
            at = at.next
        node.next, left.next, node.placed = left.next, node, True
