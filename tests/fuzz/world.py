"""Honest documents to attack: several replicas edit one chapter with pycrdt, and every update is kept."""

from random import Random
from typing import Any

from pycrdt import Doc, Text, XmlElement, XmlFragment, XmlText

from documents.crdt import update_v1
from documents.crdt.gate import Gate
from documents.crdt.ledger import Kind, Ledger

ROOTS = {"default": Kind.ELEMENTS, "t": Kind.TEXT, "meta": Kind.MAP}
OPEN = frozenset(("default", "t"))
SERVER_CLIENT = 7
HONEST = (101, 102, 103)
MINE = (501, 502, 503, 504)
AUTHORS = dict.fromkeys(HONEST, "egypt") | dict.fromkeys(MINE, "mallory")
WORDS = ("a", "word ", "naïve ", "😀", "x😃y", "שלום", "e\u0301", "👩‍👧", "long " * 8)


def chance(seed: int) -> Random:
    """Chance that a seed repeats."""
    return Random(seed)  # noqa: S311 (nothing secret hangs on it)


def gate() -> Gate:
    """A gate before an empty document."""
    return Gate(Ledger(ROOTS), OPEN, SERVER_CLIENT)


class Replica:
    """One honest editor. `out` takes the updates that it makes."""

    def __init__(self, rng: Random, client: int) -> None:
        self.rng = rng
        self.client = client
        self.doc: Doc[Any] = Doc(client_id=client)
        self.fragment = self.doc.get("default", type=XmlFragment)
        self.text = self.doc.get("t", type=Text)
        self.out: list[bytes] = []
        self.subscription = self.doc.observe(lambda event: self.out.append(event.update))

    def take(self, update: bytes) -> None:
        """Apply somebody else's update."""
        mark = len(self.out)
        self.doc.apply_update(update)
        del self.out[mark:]

    def texts(self, node: Any = None) -> list[Any]:
        """Every text in the document."""
        children = (self.fragment if node is None else node).children
        found = [] if node else [self.text]
        for child in children:
            found += [child] if isinstance(child, XmlText) else self.texts(child)
        return found

    def elements(self, node: Any = None) -> list[Any]:
        """Every element, and the root."""
        here = self.fragment if node is None else node
        inner = [self.elements(child) for child in here.children if isinstance(child, XmlElement)]
        return [here, *(one for some in inner for one in some)]

    def edit(self) -> None:
        """One random edit."""
        self.rng.choice((
            self.type, self.type, self.type, self.erase, self.erase, self.format, self.paragraph, self.attribute,
            self.remove, self.embed,
        ))()  # fmt: skip

    def spot(self, text: Any) -> tuple[int, int]:
        """A place in a text and the length of some characters after it, both in bytes."""
        sizes = _sizes(text)
        at = self.rng.randrange(len(sizes) + 1)
        return sum(sizes[:at]), sum(sizes[at : at + self.rng.randrange(1, 5)])

    def type(self) -> None:
        """Type some characters."""
        text = self.rng.choice(self.texts())
        at, _ = self.spot(text)
        text.insert(at, self.rng.choice(WORDS))

    def erase(self) -> None:
        """Delete some characters."""
        text = self.rng.choice(self.texts())
        at, length = self.spot(text)
        if length:
            del text[at : at + length]

    def format(self) -> None:
        """Set or clear a format."""
        text = self.rng.choice(self.texts())
        at, length = self.spot(text)
        if length:
            text.format(at, at + length, {self.rng.choice("bi"): self.rng.choice((True, None, {"href": "x"}))})

    def embed(self) -> None:
        """Insert something that is not a character."""
        text = self.rng.choice(self.texts())
        text.insert_embed(self.spot(text)[0], {"image": "x"})

    def paragraph(self) -> None:
        """Insert an element with a text."""
        parent = self.rng.choice(self.elements())
        at = self.rng.randrange(len(parent.children) + 1)
        with self.doc.transaction():
            new = XmlElement(self.rng.choice(("paragraph", "heading", "list_item")))
            parent.children.insert(at, new)
            new.attributes["id"] = f"p-{self.rng.randrange(100)}"
            text = XmlText(self.rng.choice(WORDS))
            new.children.append(text)

    def attribute(self) -> None:
        """Set or remove an attribute."""
        element = self.rng.choice(self.elements())
        if isinstance(element, XmlElement):
            name = self.rng.choice(("id", "label", "align"))
            if name in element.attributes and self.rng.random() < 0.3:
                del element.attributes[name]
            else:
                element.attributes[name] = self.rng.choice(WORDS)

    def remove(self) -> None:
        """Delete an element."""
        element = self.rng.choice(self.elements())
        if len(element.children) > 1:
            del element.children[self.rng.randrange(len(element.children))]


def _sizes(text: Any) -> list[int]:
    """The bytes that each character of a text takes; an embed takes one."""
    sizes: list[int] = []
    for part, _ in text.diff():
        sizes += [len(char.encode()) for char in part] if isinstance(part, str) else [1]
    return sizes


def history(rng: Random, edits: int) -> list[tuple[str, bytes]]:
    """(author, update) in the order that a server would see: replicas edit apart, and meet now and then."""
    replicas = [Replica(rng, client) for client in (*HONEST, *MINE[:2])]
    log: list[tuple[str, bytes]] = []
    seen = dict.fromkeys(range(len(replicas)), 0)
    replicas[0].paragraph()
    for _ in range(edits):
        index = rng.randrange(len(replicas))
        replica = replicas[index]
        if rng.random() < 0.5:
            _meet(replica, index, log, seen)
        replica.edit()
    for index, replica in enumerate(replicas):
        _meet(replica, index, log, seen)
    return log


def settled(data: bytes) -> bytes:
    """An update with its clients in order, which yrs leaves to chance."""
    update = update_v1.parse(data)
    sections = [
        (section.client, section.clock, [data[struct.start : struct.end] for struct in section.structs])
        for section in sorted(update.sections, key=lambda section: -section.client)
    ]
    return update_v1.write_update(sections, sorted(update.deletes))


def _meet(replica: Replica, index: int, log: list[tuple[str, bytes]], seen: dict[int, int]) -> None:
    """Send what the replica made, then let it take what the others sent."""
    mine = [(AUTHORS[replica.client], settled(update)) for update in replica.out]
    replica.out.clear()
    for _, update in log[seen[index] :]:
        replica.take(update)
    log += mine
    seen[index] = len(log)
