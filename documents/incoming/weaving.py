"""The changes that a file has made in one paragraph, made to the same letters where they stand now."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from documents.crdt.sequence import from_units
from documents.crdt.update_v1 import Id
from documents.incoming.composing import Composer, Run
from documents.incoming.draft import Words
from documents.incoming.hunks import Hunk, same, tokens
from documents.incoming.whereabouts import Letter, Unit, Whereabouts, characters

Spot = tuple[Id, int]
"""A paragraph by item, and behind which place of its row; -1 for its beginning."""


class Edits:
    """The changes of one paragraph."""

    def __init__(  # noqa: PLR0913 (all that a paragraph is)
        self,
        where: Whereabouts,
        composer: Composer,
        text_of: Callable[[Id], Id],
        letters: Sequence[Letter],
        *,
        barred: bool,
        loose: bool,
    ) -> None:
        """`text_of` finds the text in a paragraph that holds nothing. `loose`: the chapter may have, between the
        letters of the paragraph, others that its text did not have."""
        self._where = where
        self._composer = composer
        self._text_of = text_of
        self._letters = letters
        self._own = {one for letter in letters for one in letter.ids}
        self._barred = barred
        self._loose = loose
        self.claims: set[Id] = set()
        """Letters of other paragraphs that were brought here already."""
        self.made = False
        self.conflict = False
        """Whether others have changed the same meanwhile."""
        self.reason = ""
        """Why something could not be done."""

    def make(self, hunk: Hunk, item: Id | None, words: tuple[Words, ...]) -> None:
        """Do to the letters where they stand what the file has done to them."""
        start, end, new_start, new_end = hunk
        gone = self._letters[start:end]
        comes = runs_of(words, new_start, new_end)
        if comes and not (self._loose and self._is_there(hunk, item, comes)):
            spot = self._spot(start, item)
            if not self._is_exact(start) and self._was_brought(item, comes, spot):
                pass
            elif spot is None:
                self.reason = "the words around it were deleted meanwhile: what the file adds there is only here"
            else:
                new = "".join(one.text for one in words if one.deleted_by is None)
                apart = new[:new_start][-1:].isspace(), new[new_end:][:1].isspace()
                self._insert(spot, {one for letter in gone for one in letter.ids}, comes, apart)
            self.conflict |= any(not letter.stands for letter in gone) and any(letter.stands for letter in gone)
        said = [letter for letter in gone if not letter.text.isspace()]
        if self._loose and said and not any(letter.stands for letter in said):
            return  # the words are gone: what is left between others is no more theirs than of those
        for letter, by in zip(gone, _deleters(gone, words, new_start, new_end), strict=True):
            if letter.stands and letter.ids:
                self._composer.delete(letter.ids, by)
                self.made = True

    def _is_exact(self, start: int) -> bool:
        """Whether the letter before a place, or the first of all, is still where it was."""
        letter = self._letters[max(start - 1, 0)] if self._letters else None
        return letter is None or (bool(letter.ids) and letter.stands)

    def _was_brought(self, item: Id | None, comes: list[Run], spot: Spot | None) -> bool:
        """Whether an earlier file has brought these words to anywhere near: where their place is not known any more."""
        wanted = _words("".join(text for text, _ in comes))
        crowded = spot is not None and self._text_at(*spot) is None  # all that came to a deleted text is side by side
        homes = dict.fromkeys(letter.home for letter in self._letters if letter.ids)
        for home in {**homes, item: None} if item is not None else homes:
            row = self._where.row(home)
            for brought, units in groupby(row, self._counts):
                found = list(units)
                said = _words(from_units("".join(unit.text for unit in found))) if brought else []
                if wanted and (said == wanted or (crowded and _holds(said, wanted))):
                    self.claims.update(unit.id for unit in found if unit.old)
                    return True
        return False

    def _is_there(self, hunk: Hunk, item: Id | None, comes: list[Run]) -> bool:
        """Whether these words stand there already: somewhere between the two words around the place. Nobody can tell
        which white space there is which."""
        start, end, letters = hunk.start, hunk.end, self._letters
        while start and letters[start - 1].text.isspace():
            start -= 1
        while end < len(letters) and letters[end].text.isspace():
            end += 1
        spot = self._spot(start, item)
        if spot is None:
            return False
        row = self._where.row(spot[0])
        between = {one for letter in letters[start:end] for one in letter.ids}
        here = "".join(row[at].text for at in self._gap(row, spot[1] + 1, between) if row[at].stands)
        said = _words(self._where.spelled(from_units(here)))
        return said == _words("".join(text for text, _ in comes)) != []

    def _spot(self, start: int, item: Id | None) -> Spot | None:
        """Behind what new words come: the letter before, or else the nearest that can be found."""
        where, letters = self._where, self._letters

        def stands(letter: Letter) -> bool:
            return bool(letter.ids) and where.is_there(letter.home) and where.is_plain(letter.home)

        if start:
            if stands(before := letters[start - 1]):
                return before.home, where.place(before)
        elif item is not None and (not letters or not letters[0].stands or letters[0].home == item):
            return item, -1
        for letter in reversed(letters[:start]):
            if letter.stands and stands(letter):
                return letter.home, where.place(letter)
        for letter in letters[start:]:
            if letter.stands and stands(letter):
                return letter.home, where.place(letter) - len(letter.ids)
        return None if item is None else (item, len(where.row(item)) - 1)

    def _insert(self, spot: Spot, gone: set[Id], comes: list[Run], apart: tuple[bool, bool]) -> None:
        """`apart` says whether there is white space in the file before and behind it."""
        row = self._where.row(spot[0])
        gap = list(self._gap(row, spot[1] + 1, gone))
        said = [(char, gap[last]) for char, _, last in characters([row[at] for at in gap])]
        here = "".join(char for char, at in said if row[at].stands)
        new = "".join(text for text, _ in comes)
        self.conflict |= any(row[at].stands and not row[at].mine for at in gap)
        if here.strip() == new.strip() and (here.strip() or here):
            self.claims.update(row[at].id for at in gap if row[at].old)
            return
        own = [(char, at) for char, at in said if self._counts(row[at])]
        placed, said_before = _unsaid(own, comes, spot[1])
        self.claims.update(row[at].id for at in said_before if row[at].old)
        if placed and placed[0][1] is comes:
            place = next((at for at in reversed(gap) if row[at].stands), spot[1])
            placed = [(place, self._parted(row, place, gone, comes, apart))]
        for at, runs in placed:
            self._put(spot[0], at, runs)

    def _counts(self, unit: Unit) -> bool:
        """Whether it was brought, and is not to be brought again."""
        return (unit.brought or (self._loose and unit.mine)) and (self._barred or not unit.undone)

    def _parted(
        self, row: list[Unit], place: int, gone: set[Id], comes: list[Run], apart: tuple[bool, bool]
    ) -> list[Run]:
        """With the white space that parts it from its neighbours in the file, where that was deleted meanwhile."""
        left = (
            next((unit.text for unit in row[place::-1] if unit.stands and unit.id not in gone), " ")
            if place >= 0
            else " "
        )
        right = next((unit.text for unit in row[place + 1 :] if unit.stands and unit.id not in gone), " ")
        (first, by), (last, other) = comes[0], comes[-1]
        if apart[0] and not left.isspace() and not first[0].isspace():
            comes = [(" ", by), *comes]
        if apart[1] and not right.isspace() and not last[-1].isspace():
            comes = [*comes, (" ", other)]
        return comes

    def _gap(self, row: list[Unit], start: int, gone: set[Id]) -> Iterator[int]:
        """The places of what has come since between a place and the next letter of then, those that go aside."""
        for at in range(start, len(row)):
            unit = row[at]
            brought = unit.brought or (self._loose and unit.id not in self._own)
            if unit.old and not brought and unit.id not in gone:
                return
            if (not unit.old and (unit.since or unit.stands)) or brought:
                yield at

    def _put(self, item: Id, at: int, runs: list[Run]) -> None:
        row = self._where.row(item)
        text = self._text_at(item, at)
        if text is None:  # what is put into a deleted text is lost
            at = next((place for place in range(at, -1, -1) if row[place].stands), -1)
            text = self._text_at(item, at) or self._text_of(item)
        self._composer.insert(row[at].id if at >= 0 else None, text, runs)
        self.made = True

    def _text_at(self, item: Id, at: int) -> Id | None:
        """The text in which a place of a paragraph's row is; None if it is deleted, or there is none."""
        row = self._where.row(item)
        block = self._where.document.sequence.at(*row[max(at, 0)].id) if row else None
        owner = None if block is None else block.line.owner
        return None if owner is None or owner.deleted else owner.id


