"""Whether every item was inserted between two that can have stood side by side.

The rule by which replicas order what was written at once takes that for granted. Where it does not hold, replicas may
order those items differently, depending on what came to them first. The gate can't refuse it: Yjs's own undo, when it
brings back a deleted paragraph, names such neighbours (their counterparts in the new paragraph, in any order).
"""

from collections.abc import Iterator

from documents.crdt import update_v1
from documents.crdt.ledger import NOWHERE, Container, Ledger
from documents.crdt.update_v1 import Id, Struct
from tests.fuzz.order import Order, Run


class Neighbours:
    """Watches what a gate lets in. `ledger` is the gate's."""

    def __init__(self, ledger: Ledger, base: bytes) -> None:
        self._ledger = ledger
        self._structs: dict[int, list[Struct]] = {}
        self.orderly = True
        """Whether all that was let in had neighbours that can have stood side by side."""
        for _ in self._note(base):
            pass

    def watch(self, update: bytes) -> None:
        """Look at an update just after the gate let it in."""
        noted = list(self._note(update))
        self.orderly = self.orderly and all(self._stood_so(struct) for struct in noted)

    def _note(self, update: bytes) -> Iterator[Struct]:
        for section in update_v1.parse(update).sections:
            self._structs.setdefault(section.client, []).extend(section.structs)
            for struct in section.structs:
                if self._ledger.where(section.client, struct.clock) is not NOWHERE:
                    yield struct

    def _struct(self, item: Id) -> Struct:
        return next(one for one in self._structs[item[0]] if one.clock <= item[1] < one.clock + one.length)

    def _stood_so(self, struct: Struct) -> bool:
        origin, right = struct.origin, struct.right
        before = after = None
        if right is not None:
            beside = self._struct(right)
            before = beside.origin if beside.clock == right[1] else (right[0], right[1] - 1)
            if before == origin:
                return True
        if origin is not None:
            after = self._struct(origin).right
        if after == right:
            return True
        if origin is None or right is None:
            return False
        container = self._ledger.where(*origin)
        assert container is not None
        order = Order(self._runs(container), [one for one in (before, origin, right, after) if one is not None])
        start = -1 if before is None else order.place(before)
        end = float("inf") if after is None else order.place(after)
        return start <= order.place(origin) < order.place(right) <= end

    def _runs(self, container: Container) -> Iterator[Run]:
        for client, structs in self._structs.items():
            for one in structs:
                if self._ledger.where(client, one.clock) is container:
                    yield Run(client, one.clock, one.clock + one.length, one.origin, one.right)
