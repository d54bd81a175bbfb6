"""People who write together, each in the manner of an editor on a replica of their own."""

import unicodedata
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pycrdt import Doc, UndoManager, XmlElement, XmlFragment, XmlText, merge_updates

from documents.crdt import protocol, update_v1
from tests.editorkit import attributes_of, plain


class Letters:
    """Characters of which none is ever handed out twice, so that whoever reads one knows who typed it."""

    def __init__(self) -> None:
        blocks = ((0x100, 0x250), (0x400, 0x482), (0x1200, 0x1380), (0x1401, 0x166D), (0x10400, 0x10450))
        self._letters = deque(_of(blocks, "L"))
        self._digits = deque(_of(((0x660, 0x66A), (0x966, 0x970), (0xFF10, 0xFF1A)), "Nd"))
        self._unspaced = deque(_of(((0x4E00, 0x4F00), (0x3041, 0x3097), (0xE01, 0xE31), (0x20000, 0x20100)), "Lo"))
        self._gaps = deque(_of(((0x2190, 0x2400), (0x2500, 0x2700), (0x1F300, 0x1F5FF)), "S"))

    def gap(self) -> str:
        """Something that parts words."""
        return self._gaps.popleft()

    def word(self, length: int) -> str:
        """Letters, and now and then a digit at the end."""
        word = "".join(self._letters.popleft() for _ in range(length))
        return word + self._digits.popleft() if length == 3 and self._digits else word

    def unspaced(self, length: int) -> str:
        """Characters of a script without spaces, between two gaps."""
        return self.gap() + "".join(self._unspaced.popleft() for _ in range(length)) + self.gap()

    def text(self, kind: int) -> str:
        """What somebody types at one go."""
        if kind % 7 == 0:
            return self.word(1)
        if kind % 7 == 1:
            return self.gap()
        if kind % 7 == 2:
            return self.unspaced(1 + kind % 3)
        if kind % 7 == 3:
            return self.word(2 + kind % 3)
        return "".join(self.word(1 + (kind >> n) % 4) + self.gap() for n in range(1 + kind % 3))


def _of(blocks: tuple[tuple[int, int], ...], category: str) -> Iterator[str]:
    for start, end in blocks:
        found = [chr(code) for code in range(start, end) if unicodedata.category(chr(code)).startswith(category)]
        yield from found


@dataclass(slots=True)
class Leaf:
    """A block with text as it stands in a replica: its parent, its place there, and what it says."""

    parent: XmlElement | XmlFragment
    index: int
    element: XmlElement
    said: str

    def words(self) -> XmlText | None:
        return next((child for child in self.element.children if isinstance(child, XmlText)), None)


