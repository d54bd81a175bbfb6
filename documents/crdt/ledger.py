"""What a document holds, as far as the gate must know: clocks, containers, paragraphs, deletions, owners.

A *container* is one list of items: the children of an element, the text of a text, or the values of one attribute.
Every id of the document lies in exactly one. The ledger is kept beside the CRDT document, never read from it, so that
an update can be judged before the document sees it. All changes go through an undo log: `rollback()` takes back what
was written since the last `commit()`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto

from documents.crdt.ranges import RangeSet
from documents.crdt.update_v1 import Id
from documents.errors import UpdateMalformed
from documents.model import AuthorId, ClientId


class Kind(Enum):
    """What may lie in a container."""

    ELEMENTS = auto()
    """Elements and texts: a fragment's or an element's children."""
    TEXT = auto()
    """Characters, formats and embeds."""
    VALUE = auto()
    """The values that one attribute has had."""
    NOTHING = auto()
    """The place of what a client threw away before it was ever seen here: nothing can build on it."""
    MAP = auto()
    """No list at all: a map, of which only the keys hold anything."""


class Container:
    """One list of items, and where it lies."""

    __slots__ = ("depth", "is_text", "key", "keys", "kind", "parent", "root", "top")

    def __init__(self, kind: Kind, root: str, parent: "Container | None" = None, key: str | None = None) -> None:
        self.kind = kind
        self.is_text = kind is Kind.TEXT
        self.root = root
        """The name of the root that it lies under."""
        self.parent = parent
        self.key = key
        """The attribute's name, for a VALUE."""
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.top: Id | None = None if parent is None else parent.top
        """The id of the paragraph (the child of the root) that it lies in; None for what lies in the root itself."""
        self.keys: dict[str, Container] = {}
        """The attributes of the type whose list this is."""


NOWHERE = Container(Kind.NOTHING, "")


