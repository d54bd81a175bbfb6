"""One edit under the gavel: what it may not do is seen before it is applied, and undone after."""

from collections.abc import Iterator, Mapping
from typing import Final

from documents.chapter import SERVER_CLIENT, TEXT_ROOT, ChapterDocument
from documents.crdt import update_v1
from documents.crdt.gate import Admitted
from documents.crdt.ledger import NOWHERE, Kind
from documents.crdt.sequence import Block, from_units, text_of
from documents.crdt.update_v1 import MAX_CLOCK, Id
from documents.gavel.borders import gains, misplaced
from documents.gavel.cards import Barred
from documents.gavel.carried import Carried, find, spans
from documents.gavel.gavel import NAMELESS, Gavel, barred, is_held
from documents.gavel.late import Late, first_copies
from documents.gavel.repair import Ids, IdSet, Part, Undoing, last_stands, part_of
from documents.gavel.rulings import locks
from documents.gavel.set_aside import SetAside
from documents.model import SERVER, AuthorId
from documents.outline import HEADING, Outline
from documents.seat import Seat

MOMENT: Final = 5_000
"""Milliseconds after which whoever is connected has heard of what was put back."""

NOTHING: Final = IdSet()
"""Stays empty: most edits need none of their own."""


def watch(gavel: Gavel, document: ChapterDocument, seat: Seat, *, answer: bool) -> "Watch | None":
    """To see an edit of this person go in; None where nothing can bar them and nothing was ever put back.

    `answer` says whether it came in answer to step 1.
    """
    gavel.look(document)
    needed = gavel.holds or seat.by_section or document.has_restored
    return Watch(gavel, document, seat, answer=answer) if needed else None


