"""The order of everything in the text, deleted or not, kept in step with the document.

The CRDT document shows what is there now. Authorship also needs what was deleted, in its place, and which characters
stand beside which: so every list (the paragraphs, the texts in them, the values of a paragraph's id and label) is kept
here a second time, as linked blocks with their ids. An item finds its place by the rules of YATA as Yjs has them
(yjs 13, `src/structs/Item.js`, `integrate`), hence in the same order as in every replica.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from documents.authorship.record import Stretch
from documents.crdt import update_v1
from documents.crdt.ledger import Container
from documents.crdt.update_v1 import Id
from documents.model import ClientId

_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")

MAX_STEPS: Final = 5_000
"""How far to look among what is deleted, in items: however these lie in blocks, so that a restart changes nothing."""


def to_units(text: str) -> str:
    """A text with every character beyond U+FFFF as its two UTF-16 halves, so that indices are clocks."""
    return text if text.isascii() else _ASTRAL.sub(lambda match: _halves(match.group()), text)


def from_units(units: str) -> str:
    """The text of whole characters that these UTF-16 units are."""
    return units if units.isascii() else units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _halves(char: str) -> str:
    number = ord(char) - 0x10000
    return chr(0xD800 + (number >> 10)) + chr(0xDC00 + (number & 0x3FF))


class Block:
    """Items with neighbouring ids that stand side by side. `next` is what follows it in its list."""

    __slots__ = (
        "client", "clock", "deleted", "kind", "length", "line", "next", "origin", "prev", "right", "stretch", "text",
        "value",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913, PLR0917 (on the way of every keystroke: positional is quickest)
        self,
        client: ClientId,
        clock: int,
        length: int,
        kind: int,
        text: str,
        value: object,
        origin: Id | None,
        right: Id | None,
        line: "Line",
    ) -> None:
        self.client = client
        self.clock = clock
        self.length = length
        self.kind = kind
        """As in `documents.crdt.update_v1`."""
        self.text = text
        """In UTF-16 units, as many as `length`; empty for all but STRING."""
        self.value = value
        """The type and name of a TYPE; the text of the last of an attribute's values."""
        self.origin = origin
        self.right = right
        self.line = line
        self.prev: Block | None = None
        self.next: Block | None = None
        self.deleted = False
        self.stretch: Stretch | None = None
        """The stretch of removed text that it belongs to, if it was removed lately."""

    @property
    def id(self) -> Id:
        """Of its first item."""
        return self.client, self.clock

    @property
    def clocks(self) -> tuple[int, int]:
        """Its first clock, and the one after its last."""
        return self.clock, self.clock + self.length


class Line:
    """One list of blocks: what lies in one container."""

    __slots__ = ("first", "owner", "top")

    def __init__(self, owner: Block | None = None, top: Id | None = None) -> None:
        self.first: Block | None = None
        self.owner = owner
        """The item whose list it is; None for a root's."""
        self.top = top
        """The paragraph that it lies in, by item id."""

    def __iter__(self) -> Iterator[Block]:
        block = self.first
        while block is not None:
            yield block
            block = block.next

    @property
    def last(self) -> Block | None:
        """The last block, deleted or not."""
        last = None
        for last in self:  # noqa: B007 (the last one is wanted)
            pass
        return last