class Ledger:
    """See the module. Clocks are in UTF-16 units; `roots` names the document's roots, and what each holds."""

    def __init__(self, roots: Mapping[str, Kind]) -> None:
        self.roots = {name: Container(kind, name) for name, kind in roots.items()}
        self.clocks: dict[ClientId, int] = {}
        """The first clock of each client that is not known yet."""
        self.types: dict[Id, Container] = {}
        """The list of each shared type, by the id of the item that made it."""
        self.deleted: dict[ClientId, RangeSet] = {}
        """Every deletion that an update named. (A value replaced by a concurrent one may be missing.)"""
        self.owners: dict[ClientId, AuthorId] = {}
        self._type_clocks: dict[ClientId, list[int]] = {}
        self._starts: dict[ClientId, list[int]] = {}
        self._containers: dict[ClientId, list[Container]] = {}
        self._pairs: dict[ClientId, set[int]] = {}
        self._undo: list[Callable[[], object]] = []
        self._grown: set[ClientId] = set()
        """The clients of which ids were added since the last commit."""

    def __del__(self) -> None:
        """Lists and those of their attributes know each other: see `Sequence.__del__`."""
        for container in (*self.roots.values(), *self.types.values()):
            container.keys.clear()

    # Reading

    def known(self, client: ClientId) -> int:
        """The first clock of a client that is not known yet."""
        return self.clocks.get(client, 0)

    def where(self, client: ClientId, clock: int) -> Container | None:
        """The container that an id lies in; None when the id is not known."""
        if clock >= self.clocks.get(client, 0):
            return None
        return self._containers[client][bisect_right(self._starts[client], clock) - 1]

    def beside(self, client: ClientId, clock: int, border: int) -> Container | None:
        """The same as `where`, for what is to stand beside it, at the clock `border`.

        Raises `UpdateMalformed` if that would part a surrogate pair.
        """
        if clock >= self.clocks.get(client, 0):
            return None
        if client in self._pairs and border - 1 in self._pairs[client]:
            raise UpdateMalformed("it splits a surrogate pair")
        containers = self._containers[client]
        return containers[0 if len(containers) == 1 else bisect_right(self._starts[client], clock) - 1]

    def within(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int, Container]]:
        """The containers of the known ids from `start` up to `end`, as (start, end, container)."""
        starts, containers = self._starts[client], self._containers[client]
        index = bisect_right(starts, start) - 1
        while start < end:
            stop = starts[index + 1] if index + 1 < len(starts) else end
            stop = min(stop, end)
            yield start, stop, containers[index]
            start = stop
            index += 1

    def types_within(self, client: ClientId, start: int, end: int) -> Iterator[Id]:
        """The shared types among a client's ids from `start` up to `end`."""
        clocks = self._type_clocks.get(client, ())
        return ((client, clock) for clock in clocks[bisect_left(clocks, start) : bisect_left(clocks, end)])

    def splits_pair(self, client: ClientId, clock: int) -> bool:
        """Whether a cut just before `clock` would part a surrogate pair."""
        pairs = self._pairs.get(client)
        return pairs is not None and clock - 1 in pairs

    # Writing

    def add(self, client: ClientId, end: int, container: Container) -> None:
        """Note that the next ids of a client, up to the clock `end`, lie in a container."""
        before = self.clocks.get(client)
        if client not in self._grown:
            self._grown.add(client)
            count = 0 if before is None else len(self._starts[client])
            self._undo.append(lambda: self._shorten(client, before, count))
        if before is None:
            self._starts[client] = [0]
            self._containers[client] = [container]
        elif self._containers[client][-1] is not container:
            self._starts[client].append(before)
            self._containers[client].append(container)
        self.clocks[client] = end

    def add_type(self, item: Id, container: Container) -> None:
        """Note the list of a new shared type."""
        self.types[item] = container
        self._type_clocks.setdefault(item[0], []).append(item[1])
        self._undo.append(lambda: self._forget_type(item))

    def value_of(self, owner: Container, key: str) -> Container:
        """The container of one attribute of a type."""
        container = owner.keys.get(key)
        if container is None:
            container = Container(Kind.VALUE, owner.root, owner, key)
            owner.keys[key] = container
            self._undo.append(lambda: owner.keys.pop(key))
        return container

    def add_pairs(self, client: ClientId, clock: int, text: str, known: int) -> None:
        """Note the clocks, from `known` on, of the first halves of the surrogate pairs of a text that is at `clock`."""
        new = set()
        for char in text:
            if char > "\uffff":
                if clock >= known:
                    new.add(clock)
                clock += 1
            clock += 1
        if new:
            self._pairs.setdefault(client, set()).update(new)
            self._undo.append(lambda: self._forget_pairs(client, new))

    def own(self, client: ClientId, author: AuthorId) -> None:
        """Give a client id that nobody has used to an author, for ever."""
        self.owners[client] = author
        self._undo.append(lambda: self.owners.pop(client))

    def delete(self, client: ClientId, start: int, end: int) -> None:
        """Note a deletion of ids that were not deleted before."""
        self.deleted.setdefault(client, RangeSet()).add(start, end)
        self._undo.append(lambda: self._restore(client, start, end))

    def commit(self) -> None:
        """Keep what was written since the last commit."""
        self._undo.clear()
        self._grown.clear()

    def rollback(self) -> None:
        """Take back what was written since the last commit."""
        while self._undo:
            self._undo.pop()()
        self._grown.clear()

    def _forget_type(self, item: Id) -> None:
        del self.types[item]
        self._type_clocks[item[0]].pop()
        if not self._type_clocks[item[0]]:
            del self._type_clocks[item[0]]

    def _forget_pairs(self, client: ClientId, clocks: set[int]) -> None:
        self._pairs[client] -= clocks
        if not self._pairs[client]:
            del self._pairs[client]

    def _restore(self, client: ClientId, start: int, end: int) -> None:
        ranges = self.deleted[client]
        ranges.remove(start, end)
        if not ranges:
            del self.deleted[client]

    def _shorten(self, client: ClientId, clock: int | None, count: int) -> None:
        if clock is None:
            del self.clocks[client], self._starts[client], self._containers[client]
            return
        self.clocks[client] = clock
        del self._starts[client][count:], self._containers[client][count:]