class Device:
    """One editor of a person: a replica, what it has to send yet, and how much it has heard."""

    def __init__(self, author: str, client_id: int) -> None:
        self.author = author
        self.doc: Doc[Any] = Doc(client_id=client_id, skip_gc=True)
        self.root = self.doc.get("default", type=XmlFragment)
        self.outbox: list[bytes] = []
        self.heard = 0
        """How much of what the server sent it has taken."""
        self.last_cut: tuple[int, int, str] | None = None
        """The block, the place in it and the text of what it removed last."""
        self._listening = False
        self._subscription = self.doc.observe(self._made)
        self._undo = UndoManager(scopes=[self.root], capture_timeout_millis=0)
        self._undo.include_origin("me")

    def _made(self, event: Any) -> None:
        if not self._listening:
            self.outbox.append(event.update)

    # The wire

    def hear(self, updates: list[bytes], count: int) -> None:
        """Take the next of all that the server has sent."""
        self._listening = True
        for update in updates[self.heard : self.heard + count]:
            self.doc.apply_update(update)
        self.heard = min(len(updates), self.heard + count)
        self._listening = False

    def post(self, count: int, *, merged: bool) -> list[bytes]:
        """The oldest of what it has made: one by one, or as one update.

        One by one, too, when something is both inserted and removed in them: in one update nobody could tell which
        came first, what is put back or what is removed.
        """
        chosen, self.outbox = self.outbox[:count], self.outbox[count:]
        one = merge_updates(*chosen) if merged and len(chosen) > 1 else update_v1.EMPTY
        return chosen if one == update_v1.EMPTY or _takes_back(one) else [one]

    def post_all(self, known: Mapping[int, int] | None = None) -> list[bytes]:
        """What a client sends at a reconnect: all that the other side lacks, or all that it has."""
        state = None if known is None else protocol.write_state_vector(known)
        return [*self.post(len(self.outbox), merged=True), self.doc.get_update(state)]

    # Looking

    def leaves(self) -> list[Leaf]:
        """The blocks with text, in order."""
        return list(_leaves(self.root))

    # Hands. Each is one transaction, and so one update

    def put(self, leaf: Leaf, at: int, text: str) -> None:
        """Type or paste."""
        with self.doc.transaction(origin="me"):
            _insert(leaf, at, text)

    def remove(self, leaf: Leaf, start: int, end: int) -> str:
        """Delete or cut."""
        with self.doc.transaction(origin="me"):
            _delete(leaf, start, end)
        return leaf.said[start:end]

    def replace(self, leaf: Leaf, start: int, end: int, text: str) -> None:
        """Type over what is selected; a correction by the spelling checker."""
        with self.doc.transaction(origin="me"):
            _delete(leaf, start, end)
            leaf.said = leaf.said[:start] + leaf.said[end:]
            _insert(leaf, start, text)

    def split(self, leaf: Leaf, at: int, *, head_moves: bool) -> None:
        """Press Enter: one part is typed anew into a copy of the element, mostly the tail."""
        start, end = (0, at) if head_moves else (at, len(leaf.said))
        with self.doc.transaction(origin="me"):
            _delete(leaf, start, end)
            index = leaf.index + (0 if head_moves else 1)
            _add(leaf.parent, index, leaf.element.tag or "", leaf.said[start:end], attributes_of(leaf.element))

    def join(self, leaf: Leaf, after: Leaf, *, into_second: bool) -> None:
        """Press Backspace at the beginning of a block: the text of one is typed anew into the other."""
        kept, gone = (after, leaf) if into_second else (leaf, after)
        with self.doc.transaction(origin="me"):
            _insert(kept, 0 if into_second else len(kept.said), gone.said)
            del gone.parent.children[gone.index]

    def cut_across(self, leaf: Leaf, start: int, after: Leaf, end: int) -> None:
        """Remove the end of a block and the beginning of the next, which join."""
        with self.doc.transaction(origin="me"):
            _delete(leaf, start, len(leaf.said))
            leaf.said = leaf.said[:start]
            _insert(leaf, start, after.said[end:])
            del after.parent.children[after.index]

    def retype(self, leaf: Leaf, kind: str) -> None:
        """Make a heading of a paragraph, or wrap it into a list: a new element with all the text."""
        with self.doc.transaction(origin="me"):
            del leaf.parent.children[leaf.index]
            where, index = leaf.parent, leaf.index
            for wrapper in ("list", "item") if kind == "list" else ():
                where, index = where.children.insert(index, XmlElement(wrapper, {})), 0
            _add(where, index, "paragraph" if kind == "list" else kind, leaf.said, attributes_of(leaf.element))

    def drag(self, leaf: Leaf, to: int) -> None:
        """Move a whole block."""
        with self.doc.transaction(origin="me"):
            del leaf.parent.children[leaf.index]
            to = min(to, len(leaf.parent.children))
            _add(leaf.parent, to, leaf.element.tag or "", leaf.said, attributes_of(leaf.element))

    def add(self, leaf: Leaf, text: str) -> None:
        """A new paragraph after this one."""
        with self.doc.transaction(origin="me"):
            _add(leaf.parent, leaf.index + 1, "paragraph", text, {})

    def append(self, text: str) -> None:
        """A new paragraph at the end."""
        with self.doc.transaction(origin="me"):
            _add(self.root, len(self.root.children), "paragraph", text, {})

    def drop(self, leaf: Leaf) -> None:
        """Delete a whole block."""
        with self.doc.transaction(origin="me"):
            del leaf.parent.children[leaf.index]

    def mark(self, leaf: Leaf, start: int, end: int, value: object) -> None:
        """Make it bold, or not."""
        words = leaf.words()
        if words is not None and start < end:
            with self.doc.transaction(origin="me"):
                words.format(_bytes(leaf.said[:start]), _bytes(leaf.said[:end]), {"strong": value})

    def undo(self) -> bool:
        """Press Ctrl-Z."""
        return self._undo.undo()

    def redo(self) -> bool:
        """Press Ctrl-Y."""
        return self._undo.redo()


def _takes_back(update: bytes) -> bool:
    """Whether it deletes some of what it inserts."""
    parsed = update_v1.parse(update)
    return any(
        client == section.client and clock < section.end and clock + length > section.clock
        for client, clock, length in parsed.deletes
        for section in parsed.sections
    )


def _leaves(parent: XmlElement | XmlFragment) -> Iterator[Leaf]:
    for index, child in enumerate(parent.children):
        if isinstance(child, XmlElement):
            if child.tag in ("paragraph", "heading"):
                leaf = Leaf(parent, index, child, "")
                words = leaf.words()
                leaf.said = plain(words) if words is not None else ""
                yield leaf
            else:
                yield from _leaves(child)


def _insert(leaf: Leaf, at: int, text: str) -> None:
    if not text:
        return
    words = leaf.words()
    if words is None:
        leaf.element.children.append(XmlText(text))
    else:
        words.insert(_bytes(leaf.said[:at]), text)


def _delete(leaf: Leaf, start: int, end: int) -> None:
    words = leaf.words()
    if words is not None and start < end:
        del words[_bytes(leaf.said[:start]) : _bytes(leaf.said[:end])]


def _add(parent: XmlElement | XmlFragment, index: int, tag: str, text: str, attributes: dict[str, Any]) -> None:
    element = XmlElement(tag, attributes)
    parent.children.insert(index, element)
    if text:
        element.children.append(XmlText(text))


def _bytes(text: str) -> int:
    """Places in a text count bytes here."""
    return len(text.encode())
