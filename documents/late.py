"""What comes too late: edits of somebody who may, for text that another had deleted and that was put back meanwhile.

Deletions are done to what stands in its place; words that fell into a paragraph that is gone are written once more into
the one that was made for it, and stay their author's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from documents import update_v1
from documents.chapter import RESTORED, SERVER_CLIENT, ChapterDocument
from documents.gate import Admitted
from documents.ledger import Container, Kind
from documents.model import SERVER
from documents.repair import Ids, following, last_stands
from documents.runs import person
from documents.seat import Seat
from documents.sequence import Block, from_units
from documents.update_v1 import Id


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
    _words: list[Words] = field(default_factory=list)
    _copies: list[tuple[int, int, Id]] = field(default_factory=list)

    def words(self, admitted: Admitted) -> list[Words]:
        """The words that fell into texts that are gone."""
        self._words = [*self._find(admitted)]
        return [*self._words]

    def turn_away(self, words: Words) -> None:
        """Leave these where they are."""
        self._words.remove(words)

    def rescue(self, admitted: Admitted, at: int, *, answer: bool) -> bytes:
        """After `words`: do to what stands there now what the edit did; returns the server's update, if any."""
        deletes = [*self._deletes(admitted, answer=answer)]
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

        return self.document.write(change, SERVER, at)

    # Words

    def _find(self, admitted: Admitted) -> Iterator[Words]:
        sequence = self.document.sequence
        for client, struct, start, container in admitted.placed:
            if struct.kind != update_v1.STRING or container.kind is not Kind.TEXT or container.top is None:
                continue
            owner = sequence.line(container).owner
            if owner is None or not owner.deleted:
                continue
            text = self._in_place_of(container)
            place = None if text is None else self.document.ledger.types[text].top
            for block in sequence.within(client, start, struct.clock + struct.length):
                yield Words(block, container.top, text, place or container.top)

    def _in_place_of(self, container: Container) -> Id | None:
        """The text that the server made for one that is gone."""
        document = self.document
        for block in document.sequence.line(container):
            for copy in self._copies_of(block):
                found = document.ledger.where(*copy[:2])
                owner = None if found is None else document.sequence.line(found).owner
                if owner is not None and not owner.deleted:
                    return owner.id
        identity = None if container.top is None else document.identity(container.top)
        item = None if identity is None else document.item_of(identity.id)
        if item is None or item[0] != SERVER_CLIENT:
            return None
        for block in document.sequence.line(document.ledger.types[item]):
            if not block.deleted and document.ledger.types[block.id].kind is Kind.TEXT:
                return block.id
        return None

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
            copies = self._copies_of(other)
            if copies:
                client, _, end = copies[-1]
                left = sequence.at(client, end - 1)
                if left is not None and left.line is line:
                    return (client, end - 1), following(left, end)
            other = other.prev
        return None, None if line.first is None else line.first.id

    # Deletions

    def _deletes(self, admitted: Admitted, *, answer: bool) -> Iterator[Ids]:
        """The copies of what it deletes, and what another had deleted before.

        Who answers step 1 names all deletions it has heard of: one is its own only if it can't have heard of it.
        """
        seen = self.seat.seen if answer else 0
        if seen is None:
            return
        for client, clock, length in admitted.again:
            for low, high, (_, first) in self._put_back(client, clock, clock + length):
                if first < seen:
                    continue
                for start, end, mark in self.document.record.removed(client, low, high):
                    if mark is not None and person(mark[0]) not in (self.seat.author, SERVER):
                        yield from self._standing(first + start - low, first + end - low)

    def _standing(self, start: int, end: int) -> Iterator[Ids]:
        """What still stands of the server's ids."""
        for block in self.document.sequence.within(SERVER_CLIENT, start, end):
            if not block.deleted:
                yield block.client, *block.clocks
