"""Clients of a room on real documents, stock Yjs with y-prosemirror and pycrdt, that note every edit of their own."""

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self

from pycrdt import Doc, Map, UndoManager, XmlElement, XmlFragment, XmlText

from documents.chapter import SERVER_ROOTS
from documents.crdt import protocol
from documents.errors import DocumentsError
from documents.gavel.set_aside import SetAside
from documents.room import Room
from documents.seat import Denial, Seat
from tests.editorkit import attributes_of, plain
from tests.fuzz.peers import NODE, Peer

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """One edit: its update, and how the paragraphs read to its author afterwards."""

    update: bytes
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame on its way to the server, and which of its sender's edits are in it."""

    frame: bytes
    made: frozenset[int] = frozenset()


@dataclass
class Person(ABC):
    """A person at an editor: a `documents.seat.Client` whose messages wait, both ways, until `post` and `take`."""

    author: str
    client: int
    arrives: Callable[["Person", frozenset[int], bytes], None]
    """Called just before an update is handed to the room, with the edits in it."""
    room: Room | None = None
    seat: Seat | None = None
    made: list[Made] = field(default_factory=list)
    outgoing: list[Sent] = field(default_factory=list)
    incoming: list[bytes] = field(default_factory=list)
    told: list[SetAside] = field(default_factory=list)
    errors: list[DocumentsError] = field(default_factory=list)
    denials: list[Denial] = field(default_factory=list)

    # Its connection

    def join(self, room: Room, **how: Any) -> None:
        """Connect, and ask for what is there."""
        self.room, self.outgoing, self.incoming = room, [], []
        self.seat = room.join(self, self.author, {"name": self.author.title(), "delegation": self.author}, None, **how)
        self.outgoing.append(Sent(protocol.sync_step1(self.vector())))

    def leave(self) -> None:
        """Disconnect; what is on its way is lost."""
        if self.room is not None and self.seat is not None:
            self.room.leave(self.seat)
        self.room, self.seat, self.outgoing, self.incoming = None, None, [], []

    def post(self, count: int | None = None) -> None:
        """Let frames arrive at the server: all, or the oldest few."""
        count = len(self.outgoing) if count is None else count
        frames, self.outgoing = self.outgoing[:count], self.outgoing[count:]
        for sent in frames:
            assert self.room is not None and self.seat is not None
            for message in protocol.read(sent.frame):
                if isinstance(message, protocol.SyncUpdate):
                    self.arrives(self, sent.made, message.update)
                self.room.receive(self.seat, message)

    def take(self, count: int | None = None) -> None:
        """Take messages of the room: all, or the oldest few."""
        count = len(self.incoming) if count is None else count
        frames, self.incoming = self.incoming[:count], self.incoming[count:]
        for frame in frames:
            for message in protocol.read(frame):
                self._hear(message)

    def _hear(self, message: protocol.Message) -> None:
        if isinstance(message, protocol.SyncStep1):
            missing = self.missing(protocol.write_state_vector(message.state_vector))
            self.outgoing.append(Sent(protocol.sync_step2(missing), frozenset(range(len(self.made)))))
        elif isinstance(message, protocol.SyncUpdate):
            self.apply(message.update)

    def _note(self, made: Made) -> None:
        self.made.append(made)
        if self.room is not None:
            self.outgoing.append(Sent(protocol.sync_update(made.update), frozenset((len(self.made) - 1,))))

    # What the room calls

    def send(self, message: bytes) -> bool:
        self.incoming.append(message)
        return True

    def denied(self, denial: Denial) -> None:
        self.denials.append(denial)

    def allowed(self) -> None:
        self.denials.clear()

    def refused(self, error: DocumentsError) -> None:
        self.errors.append(error)

    def set_aside(self, kept: SetAside) -> None:
        self.told.append(kept)

    # Its document

    @abstractmethod
    def vector(self) -> bytes:
        """Its state vector."""

    @abstractmethod
    def missing(self, vector: bytes) -> bytes:
        """What somebody with this state vector lacks."""

    @abstractmethod
    def apply(self, update: bytes) -> None:
        """Take in what the room sent."""

    @abstractmethod
    def edit(self, what: str, arguments: Arguments) -> bool:
        """Edit; returns whether that changed anything."""

    @abstractmethod
    def tree(self) -> Any:
        """All that its document shows, as plain values."""


# Stock Yjs


