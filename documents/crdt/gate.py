"""The strict gate in front of the CRDT document: an update goes in whole and safe, or not at all.

The CRDT library trusts what it is given: a message of thirty bytes can end the process. So every update is parsed
(`documents.crdt.update_v1`) and held against a ledger of what the document holds before the document sees it. One is
let in only if

- each client's clocks follow what is known without a gap, and everything it builds on is known;
- what is inserted between two items names two items of the same list;
- its parent is a known type, or a root that the sender may write;
- its content fits the list: elements in elements, characters in texts, one plain value in an attribute;
- depth, names and sizes are bounded, and no cut parts a surrogate pair;
- it deletes only known ids, in roots that the sender may write;
- its client ids are the sender's own, or nobody's yet.

What the document knows already (a client resends after a reconnect) is cut off first, so that what is let in is new.
What builds on something that was thrown away (deleted before it was ever seen here) is let in as thrown away too.

One thing it can't judge: whether two neighbours ever stood side by side. Yjs's undo names some that never did, when it
brings back a deleted paragraph; replicas may then put what lies between them in different orders, or under other
formats.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from documents.crdt import update_v1
from documents.crdt.ledger import NOWHERE, Container, Kind, Ledger
from documents.crdt.ranges import RangeSet
from documents.crdt.update_v1 import Deletions, Id, Section, Struct, Update
from documents.errors import ClientIdTaken, RootForbidden, UpdateIncomplete, UpdateMalformed
from documents.model import SERVER, AuthorId, ClientId

MAX_DEPTH = 24
"""How deep elements may be nested."""
MAX_SECTIONS = 1_000
"""How many client ids one update may add to: a browser that was offline holds one for each of its visits."""

IDENTITY = frozenset(("id", "label"))
"""The attributes that say which paragraph is which."""


Placed = tuple[ClientId, Struct, int, Container]
"""An item that was let in: its client, its struct, its first clock that is new, and the list that it lies in."""


@dataclass(slots=True)
class Admitted:
    """An update that was let in, cut to what is new."""

    update: bytes
    """Safe to apply; empty when the document had it all."""
    touched: set[Id]
    """The paragraphs (children of the root) whose text, formats, attributes or existence it changes, by item id."""
    inserted: list[Id]
    """The children of a root that it adds."""
    identities: bool
    """Whether it may have changed which paragraph bears which id: one was added, or its id or label was written."""
    placed: list[Placed]
    """Its new items, each after what it builds on; `NOWHERE` is the list of what was thrown away."""
    deletes: list[tuple[int, int, int]]
    """What it deletes, as (client, clock, length): for a client's update, what was not deleted before."""
    clients: frozenset[ClientId] = field(default=frozenset(), compare=False)
    """Whose items the update holds, new or not."""
    again: list[tuple[int, int, int]] = field(default_factory=list, compare=False)
    """What it would delete too if it were not gone already, in the same form; not for what is trusted."""


class Gate:
    """Judges updates by a ledger, and keeps the ledger in step with what it lets in."""

    def __init__(self, ledger: Ledger, open_roots: frozenset[str], server_client: ClientId) -> None:
        """`open_roots` may be written by clients; all other roots, and `server_client`, are the server's."""
        self.ledger = ledger
        self._open_roots = open_roots
        self._server_client = server_client
        self._gone: dict[ClientId, Deletions] = {}
        """What clients repeated of deletions that were all known: the next one repeats the same, mostly."""

    def admit(
        self,
        data: bytes,
        author: AuthorId,
        *,
        trusted: bool = False,
        claims: Callable[[ClientId], AuthorId | None] = lambda _: None,
        judge: Callable[["Admitted"], None] = lambda _: None,
    ) -> Admitted:
        """Let an update in, or raise a subclass of `UpdateRefused`, the ledger then being as it was.

        `trusted` is for what this server itself made or let in before: it may write every root and anybody's client
        ids. `claims` tells who announced a client id that has not written anything yet. `judge` has the last word: it
        may raise too.
        """
        update = update_v1.parse(data, self._gone)
        admission = _Admission(self.ledger, update, None if trusted else self._open_roots, self._gone)
        try:
            for section in update.sections:
                if section.end > self.ledger.known(section.client):
                    self._check_owner(section.client, author, trusted, claims)
            admission.check()
            admitted = admission.result()
            judge(admitted)
        except BaseException:
            self.ledger.rollback()
            raise
        self.ledger.commit()
        return admitted

    def has_all_of(self, data: bytes) -> bool:
        """Whether an update brings nothing that the document does not have. Raises `UpdateMalformed`."""
        update = update_v1.parse(data)
        ledger = self.ledger
        if any(section.end > ledger.known(section.client) for section in update.sections):
            return False
        nothing = RangeSet()
        return not any(
            True
            for client, clock, length in update.deletes
            for _ in ledger.deleted.get(client, nothing).missing(clock, clock + length)
        )

    def load(self, state: bytes, owners: dict[ClientId, AuthorId]) -> Admitted:
        """Take in a snapshot's state, once, into an empty ledger. Raises `UpdateRefused` if it is damaged."""
        admission = _Admission(self.ledger, update_v1.parse(state), None, self._gone)
        admission.check()
        self.ledger.owners.update(owners)
        self.ledger.commit()
        return admission.result()

    def _check_owner(
        self, client: ClientId, author: AuthorId, trusted: bool, claims: Callable[[ClientId], AuthorId | None]
    ) -> None:
        ledger = self.ledger
        if client == self._server_client:
            if not trusted:
                raise ClientIdTaken(client)
            author = SERVER
        owner = ledger.owners.get(client)
        if owner is None:
            owner = claims(client)
            if owner is not None and owner != author and not trusted:
                raise ClientIdTaken(client)
            ledger.own(client, author)
        elif owner != author and not trusted:
            raise ClientIdTaken(client)


