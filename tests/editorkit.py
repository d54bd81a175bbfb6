"""Editors on real documents, as clients of a room."""

import json
from collections.abc import Iterable
from typing import Any

from pycrdt import Awareness, Doc, Map, XmlElement, XmlFragment, XmlText

from documents.chapter import SERVER_ROOTS
from documents.crdt import protocol
from documents.crdt.protocol import PresenceEntry
from documents.errors import DocumentsError
from documents.gavel.set_aside import SetAside
from documents.room import Room
from documents.seat import Denial, Seat


class Editor:
    """A person's editor on a real document: a `documents.seat.Client` that speaks the protocol.

    Edits are made in `doc`. What they bring waits in `outgoing`, and what the room sends in `incoming`, until `post`
    and `take` hand them on; a `live` editor does both at once.
    """

    def __init__(self, author: str, client_id: int, *, live: bool = True) -> None:
        self.author = author
        self.live = live
        self.doc: Doc[Any] = Doc(client_id=client_id)
        self.text = self.doc.get("default", type=XmlFragment)
        self.maps = {name: self.doc.get(name, type=Map) for name in SERVER_ROOTS}
        self.room: Room | None = None
        self.seat: Seat | None = None
        self.outgoing: list[bytes] = []
        self.incoming: list[bytes] = []
        self.heard: list[protocol.Message] = []
        """Every message taken, oldest first."""
        self.said: list[str] = []
        """What was told apart from messages: `denied …`, `allowed`, `refused …`."""
        self.kept: list[SetAside] = []
        """What of its edits was set aside, as it was told."""
        self.capacity: int | None = None
        """Messages that may wait before `send` says that it is too slow."""
        self.acknowledged: dict[int, int] = {}
        """What the server said it has, as a state vector: by step 1 and by every update that it sent."""
        self.errors: list[DocumentsError] = []
        self._taking = False
        self._subscription = self.doc.observe(lambda event: self._made(event.update))
        self.presence: Awareness | None = None

    # Its connection

    def join(self, room: Room, *, stamp: dict[str, Any] | None = None, read_only: Denial | None = None) -> "Editor":
        """Connect, and ask for what is there."""
        self.room = room
        self.incoming, self.outgoing = [], []
        self.seat = room.join(self, self.author, stamp or {"name": self.author.title()}, read_only)
        self._queue(protocol.sync_step1(self.doc.get_state()))
        if self.presence is not None:
            self._queue_presence([self.doc.client_id])
        return self

    def leave(self) -> None:
        """Disconnect; what was not handed on is lost on the way."""
        if self.room is not None and self.seat is not None:
            self.room.leave(self.seat)
        self.room = self.seat = None
        self.incoming, self.outgoing = [], []

    def post(self, count: int | None = None) -> None:
        """Let messages arrive at the server: all, or the oldest few."""
        count = len(self.outgoing) if count is None else count
        frames, self.outgoing = self.outgoing[:count], self.outgoing[count:]
        for frame in frames:
            self.post_frame(frame)

    def post_frame(self, frame: bytes) -> None:
        """Let one frame arrive at the server, as a connection would."""
        if self.room is not None and self.seat is not None:
            for message in protocol.read(frame):
                self.room.receive(self.seat, message)

    def take(self, count: int | None = None) -> None:
        """Take messages that the room sent: all, or the oldest few."""
        count = len(self.incoming) if count is None else count
        frames, self.incoming = self.incoming[:count], self.incoming[count:]
        for frame in frames:
            for message in protocol.read(frame):
                self._hear(message)

    def _hear(self, message: protocol.Message) -> None:
        self.heard.append(message)
        if isinstance(message, protocol.SyncStep1):
            self.acknowledged = dict(message.state_vector)
            missing = self.doc.get_update(protocol.write_state_vector(message.state_vector))
            self._queue(protocol.sync_step2(missing))
        elif isinstance(message, protocol.SyncUpdate):
            self._taking = True
            try:
                self.doc.apply_update(message.update)
            finally:
                self._taking = False
        elif isinstance(message, protocol.Presences) and self.presence is not None and message.entries:
            self.presence.apply_awareness_update(awareness_update(message.entries), "room")

    def _made(self, update: bytes) -> None:
        if not self._taking and self.room is not None:
            self._queue(protocol.sync_update(update))

    def _queue(self, frame: bytes) -> None:
        self.outgoing.append(frame)
        if self.live:
            self.post()

    # What the room calls

    def send(self, message: bytes) -> bool:
        self.incoming.append(message)
        if self.live:
            self.take()
        return self.capacity is None or len(self.incoming) <= self.capacity

    def denied(self, denial: Denial) -> None:
        self.said.append(f"denied {denial.code}")

    def allowed(self) -> None:
        self.said.append("allowed")

    def set_aside(self, kept: SetAside) -> None:
        self.kept.append(kept)

    def refused(self, error: DocumentsError) -> None:
        self.said.append(f"refused {type(error).__name__}")
        self.errors.append(error)

    # Presence, as stock providers do it: every change that is heard is sent on

    def announce(self, **state: Any) -> None:
        """Say something of oneself."""
        if self.presence is None:
            self.presence = Awareness(self.doc)
            self.presence.observe(self._presence_changed)
        self.presence.set_local_state(state)

    def _presence_changed(self, topic: str, change: tuple[dict[str, Any], Any]) -> None:
        if topic == "update" and self.room is not None:
            self._queue_presence([client for clients in change[0].values() for client in clients])

    def _queue_presence(self, clients: list[int]) -> None:
        assert self.presence is not None
        meta, states = self.presence.meta, self.presence.states
        entries = [PresenceEntry(one, meta[one]["clock"], json.dumps(states.get(one))) for one in clients]
        self._queue(protocol.presences(entries))

    def sees(self) -> dict[int, Any]:
        """The presence states of everybody, oneself too."""
        assert self.presence is not None
        return dict(self.presence.states)

    # Edits

    def paragraph(self, index: int) -> XmlElement:
        found = self.text.children[index]
        assert isinstance(found, XmlElement)
        return found

    def words(self, index: int) -> XmlText:
        """The text of a paragraph."""
        found = self.paragraph(index).children[0]
        assert isinstance(found, XmlText)
        return found

    def type(self, text: str, index: int = 0, at: int = 0) -> None:
        """Type into a paragraph; `at` counts bytes."""
        self.words(index).insert(at, text)

    def add(self, text: str = "New.", at: int | None = None, **attributes: Any) -> None:
        """Insert a paragraph, in one transaction."""
        with self.doc.transaction():
            element = XmlElement("paragraph", attributes)
            index = len(self.text.children) if at is None else at
            self.text.children.insert(index, element)
            element.children.append(XmlText(text))

    def split(self, index: int, at: int) -> None:
        """Split a paragraph as y-prosemirror does: the tail is typed anew into a copy with the same attributes."""
        with self.doc.transaction():
            words = self.words(index)
            tail = plain(words).encode()[at:]
            del words[at : at + len(tail)]
            self.add(tail.decode(), index + 1, **attributes_of(self.paragraph(index)))