class Browser:
    """The Node process in which stock editors live."""

    def __init__(self) -> None:
        self._peer = Peer(["node", str(NODE / "gavel-editors.mjs")])

    def __enter__(self) -> Self:
        self._peer.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._peer.__exit__(None, None, None)

    def call(self, *call: Any) -> dict[str, Any]:
        """One call of the program, and its answer."""
        answers: Any = self._peer.ask([call])  # type: ignore[arg-type]
        if isinstance(answers, dict):
            raise AssertionError(f"{call}: {answers['error']}")
        found: dict[str, Any] = answers[0]
        return found


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Stock(Person):
    """Yjs 13 with y-prosemirror."""

    def __init__(
        self, author: str, client: int, arrives: Callable[[Person, frozenset[int], bytes], None], browser: Browser
    ) -> None:
        super().__init__(author, client, arrives)
        self.browser = browser
        self.name = f"{author}-{client}"
        browser.call("open", self.name, client)

    def _call(self, what: str, *arguments: Any) -> Any:
        answer = self.browser.call(what, self.name, *arguments)
        for update, texts in answer["made"]:
            self._note(Made(base64.b64decode(update), tuple(texts)))
        return answer["value"]

    def vector(self) -> bytes:
        return base64.b64decode(self._call("vector"))

    def missing(self, vector: bytes) -> bytes:
        return base64.b64decode(self._call("missing", _text(vector)))

    def apply(self, update: bytes) -> None:
        self._call("apply", _text(update))

    def edit(self, what: str, arguments: Arguments) -> bool:
        before = len(self.made)
        self._call("edit", what, arguments)
        return len(self.made) > before

    def look(self) -> dict[str, Any]:
        """What it shows, with the ids of all letters and paragraphs, and what its page shows."""
        found: dict[str, Any] = self._call("look")
        return found

    def tree(self) -> Any:
        return floats(self.look()["tree"])


def floats(value: Any) -> Any:
    """Plain values as they are alike in all libraries."""
    return json.loads(json.dumps(value), parse_int=float)


# pycrdt

OWN: Final = "own"


