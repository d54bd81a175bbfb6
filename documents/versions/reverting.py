"""Make a chapter's text what it was at an earlier point, by edits that keep its authors.

What is there still stays. What was deleted since is put back by the server beside its own tombstone, and the root
`restored` says whose words it says again; a paragraph that is gone is made anew behind its tombstone. What has come
since is deleted. So what others write at that moment, or wrote while they were away, falls into its place.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from pycrdt import XmlElement, XmlFragment, XmlText

from documents.chapter import RESTORED, SERVER_CLIENT, TEXT_ROOT, ChapterDocument
from documents.crdt import update_v1
from documents.crdt.sequence import Block, Line, from_units, text_of
from documents.crdt.update_v1 import Id
from documents.gavel.repair import (
    ONE_BY_ONE,
    Beside,
    Ids,
    Part,
    fit_attributes,
    fit_text,
    following,
    part_of,
    pieces,
    same,
)
from documents.gavel.rulings import Node, exact
from documents.outline import HEADING, Top, level_of
from documents.versions.row import Row, joined

Past = tuple[Part, ...]
"""The children of a text as they were, all of them, in order."""

WORD_BY_WORD: Final = 50_000
"""Characters that are put back word by word at most; more go in one, as far as they stood together."""

Cut = Callable[[str], Iterable[tuple[str, int]]]
"""Cuts a text, in UTF-16 units; each piece comes with where it begins."""
CUTS: Final[tuple[Cut, ...]] = (
    lambda units: pieces(units, one_by_one=True),
    lambda units: pieces(units, one_by_one=False),
)

UNUSED: Final[Id] = (SERVER_CLIENT, 0)
"""In place of what something lies in: for what has neighbours it is not written."""
TEXTS: Final = (update_v1.STRING,)
ELEMENTS: Final = (update_v1.TYPE,)


@dataclass(frozen=True, slots=True)
class Difference:
    """A paragraph that is not what it was."""

    paragraph: str
    """Its id; empty for a bare text."""
    label: str
    """As it was; of one that is deleted, as it is."""
    change: Literal["changed", "inserted", "deleted"]
    """What is to be done to it."""
    level: int = 0
    """Of a heading; 0 for all else."""
    anew: Id | None = None
    """Of one that is put where nothing stands for it: what it was."""


def past_of(document: ChapterDocument) -> Past:
    """The text as it is now, to be come back to."""
    line = document.sequence.line(document.ledger.roots[TEXT_ROOT])
    here = (block.id for block in line if not block.deleted and block.kind == update_v1.TYPE)
    pairs = zip(here, document.children, strict=True)
    return tuple(part_of(document, item, one) for item, one in pairs if isinstance(one, XmlElement | XmlText))


class Reverting:
    """What it takes to come back. Nothing is written before `carry_out`, and nothing else may be written in between."""

    def __init__(self, document: ChapterDocument, past: Past) -> None:
        """`past` is of the same chapter, and of no later entry."""
        self.first = self._clock = document.ledger.known(SERVER_CLIENT)
        self._document = document
        self._past = past
        self._structs: list[bytes] = []
        self._copies: list[tuple[int, int, Id]] = []
        """What is put back, as (clock of the server, length, first id of what it says again)."""
        self._deletes: list[Ids] = []
        self._left = [ONE_BY_ONE, WORD_BY_WORD]
        """How many characters may still be put back so finely."""
        self._stay: dict[Id, tuple[Id, bool]] = {}
        """The paragraphs that stay, by what they were; and whether their characters do so, each by its author."""
        now = {part.item: part for part in past_of(document)}
        self._names = {_name(part): part for part in now.values()}
        self._elements(past, document.sequence.line(document.ledger.roots[TEXT_ROOT]), None)
        self.differences = tuple(self._compare(now))
        """In the order of the text as it was; what is deleted comes last."""

    @property
    def tops(self) -> tuple[Top, ...]:
        """The children of the text as they will be, in order; the items are those that they were."""
        return tuple(Top(part.item, _name(part), part.tag or "", _level(part)) for part in self._past)

    @property
    def clocks(self) -> tuple[int, int]:
        """The first of the server's clocks that it takes, and the one after the last."""
        return self.first, self._clock

    def _compare(self, now: dict[Id, Part]) -> Iterator[Difference]:
        for part in self._past:
            name = _name(part)
            stays = self._stay.get(part.item)
            if stays is None:
                change: Literal["changed", "inserted"] = "changed" if name and name in self._names else "inserted"
                yield Difference(name, _text_in(part, "label"), change, _level(part), part.item)
            elif not (stays[1] and _is_alike(part, now[stays[0]])):
                yield Difference(name, _text_in(part, "label"), "changed", _level(part))
        there, stay = {_name(part) for part in self._past}, {item for item, _ in self._stay.values()}
        for item, part in now.items():
            if item not in stay and not (_name(part) and _name(part) in there):
                yield Difference(_name(part), _text_in(part, "label"), "deleted", _level(part))

    # What is to be written

    def _elements(self, parts: Sequence[Part], line: Line, owner: Id | None) -> None:
        """Elements and texts in a list that stays: the text's, or that of the element `owner`."""
        tags = {block.id: _tag(block) for block in line if block.kind == update_v1.TYPE}
        known = {part.item: part for part in parts}

        def instead(item: Id) -> Id | None:
            """An editor that makes a paragraph anew gives it the id of the one before."""
            other = self._names.get(_name(known[item])) if owner is None else None
            return None if other is None else other.item

        def suits(item: Id, other: Id) -> bool:
            return known[item].tag == tags[other]

        row = Row(self._document, line, [*known], ELEMENTS, instead, suits)
        for index, (part, stays) in enumerate(zip(parts, row.kept, strict=True)):
            if stays is None:
                home = row.home(index)
                left, right = row.behind if home is None else (part.item, following(home, part.item[1] + 1))
                row.put(self._make(part, left, right, owner), right, None if home is None else part.item)
                continue
            row.stays(stays)
            before = self._work
            inside = self._document.sequence.line(self._document.ledger.types[stays])
            if part.tag is None:
                self._text(part, inside, stays)
            else:
                self._elements(part.children, inside, stays)
            if owner is None:
                self._stay[part.item] = stays, self._work == before
        self._deletes += row.others

    @property
    def _work(self) -> tuple[int, int]:
        """Grows with all that is to be done."""
        return len(self._structs), len(self._deletes)

    def _text(self, part: Part, line: Line, owner: Id) -> None:
        """The characters of a text that stays."""
        here = ((block.client, *block.clocks) for block in line if block.kind in TEXTS and not block.deleted)
        if [*joined(here)] == [*joined(part.ids)]:
            return
        wanted = [(client, clock) for client, start, end in part.ids for clock in range(start, end)]
        row = Row(self._document, line, wanted, TEXTS)
        cut = self._cut(row.kept.count(None))
        index = 0
        while index < len(wanted):
            stays = row.kept[index]
            if stays is not None:
                row.stays(stays)
                index += 1
                continue
            home, end = row.home(index), index + 1
            while end < len(wanted) and row.kept[end] is None and row.home(end) is home:
                end += 1
            run = [*joined((*one, one[1] + 1) for one in wanted[index:end])]
            if home is None:
                left, right = row.behind
                row.put(self._say(run, left, right, owner), right)
            else:
                self._put_home(run, owner, row, cut)
            index = end
        self._deletes += row.others

    def _cut(self, missing: int) -> Cut:
        """How finely so many characters of a text are put back: the finer, the more room it takes."""
        for index, cut in enumerate(CUTS):
            if missing <= self._left[index]:
                self._left[index] -= missing
                return cut
        return _whole

    def _put_home(self, run: Sequence[Ids], owner: Id, row: Row, cut: Cut) -> None:
        """Characters of one block that go beside their own tombstones."""
        for ids in run:
            for block in self._document.sequence.within(*ids):
                for text, start in cut(block.text):
                    begin = block.clock + start
                    last = block.client, begin + len(text) - 1
                    right = following(block, last[1] + 1)
                    row.put(self._say([(block.client, begin, last[1] + 1)], last, right, owner), right, last)

    def _make(self, part: Part, left: Id | None, right: Id | None, owner: Id | None) -> Id:
        """Make an element or a text anew, with all that was in it."""
        if part.tag is None:
            content = bytes((update_v1.XML_TEXT_TYPE,))
        else:
            content = bytes((update_v1.XML_ELEMENT_TYPE,)) + update_v1.write_string(part.tag)
        item = self._put(update_v1.TYPE, content, [(*part.item, part.item[1] + 1)], (left, right, owner or UNUSED))
        last: Id | None = None
        for child in part.children:
            last = self._make(child, last, None, item)
        if part.ids:
            self._say([*joined(part.ids)], None, None, item)
        return item

    def _say(self, run: Sequence[Ids], left: Id | None, right: Id | None, owner: Id) -> Id:
        """Write characters once more, as one; returns the id of the last."""
        units = "".join(text_of(self._document.sequence.within(*ids)) for ids in run)
        content = update_v1.write_string(from_units(units))
        client, clock = self._put(update_v1.STRING, content, run, (left, right, owner))
        return client, clock + len(units) - 1

    def _put(self, kind: int, content: bytes, run: Iterable[Ids], place: Beside) -> Id:
        """Write what says these ids again; returns the first of those that it takes."""
        first = self._clock
        self._structs.append(update_v1.write_struct(kind, content, *place))
        for client, start, end in run:
            before = self._copies[-1] if self._copies else None
            if before and before[0] + before[1] == self._clock and before[2] == (client, start - before[1]):
                self._copies[-1] = (before[0], before[1] + end - start, before[2])
            else:
                self._copies.append((self._clock, end - start, (client, start)))
            self._clock += end - start
        return SERVER_CLIENT, first

    # Writing it

    def carry_out(self, asked: Collection[str]) -> dict[str, str]:
        """Do it, inside `ChapterDocument.write`; returns what those of these paragraphs say then that are there."""
        sections = [(SERVER_CLIENT, self.first, self._structs)] if self._structs else []
        deletes = [(client, start, end - start) for client, start, end in self._deletes]
        self._document.apply(update_v1.write_update(sections, deletes))
        for clock, length, (client, source) in self._copies:
            self._document.maps[RESTORED][f"{clock}:{length}"] = f"{client}:{source}"
        said: dict[str, str] = {}
        for part, node in zip(self._past, self._document.children, strict=True):
            _fit(part, node)
            if (name := _name(part)) in asked:
                said[name] = exact(node)
        return said