class Sequence:
    """All lists, by container, and all blocks, by id."""

    def __init__(self) -> None:
        self._lines: dict[Container, Line] = {}
        self._starts: dict[ClientId, list[int]] = {}
        self._blocks: dict[ClientId, list[Block]] = {}
        self.steps = 0
        """How many others were passed in search of the places of items; for whoever sets it to 0 before."""

    def __len__(self) -> int:
        """How many lists there are."""
        return len(self._lines)

    def __del__(self) -> None:
        """Blocks hold each other in circles, which only a full run of the garbage collector would find."""
        self.clear()

    def clear(self) -> None:
        """Hold nothing any more."""
        for blocks in self._blocks.values():
            for block in blocks:
                block.prev = block.next = None
        for line in self._lines.values():
            line.first = line.owner = None
        self._lines.clear()
        self._starts.clear()
        self._blocks.clear()

    def line(self, container: Container) -> Line:
        """The list that lies in a container."""
        line = self._lines.get(container)
        if line is None:
            line = self._lines[container] = Line()
        return line

    def owner(self, container: Container) -> Block | None:
        """The item whose list lies in a container; None for a root's, and for one that is not kept here."""
        line = self._lines.get(container)
        return None if line is None else line.owner

    # Finding

    def at(self, client: ClientId, clock: int) -> Block | None:
        """The block that holds an id; None for what is not kept here."""
        starts = self._starts.get(client)
        if starts is None:
            return None
        index = bisect_right(starts, clock) - 1
        if index < 0:
            return None
        block = self._blocks[client][index]
        return block if clock < block.clock + block.length else None

    def within(self, client: ClientId, start: int, end: int) -> list[Block]:
        """The blocks of ids from `start` up to `end`, which are cut so as to begin and end there."""
        block = self.at(client, start)
        if block is not None and block.clock == start and block.clock + block.length == end:
            return [block]
        self.cut(client, start)
        self.cut(client, end)
        return self.overlapping(client, start, end)

    def overlapping(self, client: ClientId, start: int, end: int) -> list[Block]:
        """The blocks that hold any of the ids from `start` up to `end`."""
        starts = self._starts.get(client)
        if starts is None:
            return []
        blocks = self._blocks[client]
        index = max(bisect_right(starts, start) - 1, 0)
        if blocks[index].clocks[1] <= start:
            index += 1
        found = []
        while index < len(blocks) and blocks[index].clock < end:
            found.append(blocks[index])
            index += 1
        return found

    def cut(self, client: ClientId, clock: int) -> None:
        """See to it that a block begins at this id, if it is held at all."""
        starts = self._starts.get(client)
        if starts is None:
            return
        index = bisect_right(starts, clock) - 1
        if index < 0:
            return
        block = self._blocks[client][index]
        if block.clock < clock < block.clock + block.length:
            self._split(block, clock - block.clock, index)

    def _split(self, block: Block, offset: int, index: int) -> Block:
        client, clock = block.client, block.clock + offset
        text = block.text
        tail = Block(
            client, clock, block.length - offset, block.kind, text[offset:], block.value, (client, clock - 1),
            block.right, block.line,
        )  # fmt: skip
        tail.deleted, tail.stretch = block.deleted, block.stretch
        block.text = text[:offset]
        block.length = offset
        tail.prev, tail.next = block, block.next
        if block.next is not None:
            block.next.prev = tail
        block.next = tail
        self._starts[client].insert(index + 1, clock)
        self._blocks[client].insert(index + 1, tail)
        return tail

    # Changing

    def delete(self, client: ClientId, start: int, end: int) -> list[Block]:
        """Mark ids as deleted; returns the blocks that were not so before."""
        found = [block for block in self.within(client, start, end) if not block.deleted]
        for block in found:
            block.deleted = True
        return found

    def own(self, block: Block, container: Container) -> None:
        """Let a list be known as that of an item, which was just inserted."""
        self._lines[container] = Line(block, container.top)

    def remove(self, client: ClientId, clock: int) -> None:
        """Take out a client's items from this clock on, which were just inserted, as if they had never been there."""
        self.cut(client, clock)
        starts = self._starts.get(client, [])
        index = bisect_left(starts, clock)
        for block in self._blocks[client][index:] if starts else ():
            if block.prev is None:
                block.line.first = block.next
            else:
                block.prev.next = block.next
            if block.next is not None:
                block.next.prev = block.prev
        if index:
            del starts[index:], self._blocks[client][index:]
        else:
            self._starts.pop(client, None)
            self._blocks.pop(client, None)

    def drop(self, container: Container) -> None:
        """Forget a list that is not any more."""
        self._lines.pop(container, None)

    def insert(  # noqa: PLR0913, PLR0917 (on the way of every keystroke: positional is quickest)
        self,
        client: ClientId,
        clock: int,
        length: int,
        kind: int,
        text: str,
        value: object,
        origin: Id | None,
        right: Id | None,
        container: Container,
    ) -> Block:
        """Put an item where it belongs; `origin` and `right` are known. Returns the block that holds it.

        Items of one client come in the order of their clocks.
        """
        line = self._lines.get(container)
        if line is None:
            line = self._lines[container] = Line()
        left = None if origin is None else self._ending(origin)
        after = line.first if left is None else left.next
        if after is not None and (right is None or after.client != right[0] or after.clock != right[1]):
            if after.origin == origin and after.right == right and after.client > client:
                self.steps += 1  # somebody else's in the same gap, and mine goes before it
            else:
                left = self._place(client, line, left, origin, right)
                after = line.first if left is None else left.next
        if (
            left is not None
            and kind == update_v1.STRING
            and left.kind == update_v1.STRING
            and left.client == client
            and left.clock + left.length == clock
            and origin == (client, clock - 1)
            and left.right == right
            and not left.deleted
        ):
            left.text += text
            left.length += length
            return left
        block = Block(client, clock, length, kind, text, value, origin, right, line)
        block.prev, block.next = left, after
        if left is None:
            line.first = block
        else:
            left.next = block
        if after is not None:
            after.prev = block
        starts = self._starts.get(client)
        if starts is None:
            self._starts[client] = [clock]
            self._blocks[client] = [block]
        else:
            starts.append(clock)
            self._blocks[client].append(block)
        return block

    def _ending(self, origin: Id) -> Block | None:
        """The block whose last item has this id."""
        client, clock = origin
        starts = self._starts.get(client)
        if starts is None:
            return None
        index = bisect_right(starts, clock) - 1
        if index < 0:
            return None
        block = self._blocks[client][index]
        end = block.clock + block.length
        if clock >= end:
            return None
        if clock + 1 < end:
            self._split(block, clock + 1 - block.clock, index)
        return block

    def _place(
        self, client: ClientId, line: Line, left: Block | None, origin: Id | None, right: Id | None
    ) -> Block | None:
        """What stands left of an item, among others that were put into the same gap."""
        if right is not None:
            self.cut(*right)
        end = None if right is None else self.at(*right)
        other = line.first if left is None else left.next
        passed: dict[Block, int] = {}  # with how many were passed before; those from `cleared` on are in conflict
        count = cleared = 0
        while other is not None and other is not end:
            passed[other] = count
            count += 1
            behind = other.origin
            if behind == origin:
                if other.client < client:
                    left, cleared = other, count
                elif right == other.right:
                    break
            elif behind is None:
                break
            else:
                place = other.prev  # mostly it was inserted behind that; if not, where is it?
                if place is None or place.client != behind[0] or place.clock + place.length != behind[1] + 1:
                    place = self.at(*behind)
                number = None if place is None else passed.get(place)
                if number is None:
                    break
                if number < cleared:
                    left, cleared = other, count
            other = other.next
        self.steps += count
        return left