def _words(text: str) -> list[str]:
    return [token for token in tokens(text) if token.strip()]


def _holds(words: list[str], some: list[str]) -> bool:
    """Whether these words are among others, one behind the other."""
    return any(words[at : at + len(some)] == some for at in range(len(words) - len(some) + 1))


def _unsaid(own: list[tuple[str, int]], comes: list[Run], start: int) -> tuple[list[tuple[int, list[Run]]], list[int]]:
    """What of new words was not said there by the same before, each with behind which place; `comes` itself for all.

    And the places of what was said.
    """
    old, new = tokens("".join(char for char, _ in own)), tokens("".join(text for text, _ in comes))
    matched = list(same(old, new))
    found = [token for at, _, size in matched for token in old[at : at + size]]
    if not any(token.strip() for token in found) and not (found and not any(token.strip() for token in new)):
        return [(start, comes)], []
    olds, news = starts(old), starts(new)
    placed: list[tuple[int, list[Run]]] = []
    said: list[int] = []
    place, done = start, 0
    for at, other, size in (*matched, (len(old), len(new), 0)):
        runs = _cut(comes, news[done], news[other])
        if any(text.strip() for text, _ in runs):
            placed.append((place, runs))
        done = other + size
        if size:
            said += (place for _, place in own[olds[at] : olds[at + size]])
            place = said[-1]
    return placed, said


