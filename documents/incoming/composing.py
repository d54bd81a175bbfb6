"""Edits of a text by ids, as the updates of those who make them: each author's under a client id of its own.

Where several authors insert side by side, what one of them builds on goes into an earlier update than what builds on
it. So an author may have more than one update; mostly everybody has one.
"""

import secrets
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Final

from documents.chapter import TEXT_ROOT, ChapterDocument
from documents.crdt import update_v1
from documents.crdt.update_v1 import Id
from documents.gavel.repair import following
from documents.model import ClientId

Who = str
"""Of whom an edit is: a delegation's name; empty for whoever brings it."""
Run = tuple[str, Who]
"""A text and whose it is."""

FILES: Final = 2**32
"""Client ids from here on are those of what files brought; editors draw theirs below."""
_CLIENT_IDS: Final = 2**53
_HAS_KEY: Final = 0x20
_WHOLE_NUMBER: Final = 125
"""How a whole number begins in lib0's "any" encoding; up to 63 a byte follows."""


@dataclass(slots=True)
class _Section:
    """What one author inserts under one client id."""

    client: ClientId
    layer: int
    by: Who
    clock: int = 0
    structs: list[bytes] = field(default_factory=list)

    def put(self, struct: bytes, length: int) -> Id:
        """Add an item; returns its first id."""
        made = self.client, self.clock
        self.structs.append(struct)
        self.clock += length
        return made


class Composer:
    """Makes the updates; nothing is applied."""

    def __init__(self, document: ChapterDocument) -> None:
        self._document = document
        self._sections: dict[tuple[int, Who], _Section] = {}
        self._used: set[ClientId] = set()
        self._deletes: dict[Who, list[tuple[int, int, int]]] = {}
        self._last: dict[Id, Id] = {}
        """What was inserted last behind an item: what comes next there stands behind that."""
        self._rights: dict[Id, Id | None] = {}
        """What stands right of each new paragraph."""
        self._layers: dict[ClientId, _Section] = {}

    def updates(self) -> list[tuple[Who, bytes]]:
        """All of it, to be applied in this order; whoever brings it comes first where nothing else is said."""
        made: list[tuple[Who, bytes]] = []
        deletes = {by: ids for by, ids in self._deletes.items() if ids}
        for section in sorted(self._sections.values(), key=lambda one: (one.layer, one.by)):
            written = [(section.client, 0, section.structs)]
            made.append((section.by, update_v1.write_update(written, deletes.pop(section.by, []))))
        made += [(by, update_v1.write_update([], ids)) for by, ids in sorted(deletes.items())]
        return made

    # Text

    def insert(self, left: Id | None, parent: Id, runs: Sequence[Run]) -> None:
        """Insert behind an item of a text, or at its beginning; `parent` is the text's item."""
        right, key = self._right(left, parent), left or parent
        left = self._last.get(key, left)
        for text, by in runs:
            struct = update_v1.write_struct(update_v1.STRING, update_v1.write_string(text), left, right, parent)
            client, clock = self._section(left, by).put(struct, length := update_v1.utf16_length(text))
            left = client, clock + length - 1
        if left is not None:
            self._last[key] = left

    def _right(self, left: Id | None, parent: Id) -> Id | None:
        if left is not None:
            block = self._document.sequence.at(*left)
            return None if block is None else following(block, left[1] + 1)
        known = self._document.ledger.types.get(parent)  # a new text is not known, and holds nothing
        first = None if known is None else self._document.sequence.line(known).first
        return None if first is None else first.id

    def delete(self, ids: Sequence[Id], by: Who) -> None:
        """Delete items, one by one."""
        ranges = self._deletes.setdefault(by, [])
        for client, clock in ids:
            if ranges and ranges[-1][0] == client and sum(ranges[-1][1:]) == clock:
                ranges[-1] = client, ranges[-1][1], ranges[-1][2] + 1
            else:
                ranges.append((client, clock, 1))

    def text_in(self, element: Id, by: Who) -> Id:
        """A new text in an element that holds none."""
        content = bytes((update_v1.XML_TEXT_TYPE,))
        return self._section(None, by).put(update_v1.write_struct(update_v1.TYPE, content, None, None, element), 1)

    # Paragraphs

    def paragraph(self, left: Id | None, tag: str, names: tuple[str, str], level: int, runs: Sequence[Run]) -> Id:
        """A new paragraph behind another one, or at the beginning; `names` are its id and its label.

        Returns its item.
        """
        by = runs[0][1] if len({who for _, who in runs}) == 1 else ""
        right, key = self._right_element(left), left
        left = left if left is None else self._last.get(left, left)
        content = bytes((update_v1.XML_ELEMENT_TYPE,)) + update_v1.write_string(tag)
        section = self._section(left, by)
        unused = section.client, section.clock  # a paragraph has neighbours: no chapter is without any
        element = section.put(update_v1.write_struct(update_v1.TYPE, content, left, right, unused), 1)
        self._rights[element] = right
        if key is not None:
            self._last[key] = element
        for name, value in zip(("id", "label"), names, strict=True):
            section.put(update_v1.write_attribute(element, name, value, None), 1)
        if level:
            section.put(_level(element, level), 1)
        inner = update_v1.write_struct(update_v1.TYPE, bytes((update_v1.XML_TEXT_TYPE,)), None, None, element)
        self._write(section.put(inner, 1), runs)
        return element

    def _write(self, text: Id, runs: Sequence[Run]) -> None:
        left: Id | None = None
        for said, by in runs:
            struct = update_v1.write_struct(update_v1.STRING, update_v1.write_string(said), left, None, text)
            client, clock = self._section(left or text, by).put(struct, length := update_v1.utf16_length(said))
            left = client, clock + length - 1

    def _right_element(self, left: Id | None) -> Id | None:
        line = self._document.sequence.line(self._document.ledger.roots[TEXT_ROOT])
        if left is None:
            return None if line.first is None else line.first.id
        block = self._document.sequence.at(*left)
        if block is not None:
            return following(block, left[1] + 1)
        return self._rights.get(left)

    def rename(self, element: Id, label: str, last: Id | None, by: Who) -> None:
        """Set a label; `last` is the item of the one before, if there ever was one."""
        self._section(None, by).put(update_v1.write_attribute(element, "label", label, last), 1)

    # Whose

    def _section(self, left: Id | None, by: Who) -> _Section:
        """Where what somebody inserts behind an item is to be written: not before what it builds on."""
        before = None if left is None else self._layers.get(left[0])
        layer = 0 if before is None else before.layer + (before.by != by)
        section = self._sections.get((layer, by))
        if section is None:
            section = self._sections[layer, by] = _Section(self._fresh_client(), layer, by)
            self._layers[section.client] = section
        return section

    def _fresh_client(self) -> ClientId:
        used: Container[ClientId] = self._document.clocks
        while (client := FILES + secrets.randbelow(_CLIENT_IDS - FILES)) in used or client in self._used:
            continue
        self._used.add(client)
        return client


def _level(element: Id, level: int) -> bytes:
    """The struct that says how deep a heading is, 1 to 6."""
    place = b"".join(map(update_v1.write_uint, (0, *element)))
    content = bytes((1, _WHOLE_NUMBER, level))
    return bytes((update_v1.ANY | _HAS_KEY,)) + place + update_v1.write_string("level") + content