def _fit(part: Part, node: Node) -> None:
    """What the ids don't tell: attributes, formats, what is embedded."""
    assert not isinstance(node, XmlFragment)  # noqa: S101 (a part was made of it)
    fit_attributes(node, part.attributes)
    if isinstance(node, XmlText):
        fit_text(node, part.chunks)
        return
    for child, inner in zip(part.children, node.children, strict=True):
        _fit(child, inner)


def _whole(units: str) -> Iterable[tuple[str, int]]:
    return ((units, 0),)


def _name(part: Part) -> str:
    """A paragraph's id; empty for what has none."""
    return _text_in(part, "id")


def _text_in(part: Part, key: str) -> str:
    value = part.attributes.get(key)
    return value if isinstance(value, str) else ""


def _level(part: Part) -> int:
    return level_of(part.attributes.get("level")) if part.tag == HEADING else 0


def _tag(block: Block) -> str | None:
    """An element's name; None for a text."""
    type_, name = cast("tuple[int, str]", block.value)
    return name if type_ == update_v1.XML_ELEMENT_TYPE else None


def _is_alike(one: Part, other: Part) -> bool:
    """Whether they say the same and look the same."""
    return (
        one.tag == other.tag
        and same(one.attributes, other.attributes)
        and same(_chunks(one), _chunks(other))
        and len(one.children) == len(other.children)
        and all(map(_is_alike, one.children, other.children))
    )


def _chunks(part: Part) -> list[tuple[Any, dict[str, Any]]]:
    """What a text says, neighbours of one format as one."""
    found: list[tuple[Any, dict[str, Any]]] = []
    for chunk, formats in part.chunks:
        if found and isinstance(chunk, str) and isinstance(found[-1][0], str) and same(found[-1][1], formats or {}):
            found[-1] = found[-1][0] + chunk, found[-1][1]
        else:
            found.append((chunk, formats or {}))
    return found
