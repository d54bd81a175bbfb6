"""Who wrote every character, told the slow and plain way: a list of characters for each text of a chapter.

Every update that reaches the server is applied to two documents of the oracle's own, in which each typed character is
replaced by a *label* that no other character has, and each element's name by one of its own. `everything`, which hears
of nobody's deletions, shows all characters that ever were, in their order; `living` shows those that are left. What an
update did is then what is there after it and was not before, and the other way round.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from documents.crdt import update_v1
from documents.model import SERVER
from tests.editorkit import plain

PATIENCE = 10
"""Minutes for which what was removed can be put back in its first author's name."""

T = TypeVar("T")
Label = str
Deletion = tuple[str, int]
"""By whom, and in which minute."""
Told = tuple[str, str, int, Deletion | None, str | None]
"""A character, its author, the minute, its deletion, and who moved it."""


@dataclass(slots=True, eq=False)
class Char:
    """One character where it was put."""

    number: int
    """How many were put before it."""
    value: str
    by: str
    minute: int
    moved_by: str | None = None
    came_from: "Char | None" = None
    deleted: Deletion | None = None
    removal: "Removal | None" = None
    given_back: bool = False
    """Whether it stands somewhere else by now."""

    put_by: str = ""

    def told(self) -> Told:
        return self.value, self.by, self.minute, self.deleted, self.moved_by

    def places(self) -> Iterator["Char"]:
        """Where it has stood, latest first."""
        place: Char | None = self
        while place is not None:
            yield place
            place = place.came_from


@dataclass(slots=True, eq=False)
class Removal:
    """Characters that stood side by side and were removed at once."""

    by: str
    minute: int
    update: int
    chars: list[Char]
    text: list[Char]
    """What would stand in that text if this person had done nothing to it: neither typed nor deleted."""

    def after(self, char: Char) -> Char:
        """The next one, taken as a ring."""
        return self.chars[(self.chars.index(char) + 1) % len(self.chars)]


@dataclass(slots=True, eq=False)
class Piece:
    """Inserted characters that read like removed ones which stood side by side."""

    put: list[Char]
    gone: list[Char]


@dataclass(slots=True)
class Block:
    """A child of the root."""

    kind: str
    chars: list[Told]
    deleted: Deletion | None


@dataclass(slots=True)
class _Act:
    """An update that is being let in."""

    number: int
    author: str
    minute: int
    new: set[Char] = field(default_factory=set)

    @property
    def deletion(self) -> Deletion:
        return self.author, self.minute


@dataclass(slots=True, eq=False)
class _Group:
    """New characters side by side; `shown` is what stands in their text, `text` all that ever stood there."""

    chars: list[Char]
    shown: list[Char]
    text: list[Char]
    alive: bool


_View = dict[str, dict[str, list[list[Label]]]]
"""What a document shows: for each child of the root, by its own name, the texts in the elements in it, by theirs."""


class Doubtful(Exception):
    """Who wrote it can't be told, or who removed it.

    The same was removed twice, or put twice at once, or removed in two steps that meet in the middle of a word; it fits
    the seam of the ring; one of an element's two texts went.
    """