class Plain(Person):
    """pycrdt, with an editor that splits, joins and moves as y-prosemirror does, but writes no more than it must."""

    def __init__(self, author: str, client: int, arrives: Callable[[Person, frozenset[int], bytes], None]) -> None:
        super().__init__(author, client, arrives)
        self.doc: Doc[Any] = Doc(client_id=client)
        self.text = self.doc.get("default", type=XmlFragment)
        self.maps = {name: self.doc.get(name, type=Map) for name in SERVER_ROOTS}
        self._taking = False
        self._updates: list[bytes] = []
        self._subscription = self.doc.observe(self._changed)
        self._undo = UndoManager(scopes=[self.text], capture_timeout_millis=0)
        self._undo.include_origin(OWN)

    def _changed(self, event: Any) -> None:
        if not self._taking:
            self._updates.append(event.update)

    @contextmanager
    def _own(self) -> Iterator[None]:
        with self.doc.transaction(origin=OWN):
            yield
        self._keep()

    def _keep(self) -> None:
        for update in self._updates:
            self._note(Made(update, tuple("".join(map(plain, self._leaves(block))) for block in self.text.children)))
        self._updates = []

    def _leaves(self, node: Any) -> Iterator[XmlText]:
        if isinstance(node, XmlText):
            yield node
        else:
            for child in node.children:
                yield from self._leaves(child)

    def vector(self) -> bytes:
        return self.doc.get_state()

    def missing(self, vector: bytes) -> bytes:
        return self.doc.get_update(vector)

    def apply(self, update: bytes) -> None:
        self._taking = True
        try:
            self.doc.apply_update(update)
        finally:
            self._taking = False

    def tree(self) -> Any:
        return floats(_tree(self.text))

    # Editing

    def edit(self, what: str, arguments: Arguments) -> bool:
        before = len(self.made)
        place = self._find(arguments.get("paragraph", ""))
        if place is not None:
            getattr(self, f"_{what}")(place, **{key: arguments[key] for key in arguments if key != "paragraph"})
        elif what in {"undo", "redo"}:
            getattr(self._undo, what)()
            self._keep()
        return len(self.made) > before

    def _find(self, paragraph: str) -> int | None:
        for index, block in enumerate(self.text.children):
            if isinstance(block, XmlElement) and block.attributes.get("id") == paragraph:
                return index
        return None

    def _element(self, place: int) -> XmlElement:
        found = self.text.children[place]
        assert isinstance(found, XmlElement)
        return found

    def _words(self, place: int) -> XmlText:
        """The text of a paragraph; made when it has none."""
        element = self._element(place)
        for child in element.children:
            if isinstance(child, XmlText):
                return child
        found = element.children.append(XmlText())
        assert isinstance(found, XmlText)
        return found

    def _said(self, place: int) -> str:
        return "".join(map(plain, self._leaves(self._element(place))))

    def _put(self, place: int, at: int, text: str) -> None:
        """Insert; `at` counts letters."""
        words = self._words(place)
        words.insert(len(plain(words)[:at].encode()), text)

    def _remove(self, place: int, start: int, end: int) -> str:
        words = self._words(place)
        said = plain(words)
        first, last = len(said[:start].encode()), len(said[:end].encode())
        if first < last:
            del words[first:last]
        return said[start:end]

    def _new(self, place: int, kind: str, attributes: dict[str, Any], said: str) -> None:
        element = XmlElement(kind, attributes)
        self.text.children.insert(place, element)
        element.children.append(XmlText(said))

    def _range(self, place: int, a: float, b: float) -> tuple[int, int]:
        size = len(self._said(place))
        return round(min(a, b) * size), round(max(a, b) * size)

    def _type(self, place: int, at: float, text: str, **_: Any) -> None:
        start = round(at * len(self._said(place)))
        for number, char in enumerate(text):
            with self._own():
                self._put(place, start + number, char)

    def _paste(self, place: int, at: float, text: str, **_: Any) -> None:
        with self._own():
            self._put(place, round(at * len(self._said(place))), text)

    def _replace(self, place: int, a: float, b: float, text: str, **_: Any) -> None:
        start, end = self._range(place, a, b)
        with self._own():
            self._remove(place, start, end)
            self._put(place, start, text)

    def _rewrite(self, place: int, text: str, **_: Any) -> None:
        self._replace(place, 0, 1, text)

    def _erase(self, place: int, a: float, b: float, **_: Any) -> None:
        with self._own():
            self._remove(place, *self._range(place, a, b))

    def _clear(self, place: int, **_: Any) -> None:
        self._erase(place, 0, 1)

    def _format(self, place: int, a: float, b: float, mark: str, on: bool, **_: Any) -> None:
        start, end = self._range(place, a, b)
        if start == end:
            return
        with self._own():
            words = self._words(place)
            said = plain(words)
            words.format(len(said[:start].encode()), len(said[:end].encode()), {mark: {} if on else None})

    def _attribute(self, place: int, name: str, value: Any, **_: Any) -> None:
        with self._own():
            self._element(place).attributes[name] = value

    def _drop(self, place: int, **_: Any) -> None:
        with self._own():
            del self.text.children[place]

    def _split(self, place: int, at: float, **_: Any) -> None:
        start = round(at * len(self._said(place)))
        element = self._element(place)
        with self._own():
            tail = self._remove(place, start, len(self._said(place)))
            self._new(place + 1, element.tag or "paragraph", attributes_of(element), tail)

    def _join(self, place: int, forward: bool = False, **_: Any) -> None:
        first = place if forward else place - 1
        if first < 0 or first + 1 >= len(self.text.children):
            return
        with self._own():
            self._put(first, len(self._said(first)), self._said(first + 1))
            del self.text.children[first + 1]

    def _merge(self, place: int, **_: Any) -> None:
        self._join(place)

    def _move(self, place: int, to: float, **_: Any) -> None:
        element, said = self._element(place), self._said(place)
        kind, attributes = element.tag or "paragraph", attributes_of(element)
        with self._own():
            del self.text.children[place]
            self._new(round(to * len(self.text.children)), kind, attributes, said)

    def _across(self, place: int, other: str, a: float, b: float, text: str = "", **_: Any) -> None:
        end = self._find(other)
        if end is None or end == place:
            return
        if end < place:
            place, end, a, b = end, place, b, a
        start, tail = round(a * len(self._said(place))), self._said(end)[round(b * len(self._said(end))) :]
        with self._own():
            self._remove(place, start, len(self._said(place)))
            self._put(place, start, text + tail)
            del self.text.children[place + 1 : end + 1]

    def _pasteOver(self, place: int, other: str, a: float, b: float, texts: list[str], **_: Any) -> None:  # noqa: N802
        self._across(place, other, a, b, "".join(texts))

    def _duplicate(self, place: int, to: float, **_: Any) -> None:
        element = self._element(place)
        with self._own():
            kind, at = element.tag or "paragraph", round(to * len(self.text.children))
            self._new(at, kind, attributes_of(element), self._said(place))

    def _forge(self, place: int, to: float, text: str, **_: Any) -> None:
        said = self._element(place).attributes.get("id")
        with self._own():
            self._new(round(to * len(self.text.children)), "paragraph", {"id": said, "label": "1"}, text)

    def _kind(self, place: int, kind: str, level: int, **_: Any) -> None:
        element, said = self._element(place), self._said(place)
        if element.tag == kind:
            return
        attributes = attributes_of(element) | ({"level": level} if kind == "heading" else {})
        with self._own():
            del self.text.children[place]
            self._new(place, kind, attributes, said)

    def _insert(self, place: int, kind: str, text: str, id: str | None, level: int, **_: Any) -> None:  # noqa: A002
        attributes = ({} if id is None else {"id": id}) | ({"level": level} if kind == "heading" else {})
        with self._own():
            self._new(place + 1, kind, attributes, text)


def _tree(node: Any) -> Any:
    """As `traffic-tree.mjs` has it."""
    if isinstance(node, XmlText):
        runs: list[list[Any]] = []
        for chunk, marks in node.diff():
            formats = dict(sorted((marks or {}).items()))
            if runs and runs[-1][1] == formats:
                runs[-1][0] += chunk
            else:
                runs.append([chunk, formats])
        return ["text", {}, runs]
    children = [_tree(child) for child in node.children]
    if isinstance(node, XmlElement):
        return [node.tag, dict(sorted(attributes_of(node).items())), children]
    return children
