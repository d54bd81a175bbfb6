"""Hostile updates: made from the grammar around what a document holds, and real ones bent out of shape."""

import struct as packing
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from documents.crdt import update_v1
from documents.crdt.ledger import Container, Kind, Ledger
from documents.crdt.update_v1 import Id, Struct, Update, write_uint
from documents.errors import UpdateMalformed

TEXTS = ("a", "word ", "héllo", "😀", "a😀b😃", "👩‍👩‍👧", "שלום", "é", "\x00", "\ufffd", "x" * 300, "<&>", "")
NAMES = ("paragraph", "heading", "id", "label", "b", "", "a b", "1", "<x>", "é😀", "n" * 200, "n" * 201, "__proto__")
ROOTS = ("default", "t", "meta", "other", "")
JSON = (
    "null", "true", "{}", '{"href":"http://x"}', '""', "0", "1e5", "-0.0", "9223372036854775807", "9223372036854775808",
    "1e999", "NaN", "Infinity", "undefined", "", "[", "[1,[2,[3]]]", "[" * 15 + "]" * 15, "[" * 40 + "]" * 40,
    "[" * 5000, '{"a":{"b":[null,true,"c"]}}', '"\\ud800"', '"\\ud83d\\ude00"', '"😀"', ' {"a" : 1 } ', "{'a':1}",
    '{"__proto__":1}', '{"a":1,"a":2}', "1" * 400, "5e-324", "\ufeff1",
)  # fmt: skip
NUMBERS = (
    0, 1, 2, 3, 7, 63, 64, 127, 128, 255, 2**14, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 - 1, 2**53, 2**63,
)  # fmt: skip
KINDS = tuple(range(12))


@dataclass(slots=True)
class Draft:
    """One struct before it is written. `content` is already bytes."""

    kind: int
    length: int
    content: bytes
    origin: Id | None = None
    right: Id | None = None
    parent: str | Id | None = None
    key: str | None = None

    def encode(self) -> bytes:
        """The struct as bytes, however wrong."""
        if self.kind in (update_v1.GC, update_v1.SKIP):
            return bytes((self.kind,)) + self.content
        flags = (0x80 if self.origin else 0) | (0x40 if self.right else 0) | (0 if self.key is None else 0x20)
        out = bytearray((self.kind | flags,))
        for neighbour in (self.origin, self.right):
            if neighbour:
                out += write_uint(neighbour[0]) + write_uint(neighbour[1])
        if not self.origin and not self.right:
            out += _parent(self.parent)
            if self.key is not None:
                out += string(self.key)
        return bytes(out + self.content)


def _parent(parent: str | Id | None) -> bytes:
    if isinstance(parent, str):
        return b"\x01" + string(parent)
    client, clock = parent or (0, 0)
    return b"\x00" + write_uint(client) + write_uint(clock)


def string(text: str) -> bytes:
    """A string as the format has it."""
    data = text.encode("utf-8", "surrogatepass")
    return write_uint(len(data)) + data


def draft_of(update: Update, struct: Struct) -> Draft:
    """A parsed struct, to be bent."""
    content = update.data[struct.content : struct.end]
    return Draft(struct.kind, struct.length, content, struct.origin, struct.right, struct.parent, struct.key)