def _cut(runs: Iterable[Run], start: int, end: int) -> list[Run]:
    """A part of some runs, by characters."""
    found: list[Run] = []
    at = 0
    for text, by in runs:
        part = text[max(0, start - at) : max(0, end - at)]
        if part:
            found.append((part, by))
        at += len(text)
    return found


def runs_of(words: Iterable[Words], start: int, end: int) -> list[Run]:
    """A part of what stands, and whose it is."""
    runs = _cut(((one.text, one.by) for one in words if one.deleted_by is None), start, end)
    joined = groupby(runs, key=lambda run: run[1])
    return [("".join(text for text, _ in some), by) for by, some in joined]


def _deleters(gone: Sequence[Letter], words: Iterable[Words], start: int, end: int) -> list[str]:
    """Who deleted each letter, as far as the secretariat has said: by what is marked as deleted in that place."""
    said: list[tuple[str, str]] = []
    at = 0
    for one in words:
        if one.deleted_by is None:
            at += len(one.text)
        elif one.deleted_by and start <= at <= end:
            said += ((char, one.deleted_by) for char in one.text)
    by = [""] * len(gone)
    if not said:
        return by
    old, new = tokens("".join(letter.text for letter in gone)), tokens("".join(char for char, _ in said))
    olds, news = starts(old), starts(new)
    for place, other, size in same(old, new):
        for step in range(olds[place + size] - olds[place]):
            by[olds[place] + step] = said[news[other] + step][1]
    return by


def starts(found: Iterable[str]) -> list[int]:
    """Where each of these begins, and where the last ends."""
    at = [0]
    for token in found:
        at.append(at[-1] + len(token))
    return at