class Oracle:
    """Takes the updates in the order in which the server did."""

    def __init__(self) -> None:
        self._everything, self._living = _document(), _document()
        self._all: _View = {}
        self._left: _View = {}
        self._values: dict[Label, str] = {}
        self._kinds: dict[str, str] = {}
        self._chars: dict[Label, Char] = {}
        self._alike: dict[str, list[Char]] = {}
        self._closed: dict[str, _Act] = {}
        self._textless: dict[str, _Act] = {}
        self._updates = 0

    def take(self, update: bytes, author: str, minute: int) -> None:
        """Let an update in."""
        self._updates += 1
        act = _Act(self._updates, author, minute)
        whole, without_deletions = self._relabel(update)
        self._everything.apply_update(without_deletions)
        self._living.apply_update(whole)
        self._all, self._left = _read(self._everything), _read(self._living)
        self._meet_new(act)
        seen = set(self.living())
        for name in self._all.keys() - self._left.keys():
            self._closed.setdefault(name, act)
        left = _elements(self._left)
        for block, inside in self._all.items():
            for name, texts in inside.items():
                if left.get(name):
                    self._textless.pop(name, None)
                elif texts or name not in left:
                    self._textless.setdefault(name, self._closed.get(block, act))
                if 0 < len(left.get(name, [])) < len(texts) and not seen.issuperset(act.new):
                    raise Doubtful
        self._remove(act, seen)
        for group in sorted(self._groups(act, seen), key=lambda group: group.chars[0].number):
            self._put_back(group, act)

    def _remove(self, act: _Act, seen: set[Char]) -> None:
        """Note what is gone: what was there, and what the act itself had put there before, stood side by side."""
        for name, texts in _elements(self._all).items():
            closed = self._textless.get(name, act)
            for labels in texts:
                ever = [char for char in map(self._chars.__getitem__, labels) if char not in act.new]
                untouched = [char for char in ever if char.by != act.author and _is_left_by_others(char, act.author)]
                was = [char for char in map(self._chars.__getitem__, labels) if char.deleted is None]
                shown = [char for char in was if not (char in seen and char in act.new)]
                for chars in _runs(shown, lambda char: char not in seen):
                    removal = Removal(act.author, act.minute, act.number, chars, untouched)
                    for char in chars:
                        char.deleted, char.removal = closed.deletion, removal if closed is act else None

    # What was inserted

    def _meet_new(self, act: _Act) -> None:
        labels = (label for texts in _elements(self._all).values() for text in texts for label in text)
        for label in sorted(label for label in labels if label not in self._chars):
            char = Char(len(self._chars), self._values[label], act.author, act.minute, put_by=act.author)
            self._chars[label] = char
            self._alike.setdefault(char.value, []).append(char)
            act.new.add(char)

    def _groups(self, act: _Act, seen: set[Char]) -> Iterator[_Group]:
        """What is new and stands side by side: what died in the same act, and what lives."""
        for texts in _elements(self._all).values():
            for labels in texts:
                text = [self._chars[label] for label in labels]
                for alive in (False, True):
                    new = {char for char in act.new if (char in seen) is alive}
                    shown = [char for char in text if char in seen or char in new]
                    for chars in _runs(shown, new.__contains__):
                        yield _Group(chars, shown, text, alive)

    # The rule

    def _put_back(self, group: _Group, act: _Act) -> None:
        """Give the first authors what is theirs."""
        if _stands_again(list(self._pieces(group.chars, act)), group, act):
            for piece in list(self._pieces(group.chars, act)):
                _give_back(piece, act.author)
            return
        last: tuple[Char, bool] | None = None
        for piece in self._pieces(group.chars, act):
            counts = self._counts(piece, group, act)
            beside = last is not None and group.chars.index(last[0]) + 1 == group.chars.index(piece.put[0])
            if beside and last is not None and not (last[1] and counts):
                raise Doubtful
            if counts:
                _give_back(piece, act.author)
            last = piece.put[-1], counts

    def _pieces(self, inserted: list[Char], act: _Act) -> Iterator[Piece]:
        """What was inserted, cut into the longest pieces that read like something this author removed."""
        for char in inserted:
            alike = self._alike[char.value]
            due = sum(one.removal is not None and _due(one, one.removal, act) for one in alike if one not in act.new)
            if due > 1 or (due and sum(one in act.new for one in alike) > 1):
                raise Doubtful
        start = 0
        while start < len(inserted):
            found = [_reads_like(inserted[start:], gone, act) for gone in self._alike[inserted[start].value]]
            longest = max(found, key=len, default=[])
            if longest and _crosses_the_seam(longest):
                raise Doubtful
            if longest:
                yield Piece(inserted[start : start + len(longest)], longest)
            start += len(longest) or 1

    def _counts(self, piece: Piece, group: _Group, act: _Act) -> bool:
        starts_a_text = act.new.issuperset(group.text) and piece.put[0] is group.shown[0]
        at_once = all(gone.removal is not None and gone.removal.update == act.number for gone in piece.gone)
        return _holds_a_word(piece.gone) or (starts_a_text and at_once)

    # Reading it

    def read(self, *, deleted: bool) -> list[Block]:
        """What `ChapterDocument.runs` should say, character by character."""
        found: list[Block] = []
        for name, texts in (self._all if deleted else self._left).items():
            chars = [self._chars[label] for parts in texts.values() for labels in parts for label in labels]
            told = [char.told() for char in chars if not char.given_back]
            closed = self._closed[name].deletion if name in self._closed else None
            if closed is None or told:
                found.append(Block(self._kinds[name], told, closed))
        return found

    def living(self) -> list[Char]:
        """The characters that are left, in order."""
        texts = _elements(self._left).values()
        return [self._chars[label] for parts in texts for labels in parts for label in labels]

    def own_again(self) -> set[tuple[str, str]]:
        """What somebody put more than once of their own, as (character, author): moved, or typed again, who can say?"""
        return {
            (value, char.by)
            for value, alike in self._alike.items()
            for char in alike
            if char.by == char.put_by and sum(one.put_by == char.by for one in alike) > 1
        }

    # Labels

    def _relabel(self, update: bytes) -> tuple[bytes, bytes]:
        """The update with labels instead of what was typed; and the same without what it deletes."""
        parsed = update_v1.parse(update)
        sections = [
            (section.client, section.clock, [self._relabelled(update, struct) for struct in section.structs])
            for section in parsed.sections
        ]
        return update_v1.write_update(sections, parsed.deletes), update_v1.write_update(sections, [])

    def _relabelled(self, update: bytes, struct: update_v1.Struct) -> bytes:
        head = update[struct.start : struct.content]
        if struct.kind == update_v1.STRING:
            return head + _string("".join(self._label(value) for value in struct.value))
        if struct.kind == update_v1.TYPE and struct.value[0] == update_v1.XML_ELEMENT_TYPE:
            name = f"{struct.value[1]}-{len(self._kinds)}"
            self._kinds[name] = struct.value[1]
            return head + update_v1.write_uint(update_v1.XML_ELEMENT_TYPE) + _string(name)
        return update[struct.start : struct.end]

    def _label(self, value: str) -> Label:
        """A character of its own that takes as many clock units."""
        label = chr((0x3400 if ord(value) < 0x10000 else 0x20000) + len(self._values))
        assert not "\ud7ff" < label < "\U00020000", "too long a history"
        self._values[label] = value
        return label


