"""A file that comes back, held against the text that it was made of, and merged into what that has become since.

What the file has changed, word by word, is done to the same letters by their ids, wherever they stand now: what others
have written meanwhile stays. What stands there already is not written again, and what those who bring the file have
written in the same place before is neither, even if it is gone: so a file can come twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from documents import update_v1
from documents.base import Base
from documents.cards import Barred
from documents.chapter import MAX_LABEL, ChapterDocument, new_paragraph_id
from documents.comparing import Held, Past, before
from documents.composing import Composer, Run
from documents.differences import Difference, Kind, NewComment, Plan, State
from documents.draft import Words
from documents.hunks import Hunk, same, tokens
from documents.returned import Returned, ReturnedParagraph
from documents.runs import Tag
from documents.set_aside import Change
from documents.update_v1 import Id
from documents.whereabouts import Letter, Spell, Then, Unit, Whereabouts, characters

Spot = tuple[Id, int]
"""A paragraph by item, and behind which place of its row; -1 for its beginning."""


@dataclass(frozen=True, slots=True)
class Ground:
    """On what a file is merged."""

    kind: Kind
    base: Base
    """What the text was then; for a file that knows of none, what it is now."""
    mine: Callable[[Tag], bool]
    """Whose contributions count as those of who brings the file."""
    barred: Callable[[Id], Barred | None]
    """Why a paragraph may not be changed."""
    barred_behind: Callable[[Id | None, bool], Barred | None]
    """Why nothing new may come behind a paragraph; with whether it is a heading."""
    spell: Spell
    aside: Mapping[str, frozenset[str]]
    """What was set aside already of who brings the file: by paragraph, how it would read."""


def past(document: ChapterDocument, ground: Ground) -> list[Past]:
    """The text that a file is held against. To be called between two changes of the document."""
    where = Whereabouts(document, ground.base, ground.mine, ground.spell)
    return [Past(one.id, where.spelled(one.label), where.said(one)) for one in where.then]


def plan(document: ChapterDocument, file: Returned, held: Mapping[int, Held], ground: Ground) -> Plan:
    """What is to be done with a file that was compared with the `past` on the same ground.

    Nothing is changed; to be called between two changes of the document.
    """
    where = Whereabouts(document, ground.base, ground.mine, ground.spell)
    first = _Merging(where, file, held, ground, frozenset())
    found = first.plan()
    if not first.claims:
        return found
    return _Merging(
        where, file, held, ground, frozenset(first.claims)
    ).plan()  # what stands elsewhere by now is not deleted


class _Merging:
    def __init__(
        self, where: Whereabouts, file: Returned, held: Mapping[int, Held], ground: Ground, kept: frozenset[Id]
    ) -> None:
        """`kept` are letters of then that the file has elsewhere, where they were brought already."""
        self._document = document = where.document
        self._file = file
        self._compared = held
        self._ground = ground
        self._where = where
        self._kept = kept
        self.claims: set[Id] = set()
        """Letters of then that were brought already to where the file has them."""
        self._composer = Composer(document)
        self._texts: dict[Id, Id] = {}
        """New texts in paragraphs that had none."""
        self._arrived = self._new_since()
        self._comments: list[NewComment] = []
        self._known_comments = _known_comments(document)

    def plan(self) -> Plan:
        then = self._where.then
        homes = {then[one.place].item for one in self._compared.values()}
        differences: list[Difference] = []
        previous: Id | None = None
        missing = self._missing(homes)
        differences += missing.pop(None, [])
        for index, paragraph in enumerate(self._file.paragraphs):
            held = self._compared.get(index)
            if held is None:
                if not paragraph.text.strip() and not paragraph.label:
                    continue
                one, previous = self._new(paragraph, previous)
                differences.append(one)
            else:
                own = then[held.place]
                differences.append(self._held(own, paragraph, held))
                previous = self._item(own) or own.item
                differences += missing.pop(own.item, [])
            self._take_comments(differences[-1], paragraph)
        for rest in missing.values():
            differences += rest
        ground = self._ground
        comments, updates = tuple(self._comments), tuple(self._composer.updates())
        return Plan(ground.kind, ground.base.seq, tuple(differences), comments, updates)

    def _missing(self, homes: set[Id]) -> dict[Id | None, list[Difference]]:
        """The paragraphs of then that the file lacks, by the one that it has before them."""
        found: dict[Id | None, list[Difference]] = {}
        before: Id | None = None
        for one in self._where.then:
            if one.item in homes:
                before = one.item
            elif self._ground.kind == "version":
                found.setdefault(before, []).append(self._removed(one, 0))
            elif self._item(one) is not None and self._where.said(one).strip():
                said = self._where.said(one)
                reason = "it is not in the file; nobody can tell whether it was, so it stays"
                gone = Difference("absent", one.id, one.label, 0, (("kept", said),), now=said, reason=reason)
                found.setdefault(before, []).append(gone)
        return found

    def _item(self, then: Then) -> Id | None:
        """The paragraph of now, if it is there."""
        if then.id:
            return self._document.item_of(then.id)
        return then.item if self._where.is_there(then.item) else None

    # A paragraph that both have

    def _held(self, then: Then, paragraph: ReturnedParagraph, held: Held) -> Difference:
        if not held.new.strip() and not held.label and held.old.strip():
            return self._removed(then, paragraph.line)
        item, label = self._item(then), self._label(then)
        now = "" if item is None else self._where.text(item)
        meanwhile = item is None or now != self._where.said(then) or label != then.label
        renamed = held.label[:MAX_LABEL] if self._is_renamed(then, held.label) else None
        told = Difference(
            "unchanged", then.id, label, paragraph.line, held.runs, now, renamed, meanwhile,
            by=_authors(held), notes=tuple(self._notes(then, item, paragraph)),
        )  # fmt: skip
        if not held.hunks and renamed is None:
            return told
        return self._change(then, item, paragraph, held, told)

    def _label(self, then: Then) -> str:
        item = self._item(then)
        return then.label if item is None else self._where.parts[item].label

    def _is_renamed(self, then: Then, label: str) -> bool:
        if self._ground.kind != "version" and not label:  # a file of another kind may just have no labels
            return False
        return label != self._where.spelled(then.label)

    def _notes(self, then: Then, item: Id | None, paragraph: ReturnedParagraph) -> Iterator[str]:
        kind = then.kind if item is None else self._where.parts[item].kind
        is_heading = paragraph.kind != "paragraph"
        if self._ground.kind == "version" and kind in {"heading", "paragraph"} and is_heading != (kind == "heading"):
            other = "a heading" if is_heading else "no heading"
            yield f"it is {other} in the file; that is not taken over"

    def _change(
        self, then: Then, item: Id | None, paragraph: ReturnedParagraph, held: Held, told: Difference
    ) -> Difference:
        letters = self._letters(then, paragraph)
        homes = {letter.home for letter in letters if letter.stands} | ({item} if item is not None else set())
        if not homes:
            return _but(told, "gone", "the paragraph was deleted meanwhile: what the file changes in it is only here")
        if not all(map(self._where.is_plain, homes)):
            return _but(told, "refused", "it is a list or a table: what the file changes in it has to be typed")
        barred = next(filter(None, map(self._ground.barred, homes)), None)
        if barred is not None and held.new in self._ground.aside.get(then.id, ()) and told.new_label is None:
            return _but(told, "locked", f"{barred.reason}; it was set aside before")
        own = {one for letter in letters for one in letter.ids}
        edits = _Edits(self._where, self._composer, self._text_of, own, barred is not None)
        for hunk in held.hunks:
            edits.make(letters, hunk, item, held.words)
        self.claims |= edits.claims
        conflict = edits.conflict
        if told.new_label is not None:
            conflict |= self._rename(then, item, told.new_label, edits)
        if barred is not None:
            return _but(told, "locked", barred.reason if edits.made else f"{barred.reason}; it was set aside before")
        state: State = "changed" if edits.made else "present"
        return _but(told, state, edits.reason, conflict=conflict and edits.made)

    def _letters(self, then: Then, paragraph: ReturnedParagraph) -> list[Letter]:
        """The letters of the text that the file's changes are changes of."""
        letters = self._left_letters(then)
        read = before(paragraph, self._ground.kind)
        if read is None:
            return letters
        old, new = tokens("".join(letter.text for letter in letters)), tokens(read)
        found = [Letter(char, (), then.item, stands=False) for char in read]
        olds, news = _starts(old), _starts(new)
        for at, other, size in same(old, new):
            length = olds[at + size] - olds[at]
            found[news[other] : news[other] + length] = letters[olds[at] : olds[at] + length]
        return found

    def _left_letters(self, then: Then) -> list[Letter]:
        """The letters of a paragraph; what the file has elsewhere, where it was brought already, is gone from it."""
        letters = self._where.letters(then)
        if self._kept.isdisjoint(one for letter in letters for one in letter.ids):
            return letters
        return [one._replace(ids=(), stands=False) if one.ids[0] in self._kept else one for one in letters]

    def _text_of(self, item: Id) -> Id:
        """The text in a paragraph that holds nothing."""
        line = self._document.sequence.line(self._document.ledger.types[item])
        inner = (block.id for block in line if not block.deleted and block.kind == update_v1.TYPE)
        text = next(inner, None) or self._texts.get(item)
        if text is None:
            text = self._texts[item] = self._composer.text_in(item, "")
        return text

    def _rename(self, then: Then, item: Id | None, label: str, edits: "_Edits") -> bool:
        """Whether the label was changed meanwhile: then it stays."""
        if item is None:
            return False
        now = self._where.parts[item].label
        if self._where.spelled(now) == label:
            return False
        if now != then.label:
            edits.reason = f"its label was changed meanwhile, from {then.label!r} to {now!r}: that stays"
            return True
        values = self._document.ledger.types[item].keys.get("label")
        last = None if values is None else self._document.sequence.line(values).last
        self._composer.rename(item, label, None if last is None else (last.client, last.clocks[1] - 1), "")
        edits.made = True
        return False

    # A paragraph that the file lacks

    def _removed(self, then: Then, line: int) -> Difference:
        said, item = self._where.said(then), self._item(then)
        now = "" if item is None else self._where.text(item)
        told = Difference(
            "removed", then.id, self._label(then), line, (("deleted", said),) if said else (), now,
            meanwhile=item is None or now != said,
        )  # fmt: skip
        letters = [letter for letter in self._left_letters(then) if letter.stands]
        homes = {letter.home for letter in letters} | ({item} if item is not None else set())
        if not homes:
            return _but(told, "present", "")
        if not all(map(self._where.is_plain, homes)):
            return _but(told, "refused", "it is a list or a table: it has to be deleted by hand")
        barred = next(filter(None, map(self._ground.barred, homes)), None)
        if barred is not None and "" in self._ground.aside.get(then.id, ()):
            return _but(told, "locked", f"{barred.reason}; it was set aside before")
        left = self._remove(letters, homes, item)
        if barred is not None:
            return _but(told, "locked", barred.reason)
        if not left:
            return told
        reason = "what others have written in it meanwhile stays"
        return _but(told, "removed" if letters else "present", reason, conflict=bool(letters))

    def _remove(self, letters: list[Letter], homes: set[Id], item: Id | None) -> bool:
        """Delete a paragraph with what it said; returns whether something of others stays in its place."""
        own = {one for letter in letters for one in letter.ids}
        whole: set[Id] = set()
        left = False
        for home in homes:
            stays = any(unit.stands and unit.id not in own for unit in self._where.row(home))
            if not stays and (home == item or self._where.is_new(home)):
                whole.add(home)
            left |= stays and home == item
        self._composer.delete(sorted(whole), "")
        ids = (one for letter in letters if letter.home not in whole for one in letter.ids)
        self._composer.delete(list(ids), "")
        return left

    # A paragraph that the file alone has

    def _new_since(self) -> list[Id]:
        """The paragraphs that have come since, also those that are gone again."""
        where, base = self._where, self._ground.base
        return [item for item in where.parts if where.is_new(item) and not base.knows(item)]

    def _new(self, paragraph: ReturnedParagraph, previous: Id | None) -> tuple[Difference, Id]:
        """Returns what becomes of it, and the paragraph behind which the next one comes."""
        text, heading = paragraph.text, paragraph.kind != "paragraph"
        barred = self._ground.barred_behind(previous if previous in self._where.parts else None, heading)
        runs: tuple[tuple[Change, str], ...] = (("inserted", text),) if text else ()
        there = self._there(paragraph, undone=barred is not None)
        if there is not None:
            one = self._where.parts[there]
            self._arrived.remove(there)
            self.claims.update(unit.id for unit in self._where.row(there) if unit.old)
            now = self._where.text(there)
            return Difference("present", one.id, one.label, paragraph.line, runs, now, meanwhile=now != text), there
        name = new_paragraph_id()
        level = min(paragraph.level or (1 if paragraph.kind == "title" else 2), 6) if heading else 0
        label = paragraph.label[:MAX_LABEL]
        said: list[Run] = [(one.text, one.by) for one in paragraph.words if one.deleted_by is None and one.text]
        tag = "heading" if heading else "paragraph"
        item = self._composer.paragraph(previous, tag, (name, label), level, said)
        by = tuple(dict.fromkeys(who for _, who in said if who))
        state: State = "new" if barred is None else "locked"
        reason = "" if barred is None else barred.reason
        return Difference(state, name, label, paragraph.line, runs, reason=reason, by=by), item

    def _there(self, paragraph: ReturnedParagraph, *, undone: bool) -> Id | None:
        """The paragraph that says the same, if it has come since, or has come from the same and gone again."""
        text, label, where = paragraph.text.strip(), paragraph.label, self._where
        for item in self._arrived:
            if where.parts[item].label == label and where.is_there(item) and where.text(item).strip() == text:
                return item
        for item in self._arrived:
            brought = where.brought(item, undone=undone).strip()
            if text and brought == text:
                return item
        return None

    # Comments

    def _take_comments(self, told: Difference, paragraph: ReturnedParagraph) -> None:
        known = self._known_comments.setdefault(told.paragraph, set())
        for note in paragraph.comments:
            key = " ".join(note.text.split())
            if key and key not in known:
                known.add(key)
                self._comments.append(NewComment(told.paragraph, told.label, note.name, note.text))


