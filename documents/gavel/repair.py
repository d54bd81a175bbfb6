"""Undo a part of an update in the step in which it was applied, so that every replica comes to the text as it was.

What was put where it may not be is deleted, by id. What was deleted is put back by the server: each character beside
its own tombstone, so that what others write there at that moment falls into its place; a whole paragraph or text that
is gone is made anew behind its tombstone. Words that the update carried across the border go back to where they were.
The root `restored` says which text is whose again (`documents.authorship.authorship`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pycrdt import XmlElement, XmlText

from documents.chapter import RESTORED, SERVER_CLIENT, ChapterDocument
from documents.crdt import update_v1
from documents.crdt.gate import Admitted
from documents.crdt.ledger import NOWHERE, Container, Kind
from documents.crdt.ranges import RangeSet
from documents.crdt.sequence import Block, from_units
from documents.crdt.update_v1 import Id
from documents.model import SERVER, ClientId

ONE_BY_ONE: Final = 2_000
"""Characters of one step that are put back one by one; more go word by word, which takes far less room."""

Ids = tuple[ClientId, int, int]
"""A client id, and clocks from the first up to the second."""


Beside = tuple[Id | None, Id | None, Id]
"""What stands left and right of something new, if anything, and the item of the shared type that it lies in."""


class IdSet:
    """A set of ids."""

    def __init__(self, ids: Iterable[Ids] = ()) -> None:
        self._ranges: dict[ClientId, RangeSet] = {}
        for one in ids:
            self.add(*one)

    def add(self, client: ClientId, start: int, end: int) -> None:
        """Put ids in."""
        self._ranges.setdefault(client, RangeSet()).add(start, end)

    def split(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """A range in parts that lie wholly in the set, or outside of it, as (start, end, whether)."""
        ranges = self._ranges.get(client)
        for low, high in (*(ranges.missing(start, end) if ranges else ((start, end),)), (end, end)):
            if start < low:
                yield start, low, True
            if low < high:
                yield low, high, False
            start = high

    def within(self, client: ClientId, start: int, end: int) -> Iterator[Ids]:
        """What of a range is in the set."""
        return ((client, low, high) for low, high, inside in self.split(client, start, end) if inside)

    def has(self, client: ClientId, clock: int) -> bool:
        """Whether an id is in the set."""
        return client in self._ranges and clock in self._ranges[client]

    def __iter__(self) -> Iterator[Ids]:
        for client, ranges in self._ranges.items():
            for start, end in ranges:
                yield client, start, end

    def __bool__(self) -> bool:
        return any(self._ranges.values())


# How it was


@dataclass(slots=True)
class Part:
    """An element or a text as it was before an update, with all that lay in it."""

    item: Id
    """Of the item that made it."""
    container: Container
    tag: str | None
    """An element's name, which may be empty; None for a text."""
    attributes: dict[str, Any]
    children: list["Part"] = field(default_factory=list)
    ids: list[Ids] = field(default_factory=list)
    """A text's visible characters, in order."""
    chunks: list[tuple[Any, dict[str, Any] | None]] = field(default_factory=list)
    """What a text said, with formats."""

    def texts(self) -> Iterator["Part"]:
        """The texts in it, in order."""
        if self.tag is None:
            yield self
        for child in self.children:
            yield from child.texts()

    def all_ids(self) -> Iterator[Ids]:
        """All visible characters in it, in order."""
        for text in self.texts():
            yield from text.ids


def part_of(document: ChapterDocument, item: Id, node: XmlElement | XmlText) -> Part:
    """An element or a text as it is now."""
    container = document.ledger.types[item]
    line = [block for block in document.sequence.line(container) if not block.deleted]
    attributes = _attributes(node)
    if isinstance(node, XmlText):
        ids = [(block.client, *block.clocks) for block in line if block.kind == update_v1.STRING]
        return Part(item, container, None, attributes, ids=ids, chunks=node.diff())
    inner = zip((block.id for block in line if block.kind == update_v1.TYPE), node.children, strict=True)
    children = [part_of(document, one, child) for one, child in inner if isinstance(child, XmlElement | XmlText)]
    return Part(item, container, node.tag or "", attributes, children)