class _Admission:
    """One update on its way in: writes to the ledger as it goes; the gate rolls back if it raises."""

    def __init__(
        self, ledger: Ledger, update: Update, open_roots: frozenset[str] | None, gone: dict[ClientId, Deletions]
    ) -> None:
        self.ledger = ledger
        self.gone = gone
        self.update = update
        self.open_roots = open_roots
        self.touched: set[Id] = set()
        self.inserted: list[Id] = []
        self.identities = False
        self.placed: list[Placed] = []
        self.taken: dict[ClientId, int] = {}
        self.whole = True
        """Whether all its structs are let in, as they are."""
        self.all_new = True
        """Whether nothing that it deletes was deleted before."""
        self.judged: Container | None = None
        """The text in which the last characters came to lie: those that come next fit there too."""
        self.deletes: list[tuple[int, int, int]] = []
        self.again: list[tuple[int, int, int]] = []
        self.replaced: list[tuple[int, int, int]] = []
        """Several values of one attribute in one struct, as (client, start, end): those that others have replaced."""

    def check(self) -> None:
        """Judge every struct, in an order in which each finds what it builds on, then every deletion."""
        sections = self.update.sections
        if len(sections) > MAX_SECTIONS and self.open_roots is not None:
            raise UpdateMalformed(f"more than {MAX_SECTIONS} client ids")
        if sections:
            self._take_all({section.client: section for section in sections})
        for deletions in self.update.deletions:
            self._take_deletions(deletions)
        nothing = RangeSet()
        for client, start, end in self.replaced:
            if any(self.ledger.deleted.get(client, nothing).missing(start, end)):
                raise UpdateMalformed("an attribute has several values at once")

    def result(self) -> Admitted:
        """What is let in."""
        trusted = self.open_roots is None
        deletes = self.update.deletes if trusted else self.deletes
        clients = frozenset(section.client for section in self.update.sections)
        return Admitted(
            self._bytes(), self.touched, self.inserted, self.identities, self.placed, deletes, clients, self.again
        )

    def _bytes(self) -> bytes:
        update = self.update
        if self.whole and self.all_new:
            return b"" if not update.sections and not update.deletes else update.data
        if not self.placed and not self.deletes:
            return b""
        if self.whole:
            return update.data[: update.deletions_at] + update_v1.write_deletions(self.deletes)
        kept: dict[ClientId, tuple[int, list[bytes]]] = {}
        for one in self.placed:
            client, _, clock, _ = one
            kept.setdefault(client, (clock, []))[1].append(self._bytes_of(one))
        return update_v1.write_update([(client, *some) for client, some in kept.items()], self.deletes)

    def _bytes_of(self, placed: Placed) -> bytes:
        client, struct, clock, container = placed
        if container is NOWHERE:
            return update_v1.gc(struct.clock + struct.length - clock)
        if clock > struct.clock:
            return update_v1.tail_of(self.update.data, client, struct, clock)
        return self.update.data[struct.start : struct.end]

    # Structs

    def _take_all(self, sections: dict[ClientId, Section]) -> None:
        """Sections may build on each other, in any order: go on where the missing part is, then come back."""
        for section in sections.values():
            stack = [(section, section.end)]
            waiting = {section.client}
            while stack:
                needs = self._take(*stack[-1])
                if needs is None:
                    waiting.remove(stack.pop()[0].client)
                    continue
                client, clock = needs
                other = sections.get(client)
                if other is None or client in waiting or clock >= other.end:
                    raise UpdateIncomplete(client, clock)
                stack.append((other, clock + 1))
                waiting.add(client)

    def _take(self, section: Section, until: int) -> Id | None:
        """Judge a section's next structs, up to the clock `until`. Returns the id that is missing, if any."""
        client = section.client
        known = self.ledger.known(client)
        if section.clock > known:
            raise UpdateIncomplete(client, known)
        structs = section.structs
        needs = None
        index = self.taken.get(client, 0)
        while index < len(structs) and structs[index].clock < until:
            struct = structs[index]
            end = struct.clock + struct.length
            if end <= known:
                self.whole = False
            else:
                needs = self._place(client, struct, known)
                if needs is not None:
                    break
                known = end
            index += 1
        self.taken[client] = index
        return needs

    def _place(self, client: ClientId, struct: Struct, clock: int) -> Id | None:
        """Find the list in which a struct lies from `clock` on, and note it. Returns the id that is missing, if any."""
        kind, origin = struct.kind, struct.origin
        if clock > struct.clock:  # its head is known: what is left of it follows on that
            origin = (client, clock - 1)
            self.whole = False
        if kind == update_v1.SKIP:
            raise UpdateIncomplete(client, clock)
        container = NOWHERE
        if kind != update_v1.GC:
            found, needs = self._container_of(struct, origin)
            if found is None:
                return needs
            container = found
            if container is NOWHERE:  # what builds on something that was thrown away is so too, for every replica
                self.whole = False
            elif container is not self.judged or kind != update_v1.STRING:
                self._check_fit(client, struct, container)
        self.ledger.add(client, struct.clock + struct.length, container)
        self.placed.append((client, struct, clock, container))
        if kind == update_v1.STRING and container is not NOWHERE and not struct.value.isascii():
            self.ledger.add_pairs(client, struct.clock, struct.value, clock)
        return None

    def _container_of(self, struct: Struct, origin: Id | None) -> tuple[Container | None, Id | None]:
        """The list that a struct names by its neighbours or its parent, or the id that is missing."""
        ledger, right = self.ledger, struct.right
        container: Container | None = None
        if origin is not None:
            client, clock = origin
            container = ledger.beside(client, clock, clock + 1)
            if container is None:
                return None, origin
        elif right is None:
            return self._child_of(struct)
        if right is not None:
            client, clock = right
            beside = ledger.beside(client, clock, clock)
            if beside is None:
                return None, right
            if beside is not container and container is not None:
                if container is NOWHERE or beside is NOWHERE:
                    return NOWHERE, None
                raise UpdateMalformed("its neighbours lie in different places")
            container = beside
        return container, None

    def _child_of(self, struct: Struct) -> tuple[Container | None, Id | None]:
        parent = struct.parent
        if isinstance(parent, str):
            owner = self.ledger.roots.get(parent)
            if owner is None:
                raise RootForbidden(parent)
        else:
            assert parent is not None  # noqa: S101 (the parser saw to it)
            found = self.ledger.types.get(parent)
            if found is None:
                return self._without_type(parent)
            owner = found
        if struct.key is None:
            return owner, None
        self._check_root(owner)
        if owner.kind is Kind.ELEMENTS and owner.parent is None:
            raise UpdateMalformed("a fragment has no attributes")
        return self.ledger.value_of(owner, struct.key), None

    def _without_type(self, parent: Id) -> tuple[Container | None, Id | None]:
        """The place of a struct whose parent is an id that no shared type is known by."""
        around = self.ledger.where(*parent)
        if around is None:
            return None, parent
        if around.kind in (Kind.NOTHING, Kind.ELEMENTS):  # among elements: a type deleted before it was ever seen here
            return NOWHERE, None
        raise UpdateMalformed("its parent is not a shared type")

    def _check_root(self, container: Container) -> None:
        if self.open_roots is not None and container.root not in self.open_roots:
            raise RootForbidden(container.root)

    def _check_fit(self, client: ClientId, struct: Struct, container: Container) -> None:
        """Whether the content may lie in that list; notes what it touches."""
        self._check_root(container)
        kind, where = struct.kind, container.kind
        top = container.top
        if container.is_text:
            fits = kind in (update_v1.STRING, update_v1.FORMAT, update_v1.EMBED, update_v1.DELETED)
            self.judged = container
        elif where is Kind.VALUE:
            fits = kind in (update_v1.ANY, update_v1.DELETED) and struct.right is None
            if kind == update_v1.ANY and struct.length > 1:
                self.replaced.append((client, struct.clock, struct.clock + struct.length))
            if container.key in IDENTITY:
                self.identities = True
        elif where is Kind.ELEMENTS and kind == update_v1.TYPE:
            top = self._add_type(client, struct, container)
            fits = True
        else:
            fits = where is Kind.ELEMENTS and kind == update_v1.DELETED
        if not fits:
            raise UpdateMalformed("its content does not fit the place")
        if top is not None:
            self.touched.add(top)

    def _add_type(self, client: ClientId, struct: Struct, container: Container) -> Id | None:
        type_, _ = struct.value
        if type_ == update_v1.XML_ELEMENT_TYPE:
            kind = Kind.ELEMENTS
        elif type_ == update_v1.XML_TEXT_TYPE:
            kind = Kind.TEXT
        else:
            raise UpdateMalformed(f"a shared type of kind {type_} has no place in a chapter")
        made = Container(kind, container.root, container)
        if made.depth > MAX_DEPTH:
            raise UpdateMalformed(f"elements are nested deeper than {MAX_DEPTH}")
        item = (client, struct.clock)
        if container.parent is None:
            made.top = item
            self.inserted.append(item)
            self.identities = True
        self.ledger.add_type(item, made)
        return made.top

    # Deletions

    def _take_deletions(self, deletions: Deletions) -> None:
        """Whoever was away says all that was ever deleted: what was all known once is known for ever."""
        client = deletions.client
        if self.gone.get(client) is not deletions:
            if not self._are_gone(deletions):
                for _, clock, length in deletions.ranges:
                    self._take_delete(client, clock, clock + length)
                return
            self.gone[client] = deletions
        self.all_new = False
        self.again += deletions.ranges

    def _are_gone(self, deletions: Deletions) -> bool:
        client, ledger = deletions.client, self.ledger
        deleted = ledger.deleted.get(client)
        return deleted is not None and all(
            deleted.covers(clock, clock + length)
            and not (ledger.splits_pair(client, clock) or ledger.splits_pair(client, clock + length))
            for _, clock, length in deletions.ranges
        )

    def _take_delete(self, client: ClientId, start: int, end: int) -> None:
        ledger = self.ledger
        known = ledger.known(client)
        if end > known:
            raise UpdateIncomplete(client, known)
        deleted = ledger.deleted.get(client)
        if deleted is not None and deleted.covers(start, end):
            self.all_new = False
            if not (ledger.splits_pair(client, start) or ledger.splits_pair(client, end)):
                self.again.append((client, start, end - start))
            return
        new = [(start, end)] if deleted is None else list(deleted.missing(start, end))
        if new != [(start, end)]:
            self.all_new = False
            self._note_again(client, start, end, new)
        for low, high in new:
            if ledger.splits_pair(client, low) or ledger.splits_pair(client, high):
                raise UpdateMalformed("it splits a surrogate pair")
            for first, last, container in ledger.within(client, low, high):
                self._touch_deleted(client, first, last, container)
            ledger.delete(client, low, high)
            self.deletes.append((client, low, high - low))

    def _note_again(self, client: ClientId, start: int, end: int, new: list[tuple[int, int]]) -> None:
        for low, high in [*new, (end, end)]:
            if start < low and not (self.ledger.splits_pair(client, start) or self.ledger.splits_pair(client, low)):
                self.again.append((client, start, low - start))
            start = high

    def _touch_deleted(self, client: ClientId, first: int, last: int, container: Container) -> None:
        if container.kind is Kind.NOTHING:
            return
        self._check_root(container)
        if container.top is not None:
            self.touched.add(container.top)
            self.identities |= container.key in IDENTITY
        elif container.kind is Kind.ELEMENTS:
            self.touched.update(self.ledger.types_within(client, first, last))