class _Edits:
    """The changes of one paragraph."""

    def __init__(
        self, where: Whereabouts, composer: Composer, text_of: Callable[[Id], Id], own: set[Id], barred: bool
    ) -> None:
        self._where = where
        self._composer = composer
        self._text_of = text_of
        self._own = own
        """The letters of the paragraph."""
        self._barred = barred
        self.claims: set[Id] = set()
        self.made = False
        self.conflict = False
        self.reason = ""

    def make(self, letters: list[Letter], hunk: Hunk, item: Id | None, words: tuple[Words, ...]) -> None:
        """Do to the letters where they stand what the file has done to them."""
        start, end, new_start, new_end = hunk
        gone = letters[start:end]
        comes = _slice(words, new_start, new_end)
        if comes:
            spot = self._spot(letters, start, item)
            if spot is None:
                self.reason = "the words around it were deleted meanwhile: what the file adds there is only here"
            else:
                self._insert(spot, {one for letter in gone for one in letter.ids}, comes)
            self.conflict |= any(not letter.stands for letter in gone) and any(letter.stands for letter in gone)
        for letter, by in zip(gone, _deleters(gone, words, new_start, new_end), strict=True):
            if letter.stands and letter.ids:
                self._composer.delete(letter.ids, by)
                self.made = True

    def _spot(self, letters: list[Letter], start: int, item: Id | None) -> Spot | None:
        """Behind what new words come: the letter before, or else the nearest that can be found."""
        where = self._where

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

    def _insert(self, spot: Spot, gone: set[Id], comes: list[Run]) -> None:
        row = self._where.row(spot[0])
        gap = list(self._gap(row, spot[1] + 1, gone))
        said = [(char, gap[last]) for char, _, last in characters([row[at] for at in gap])]
        self.claims.update(row[at].id for at in gap if row[at].old)
        here = "".join(char for char, at in said if row[at].stands)
        new = "".join(text for text, _ in comes)
        self.conflict |= any(row[at].stands and not row[at].mine for at in gap)
        if here.strip() == new.strip() and (here.strip() or here):
            return
        own = [(char, at) for char, at in said if row[at].mine and (self._barred or not row[at].undone)]
        placed = list(_unsaid(own, comes, spot[1]))
        if placed and placed[0][1] is comes:
            place = next((at for at in reversed(gap) if row[at].stands), spot[1])
            placed = [(place, comes)]
        for at, runs in placed:
            self._put(spot[0], at, runs)

    def _gap(self, row: list[Unit], start: int, gone: set[Id]) -> Iterator[int]:
        """The places of what has come since between a place and the next letter of then, those that go aside."""
        for at in range(start, len(row)):
            unit = row[at]
            brought = unit.mine and unit.moved and unit.id not in self._own
            if unit.old and not brought and unit.id not in gone:
                return
            if (not unit.old and (unit.since or unit.stands)) or brought:
                yield at

    def _put(self, item: Id, at: int, runs: list[Run]) -> None:
        row, document = self._where.row(item), self._where.document
        beside = row[max(at, 0)].id if row else None
        block = None if beside is None else document.sequence.at(*beside)
        owner = None if block is None else block.line.owner
        text = self._text_of(item) if owner is None else owner.id
        self._composer.insert(row[at].id if at >= 0 else None, text, runs)
        self.made = True