# Putting it right


@dataclass(slots=True)
class Undoing:
    """One update, what of it is to be undone, and how its paragraphs were before."""

    document: ChapterDocument
    admitted: Admitted
    before: dict[Id, Part]
    """All paragraphs that it touched and that were there."""
    barred: set[Id]
    """Those of them that may not change."""
    stray: set[Id]
    """Paragraphs that it brought and that may not be."""
    away: IdSet
    """What it inserted elsewhere and is to go too."""
    back: IdSet
    """What it removed elsewhere and is to come back too."""
    copies: list[tuple[int, int, Id]] = field(default_factory=list)
    """What was put back, as (clock of the server, length, first id of what it says again)."""

    def undo(self, at: int) -> bytes:
        """Do it; returns the server's update. `at` is in milliseconds since 1970."""
        wanted = IdSet([*self.back, *(ids for item in self.barred for ids in self.before[item].all_ids())])
        made = _Made(self.document, wanted, self.copies)
        away = IdSet(
            [*self.away, *self._put_into_barred(), *((client, clock, clock + 1) for client, clock in self.stray)]
        )
        parts = [part for item, part in self.before.items() if item in self.barred or self._misses(part)]
        for part in parts:
            made.restore(part)
        data = made.update(away)

        def change(document: ChapterDocument) -> None:
            document.apply(data)
            for part in parts:
                self._finish(part, made)
            for clock, length, (client, source) in self.copies:
                document.maps[RESTORED][f"{clock}:{length}"] = f"{client}:{source}"

        return self.document.write(change, SERVER, at)

    def _misses(self, part: Part) -> bool:
        return any(True for ids in part.all_ids() for _ in self.back.within(*ids))

    # What the ids tell

    def _put_into_barred(self) -> Iterator[Ids]:
        """What the update inserted in barred paragraphs that go on."""
        for client, struct, clock, container in self.admitted.placed:
            if container is NOWHERE or container.top not in self.barred or container.kind is Kind.VALUE:
                continue
            yield client, clock, struct.clock + struct.length

    # What the ids don't tell: attributes, formats, what is embedded

    def _finish(self, part: Part, made: "_Made") -> None:
        new = made.items.get(part.item)
        element = self.document.element(part.item) if new is None else self.document.find(new)
        if element is not None:
            self._fit(part, element, made, barred=part.item in self.barred)

    def _fit(self, part: Part, node: XmlElement | XmlText, made: "_Made", *, barred: bool) -> None:
        if barred or part.item in made.items:
            fit_attributes(node, part.attributes)
        if isinstance(node, XmlText):
            if barred or _said(node.diff()) == _said(part.chunks):
                fit_text(node, part.chunks)
            return
        here = {self._latest(child, made): child for child in part.children}
        container = self.document.ledger.types.get(part.item) if part.item not in made.items else None
        nodes = [child for child in node.children if isinstance(child, XmlElement | XmlText)]
        for item, child in zip(self._order(part, container, made), nodes, strict=True):
            if item in here:
                self._fit(here[item], child, made, barred=barred)

    def _latest(self, part: Part, made: "_Made") -> Id:
        return made.items.get(part.item, part.item)

    def _order(self, part: Part, container: Container | None, made: "_Made") -> list[Id]:
        """The items of the children as they stand now, those that were just made too."""
        if container is None:
            return [made.items[child.item] for child in part.children if child.item in made.items]
        found = []
        for block in self.document.sequence.line(container):
            if block.kind == update_v1.TYPE:
                if block.id in made.items:
                    found.append(made.items[block.id])
                elif not block.deleted and not made.deletes.has(*block.id):
                    found.append(block.id)
        return found