class Watch:
    """See the module."""

    __slots__ = (
        "_answer", "_asks", "_barred", "_before", "_dead", "_document", "_gavel", "_lawful", "_outline", "_seat",
    )  # fmt: skip

    def __init__(self, gavel: Gavel, document: ChapterDocument, seat: Seat, *, answer: bool) -> None:
        self._gavel = gavel
        self._document = document
        self._seat = seat
        self._answer = answer
        self._asks = gavel.holds or seat.by_section
        self._barred: dict[Id, Barred] = {}
        self._before: dict[Id, Part] = {}
        self._dead = NOTHING
        self._lawful = False
        """Whether it is surely so: found out as quickly as can be, since most edits are."""
        self._outline: Outline | None = None
        """As it was, where headings may be moved by somebody who has rights by section."""

    # Before it is applied

    def note(self, admitted: Admitted) -> None:
        """See what it would change that it may not, and how that is now."""
        self._lawful = self._is_plain(admitted)
        if self._lawful:
            return
        if self._document.has_restored:
            self._find_dead(admitted)
        if self._asks:
            self._find_barred(admitted)

    def _find_barred(self, admitted: Admitted) -> None:
        document = self._document
        new = set(admitted.inserted)
        if admitted.identities:
            self._gavel.forget()
        touched = [item for item in admitted.touched if item not in new and not document.is_gone(item)]
        for item in touched:
            found = barred(document, self._seat, item)
            if found is not None:
                self._barred[item] = found
        if not admitted.identities:
            self._remember([item for item in touched if item not in self._barred])
        if self._seat.by_section and (admitted.identities or any(map(self._is_heading, touched))):
            self._outline = document.outline()
        if self._barred or self._outline or (new and self._has_borders()) or self._repeats(admitted):
            elements = ((item, document.element(item)) for item in touched)
            self._before = {item: part_of(document, item, one) for item, one in elements if one is not None}
        self._barred = {item: one for item, one in self._barred.items() if item in self._before}

    def _remember(self, free: list[Id]) -> None:
        """Next time need not be asked of these: but what has no name yet may get that of a held one."""
        document, seat = self._document, self._seat
        named = [item for item in free if document.identity(item) is not None]
        if seat.by_section:  # who moves headings may gain rights
            named = [item for item in named if not self._is_heading(item)]
        else:
            self._gavel.free.update(item for item in named if not is_held(document, item))
        self._gavel.allowed(document, seat).update(named)

    def _is_plain(self, admitted: Admitted) -> bool:
        """Whether somebody only typed or deleted in texts that are there, in paragraphs where they surely may."""
        if admitted.inserted or admitted.again or admitted.identities:
            return False
        if self._asks and not self._is_allowed(admitted.touched):
            return False
        sequence = self._document.sequence
        for one in admitted.placed:
            owner = sequence.line(one[3]).owner
            if owner is None or owner.deleted:
                return False
        if admitted.deletes and self._document.has_restored:
            gone = (sequence.overlapping(one[0], one[1], one[1] + one[2]) for one in admitted.deletes)
            return not any(block.deleted for blocks in gone for block in blocks)
        return True

    def _is_allowed(self, touched: set[Id]) -> bool:
        gavel, seat = self._gavel, self._seat
        if not seat.by_section and touched <= gavel.free:
            return True
        return touched <= gavel.allowed(self._document, seat)

    def _find_dead(self, admitted: Admitted) -> None:
        """What it deletes is gone already, with the paragraph that it was in."""
        self._dead = IdSet()
        for client, clock, length in admitted.deletes:
            for block in self._document.sequence.overlapping(client, clock, clock + length):
                if block.deleted:
                    self._dead.add(client, max(clock, block.clock), min(clock + length, block.clocks[1]))

    def _repeats(self, admitted: Admitted) -> bool:
        """Whether it is about something that is gone already."""
        line = self._document.sequence.line
        owners = (line(one[3]).owner for one in admitted.placed if one[3].kind is Kind.TEXT)
        late = any(owner is not None and owner.deleted for owner in owners)
        return late or bool(self._dead) or (bool(admitted.again) and not self._answer)

    def _has_borders(self) -> bool:
        return self._seat.by_section or any(one.scope != "paragraph" for one in locks(self._document).values())

    # After it was applied

    def has_work(self, admitted: Admitted) -> bool:
        """Whether there may be anything to do for `finish`."""
        return not (self._lawful or self._is_lawful(admitted))

    def finish(self, admitted: Admitted, at: int) -> Iterator[tuple[AuthorId, bytes, list[SetAside]]]:
        """Do what came too late, undo what is barred: the server's updates, by whom, and what they set aside."""
        if not self.has_work(admitted):
            return
        again = self._again(admitted, at)
        stray = self._misplaced(admitted)
        away, back = IdSet(), IdSet()
        carried = []
        if self._barred or stray or again or self._repeats(admitted) or (self._asks and admitted.inserted):
            carried = self._carried(admitted, again, stray)
            self._sort(carried, admitted, stray, away, back)
        cards = [*self._taken_back(again, at)]
        late = Late(self._document, self._seat)
        turned: dict[Barred, dict[Id, str]] = {}
        for words in late.words(admitted):
            why = self._gavel.strays.get(words.top)
            if why is None and words.text is not None:
                why = barred(self._document, self._seat, words.paragraph)
            if why is not None:
                late.turn_away(words)
                said = turned.setdefault(why, {})
                said[words.top] = said.get(words.top, "") + words.said
        cards += [self._card(why, at, words=said) for why, said in turned.items()]
        deleted = self._deleted(admitted, again, carried)
        yield self._seat.author, late.rescue(deleted, back, at), cards
        if self._barred or stray or away or back:
            undoing = Undoing(self._document, admitted, self._before, set(self._barred), set(stray), away, back)
            undone = [*self._cards(undoing, stray, at)]
            update = undoing.undo(at)
            self._gavel.cards.put_back(undoing.copies, {why.paragraph for why in self._barred.values()})
            self._gavel.note_copies(undoing.copies, at)
            yield SERVER, update, undone

    def _is_lawful(self, admitted: Admitted) -> bool:
        """Whether it surely did nothing that is barred or comes too late: as quick as can be, for most edits."""
        return not (self._before or self._outline or admitted.inserted or admitted.again or self._repeats(admitted))

    # What was deleted already

    def _again(self, admitted: Admitted, at: int) -> list[Ids]:
        """What the sender deleted at the moment in which another did, unless the update says what it only heard of.

        A client may repeat all deletions that it knows of with each update, and somebody may send what another has
        written. So nothing counts that the sender can have heard of: after a few seconds, or once the update builds on
        what was put back.
        """
        ids = [*self._dead, *((client, clock, clock + length) for client, clock, length in admitted.again)]
        owners, author = self._document.owners, self._seat.author
        if self._answer:
            return [*self._unheard(ids)]
        if any(owners.get(client, author) != author for client in admitted.clients):
            return []
        since = self._gavel.copies_since(max(at - MOMENT, self._seat.joined))
        put_back = min((first for one in ids for *_, first in first_copies(self._document, one)), default=MAX_CLOCK)
        beside = (one for _, struct, *_ in admitted.placed for one in (struct.origin, struct.right) if one is not None)
        if any(client == SERVER_CLIENT and clock >= put_back for client, clock in beside):
            return []
        return [] if any(self._is_hearsay(one, since, at) for one in ids) else ids

    def _unheard(self, ids: list[Ids]) -> Iterator[Ids]:
        """Of all deletions that somebody knows of who was away: those of which they can't have heard.

        A deletion and what was put back for it travel as one message: who lacks the one has not heard of the other.
        """
        seat = self._seat
        for client, start, end in ids if not seat.answered and self._document.has_restored else ():
            for low, high, first in first_copies(self._document, (client, start, end)):
                if seat.held_back and first >= seat.had.get(SERVER_CLIENT, 0):
                    yield client, low, high
            for growing in self._gavel.cards.of(self._seat.author):
                yield from growing.inserted.within(client, start, end)

    def _is_hearsay(self, ids: Ids, since: int, at: int) -> bool:
        client, start, end = ids
        record, strays = self._document.record, self._gavel.strays
        came_with = at - self._seat.joined < MOMENT and self._seat.had.get(client, 0) >= end
        mine = self._seat.had.get(SERVER_CLIENT, 0)
        foreign = self._document.owners.get(client) != self._seat.author
        for *_, first in first_copies(self._document, (client, start, end)):
            if first < since and not (came_with and first >= mine):
                return True
        for low, high, container in self._document.ledger.within(client, start, end):
            if container.kind is Kind.VALUE or container.top in strays:
                continue
            for first, _, mark in record.removed(client, low, high):
                if mark is None or (client, first) in strays:
                    continue
                if (mark[0] == SERVER and foreign) or at // 60_000 - mark[1] > 1:
                    return True
        return False

    def _deleted(self, admitted: Admitted, again: list[Ids], carried: list[Carried]) -> list[Ids]:
        """What the update deletes, and what it would have deleted; not that if it does something elsewhere too."""
        deletes = ((client, clock, clock + length) for client, clock, length in admitted.deletes)
        new = [(one[0], low, high) for one in deletes for low, high, dead in self._dead.split(*one) if not dead]
        if self._answer:
            return [*new, *again]
        places = {container.top for ids in again for *_, container in self._document.ledger.within(*ids)}
        places |= {one.target.container.top for one in carried}
        touched = admitted.touched | {container.top for *_, container in admitted.placed if container is not NOWHERE}
        inside = {self._name(one) for one in touched if one} <= {self._name(one) for one in places if one}
        return [*new, *again] if inside or None in places else new

    def _name(self, top: Id) -> object:
        """A paragraph as itself, also when it was made anew."""
        identity = self._document.identity(top)
        return top if identity is None else identity.id

    # New paragraphs where there may be none

    def _misplaced(self, admitted: Admitted) -> dict[Id, Barred]:
        """Also, with touched headings that are then barred, what gives the sender a right to other sections."""
        document = self._document
        stray = {}
        if admitted.inserted and self._asks:
            gone = {item: self._before[item] for item in self._barred if document.is_gone(item)}
            stray = dict(misplaced(document, self._seat, admitted.inserted, gone))
        reason = None if self._outline is None else gains(document, self._seat, self._outline)
        if reason is not None:
            heads = [one for one in (*self._before, *admitted.inserted) if self._is_heading(one)]
            for item in heads:
                identity = document.identity(item) or NAMELESS
                held = self._barred if item in self._before else stray
                held.setdefault(item, Barred(identity.id, identity.label, reason, 0))
        return stray

    def _is_heading(self, item: Id) -> bool:
        block = self._document.sequence.at(*item)
        return block is not None and block.value == (update_v1.XML_ELEMENT_TYPE, HEADING)

    # Words that were carried across the border

    def _carried(self, admitted: Admitted, again: list[Ids], stray: Mapping[Id, Barred]) -> list[Carried]:
        document = self._document
        ledger, sequence, record = document.ledger, document.sequence, document.record
        new = IdSet((client, clock, struct.clock + struct.length) for client, struct, clock, _ in admitted.placed)
        removed = [*again, *((client, clock, clock + length) for client, clock, length in admitted.deletes)]
        gone = IdSet((one[0], low, high) for one in removed for low, high, own in new.split(*one) if not own)
        sources = {
            container: None for ids in gone for *_, container in ledger.within(*ids) if container.kind is Kind.TEXT
        }
        texts = [one for one in admitted.placed if one[3].kind is Kind.TEXT and one[3].root == TEXT_ROOT]
        put = IdSet((client, clock, struct.clock + struct.length) for client, struct, clock, _ in texts)
        targets = {container: None for *_, container in texts}
        lost = {one for one in targets if (owner := sequence.line(one).owner) is not None and owner.deleted}
        fresh = [container for container in targets if container.top in admitted.inserted]
        taken = [span for one in sources for span in spans(sequence, record, one, gone, gone=True)]
        given = [span for one in targets for span in spans(sequence, record, one, put, gone=one in lost)]
        parts = [part for span in taken for part in span.at_homes(document)]
        going = [one for one in targets if one.top in stray or self._why(one.top) is not None]
        return [*find(parts, given, fresh, going, moment=not self._answer)]

    def _sort(
        self, carried: list[Carried], admitted: Admitted, stray: dict[Id, Barred], away: IdSet, back: IdSet
    ) -> None:
        """Words that went from barred paragraphs elsewhere are to go there; those that came, to go back."""
        for item, held in self._replacing(admitted):
            stray.setdefault(item, held)
        for one in carried:
            top, home = one.target.container.top, self._why(one.source.home)
            why = home or self._why(one.source.container.top)
            if why is None or self._why(one.target.home) is not None or self._is_refused(one):
                continue
            for ids in one.targets():
                away.add(*ids)
            for ids in one.sources() if home is None else ():  # it was brought there before, and stands at home again
                back.add(*ids)
            if top in admitted.inserted:
                stray.setdefault(top, why)
        for one in carried:
            there = one.target.container.top in stray or self._why(one.target.home) is not None
            if there and self._why(one.source.home) is None:
                for ids in one.sources():
                    back.add(*ids)
        self._find_buried(admitted, back)

    def _is_refused(self, one: Carried) -> bool:
        """Whether its sender had written it there in vain: that may be carried away."""
        cards = [card.inserted for card in self._gavel.cards.of(self._seat.author)]
        return all(
            stand == (client, low)
            and any((client, low, high) in inserted.within(client, low, high) for inserted in cards)
            for client, start, end in one.sources()
            for low, high, stand in last_stands(self._document, (client, start, end))
        )

    def _find_buried(self, admitted: Admitted, back: IdSet) -> None:
        """A paragraph that is made anew since words go back to it gets those too that others wrote there meanwhile."""
        named = IdSet((client, clock, clock + length) for client, clock, length in admitted.deletes)
        for item, part in self._before.items():
            ids = [*part.all_ids()]
            if self._document.is_gone(item) and any(True for one in ids for _ in back.within(*one)):
                for client, start, end in ids:
                    for low, high, deleted in named.split(client, start, end):
                        if not deleted:
                            back.add(client, low, high)

    def _why(self, top: Id | None) -> Barred | None:
        """Why the sender may not take words from a text, or from what stands in its place."""
        document = self._document
        if top is None:
            return None
        known = self._barred.get(top) or self._gavel.strays.get(top)
        if known is not None:
            return known
        if top in self._before or not document.is_gone(top):
            return None if top in self._before else barred(document, self._seat, top)
        identity = document.identity(top)
        item = None if identity is None else document.item_of(identity.id)
        return None if item is None else barred(document, self._seat, item)

    def _replacing(self, admitted: Admitted) -> Iterator[tuple[Id, Barred]]:
        """New paragraphs that bear the id of a barred one, and stand for it: it is gone, or they say what it says."""
        document = self._document
        for item in admitted.inserted:
            element = document.element(item)
            said = None if element is None else element.attributes.get("id")
            held = next((one for one, why in self._barred.items() if why.paragraph == said), None)
            why = self._barred[held] if held is not None else self._holding(said, item)
            if why is None:
                continue
            now = None if held is not None and document.is_gone(held) else document.item_of(why.paragraph)
            if now is None or (self._in_vain(why) and self._text(item) == self._text(now)):
                yield item, why

    def _in_vain(self, why: Barred) -> bool:
        """Whether the sender has deleted of this paragraph before: to undo that brings a copy of what is there."""
        return any(
            one.why.paragraph == why.paragraph and one.deleted for one in self._gavel.cards.of(self._seat.author)
        )

    def _holding(self, paragraph: object, item: Id) -> Barred | None:
        """Why the sender may not change the paragraph whose id a new one bears."""
        other = self._document.item_of(paragraph) if isinstance(paragraph, str) else None
        return None if other is None or other == item else barred(self._document, self._seat, other)

    def _text(self, top: Id) -> str:
        """What a paragraph says now."""
        sequence, types = self._document.sequence, self._document.ledger.types
        waiting, found = [types[top]], ""
        while waiting:
            line = sequence.line(waiting.pop())
            blocks = [block for block in line if not block.deleted]
            waiting.extend(types[block.id] for block in blocks if block.kind == update_v1.TYPE)
            found += text_of(blocks)
        return found

    # What is set aside

    def _card(self, why: Barred, at: int, **new: object) -> SetAside:
        return self._gavel.cards.card(self._document, self._seat.author, why, at, **new)  # type: ignore[arg-type]

    def _cards(self, undoing: Undoing, stray: dict[Id, Barred], at: int) -> Iterator[SetAside]:
        """What is undone, a card for each paragraph."""
        words: dict[Barred, dict[Id, str]] = {}
        own = self._own_words(undoing)
        for item, why in stray.items():
            self._gavel.note_stray(item, why)
            words.setdefault(why, {})[item] = own.get(item, "")
        placed = undoing.admitted.placed
        inserted = IdSet((client, clock, struct.clock + struct.length) for client, struct, clock, _ in placed)
        for item, why in self._barred.items():
            yield self._card(why, at, part=self._before[item], inserted=inserted, words=words.pop(why, {}))
            if any(self._document.is_gone(text.item) for text in self._before[item].texts()):
                self._gavel.cards.loosen(self._document.sequence, why.paragraph)
        for why, said in words.items():
            yield self._card(why, at, words=said)

    def _own_words(self, undoing: Undoing) -> dict[Id, str]:
        """What somebody wrote in new paragraphs that go, without what was carried there."""
        sequence = self._document.sequence
        said: dict[Id, list[Block]] = {}
        for client, struct, clock, container in undoing.admitted.placed:
            top = container.top
            if top is None or top not in undoing.stray or struct.kind != update_v1.STRING:
                continue
            for low, high, carried in undoing.away.split(client, clock, struct.clock + struct.length):
                blocks = () if carried else sequence.within(client, low, high)
                said.setdefault(top, []).extend(block for block in blocks if not block.deleted)
        return {top: from_units(text_of(blocks)) for top, blocks in said.items()}

    def _taken_back(self, again: list[Ids], at: int) -> Iterator[SetAside]:
        """Cards whose author has just deleted some of what had been undone already."""
        for growing in self._gavel.cards.of(self._seat.author) if again and not self._answer else ():
            found = [ids for one in again for ids in growing.inserted.within(*one)]
            item = self._document.item_of(growing.why.paragraph)
            element = None if item is None else self._document.element(item)
            if not found or item is None or element is None or not growing.erase(found):
                continue
            if item not in self._barred:
                yield self._card(growing.why, at, part=part_of(self._document, item, element))