def _unsaid(own: list[tuple[str, int]], comes: list[Run], start: int) -> Iterator[tuple[int, list[Run]]]:
    """What of new words was not said there by the same before, each with behind which place; `comes` itself for all."""
    old, new = tokens("".join(char for char, _ in own)), tokens("".join(text for text, _ in comes))
    matched = list(same(old, new))
    found = [token for at, _, size in matched for token in old[at : at + size]]
    if not any(token.strip() for token in found) and not (found and not any(token.strip() for token in new)):
        yield start, comes
        return
    olds, news = _starts(old), _starts(new)
    place, done = start, 0
    for at, other, size in (*matched, (len(old), len(new), 0)):
        runs = _cut(comes, news[done], news[other])
        if any(text.strip() for text, _ in runs):
            yield place, runs
        done = other + size
        if size:
            place = own[olds[at + size] - 1][1]


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


def _slice(words: Iterable[Words], start: int, end: int) -> list[Run]:
    runs = _cut(((one.text, one.by) for one in words if one.deleted_by is None), start, end)
    joined = groupby(runs, key=lambda run: run[1])
    return [("".join(text for text, _ in some), by) for by, some in joined]


def _deleters(gone: list[Letter], words: Iterable[Words], start: int, end: int) -> list[str]:
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
    olds, news = _starts(old), _starts(new)
    for place, other, size in same(old, new):
        for step in range(olds[place + size] - olds[place]):
            by[olds[place] + step] = said[news[other] + step][1]
    return by


def _authors(held: Held) -> tuple[str, ...]:
    """Those whom the secretariat has named, of what the file changes."""
    inserted = [by for one in held.hunks for _, by in _slice(held.words, one.new_start, one.new_end)]
    deleted = [one.deleted_by for one in held.words if one.deleted_by and held.hunks]
    return tuple(dict.fromkeys(filter(None, [*inserted, *deleted])))


def _starts(found: Iterable[str]) -> list[int]:
    """Where each of these begins, and where the last ends."""
    at = [0]
    for token in found:
        at.append(at[-1] + len(token))
    return at


def _known_comments(document: ChapterDocument) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for value in document.value("comments").values():
        found.setdefault(value["paragraph"], set()).add(" ".join(value["text"].split()))
    return found


def _but(told: Difference, state: State, reason: str, *, conflict: bool = False) -> Difference:
    return replace(told, state=state, reason=reason, conflict=conflict)
