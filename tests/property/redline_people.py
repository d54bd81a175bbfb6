"""People who write in one chapter as editors do, each on a replica that hears of the others late."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from pycrdt import Doc, UndoManager, XmlElement, XmlFragment, XmlText

from documents.chapter import ChapterDocument
from documents.model import SERVER, Entry
from tests.editorkit import attributes_of, plain

MINUTE = 60_000
PEOPLE = (("amina", 11), ("amina", 12), ("kenji", 21), ("boris", 31))
TEXT_BLOCKS = ("paragraph", "heading")
LETTERS = "abcdeéжע漢😀"

Node = XmlElement | XmlFragment


class Block:
    """A paragraph or heading, with the element that holds it and its place there."""

    def __init__(self, parent: Node, index: int, element: XmlElement) -> None:
        self.parent = parent
        self.index = index
        self.element = element
        texts = [child for child in element.children if isinstance(child, XmlText)]
        self.text = texts[0] if texts else None
        self.said = plain(texts[0]) if texts else ""

    def insert(self, at: int, text: str) -> None:
        if not text:
            return
        if self.text is None:
            self.text = self.element.children.append(XmlText())
        self.text.insert(len(self.said[:at].encode()), text)
        self.said = self.said[:at] + text + self.said[at:]

    def delete(self, start: int, end: int) -> str:
        """Returns what was there."""
        gone = self.said[start:end]
        if gone and self.text is not None:
            del self.text[len(self.said[:start].encode()) : len(self.said[:end].encode())]
            self.said = self.said[:start] + self.said[end:]
        return gone


def blocks(parent: Node) -> Iterator[Block]:
    """All blocks with text, in order, wherever they lie."""
    for index, child in enumerate(parent.children):
        if isinstance(child, XmlElement) and child.tag in TEXT_BLOCKS:
            yield Block(parent, index, child)
        elif isinstance(child, XmlElement):
            yield from blocks(child)


def put(parent: Node, index: int, tag: str, text: str, attributes: dict[str, Any]) -> None:
    """A new block; in a list of its own, where the tag says so."""
    for wrapper in ("list", "item") if tag == "list" else ():
        parent.children.insert(index, XmlElement(wrapper, {}))
        inner = parent.children[index]
        assert isinstance(inner, XmlElement)
        parent, index = inner, 0
    element = XmlElement("paragraph" if tag == "list" else tag, attributes)
    parent.children.insert(index, element)
    if text:
        element.children.append(XmlText(text))


class Person:
    """One editor: its replica, and how much of the journal it has heard."""

    letters = LETTERS

    def __init__(self, author: str, client: int) -> None:
        self.author = author
        self.doc: Doc[Any] = Doc(client_id=client, skip_gc=True)
        self.root = self.doc.get("default", type=XmlFragment)
        self.waiting: list[bytes] = []
        self.heard = 0
        self.cut = ""
        self._hears = False
        self._subscription = self.doc.observe(self._made)
        self._undo = UndoManager(scopes=[self.root], capture_timeout_millis=0)
        self._undo.include_origin("hand")

    def _made(self, event: Any) -> None:
        if not self._hears:
            self.waiting.append(event.update)

    def hear(self, journal: list[Entry]) -> None:
        self._hears = True
        for entry in journal[self.heard :]:
            self.doc.apply_update(entry.update)
        self.heard = len(journal)
        self._hears = False

    def act(self, random: Random) -> None:
        """Do one thing of those that editors do, in one transaction."""
        found = list(blocks(self.root))
        what = random.choice(ACTS)
        if what == "undo":
            self._undo.undo()
        elif found:
            with self.doc.transaction(origin="hand"):
                self._edit(what, random, found)

    def _edit(self, what: str, random: Random, found: list[Block]) -> None:  # noqa: C901 (one thing after the other)
        number = random.randrange(len(found))
        one = found[number]
        start, end = sorted(random.randrange(len(one.said) + 1) for _ in range(2))
        after = found[number + 1] if number + 1 < len(found) else None
        if what == "type":
            one.insert(start, words(random, self.letters))
        elif what == "delete":
            one.delete(start, min(end, start + 5))
        elif what == "cut":
            self.cut = one.delete(start, end)
        elif what == "paste":
            one.insert(start, self.cut)
        elif what == "move":
            moved = one.delete(start, end)
            other = random.choice(found)
            other.insert(random.randrange(len(other.said) + 1), moved)
        elif what == "split":
            head = random.random() < 0.25
            rest = one.delete(0, start) if head else one.delete(start, len(one.said))
            typed = words(random, self.letters) if random.random() < 0.3 else ""
            put(one.parent, one.index + (not head), one.element.tag or "", typed + rest, attributes_of(one.element))
        elif what == "join" and after is not None:
            kept, gone = (after, one) if random.random() < 0.25 else (one, after)
            kept.insert(0 if kept is after else len(kept.said), gone.said)
            del gone.parent.children[gone.index]
        elif what in {"retype", "drag"}:
            tag = random.choice(("paragraph", "heading", "list")) if what == "retype" else one.element.tag or ""
            attributes = attributes_of(one.element)
            del one.parent.children[one.index]
            index = one.index if what == "retype" else random.randrange(len(one.parent.children) + 1)
            put(one.parent, index, tag, one.said, attributes)
        elif what == "add":
            put(one.parent, one.index + random.randrange(2), "paragraph", words(random, self.letters), {})
        elif what == "drop" and len(found) > 2:
            del one.parent.children[one.index]


ACTS = (
    *("type",) * 6, *("delete",) * 4, *("cut",) * 3, *("paste",) * 4, *("move",) * 3, *("split",) * 5, *("join",) * 4,
    "retype", "drag", "add", "add", "drop", "undo", "undo",
)  # fmt: skip


def words(random: Random, letters: str = LETTERS) -> str:
    """What somebody types at one go."""
    return "".join(
        "".join(random.choices(letters, k=random.randrange(1, 6))) + " " for _ in range(random.randrange(1, 4))
    )


Draft = Sequence[tuple[str, Mapping[str, Any], str]]
"""Elements with one text each: name, attributes, text."""


class Chapter:
    """The server's document and its journal, while people write."""

    def __init__(self, seed: int, draft: Draft | None = None, people: Sequence[Person] | None = None) -> None:
        self.random = Random(seed)  # noqa: S311 (the same for the same seed)
        self.document = ChapterDocument()
        self.journal: list[Entry] = []
        self.minute = 29_000_000
        if draft is None:
            texts = [words(self.random) * 3 for _ in range(4)]
            draft = [("paragraph", {"label": str(number)}, text) for number, text in enumerate(texts, 1)]

        def write(document: ChapterDocument) -> None:
            for number, (tag, attributes, text) in enumerate(draft, 1):
                document.append(tag, {"id": f"p-{number}", **attributes}, text)

        self.write(write)
        self.people = [Person(author, client) for author, client in PEOPLE] if people is None else people

    def write(self, change: Callable[[ChapterDocument], None]) -> None:
        """The server's own change."""
        self._keep(self.document.write(change, SERVER, self.minute * MINUTE), SERVER)

    def _keep(self, update: bytes, author: str) -> None:
        if update:
            self.journal.append(Entry("trust", len(self.journal) + 1, self.minute * MINUTE, author, update))

    def step(self) -> None:
        """Somebody hears, does something, or sends what waits."""
        person = self.random.choice(self.people)
        what = self.random.randrange(10)
        if what < 2 or not person.heard:
            person.hear(self.journal)
        elif what < 4:
            self._send(person)
        else:
            person.act(self.random)
        self.minute += self.random.randrange(12) // 10

    def _send(self, person: Person) -> None:
        updates, person.waiting = person.waiting, []
        for update in updates:
            admitted = self.document.take(update, person.author, self.minute * MINUTE)
            self._keep(admitted.update, person.author)
            self._keep(self.document.settle([admitted], self.minute * MINUTE), SERVER)