class Holdings:
    """What a ledger holds, by container: the runs of ids that lie there."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.runs: dict[int, list[tuple[int, int, int]]] = {}
        self.containers: dict[int, Container] = {id(one): one for one in ledger.roots.values()}
        self.ids = {id(container): item for item, container in ledger.types.items()}
        self.containers |= {id(one): one for one in ledger.types.values()}
        for client, clock in ledger.clocks.items():
            for start, end, container in ledger.within(client, 0, clock):
                self.runs.setdefault(id(container), []).append((client, start, end))
                self.containers.setdefault(id(container), container)

    def any_id(self, rng: Random, container: Container) -> Id | None:
        """An id that lies in a container: often the first or last of its run."""
        runs = self.runs.get(id(container))
        if not runs:
            return None
        client, start, end = rng.choice(runs)
        return client, rng.choice((start, end - 1, rng.randrange(start, end)))

    def parent_of(self, container: Container) -> tuple[str | Id, str | None]:
        """How a struct names a container when it has no neighbours: (parent, key)."""
        if container.kind is Kind.VALUE and container.parent is not None:
            return self.parent_of(container.parent)[0], container.key
        return self.ids.get(id(container), container.root), None


class Hostile:
    """Makes hostile updates for a document as its ledger tells it. `mine` are client ids that the sender may use."""

    def __init__(self, rng: Random, ledger: Ledger, real: list[bytes], mine: list[int]) -> None:
        self.rng = rng
        self.ledger = ledger
        self.real = real
        self.mine = mine
        self.ways: list[tuple[int, Callable[[], bytes]]] = [
            (50, self.from_grammar), (20, self.bent), (6, self.garbled), (8, self.again), (6, self.deletions),
            (5, self.cycle), (3, self.deep), (2, self.extreme),
        ]  # fmt: skip

    def update(self) -> bytes:
        """The next update."""
        weights = [weight for weight, _ in self.ways]
        return self.rng.choices([way for _, way in self.ways], weights)[0]()

    # From the grammar

    def from_grammar(self) -> bytes:
        """Structs of one to three clients, mostly plausible, placed in what the document holds."""
        rng, holdings = self.rng, Holdings(self.ledger)
        clients = rng.sample(self.mine, rng.choice((1, 1, 1, 2, 3)))
        if rng.random() < 0.05:
            clients.append(self.client())
        sections = []
        fresh: list[tuple[Id, int]] = []
        for client in clients:
            clock = self.start_of(client)
            drafts: list[Draft] = []
            at = clock
            for _ in range(rng.choice((1, 1, 2, 4, 8))):
                draft = self.draft(holdings, fresh)
                drafts.append(draft)
                fresh.append(((client, at), draft.kind))
                at += max(1, draft.length)
            sections.append((client, clock, [draft.encode() for draft in drafts]))
        rng.shuffle(sections)
        return update_v1.write_update(sections, self.some_deletes(fresh))

    def client(self) -> int:
        """Some client id, mostly one that the document knows."""
        known = list(self.ledger.clocks) or [0]
        return self.rng.choice((self.rng.choice(known), *self.mine, 0, 2**32 - 1, 2**53 - 1))

    def start_of(self, client: int) -> int:
        """Where a section starts: mostly where the last ended."""
        known = self.ledger.known(client)
        roll = self.rng.random()
        if roll < 0.82:
            return known
        if roll < 0.94:
            return max(0, known - self.rng.randrange(1, 8))
        return self.rng.choice((0, known + self.rng.choice((1, 2, 100)), 2**31 - 3, 2**32 - 2))

    def draft(self, holdings: Holdings, fresh: list[tuple[Id, int]]) -> Draft:
        """One struct, of content that fits its place four times in five."""
        rng = self.rng
        container = rng.choice(list(holdings.containers.values()))
        fits = {
            Kind.TEXT: (4, 4, 4, 6, 6, 5, 1),
            Kind.ELEMENTS: (7, 7, 7, 1),
            Kind.VALUE: (8, 8, 1),
            Kind.NOTHING: (0, 4),
            Kind.MAP: (8,),
        }[container.kind]
        kind = rng.choice(fits) if rng.random() < 0.85 else rng.choice(KINDS)
        draft = Draft(kind, *self.content(kind))
        self.place(draft, container, holdings)
        if fresh and rng.random() < 0.35:
            self.place_beside_fresh(draft, fresh)
        if rng.random() < 0.03:
            draft.key = rng.choice(NAMES)
        return draft

    def place(self, draft: Draft, container: Container, holdings: Holdings) -> None:
        """Name the container by a neighbour, two, or as the parent."""
        rng = self.rng
        one, two = holdings.any_id(rng, container), holdings.any_id(rng, container)
        roll = rng.random()
        if roll < 0.3:
            draft.origin = one
        elif roll < 0.4 and container.kind is not Kind.VALUE:
            draft.right = one
        elif roll < 0.65 and container.kind is not Kind.VALUE:
            draft.origin, draft.right = one, two
        elif roll < 0.7:
            draft.origin, draft.right = one, self.some_id(holdings)
        if not draft.origin and not draft.right:
            draft.parent, draft.key = holdings.parent_of(container)
            if container.kind in (Kind.ELEMENTS, Kind.TEXT) and rng.random() < 0.3:
                draft.key = rng.choice(NAMES)
                draft.kind = update_v1.ANY if rng.random() < 0.9 else draft.kind
                draft.length, draft.content = self.content(draft.kind)
            if rng.random() < 0.05:
                draft.parent = rng.choice((rng.choice(ROOTS), self.some_id(holdings)))

    def place_beside_fresh(self, draft: Draft, fresh: list[tuple[Id, int]]) -> None:
        """Build on what this very update brings."""
        item, kind = self.rng.choice(fresh)
        if kind == update_v1.TYPE and self.rng.random() < 0.7:
            draft.origin = draft.right = None
            draft.parent = item
            draft.key = self.rng.choice((None, None, "id", "x"))
        elif self.rng.random() < 0.7:
            draft.origin, draft.right = item, None
        else:
            draft.origin, draft.right = self.rng.choice(((None, item), (item, item)))

    def some_id(self, holdings: Holdings) -> Id:
        """Any id, known or not."""
        rng = self.rng
        container = rng.choice(list(holdings.containers.values()))
        known = holdings.any_id(rng, container) or (0, 0)
        return known if rng.random() < 0.8 else (self.client(), rng.choice(NUMBERS[:-2]))

    def content(self, kind: int) -> tuple[int, bytes]:  # noqa: PLR0911 (one for each kind)
        """Length in clock units and bytes of some content of a kind."""
        rng = self.rng
        if kind in (update_v1.GC, update_v1.DELETED, update_v1.SKIP):
            length = rng.choice((1, 1, 2, 5, 50, rng.choice(NUMBERS)))
            return length, write_uint(length)
        if kind == update_v1.STRING:
            text = "".join(rng.choices(TEXTS, k=rng.choice((1, 1, 2, 4))))
            return update_v1.utf16_length(text), string(text)
        if kind == update_v1.EMBED:
            return 1, string(rng.choice(JSON))
        if kind == update_v1.FORMAT:
            return 1, string(rng.choice(("b", "i", "link", *NAMES))) + string(rng.choice(("null", "true", *JSON)))
        if kind == update_v1.TYPE:
            type_ = rng.choice((3, 3, 3, 6, 6, rng.randrange(12)))
            return 1, write_uint(type_) + (string(rng.choice(NAMES)) if type_ in (3, 5) else b"")
        if kind == update_v1.ANY:
            count = rng.choice((1, 1, 1, 1, 2, 5, 0))
            return count, write_uint(count) + b"".join(self.value() for _ in range(count))
        return 1, rng.randbytes(rng.randrange(6))

    def value(self, depth: int = 4) -> bytes:  # noqa: PLR0911 (one for each kind)
        """A value in lib0's "any" encoding, odd ones among them."""
        rng = self.rng
        tag = rng.choice((127, 126, 125, 124, 123, 122, 121, 120, 119, 119, 119, 118, 117, 116, rng.randrange(256)))
        head = bytes((tag,))
        if tag == 125:
            return head + rng.choice((b"\x00", b"\x40", b"\x7f", b"\xbf\x01", b"\xff\xff\xff\xff\x0f", b"\x80\x00"))
        if tag == 124:
            return head + packing.pack(">f", rng.choice((0.5, float("nan"), float("inf"), -0.0)))
        if tag == 123:
            return head + packing.pack(">d", rng.choice((0.1, 1e300, float("nan"), float("-inf"))))
        if tag == 122:
            return head + packing.pack(">q", rng.choice((0, -1, 2**63 - 1, -(2**63), 2**53 + 1)))
        if tag == 119:
            return head + string(rng.choice(TEXTS))
        if tag in (117, 118) and depth:
            count = rng.choice((0, 1, 3))
            names = [string(rng.choice(NAMES)) if tag == 118 else b"" for _ in range(count)]
            return head + write_uint(count) + b"".join(name + self.value(depth - 1) for name in names)
        if tag == 116:
            return head + string(rng.choice(TEXTS))
        return head

    def some_deletes(self, fresh: list[tuple[Id, int]]) -> list[tuple[int, int, int]]:
        """Deletions of what is known, of what this update brings, and of what nobody has."""
        rng = self.rng
        deletes = []
        for _ in range(rng.choice((0, 0, 1, 2, 5))):
            client = self.client()
            known = self.ledger.known(client)
            deletes.append((client, rng.randrange(known + 1), rng.choice((1, 1, 2, 7, known or 1))))
        for (client, clock), _ in fresh:
            if rng.random() < 0.2:
                deletes.append((client, clock, rng.choice((1, 1, 2, rng.choice(NUMBERS)))))
        return deletes

    # Other ways

    def deletions(self) -> bytes:
        """Deletions alone: of everything, of a server root's items, of all of one client."""
        rng, clocks = self.rng, self.ledger.clocks
        if rng.random() < 0.1:
            return update_v1.write_update([], [(client, 0, clock) for client, clock in clocks.items()])
        return update_v1.write_update([], self.some_deletes([]) + self.some_deletes([]))

    def again(self) -> bytes:
        """Real updates resent, several joined section by section."""
        rng = self.rng
        if rng.random() < 0.5:
            return rng.choice(self.real)
        one, other = (update_v1.parse(rng.choice(self.real)) for _ in range(2))
        sections = [
            (section.client, section.clock, [update.data[struct.start : struct.end] for struct in section.structs])
            for update in (one, other)
            for section in update.sections
        ]
        return update_v1.write_update(sections, one.deletes + other.deletes)

    def bent(self) -> bytes:
        """A real update, as another client's or its own, with one to three fields of its structs changed."""
        rng = self.rng
        update = update_v1.parse(rng.choice(self.real))
        holdings = Holdings(self.ledger)
        sections = []
        for section in update.sections:
            drafts = [draft_of(update, struct) for struct in section.structs]
            for _ in range(rng.choice((0, 1, 1, 2, 3))):
                self.bend(drafts, holdings)
            client = rng.choice((section.client, rng.choice(self.mine), rng.choice(self.mine), self.client()))
            clock = rng.choice((section.clock, self.start_of(client), self.start_of(client)))
            sections.append((client, clock, [draft.encode() for draft in drafts]))
        if sections and rng.random() < 0.05:
            sections.append(rng.choice(sections))
        return update_v1.write_update(sections, [self.bend_delete(one) for one in update.deletes])

    def bend(self, drafts: list[Draft], holdings: Holdings) -> None:
        """Change one field of one struct, or their order."""
        rng = self.rng
        index = rng.randrange(len(drafts))
        draft = drafts[index]
        changes: list[dict[str, Any]] = [
            {"origin": self.some_id(holdings)},
            {"right": self.some_id(holdings)},
            {"origin": None},
            {"right": None},
            {"origin": draft.right, "right": draft.origin},
            {"parent": self.some_id(holdings), "origin": None, "right": None},
            {"parent": rng.choice(ROOTS), "origin": None, "right": None},
            {"key": rng.choice(NAMES)},
            {"kind": rng.choice(KINDS)},
        ]
        roll = rng.randrange(len(changes) + 4)
        if roll < len(changes):
            drafts[index] = replace(draft, **changes[roll])
        elif roll == len(changes):
            drafts.insert(index, draft)
        elif roll == len(changes) + 1:
            rng.shuffle(drafts)
        else:
            length, content = self.content(draft.kind)
            drafts[index] = replace(draft, length=length, content=content)

    def bend_delete(self, delete: tuple[int, int, int]) -> tuple[int, int, int]:
        """A deletion, in one of three moved, stretched or of somebody else."""
        client, clock, length = delete
        rng = self.rng
        return rng.choice((
            delete, delete, delete, delete, (self.client(), clock, length),
            (client, max(0, clock + rng.choice((-1, 1))), length), (client, clock, rng.choice(NUMBERS)),
        ))  # fmt: skip

    def garbled(self) -> bytes:
        """A real update with bytes changed, cut out, doubled or cut off."""
        rng = self.rng
        data = bytearray(rng.choice((rng.choice(self.real), self.from_grammar())))
        for _ in range(rng.choice((1, 1, 2, 5))):
            at = rng.randrange(len(data) + 1)
            roll = rng.randrange(5)
            if roll == 0:
                del data[at:]
            elif roll == 1:
                data[at:at] = write_uint(rng.choice(NUMBERS))
            elif roll == 2:
                data[at : at + 1] = bytes((rng.randrange(256),))
            elif roll == 3:
                data[at:at] = data[at : at + rng.randrange(20)]
            else:
                del data[at : at + rng.randrange(1, 4)]
        return bytes(data)

    def cycle(self) -> bytes:
        """Two to four clients whose structs build on each other, sometimes in a circle."""
        rng, holdings = self.rng, Holdings(self.ledger)
        count = min(rng.choice((2, 3, 4)), len(self.mine))
        clients = rng.sample(self.mine, count)
        starts = {client: self.ledger.known(client) for client in clients}
        texts = [one for one in holdings.containers.values() if one.kind is Kind.TEXT]
        container = rng.choice(texts or list(holdings.containers.values()))
        sections = []
        steps = rng.choice((1, 2, 5, 20))
        for index, client in enumerate(clients):
            other = clients[(index + 1) % count]
            drafts = [Draft(4, 1, string("z")) for _ in range(steps)]
            for step, draft in enumerate(drafts):
                if rng.random() < 0.5:
                    self.place(draft, container, holdings)
                else:
                    ahead = rng.choice((-2, -1, -1, -1, 0, 1)) + step
                    draft.origin = (other, max(0, starts[other] + ahead))
                    draft.right = (rng.choice(clients), starts[client]) if rng.random() < 0.1 else None
            sections.append((client, starts[client], [draft.encode() for draft in drafts]))
        return update_v1.write_update(sections, self.some_deletes([]))

    def deep(self) -> bytes:
        """Elements in elements, values in values."""
        rng = self.rng
        client = rng.choice(self.mine)
        clock = self.ledger.known(client)
        depth = rng.choice((3, 20, 23, 24, 25, 26, 400))
        if rng.random() < 0.3:
            value = bytes((117, 1)) * depth + b"\x7e"
            types = list(self.ledger.types) or [(0, 0)]
            draft = Draft(8, 1, b"\x01" + value, parent=rng.choice(types), key="deep")
            return update_v1.write_update([(client, clock, [draft.encode()])], [])
        element = write_uint(3) + string("q")
        drafts = [Draft(7, 1, element, parent="default")]
        drafts += [Draft(7, 1, element, parent=(client, clock + level)) for level in range(depth)]
        return update_v1.write_update([(client, clock, [draft.encode() for draft in drafts])], [])

    def extreme(self) -> bytes:
        """Counts that lie, and large numbers of small things."""
        rng = self.rng
        client = rng.choice(self.mine)
        clock = self.ledger.known(client)
        if rng.random() < 0.5:
            big = write_uint(rng.choice(NUMBERS[6:]))
            parts = [b"\x01", b"\x01", write_uint(client), write_uint(clock), b"\x04\x01", string("default"), b"\x00"]
            parts[rng.randrange(len(parts))] = big
            return b"".join(parts)
        length = rng.choice((1000, 10**6, 10**9))
        wide = Draft(1, length, write_uint(length), parent=rng.choice(("default", "t")))
        some = [(client, clock + at, 1) for at in range(0, 400, 2)]
        return update_v1.write_update([(client, clock, [wide.encode()])], [*some, (client, clock + 401, length - 401)])


def is_update(data: bytes) -> bool:
    """Whether the parser takes it."""
    try:
        update_v1.parse(data)
    except UpdateMalformed:
        return False
    return True