class _Made:
    """Composes what the server puts back. Nothing is applied here."""

    def __init__(self, document: ChapterDocument, back: IdSet, copies: list[tuple[int, int, Id]]) -> None:
        self.items: dict[Id, Id] = {}
        """The new item of each element and text that was made anew."""
        self.deletes = IdSet()
        self._document = document
        self._back = back
        self._copies = copies
        self._first = self._clock = document.ledger.known(SERVER_CLIENT)
        self._structs: list[bytes] = []

    def update(self, deletes: IdSet) -> bytes:
        """All of it, as one update, which deletes these."""
        self.deletes = deletes
        sections = [(SERVER_CLIENT, self._first, self._structs)] if self._structs else []
        return update_v1.write_update(sections, [(client, start, end - start) for client, start, end in deletes])

    def _put(self, content: bytes, length: int, place: Beside) -> Id:
        """`content` with its kind before it."""
        item = SERVER_CLIENT, self._clock
        self._structs.append(update_v1.write_struct(content[0], content[1:], *place))
        self._clock += length
        return item

    def restore(self, part: Part) -> None:
        """Put back what is missing of a part."""
        if self._document.is_gone(part.item):
            block = self._document.sequence.at(*part.item)
            assert block is not None  # noqa: S101 (it was there a moment ago)
            self._make(part, (part.item, following(block, part.item[1] + 1), part.item))
            return
        for child in part.children:
            self.restore(child)
        if part.tag is None:
            self._restore_text(part)

    def _restore_text(self, part: Part) -> None:
        missing = [piece for ids in part.ids for piece in self._missing(ids)]
        one_by_one = sum(end - start for _, start, end in missing) <= ONE_BY_ONE
        for ids in missing:
            for block in self._document.sequence.within(*ids):
                for text, start in pieces(block.text, one_by_one):
                    clock = block.clock + start + len(text) - 1
                    place = (block.client, clock), following(block, clock + 1), part.item
                    self._say(text, (block.client, block.clock + start), place)

    def _missing(self, ids: Ids) -> Iterator[Ids]:
        """What of these characters is gone and wanted."""
        for client, start, end in self._back.within(*ids):
            for block in self._document.sequence.within(client, start, end):
                if block.deleted:
                    yield client, *block.clocks

    def _say(self, text: str, source: Id, place: Beside) -> Id:
        """Write some characters once more, which are at `source`; returns the id of the last."""
        content = bytes((update_v1.STRING,)) + update_v1.write_string(from_units(text))
        _, clock = self._put(content, len(text), place)
        self._copy(clock, len(text), source)
        return SERVER_CLIENT, clock + len(text) - 1

    def _copy(self, clock: int, length: int, source: Id) -> None:
        """Note what is said again: by the ids to which it went last, if it was carried elsewhere meanwhile."""
        for low, high, stand in last_stands(self._document, (source[0], source[1], source[1] + length)):
            begin = clock + low - source[1]
            before = self._copies[-1] if self._copies else None
            if before and before[0] + before[1] == begin and before[2] == (stand[0], stand[1] - before[1]):
                self._copies[-1] = (before[0], before[1] + high - low, before[2])
            else:
                self._copies.append((begin, high - low, stand))

    def _make(self, part: Part, place: Beside) -> Id:
        """Make an element or a text anew, with all that was in it, or was wanted of it."""
        if part.tag is None:
            content = bytes((update_v1.TYPE, update_v1.XML_TEXT_TYPE))
        else:
            content = bytes((update_v1.TYPE, update_v1.XML_ELEMENT_TYPE)) + update_v1.write_string(part.tag)
        item = self.items[part.item] = self._put(content, 1, place)
        self._copy(item[1], 1, part.item)
        last: Id | None = None
        for child in part.children:
            last = self._make(child, (last, None, item))
        last = None
        for ids in part.ids:
            for client, start, end in self._back.within(*ids):
                for block in self._document.sequence.within(client, start, end):
                    last = self._say(block.text, block.id, (last, None, item))
        return item


