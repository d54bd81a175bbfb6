"""A file that comes back, held against the text that it was made of, and merged into what that has become since.

What the file has changed, word by word, is done to the same letters by their ids, wherever they stand now: what others
have written meanwhile stays. What stands there already is not written again, and what those who bring the file have
written in the same place before is neither, even if it is gone: so a file can come twice.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from documents.authorship.runs import Tag
from documents.chapter import MAX_LABEL, ChapterDocument, new_paragraph_id
from documents.crdt import update_v1
from documents.crdt.update_v1 import Id
from documents.gavel.cards import Barred
from documents.gavel.set_aside import Change
from documents.incoming.comparing import Held, Past, before
from documents.incoming.composing import FILES, Composer, Run
from documents.incoming.differences import Difference, Kind, NewComment, Plan, State
from documents.incoming.hunks import same, tokens
from documents.incoming.returned import Returned, ReturnedParagraph
from documents.incoming.weaving import Edits, runs_of, starts
from documents.incoming.whereabouts import Letter, Spell, Then, Whereabouts
from documents.redline.base import Base


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
        self._ground = ground
        self._where = where
        self._compared = {
            index: one for index, one in held.items() if not self._is_new(file.paragraphs[index], where.then[one.place])
        }
        self._kept = kept
        self.claims: set[Id] = set()
        """Letters of then that were brought already to where the file has them."""
        self._composer = Composer(document)
        self._texts: dict[Id, Id] = {}
        """New texts in paragraphs that had none."""
        self._homes = {where.then[one.place].item for one in self._compared.values()}
        self._arrived = self._new_since()
        self._comments: list[NewComment] = []
        self._known_comments = _known_comments(document)

    def plan(self) -> Plan:
        then = self._where.then
        differences: list[Difference] = []
        previous: Id | None = None
        missing = self._missing()
        differences += missing.pop(None, [])
        for index, paragraph in enumerate(self._file.paragraphs):
            held = self._compared.get(index)
            if held is None:
                if not paragraph.text.strip() and (not paragraph.label or before(paragraph, self._ground.kind)):
                    continue  # nothing, or the rest of what was deleted, and is not there any more
                one, previous = self._new(paragraph, previous)
                differences.append(one)
                self._take_comments(one, paragraph)
            else:
                own = then[held.place]
                differences.append(self._held(own, paragraph, held))
                self._take_comments(differences[-1], paragraph)
                previous = self._item(own) or own.item
                differences += missing.pop(own.item, [])
        for rest in missing.values():
            differences += rest
        ground = self._ground
        comments, updates = tuple(self._comments), tuple(self._composer.updates())
        return Plan(ground.kind, ground.base.seq, tuple(differences), comments, updates)

    def _is_new(self, paragraph: ReturnedParagraph, then: Then) -> bool:
        """Whether a paragraph was written with tracking as a whole, and is only like one of the chapter's."""
        read = before(paragraph, self._ground.kind)
        if read is None or read.strip() or paragraph.marks:
            return False
        text, said = paragraph.text.strip(), self._where.said(then).strip()
        if not text or text == said:
            return False
        if then.item[0] < FILES:
            return True
        return not any(unit.brought for unit in self._where.row(then.item))  # it is the same, and was changed since

    def _missing(self) -> dict[Id | None, list[Difference]]:
        """The paragraphs of then that the file lacks, by the one that it has before them."""
        found: dict[Id | None, list[Difference]] = {}
        before: Id | None = None
        for one in self._where.then:
            if one.item in self._homes:
                before = one.item
            elif self._ground.kind == "version":
                found.setdefault(before, []).append(
                    self._removed(one, 0, self._where.said(one), self._left_letters(one))
                )
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
            return self._removed(then, paragraph.line, held.old, self._letters(then, paragraph, held))
        item, label = self._item(then), self._label(then)
        now = "" if item is None else self._where.text(item)
        meanwhile = item is None or now != self._where.said(then) or label != then.label
        renamed = held.label[:MAX_LABEL] if self._is_renamed(then, held.label) else None
        told = Difference(
            "unchanged", then.id, label, paragraph.line, held.runs, now, renamed, meanwhile,
            by=_authors(held), notes=tuple(self._notes(then, item, paragraph, held)),
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

    def _notes(self, then: Then, item: Id | None, paragraph: ReturnedParagraph, held: Held) -> Iterator[str]:
        if held.elsewhere and self._ground.kind == "version":
            yield "it stands elsewhere in the file; it stays where it is"
        kind = then.kind if item is None else self._where.parts[item].kind
        is_heading = paragraph.kind != "paragraph"
        if self._ground.kind == "version" and kind in {"heading", "paragraph"} and is_heading != (kind == "heading"):
            other = "a heading" if is_heading else "no heading"
            yield f"it is {other} in the file; that is not taken over"

    def _change(
        self, then: Then, item: Id | None, paragraph: ReturnedParagraph, held: Held, told: Difference
    ) -> Difference:
        letters = self._letters(then, paragraph, held)
        homes = {letter.home for letter in letters if letter.stands} | ({item} if item is not None else set())
        if not homes:
            return _but(told, "gone", "the paragraph was deleted meanwhile: what the file changes in it is only here")
        if not all(map(self._where.is_plain, homes)):
            return _but(told, "refused", "it is a list or a table: what the file changes in it has to be typed")
        barred = next(filter(None, map(self._ground.barred, homes)), None)
        if barred is not None and held.new in self._ground.aside.get(then.id, ()) and told.new_label is None:
            return _but(told, "locked", f"{barred.reason}; it was set aside before")
        edits = Edits(
            self._where, self._composer, self._text_of, letters,
            barred=barred is not None, loose=self._ground.kind == "tracked",
        )  # fmt: skip
        for hunk in held.hunks:
            edits.make(hunk, item, held.words)
        self.claims |= edits.claims
        conflict = edits.conflict
        if told.new_label is not None:
            conflict |= self._rename(then, item, told.new_label, edits)
        if barred is not None:
            return _but(told, "locked", barred.reason if edits.made else f"{barred.reason}; it was set aside before")
        state: State = "changed" if edits.made else "present"
        return _but(told, state, edits.reason, conflict=conflict and edits.made)

    def _letters(self, then: Then, paragraph: ReturnedParagraph, held: Held) -> list[Letter]:
        """The letters of the text that the file's changes are changes of."""
        letters = self._left_letters(then)
        if before(paragraph, self._ground.kind) is None:
            return letters
        old, new = tokens("".join(letter.text for letter in letters)), tokens(held.old)
        found = [Letter(char, (), then.item, stands=False) for char in held.old]
        olds, news = starts(old), starts(new)
        for at, other, size in same(old, new):
            if not any(token.strip() for token in old[at : at + size]):
                continue  # the same white space between other words
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

    def _rename(self, then: Then, item: Id | None, label: str, edits: Edits) -> bool:
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

    def _removed(self, then: Then, line: int, said: str, letters: list[Letter]) -> Difference:
        """`letters` are those that the file had."""
        item = self._item(then)
        now = "" if item is None else self._where.text(item)
        told = Difference(
            "removed", then.id, self._label(then), line, (("deleted", said),) if said else (), now,
            meanwhile=item is None or now != self._where.said(then),
        )  # fmt: skip
        letters = [letter for letter in letters if letter.stands]
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
        tracked = self._ground.kind == "tracked"
        reason = "what it says besides stays" if tracked else "what others have written in it meanwhile stays"
        return _but(told, "removed" if letters else "present", reason, conflict=bool(letters))

    def _remove(self, letters: list[Letter], homes: set[Id], item: Id | None) -> bool:
        """Delete a paragraph with what it said; returns whether something of others stays in its place."""
        own = {one for letter in letters for one in letter.ids}
        loose = self._ground.kind == "tracked"  # white space is nothing that the chapter says besides
        whole: set[Id] = set()
        left = False
        for home in homes:
            rest = (unit.text for unit in self._where.row(home) if unit.stands and unit.id not in own)
            stays = any(not (loose and text.isspace()) for text in rest)
            if not stays and (home == item or self._where.is_new(home)):
                whole.add(home)
            left |= stays and home == item
        self._composer.delete(sorted(whole), "")
        ids = (one for letter in letters if letter.home not in whole for one in letter.ids)
        self._composer.delete(list(ids), "")
        return left

    # A paragraph that the file alone has

    def _new_since(self) -> list[Id]:
        """The paragraphs that have come since, also those that are gone again. Against the text of now nothing has: but
        with tracking, what files have brought is known by what they brought."""
        where, base = self._where, self._ground.base
        loose = self._ground.kind == "tracked"
        return [
            item
            for item in where.parts
            if (where.is_new(item) and not base.knows(item)) or (loose and item[0] >= FILES and item not in self._homes)
        ]

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


def _authors(held: Held) -> tuple[str, ...]:
    """Those whom the secretariat has named, of what the file changes."""
    inserted = [by for one in held.hunks for _, by in runs_of(held.words, one.new_start, one.new_end)]
    deleted = [one.deleted_by for one in held.words if one.deleted_by and held.hunks]
    return tuple(dict.fromkeys(filter(None, [*inserted, *deleted])))


def _known_comments(document: ChapterDocument) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for value in document.value("comments").values():
        found.setdefault(value["paragraph"], set()).add(" ".join(value["text"].split()))
    return found


def _but(told: Difference, state: State, reason: str, *, conflict: bool = False) -> Difference:
    return replace(told, state=state, reason=reason, conflict=conflict)