def _crosses_the_seam(gone: list[Char]) -> bool:
    """Whether it is the end and then the beginning of a stretch."""
    removal = gone[0].removal
    assert removal is not None
    return removal.chars.index(gone[0]) > removal.chars.index(gone[-1])


def _give_back(piece: Piece, mover: str) -> None:
    for put, gone in zip(piece.put, piece.gone, strict=True):
        put.by, put.minute, put.moved_by, put.came_from = gone.by, gone.minute, mover, gone
        gone.given_back = True


def _reads_like(inserted: list[Char], gone: Char, act: _Act) -> list[Char]:
    """The removed characters, from this one on, that read like the beginning of what was inserted."""
    read: list[Char] = []
    for char in inserted:
        removal = gone.removal
        if char.value != gone.value or gone in read or gone.number >= char.number:
            break
        if removal is None or not _due(gone, removal, act):
            break
        read.append(gone)
        gone = removal.after(gone)
    return read


def _due(gone: Char, removal: Removal, act: _Act) -> bool:
    """Whether this author removed it lately, and it has not been put back."""
    return not gone.given_back and act.author in (removal.by, SERVER) and act.minute - removal.minute <= PATIENCE


def _is_left_by_others(char: Char, author: str) -> bool:
    return char.deleted is None or char.deleted[0] == author


def _holds_a_word(gone: list[Char]) -> bool:
    """Whether it holds a whole word of others, two characters that need no spaces, or words of one's own alone."""
    removal = gone[0].removal
    assert removal is not None
    if any(_needs_no_spaces(a) and _needs_no_spaces(b) for a, b in pairwise(gone)):
        return True
    if all(char.by == removal.by for char in gone):
        return any(a.value.isalnum() and b.value.isalnum() for a, b in pairwise(gone))
    words = (word for word in _runs(removal.text, lambda char: char.value.isalnum()) if word[1:])
    return any(set(gone).issuperset(word) for word in words)


def _needs_no_spaces(char: Char) -> bool:
    return unicodedata.name(char.value, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI"))


def _stands_again(pieces: list[Piece], group: _Group, act: _Act) -> bool:
    """Whether all that was inserted stands where it stood, in its order, and is all that its author removed there last.

    Nothing that lives is between it and its old place. He may have removed it in several steps, one after the other.
    """
    gone = [char for piece in pieces for char in piece.gone]
    if not gone or len(gone) != len(group.chars):
        return False
    first, last = group.text.index(group.chars[0]), group.text.index(group.chars[-1])
    before = next((n for n in range(first - 1, -1, -1) if group.text[n].deleted is None), -1)
    after = next((n for n in range(last + 1, len(group.text)) if group.text[n].deleted is None), len(group.text))
    place = group.text[before + 1 : after]
    steps = [char.removal for char in gone if char.removal is not None]
    there = [char for step in steps for char in step.chars]
    since = range(min(step.update for step in steps), act.number)
    there += [char for char in place if char.removal is not None and char.removal.update in since]
    left = {char for char in there if char.removal is not None and _due(char, char.removal, act)}
    return left == set(gone) and _in_order(gone, place)


def _in_order(gone: list[Char], text: list[Char]) -> bool:
    """Whether a text holds these, or what they came from, one after the other."""
    start = 0
    for char in gone:
        places = set(char.places())
        found = next((n for n in range(start, len(text)) if text[n] in places), None)
        if found is None:
            return False
        start = found + 1
    return True


def _runs(items: Iterable[T], wanted: Callable[[T], bool]) -> Iterator[list[T]]:
    """The longest runs of wanted items."""
    run: list[T] = []
    for item in items:
        if wanted(item):
            run.append(item)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _string(text: str) -> bytes:
    data = text.encode()
    return update_v1.write_uint(len(data)) + data


def _document() -> Doc[Any]:
    return Doc(client_id=2, skip_gc=True)


def _read(doc: Doc[Any]) -> _View:
    view: _View = {}
    for child in doc.get("default", type=XmlFragment).children:
        assert isinstance(child, XmlElement)
        view[child.tag or ""] = dict(_texts_in(child))
    return view


def _texts_in(element: XmlElement) -> Iterator[tuple[str, list[list[Label]]]]:
    texts = [child for child in element.children if isinstance(child, XmlText)]
    yield element.tag or "", [list(plain(text)) for text in texts]
    for child in element.children:
        if isinstance(child, XmlElement):
            yield from _texts_in(child)


def _elements(view: _View) -> dict[str, list[list[Label]]]:
    """The texts in each element, wherever it stands."""
    return {name: texts for inside in view.values() for name, texts in inside.items()}
