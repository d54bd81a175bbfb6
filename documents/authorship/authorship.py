"""The authorship layer: kept up with each update, so that every character's author is known, deleted or not.

An update that was let in is entered in two places: the sequence, which is the order of all text with what was deleted
(`documents.crdt.sequence`), and the record, which is who did what and when (`documents.authorship.record`). Authors
come from the journal's entries, hence from the sign-in; nothing that a client says of itself is looked at.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from documents.authorship.marks import Mark
from documents.authorship.moves import Insertion, Moves
from documents.authorship.record import Move, Record, Stretch
from documents.authorship.runs import Tag
from documents.crdt import update_v1
from documents.crdt.gate import IDENTITY, Admitted, Placed
from documents.crdt.ledger import Container, Kind
from documents.crdt.ranges import RangeSet
from documents.crdt.sequence import Block, Line, Sequence, beside, near, text_of, to_units
from documents.crdt.update_v1 import Id
from documents.errors import UpdateMalformed
from documents.model import SERVER, AuthorId, ClientId


@dataclass(slots=True)
class Authorship:
    """Of one chapter.

    `text_root` is the root whose order is kept, `authors_root` the one whose keys are tags, `restored_root` the one in
    which the server says what its own text says again, `server` the client id of what the server writes.
    """

    text_root: str
    authors_root: str
    restored_root: str
    types: Mapping[Id, Container]
    """The list of each shared type, by the item that made it: the gate's, which is ahead of this."""
    server: ClientId
    record: Record = field(default_factory=Record)
    sequence: Sequence = field(default_factory=Sequence)
    begun: dict[tuple[ClientId, int], Tag] = field(default_factory=dict)
    """Where another author than before begins among a client's ids, since this was last emptied."""
    named: list[Tag] = field(default_factory=list)
    """Tags of which something was said, since this was last emptied."""
    restored: bool = False
    """Whether the server has ever put text back."""
    spent: set[Id] = field(default_factory=set)
    """The paragraphs from which deleted text has gone elsewhere, by item id, since this was last emptied."""
    _empty: set[Line] = field(default_factory=set)
    """The lists of text that held nothing before what was placed last."""
    _tags: dict[AuthorId, Tag] = field(default_factory=dict)
    _moves: Moves = field(init=False)

    def __post_init__(self) -> None:
        self._moves = Moves(self.sequence, self.record)

    def is_told(self, client: ClientId, clock: int) -> bool:
        """Whether clients are told whose ids begin here: that the server's own are its own goes without saying."""
        return client != self.server or clock > 0

    def tag(self, author: AuthorId) -> Tag:
        """Under which tag this author's words are entered now."""
        return self._tags.get(author, author)

    def _name(self, tag: Tag) -> None:
        """From now on the author's words are entered under this tag, unless a later one is known."""
        self.named.append(tag)
        author, _, number = tag.partition("~")
        before = self._tags.get(author, author).partition("~")[2]
        if int(number or 1) >= int(before or 1):
            self._tags[author] = tag

    # Keeping it

    def load(self, admitted: Admitted, record: Record) -> None:
        """Take in a snapshot's state, once, and the record that belongs to it."""
        self.record = record
        self._moves = Moves(self.sequence, record)
        for one in admitted.placed:
            self._place(one)
        for client, clock, length in admitted.deletes:
            self.sequence.delete(client, clock, clock + length)
        for stretch in record.stretches():
            parts = (self.sequence.within(client, clock, clock + length) for client, clock, length in stretch.parts)
            blocks = [block for part in parts for block in part]
            stretch.text = text_of(blocks)
            for block in blocks:
                block.stretch = stretch

    def place(self, admitted: Admitted, most: int | None = None) -> None:
        """Put what is let in into the order of the text; `take` is to follow.

        Raises `UpdateMalformed`, nothing being changed, if finding the places takes more than `most` steps.
        """
        self.sequence.steps = 0
        self._empty.clear()
        for one in admitted.placed:
            block = self._place(one)
            if block is not None and block.next is None and block.clock == one[2] and block.line.first is block:
                self._empty.add(block.line)
            if most is not None and self.sequence.steps > most:
                self._displace(admitted.placed)
                raise UpdateMalformed("it inserts too much among too much else")

    def _displace(self, placed: list[Placed]) -> None:
        for client, first in _firsts(placed).items():
            self.sequence.remove(client, first)
        for client, struct, clock, container in placed:
            line = self.sequence.line(container)
            if line.first is None and line.owner is None:
                self.sequence.drop(container)
            if struct.kind == update_v1.TYPE:
                self.sequence.drop(self.types[client, clock])

    def take(self, admitted: Admitted, author: AuthorId, at: int) -> None:
        """Enter what was let in and placed. `author` and `at` (milliseconds since 1970) are the journal's entry's."""
        minute = at // 60_000
        mark = (self._tags.get(author, author), minute)
        self.record.see(minute)
        placed, empty = admitted.placed, self._empty
        self._enter(placed, mark)
        if self._put_back(placed):
            self._remove(admitted, mark)
            return
        own: list[Stretch] = []
        if admitted.deletes:
            new = _firsts(placed)
            for client, first in new.items():
                self.sequence.cut(client, first)
            gone = self._remove(admitted, mark)
            blocks = [block for ids in gone for block in self.sequence.within(*ids)]
            own = self._moves.removed(blocks, author, minute, new)
        if placed and self.record.may_have_removed(author) and not self._is_typing(placed, empty):
            self._return(placed, empty, author, mark, own)

    def _remove(self, admitted: Admitted, mark: Mark) -> list[tuple[ClientId, int, int]]:
        """Enter what an update deletes; returns the ids, as (client, start, end)."""
        gone: list[tuple[ClientId, int, int]] = []
        for client, clock, length in admitted.deletes:
            self._delete(self.sequence.delete(client, clock, clock + length), mark, gone)
        return gone

    def _put_back(self, placed: list[Placed]) -> bool:
        """Give text that the server has put back to its authors, as the server says; returns whether it says so."""
        said = False
        for client, struct, _, container in placed:
            if container.root == self.restored_root and container.key is not None:
                clock, length = map(int, container.key.split(":"))
                source, start = map(int, struct.value.split(":"))
                self.record.move(client, Move(clock, length, (source, start), SERVER))
                said = True
        if said:
            self._tell_anew(_firsts(placed))
        return said

    def _enter(self, placed: list[Placed], mark: Mark) -> None:
        """Insert into the record."""
        for client, clock, end, container in _together(placed):
            who = (SERVER, mark[1]) if client == self.server else mark
            if self.record.insert(client, end - clock, who) and self.is_told(client, clock):
                self.begun[client, clock] = who[0]
            owner = self.sequence.owner(container)
            if owner is not None and owner.deleted:  # it comes too late: what it belongs to is gone
                self._delete(self.sequence.within(client, clock, end), self._removed(owner), [])

    def _place(self, one: Placed) -> Block | None:
        """Put an item into its list, if the order of that is kept; returns the block that holds it."""
        client, struct, clock, container = one
        text, value = "", None
        if container.is_text:
            if struct.kind == update_v1.STRING:
                text = to_units(struct.value)
                if clock > struct.clock:
                    text = text[clock - struct.clock :]
        elif container.kind is Kind.ELEMENTS or (container.root == self.text_root and container.key in IDENTITY):
            value = struct.value
        else:
            if container.root == self.authors_root and container.key is not None:
                self._name(container.key)
            self.restored = self.restored or container.root == self.restored_root
            return None
        block = self.sequence.insert(
            client,
            clock,
            struct.clock + struct.length - clock,
            struct.kind,
            text,
            value,
            struct.origin if clock == struct.clock else (client, clock - 1),
            struct.right,
            container,
        )
        if struct.kind == update_v1.TYPE:
            self.sequence.own(block, self.types[client, clock])
        elif struct.kind == update_v1.DELETED:
            block.deleted = True
        return block

    def _delete(self, blocks: Iterable[Block], mark: Mark, gone: list[tuple[ClientId, int, int]]) -> None:
        """Note that blocks are deleted, and with them all that lies in them; `gone` gets their ids."""
        for block in blocks:
            block.deleted = True
            ids = block.client, block.clock, block.clock + block.length
            gone.append(ids)
            if block.kind != update_v1.ANY:
                self.record.delete(*ids, mark)
            if block.kind == update_v1.TYPE:
                inner = self.sequence.line(self.types[block.client, block.clock])
                self._delete([child for child in inner if not child.deleted], mark, gone)

    def _removed(self, block: Block) -> Mark:
        return self.record.remover(*block.id) or (SERVER, 0)

    # Words that move

    def _return(self, placed: list[Placed], empty: set[Line], author: AuthorId, mark: Mark, own: list[Stretch]) -> None:
        """Give what was moved back to its first authors."""
        moved = False
        insertions = self._insertions(placed, empty)
        mine = frozenset(own)
        self._moves.begin(sum(block.length for insertion in insertions for block in insertion.strings))
        later: dict[ClientId, RangeSet] = {}
        for insertion in insertions if own else ():
            for block in insertion.strings:
                if block.client not in later:
                    later[block.client] = RangeSet()
                later[block.client].add(block.clock, block.clock + block.length)
        for insertion in insertions:
            for piece in self._moves.find(insertion, author, mark[1], mine, later):
                by = SERVER if piece.client == self.server else mark[0]
                self.record.move(piece.client, Move(piece.clock, piece.length, piece.source, by))
                source = self.sequence.at(*piece.source)
                if source is not None and source.line.top is not None:
                    self.spent.add(source.line.top)
                moved = True
            for block in insertion.strings if own else ():
                later[block.client].remove(block.clock, block.clock + block.length)
                if block.deleted:
                    self._moves.free()
        if moved:
            self._tell_anew(_firsts(placed))

    def _tell_anew(self, firsts: dict[ClientId, int]) -> None:
        """Find out once more where another author begins, from these clocks on."""
        for client, clock in [*self.begun]:
            if clock >= firsts.get(client, clock + 1):
                del self.begun[client, clock]
        for client, first in firsts.items():
            for _, clock, tag in self.record.authors_from(client, first):
                if self.is_told(client, clock):
                    self.begun[client, clock] = tag

    def _insertions(self, placed: list[Placed], empty: set[Line]) -> list[Insertion]:
        """What the update inserts, in groups that stand side by side; in the order in which they were inserted."""
        strings = [one for one in placed if one[1].kind == update_v1.STRING and one[3].is_text]
        order: dict[Block, int] = {}
        for client, struct, clock, _ in strings:
            for block in self.sequence.within(client, clock, struct.clock + struct.length):
                order[block] = len(order)
        after = {block: self._next(block, order) for block in order}
        heads = order.keys() - set(after.values())
        insertions = []
        for head in heads:
            group = [head]
            while (following := after[group[-1]]) is not None:
                group.append(following)
            begins = head.line in empty and beside(head, -1) is None
            insertions.append((min(order[block] for block in group), Insertion(group, begins)))
        return [insertion for _, insertion in sorted(insertions, key=lambda one: one[0])]

    def _is_typing(self, placed: list[Placed], empty: set[Line]) -> bool:
        """Whether it is a single letter and nothing is deleted beside it: that can't have moved."""
        client, struct, clock, _ = placed[0]
        if len(placed) > 1 or struct.length > 1 or empty:
            return False
        block = self.sequence.at(client, clock)
        if block is None:
            return True
        before, after = beside(block, -1), beside(block, 1)
        return not (
            (after is not None and after.deleted) or (block.clock == clock and before is not None and before.deleted)
        )

    def _next(self, block: Block, inserted: Mapping[Block, int]) -> Block | None:
        """What stands behind a block, of the same insertion: nothing visible lies between them."""
        other = next((one for one in near(block, 1) if block.deleted or not one.deleted), None)
        return other if other is not None and other in inserted and other.deleted == block.deleted else None


def _together(placed: Iterable[Placed]) -> Iterator[tuple[ClientId, int, int, Container]]:
    """What follows each other in one list, as (client, first clock, end, list)."""
    begun: Container | None = None
    writer = first = end = 0
    for client, struct, clock, container in placed:
        if begun is not container or client != writer or clock != end:
            if begun is not None:
                yield writer, first, end, begun
            writer, first, begun = client, clock, container
        end = struct.clock + struct.length
    if begun is not None:
        yield writer, first, end, begun


def _firsts(placed: Iterable[Placed]) -> dict[ClientId, int]:
    """The first new clock of each client."""
    firsts: dict[ClientId, int] = {}
    for client, _, clock, _ in placed:
        if client not in firsts:  # a client's come in order
            firsts[client] = clock
    return firsts