def beside(block: Block, way: int) -> Block | None:
    """What follows a block, or for a negative `way` goes before it, formats left out."""
    other = block.next if way > 0 else block.prev
    while other is not None and other.kind == update_v1.FORMAT:
        other = other.next if way > 0 else other.prev
    return other


def near(block: Block, way: int) -> Iterator[Block]:
    """What follows a block, or for a negative `way` goes before it, formats left out: the nearest first.

    It ends where more than `MAX_STEPS` deleted items or formats have been passed.
    """
    other = block.next if way > 0 else block.prev
    passed = 0
    while other is not None and passed <= MAX_STEPS:
        if other.kind != update_v1.FORMAT:
            yield other
            if other.deleted:
                passed += other.length
        else:
            passed += 1
        other = other.next if way > 0 else other.prev


def deleted_beside(block: Block, way: int) -> Iterator[tuple[Block, int, int]]:
    """What lies deleted directly behind a block, or for a negative `way` before it: the nearest first.

    As (block, first clock, end): of the last one, no more than there is still room for.
    """
    room = MAX_STEPS
    for other in near(block, way):
        if not other.deleted or room <= 0:
            return
        start, end = other.clocks
        yield (other, start, min(end, start + room)) if way > 0 else (other, max(start, end - room), end)
        room -= other.length


def text_of(blocks: Iterable[Block]) -> str:
    """What the blocks say, in UTF-16 units."""
    return "".join(block.text for block in blocks)
