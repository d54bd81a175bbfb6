"""The authorship layer: kept up with each update, so that every character's author is known, deleted or not.

An update that was let in is entered in two places: the sequence, which is the order of all text with what was deleted
(`documents.sequence`), and the record, which is who did what and when (`documents.record`). Authors come from the
journal's entries, hence from the sign-in; nothing that a client says of itself is looked at.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from documents import update_v1
from documents.gate import IDENTITY, Admitted, Placed
from documents.ledger import Container, Kind
from documents.model import SERVER, AuthorId, ClientId
from documents.moves import MINUTES, Insertion, Moves, Piece
from documents.record import Mark, Move, Record
from documents.runs import Tag, person
from documents.sequence import Removal, Sequence, to_units


@dataclass(slots=True)
class Authorship:
    """Of one chapter.

    `text_root` is the root whose order is kept, `authors_root` the one whose keys are tags, `server` the client id of
    what the server writes.
    """

    text_root: str
    authors_root: str
    server: ClientId
    record: Record = field(default_factory=Record)
    sequence: Sequence = field(default_factory=Sequence)
    begun: dict[tuple[ClientId, int], Tag] = field(default_factory=dict)
    """Where another author than before begins among a client's ids, since this was last emptied."""
    named: list[Tag] = field(default_factory=list)
    """Tags of which something was said, since this was last emptied."""
    _tags: dict[AuthorId, Tag] = field(default_factory=dict)
    _moves: Moves = field(init=False)

    def __post_init__(self) -> None:
        self._moves = Moves(self.sequence, self.record)

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
        nobody = Removal("", 0)
        for client, clock, length in admitted.deletes:
            self.sequence.delete(client, clock, clock + length, nobody)
        self._remember()

    def _remember(self) -> None:
        """What was removed lately, and what of it has gone back: people may paste after a restart too."""
        deletions = list(self.record.deletions())
        newest = max((minute for *_, minute in deletions), default=0)
        removals: dict[Mark, Removal] = {}
        for client, clock, length, tag, minute in sorted(deletions, key=lambda one: one[4]):
            if newest - minute > MINUTES:
                continue
            author = person(tag)
            removal = removals.setdefault((author, minute), Removal(author, minute))
            self._moves.removed(removal, client, clock, clock + length)
            for block in self.sequence.within(client, clock, clock + length):
                block.removal = removal
            for start, end, given in self.record.given(client, clock, clock + length):
                for block in self.sequence.within(client, start, end) if given else ():
                    block.given = True

    def take(self, admitted: Admitted, author: AuthorId, at: int) -> None:
        """Enter what was let in. `author` and `at` (milliseconds since 1970) are those of the journal's entry."""
        minute = at // 60_000
        mark = (self._tags.get(author, author), minute)
        removal = Removal(author, minute)
        placed = admitted.placed
        empty: set[Container] = set()
        for one in placed:
            if one[3].kind is Kind.TEXT and self.sequence.is_empty(one[3]):
                empty.add(one[3])
            self._place(one)
        for client, clock, length in admitted.deletes:
            for start, end in self.record.delete(client, clock, clock + length, mark):
                if self.sequence.delete(client, start, end, removal):
                    removal.removed = True
                    self._moves.removed(removal, client, start, end)
        done = 0
        for last, insertion in self._insertions(placed, empty):
            pieces = self._moves.find(insertion, removal)
            for one in placed[done : last + 1]:
                self._enter(one, mark, pieces)
            done = last + 1
        for one in placed[done:]:
            self._enter(one, mark, ())

    def _place(self, one: Placed) -> None:
        """Put an item into its list, if the order of that is kept."""
        client, struct, clock, container = one
        kind = container.kind
        text, value = "", None
        if kind is Kind.TEXT:
            if struct.kind == update_v1.STRING:
                text = to_units(struct.value)
                if clock > struct.clock:
                    text = text[clock - struct.clock :]
        elif kind is Kind.ELEMENTS or (container.root == self.text_root and container.key in IDENTITY):
            value = struct.value
        else:
            if container.root == self.authors_root and container.key is not None:
                self._name(container.key)
            return
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
        if struct.kind == update_v1.DELETED:
            block.deleted = True

    def _insertions(self, placed: list[Placed], empty: set[Container]) -> Iterator[tuple[int, Insertion]]:
        """The strings in groups that stand side by side, each with the index of its last one."""
        insertion: Insertion | None = None
        index = 0
        for number, (client, struct, clock, container) in enumerate(placed):
            if struct.kind != update_v1.STRING or container.kind is not Kind.TEXT:
                continue
            text = to_units(struct.value)[clock - struct.clock :]
            if insertion is not None and self._follows(insertion, client, clock):
                insertion.strings.append((client, clock, text))
            else:
                if insertion is not None:
                    yield index, insertion
                begins = container in empty and self.sequence.is_first(client, clock)
                insertion = Insertion([(client, clock, text)], begins)
            index = number
        if insertion is not None:
            yield index, insertion

    def _follows(self, insertion: Insertion, client: ClientId, clock: int) -> bool:
        """Whether an id stands directly behind an insertion, formats left out."""
        before, start, text = insertion.strings[-1]
        last = start + len(text) - 1
        return self.sequence.follows((before, last), (client, clock))

    def _enter(self, one: Placed, mark: Mark, pieces: Iterable[Piece]) -> None:
        """Into the record; what moved, under its first authors."""
        client, struct, clock, _ = one
        end = struct.clock + struct.length
        if client == self.server:
            mark = (SERVER, mark[1])
        for piece in pieces:
            if piece.client == client and clock <= piece.clock < end:
                self._insert(client, piece.clock - clock, mark)
                self._return(piece, mark[0])
                clock = piece.clock + piece.length
        self._insert(client, end - clock, mark)

    def _return(self, piece: Piece, by: Tag) -> None:
        source, start = piece.source
        self.record.move(piece.client, Move(piece.clock, piece.length, piece.source, by))
        for low, high, mark in list(self.record.written(source, start, start + piece.length)):
            self._insert(piece.client, high - low, mark)

    def _insert(self, client: ClientId, length: int, mark: Mark) -> None:
        if length:
            clock = self.record.known(client)
            if self.record.insert(client, length, mark) and (clock or client != self.server):
                self.begun[client, clock] = mark[0]