def awareness_update(entries: Iterable[PresenceEntry]) -> bytes:
    """An awareness update as pycrdt takes it."""
    message = protocol.presences(entries)
    return message[_length_of_head(message) :]


def _length_of_head(message: bytes) -> int:
    """Of the type and the length that stand before the update."""
    at = 1
    while message[at] & 0x80:
        at += 1
    return at + 1


def attributes_of(element: XmlElement) -> dict[str, Any]:
    """An element's attributes as a plain dictionary."""
    view: Any = element.attributes
    return dict(iter(view))


def plain(words: XmlText) -> str:
    """The characters of a text, without its formats."""
    return "".join(chunk for chunk, _ in words.diff() if isinstance(chunk, str))


def tree(node: Any) -> Any:
    """A fragment, an element or a text as plain values that can be compared."""
    if isinstance(node, XmlText):
        runs = [(chunk, dict(marks or {})) for chunk, marks in node.diff()]
        joined: list[list[Any]] = []
        for chunk, marks in runs:
            if joined and joined[-1][1] == marks and isinstance(chunk, str) and isinstance(joined[-1][0], str):
                joined[-1][0] += chunk
            else:
                joined.append([chunk, marks])
        return joined
    children = [tree(child) for child in node.children]
    if isinstance(node, XmlElement):
        return [node.tag, attributes_of(node), children]
    return children


def content(editor: Editor) -> dict[str, Any]:
    """All that an editor's document shows."""
    return {"text": tree(editor.text)} | {name: one.to_py() or {} for name, one in editor.maps.items()}


def replica(state: bytes) -> Editor:
    """A document made of a state alone."""
    editor = Editor("nobody", 2, live=False)
    editor.doc.apply_update(state)
    return editor