def last_stands(document: ChapterDocument, ids: Ids) -> Iterator[tuple[int, int, Id]]:
    """To where ids went last: see `Record.stands`."""
    return document.record.stands(*ids)


def pieces(units: str, one_by_one: bool) -> Iterator[tuple[str, int]]:
    """A text in whole characters, or in words with the spaces behind them; each with where it begins."""
    start = 0
    for at, unit in enumerate(units, 1):
        whole = not "\ud800" <= unit <= "\udbff"
        if at == len(units) or (whole and (one_by_one or unit == " ")):
            yield units[start:at], start
            start = at


def following(block: Block, clock: int) -> Id | None:
    """What stands right of the item before this clock of a block."""
    if clock < block.clock + block.length:
        return block.client, clock
    return None if block.next is None else block.next.id


def _attributes(node: XmlElement | XmlText) -> dict[str, Any]:
    attributes: Any = node.attributes  # the library types it as an iterable of itself
    return dict(attributes)


def same(one: object, other: object) -> bool:
    """Whether two plain values are the same: unlike for Python, a number is no truth value."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def fit_attributes(node: XmlElement | XmlText, wanted: dict[str, Any]) -> None:
    """Give an element or a text the attributes that it had. Inside `ChapterDocument.write` only."""
    attributes = node.attributes
    now = _attributes(node)
    for key, value in wanted.items():
        if key not in now or not same(now[key], value):
            attributes[key] = value
    for key in now.keys() - wanted.keys():
        del attributes[key]


Atom = tuple[Any, dict[str, Any]]
"""A character or something embedded, and its formats."""


def _atoms(chunks: Iterable[tuple[Any, dict[str, Any] | None]]) -> list[Atom]:
    found: list[Atom] = []
    for chunk, formats in chunks:
        parts = chunk if isinstance(chunk, str) else [chunk]
        found.extend((part, formats or {}) for part in parts)
    return found


def _said(chunks: Iterable[tuple[Any, dict[str, Any] | None]]) -> str:
    return "".join(chunk if isinstance(chunk, str) else "\ufffc" for chunk, _ in chunks)


def _width(atom: Atom) -> int:
    return len(atom[0].encode()) if isinstance(atom[0], str) else 1


def fit_text(node: XmlText, wanted: list[tuple[Any, dict[str, Any] | None]]) -> None:
    """Make a text say what it said, formats and all. Inside `ChapterDocument.write` only; indices are UTF-8 bytes.

    Characters are there already, mostly; what is embedded is put in between.
    """
    if same(node.diff(), wanted):
        return
    now, then = _atoms(node.diff()), _atoms(wanted)
    at = place = 0
    for atom in then:
        while place < len(now) and not isinstance(now[place][0], str) and not same(now[place][0], atom[0]):
            place += 1
            del node[at : at + 1]
        if place < len(now) and same(now[place][0], atom[0]):
            place += 1
        elif isinstance(atom[0], str):
            node.insert(at, atom[0])
        else:
            node.insert_embed(at, atom[0])
        at += _width(atom)
    rest = sum(map(_width, now[place:]))
    if rest:
        del node[at : at + rest]
    _fit_formats(node, then)


def _fit_formats(node: XmlText, then: list[Atom]) -> None:
    at = 0
    runs: list[tuple[int, int, dict[str, Any]]] = []
    for (_, now), atom in zip(_atoms(node.diff()), then, strict=True):
        wanted, width = atom[1], _width(atom)
        changes = {
            key: wanted.get(key) for key in now.keys() | wanted.keys() if not same(now.get(key), wanted.get(key))
        }
        if runs and runs[-1][1] == at and same(runs[-1][2], changes):
            runs[-1] = (runs[-1][0], at + width, changes)
        else:
            runs.append((at, at + width, changes))
        at += width
    for start, end, changes in runs:
        if changes:
            node.format(start, end, changes)
