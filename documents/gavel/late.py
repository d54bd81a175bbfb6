"""What comes too late: edits of somebody who may, for text that another had deleted and that was put back meanwhile.

Deletions are done to what stands in its place; words that fell into a paragraph that is gone are written once more into
the one that was made for it, and stay their author's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from documents.authorship.runs import person
from documents.chapter import RESTORED, SERVER_CLIENT, ChapterDocument
from documents.crdt import update_v1
from documents.crdt.gate import Admitted
from documents.crdt.ledger import Container, Kind
from documents.crdt.sequence import Block, from_units
from documents.crdt.update_v1 import Id
from documents.gavel.gavel import barred
from documents.gavel.repair import Ids, IdSet, following, last_stands
from documents.gavel.rulings import restored
from documents.model import SERVER
from documents.seat import Seat


@dataclass(slots=True, eq=False)
class Words:
    """Some words that fell into a text that is gone."""

    block: Block
    top: Id
    """The paragraph that they were for."""
    text: Id | None
    """The item of the text that stands in place of theirs, if there is one."""
    paragraph: Id
    """The paragraph of that."""

    @property
    def said(self) -> str:
        """What they say."""
        return from_units(self.block.text)


@dataclass(slots=True)
class Late:
    """Of one edit."""

    document: ChapterDocument
    seat: Seat
    _words: dict[Words, None] = field(default_factory=dict)
    _copies: list[tuple[int, int, Id]] = field(default_factory=list)

    def words(self, admitted: Admitted) -> list[Words]:
        """The words that fell into texts that are gone, in the order in which they stand there."""
        self._words = dict.fromkeys(self._find(admitted))
        return [*self._words]

    def turn_away(self, words: Words) -> None:
        """Leave these where they are."""
        del self._words[words]

    def rescue(self, deleted: Iterable[Ids], spared: IdSet, at: int) -> bytes:
        """After `words`: do to what stands there now what the edit did; returns the server's update, if any.

        `deleted` is what it deleted, and `spared` what of that is to stay.
        """
        deletes = [*self._deletes(deleted, spared)]
        structs = [*self._structs()]
        if not deletes and not structs:
            return b""
        first = self.document.ledger.known(SERVER_CLIENT)
        sections = [(SERVER_CLIENT, first, structs)] if structs else []
        data = update_v1.write_update(sections, [(client, low, high - low) for client, low, high in deletes])

        def change(document: ChapterDocument) -> None:
            document.apply(data)
            for clock, length, (client, source) in self._copies:
                document.maps[RESTORED][f"{clock}:{length}"] = f"{client}:{source}"

        return self.document.write(change, self.seat.author, at)

    # Words

    def _find(self, admitted: Admitted) -> Iterator[Words]:
        sequence = self.document.sequence
        deletes = [*admitted.deletes, *admitted.again]
        erased = IdSet((client, clock, clock + length) for client, clock, length in deletes)
        found: dict[Container, dict[Block, None]] = {}
        for client, struct, start, container in admitted.placed:
            owner = sequence.line(container).owner if struct.kind == update_v1.STRING else None
            if owner is None or not owner.deleted or container.kind is not Kind.TEXT:
                continue
            for low, high, gone in erased.split(client, start, struct.clock + struct.length):
                for block in () if gone else sequence.within(client, low, high):
                    found.setdefault(container, {})[block] = None
        for container, blocks in found.items():
            text = self._in_place_of(container)
            place = None if text is None else self.document.ledger.types[text].top
            ordered = blocks if len(blocks) == 1 else (block for block in sequence.line(container) if block in blocks)
            for block in ordered:
                top = container.top or block.id
                yield Words(block, top, text, place or top)

    def _in_place_of(self, container: Container) -> Id | None:
        """The text that the server made for one that is gone, if that is there."""
        owner = self.document.sequence.line(container).owner
        if owner is None:
            return None
        copies = self._copies_of(owner)
        item = (copies[0][0], copies[0][1]) if copies else None
        return None if item is None or self.document.is_gone(item) else item

    def _copies_of(self, block: Block) -> list[Ids]:
        """Where the characters of a block stand that were put back, in order."""
        return [(*stand, stand[1] + high - low) for low, high, stand in self._put_back(block.client, *block.clocks)]

    def _put_back(self, client: int, start: int, end: int) -> Iterator[tuple[int, int, Id]]:
        """What of some ids was put back, as (start, end, first id of the server's that says it again)."""
        for low, high, stand in last_stands(self.document, (client, start, end)):
            if stand[0] == SERVER_CLIENT and stand != (client, low):
                yield low, high, stand

    def _structs(self) -> Iterator[bytes]:
        clock = self.document.ledger.known(SERVER_CLIENT)
        stands: dict[Id, tuple[Id, Id | None]] = {}
        """For the last character of what was written here: where it stands now, and what stands right of that."""
        for words in self._words:
            if words.text is None:
                continue
            block = words.block
            origin, right = self._place(block, words.text, stands)
            content = update_v1.write_string(from_units(block.text))
            yield update_v1.write_struct(update_v1.STRING, content, origin, right, words.text)
            self._copies.append((clock, block.length, block.id))
            clock += block.length
            stands[block.client, block.clocks[1] - 1] = (SERVER_CLIENT, clock - 1), right

    def _place(self, block: Block, text: Id, stands: dict[Id, tuple[Id, Id | None]]) -> tuple[Id | None, Id | None]:
        """Behind the nearest character to the left that was put back; what stands left and right there."""
        sequence = self.document.sequence
        line = sequence.line(self.document.ledger.types[text])
        other = block.prev
        while other is not None:
            if (other.client, other.clocks[1] - 1) in stands:
                return stands[other.client, other.clocks[1] - 1]
            copies = [] if self._was_put_back_here(other) else self._copies_of(other)
            if copies:
                client, _, end = copies[-1]
                left = sequence.at(client, end - 1)
                if left is not None and left.line is line:
                    return (client, end - 1), following(left, end)
            other = other.prev
        return None, None if line.first is None else line.first.id

    def _was_put_back_here(self, block: Block) -> bool:
        """Whether what it says stood in the same text again, behind it: that one counts, when it is come by."""
        *_, (_, _, other) = self.document.record.went(block.client, *block.clocks)
        copy = None if other is None else self.document.sequence.at(*other)
        return copy is not None and copy.line is block.line

    # Deletions

    def _deletes(self, deleted: Iterable[Ids], spared: IdSet) -> Iterator[Ids]:
        """What stands in place of these ids, where another had deleted them."""
        record = self.document.record
        keep = self._around(spared)
        for client, start, end in deleted:
            for low, high, first in first_copies(self.document, (client, start, end)):
                for one, other, mark in record.removed(client, low, high):
                    if mark is None or person(mark[0]) in (self.seat.author, SERVER):
                        continue
                    for begin, stop, spare in keep.split(client, one, other):
                        if not spare:
                            yield from self._standing(first + begin - low, first + stop - low)

    def _around(self, spared: IdSet) -> IdSet:
        """These ids, and the texts and elements that they lie in."""
        found = IdSet(spared)
        for client, start, end in spared:
            for *_, container in self.document.ledger.within(client, start, end):
                owner = self.document.sequence.line(container).owner
                while owner is not None:
                    found.add(owner.client, owner.clock, owner.clock + 1)
                    owner = owner.line.owner
        return found

    def _standing(self, start: int, end: int) -> Iterator[Ids]:
        """What still stands for some of the server's ids, where this person may delete."""
        for low, high, (client, first) in last_stands(self.document, (SERVER_CLIENT, start, end)):
            if client != SERVER_CLIENT or first in restored(self.document):
                continue  # somebody has moved it on, or brought it back with a version
            for block in self.document.sequence.within(client, first, first + high - low):
                top = block.line.top or block.id
                if not block.deleted and barred(self.document, self.seat, top) is None:
                    yield block.client, *block.clocks


def first_copies(document: ChapterDocument, ids: Ids) -> Iterator[tuple[int, int, int]]:
    """By which ids of the server some ids were put back first, as (start, end, first clock of the server's).

    What was carried elsewhere and taken out there again was put back too; what was moved and stayed was not. Nor was
    what came back with a version: who deleted it before meant the text of then.
    """
    record, versions = document.record, restored(document)
    waiting = [(ids, ids[1])]
    while waiting:
        (client, start, end), origin = waiting.pop()
        for low, high, other in record.went(client, start, end):
            begin = origin + low - start
            if other is None:
                continue
            if other[0] == SERVER_CLIENT:
                if other[1] not in versions:
                    yield begin, begin + high - low, other[1]
                continue
            for first, last, mark in record.removed(other[0], other[1], other[1] + high - low):
                if mark is not None and mark[0] == SERVER:
                    waiting.append(((other[0], first, last), begin + first - other[1]))
