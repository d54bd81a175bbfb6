"""A Word file's text as a draft: changes as delegations' words, comments as notes, and a report of everything else."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from documents.formats import labels, slips
from documents.formats.notes import contribution
from documents.formats.word.body import joined
from documents.formats.word.merged import Merged, merge
from documents.formats.word.model import PLAIN, Formats, Piece, Revision, WordComment, WordParagraph, WordText
from documents.formats.word.moves import with_authors
from documents.formats.word.shared import quoted
from documents.gavel.rulings import AGREED, STATUS, Status
from documents.incoming.draft import Block, BlockKind, Draft, Note, Problem, Tracked, Words

OWN_NAME: Final = "Adref"
"""As whom our own files sign what is nobody's."""
MAX_LABEL: Final = 100
_STATUSES: Final[Mapping[str, Status]] = {**{one: one for one in STATUS}, "agreed ad ref": "agreed ad referendum"}
_CHANGED: Final = "; changed since"
"""What our own files say behind a status that is void."""
_MAX_TITLES: Final = 5
_MAX_TITLE_LENGTH: Final = 200
_NO_NAMES: Final = re.compile(r"""[?!;"“”„‘«»؟。]|\.(?:\s|$)|(?:^|\s)'""")
"""What a sentence has, and a list of names has not."""

Who = Callable[[str], str]
"""Says for which delegation an author's name stands; empty for a name that nobody may guess."""


def to_draft(word: WordText, who: Who) -> Draft:
    """The draft: every word that stands or was deleted is in a block, or quoted in a problem."""
    traced = replace(word, paragraphs=with_authors(word.paragraphs))
    return _Writer(traced, {name: who(name) if name else "" for name in word.authors}).draft()


@dataclass(slots=True)
class _Writer:
    word: WordText
    authors: Mapping[str, str]
    blocks: list[Block] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    tracked: list[Tracked] = field(default_factory=list)
    title: str = ""
    """That our own files put above a text which has none."""
    compared: bool = False
    """Whether it is a redline of ours: what bears no change there is nobody's."""

    def draft(self) -> Draft:
        styled = any(one.kind != "paragraph" for one in self.word.paragraphs)
        notes = Notes(self.word.comments)
        self.compared = self.word.own and self.word.form == "redline"
        for merged in merge(self.word.paragraphs):
            self._take(merged, notes, styled)
        problems = [Problem(0, "", one.code, one.message) for one in self.word.problems]
        slipped = slips.of_blocks(self.blocks) if self.blocks else [Problem(0, "", "no-text", "there is no text")]
        asked = [name for name, delegation in self.authors.items() if not delegation and name != OWN_NAME]
        problems += (Problem(0, "", "author-unknown", _unknown(name)) for name in asked)
        problems += (_lost(one) for one in self.word.comments if one not in notes.placed)
        numbered = [one for one in self.blocks if one.label[:1].isdigit() and one.deleted_by is None]
        found = sorted(
            [*problems, *self.problems, *slipped, *slips.of_labels(numbered)], key=lambda problem: problem.line
        )
        self.tracked += (self._told(one, 0, "", one.left_out or "") for one in self.word.elsewhere)
        return Draft(
            self._title(), tuple(self.blocks), tuple(found), tuple(self.tracked), dict(self.authors), "paragraph"
        )

    def _take(self, merged: Merged, notes: "Notes", styled: bool) -> None:
        kind, label, pieces = self._named(merged, styled)
        stands = [one for line, one in merged.lines if (line, one) not in merged.left]
        found = tuple(note for one in notes.of(stands) for note in self._note(one, merged.line, label))
        sources = dict.fromkeys(one.name for one in found if one.kind == "source" and one.name)
        source = ", ".join(sources)
        changed = any(one.inserted or one.deleted for one in pieces)
        status, void = self._status(merged, label)
        block = Block(
            kind,
            label,
            _standing(pieces),
            found,
            merged.line,
            words=tuple(self._words(one, source) for one in _undressed(pieces)) if changed or self.compared else (),
            deleted_by=None if merged.gone is None else self.authors[merged.gone.author],
            level=self._level(merged.main) if kind == "heading" else 0,
            status=status,
            void=void,
            spans=_spans(pieces),
        )
        named = any(part.bookmark for part in merged.parts)
        if self.word.own and kind == "title" and not named:
            self.title = block.text
            self.problems += (self._left_out(note, block) for note in found)
        elif block.text or block.label or block.notes or block.words or named:
            self.blocks.append(block)
        self.blocks += self._left(merged, notes)
        self._report(merged, label)

    def _left_out(self, note: Note, block: Block) -> Problem:
        said = note.text or f"Contribution by {note.name}"
        message = f"a comment by {note.name or 'nobody named'} on the title was left out: {quoted(said)}"
        return Problem(block.line, block.label, "comment-without-anchor", message)

    def _left(self, merged: Merged, notes: "Notes") -> Iterator[Block]:
        """Paragraphs that are gone while their words stand elsewhere: of each, the notes."""
        for line, one in merged.left:
            found = tuple(note for comment in notes.of([one]) for note in self._note(comment, line, ""))
            if found:
                end = one.break_deleted
                yield Block("paragraph", "", "", found, line, deleted_by=self.authors[end.author] if end else "")

    def _named(self, merged: Merged, styled: bool) -> tuple[BlockKind, str, list[Piece]]:
        """Its kind, its label, and its pieces without a label that stood in the text."""
        kind: BlockKind = merged.main.kind
        pieces = joined([piece for part in merged.parts for piece in part.pieces])
        label = merged.main.label
        if self.word.own:  # where the label stands in the text, and so may be that of any part
            return kind, label or next((part.label for part in merged.parts if part.label), ""), pieces
        pieces = _stripped(pieces)
        text = _standing(pieces)
        section = labels.heading(text) if kind == "heading" or not styled else None
        found = section or labels.paragraph(text)
        if not label and found is not None and text:
            label, pieces = found.label, _stripped(_without(pieces, len(text) - len(found.rest)))
        if section is not None and not styled:
            kind = "heading"
        elif not styled and not label and self._is_title(text):
            kind = "title"
        return kind, label[:MAX_LABEL], pieces

    def _is_title(self, text: str) -> bool:
        above = len(self.blocks) < _MAX_TITLES and all(one.kind == "title" for one in self.blocks)
        return bool(text) and above and len(text) <= _MAX_TITLE_LENGTH

    def _level(self, paragraph: WordParagraph) -> int:
        """Of a heading in the chapter, where the first is the title's; our own files tell it as it is."""
        return paragraph.level + (not self.word.own) if paragraph.level else 0

    def _status(self, merged: Merged, label: str) -> tuple[Status | None, bool]:
        """The status that one of our own files tells, and whether it is void."""
        told = "".join(part.status for part in merged.parts)
        said = told.strip(" []").casefold()
        found, void = _STATUSES.get(said.removesuffix(_CHANGED)), said.endswith(_CHANGED)
        if said and (found is None or (void and found not in AGREED)):
            message = f"a status was left out: {quoted(told)}"
            self.problems.append(Problem(merged.line, label, "status", message))
            return None, False
        return found, void

    def _inserter(self, came: Revision | None, source: str) -> str:
        """Whose words these are: of our own files also a source's, which need not be a delegation."""
        if came is None:
            return "" if self.compared else source
        return self.authors[came.author] or (source if self.word.own and came.author == source else "")

    def _words(self, piece: Piece, source: str) -> Words:
        came, went = piece.inserted, piece.deleted
        by = self._inserter(came, source)
        author = None if piece.author is None else self.authors.get(piece.author, "")
        moved = came is not None and came.kind == "moved-here"
        if moved and not by:  # nobody moved it, so it is whose it was
            by, moved = author or "", False
        return Words(
            piece.text,
            by=by,
            deleted_by=self.authors[went.author] if went else None,
            moved=moved,
            author=author if moved else None,
            moved_away=went is not None and went.kind == "moved-away",
        )

    def _note(self, comment: WordComment, line: int, label: str) -> list[Note]:
        told, said = self._contributed(comment)
        if told and not self.word.own:
            by = comment.author or "nobody named"
            message = f"a comment by {by} says where this came from: {quoted(comment.text)}"
            self.problems.append(Problem(line, label, "source", message))
        if told and not said:
            return told
        if comment.reply_to:
            message = f"the reply by {comment.author or 'nobody named'} became a comment of its own"
            self.problems.append(Problem(line, label, "reply", message))
        name = self.authors[comment.author] or comment.author
        return [*told, Note("comment", name, said, comment.date, comment.resolved)]

    def _contributed(self, comment: WordComment) -> tuple[list[Note], str]:
        """What a comment says of where the text came from, and what else it says, which is its author's."""
        told = contribution(comment.text)
        if self.word.own:  # our own files date what people said
            return (told, "") if told and not comment.date else ([], comment.text)
        if not told or not told[0].name or _NO_NAMES.search(told[0].name):
            return [], comment.text
        if comment.author or comment.date:
            return told[:1], "".join(one.text for one in told[1:])
        return told, ""

    def _report(self, merged: Merged, label: str) -> None:
        if len(merged.parts) > 1:
            message = "paragraphs were joined, since the end of one was deleted; who did it stands in this report alone"
            self.problems.append(Problem(merged.line, label, "paragraphs-joined", message))
        for line, part in merged.lines:
            self.problems += (Problem(line, label, one.code, one.message) for one in part.problems)
            self.tracked += self._track(part, line, label)

    def _track(self, part: WordParagraph, line: int, label: str) -> Iterator[Tracked]:
        texts: dict[Revision, list[str]] = {}
        for piece in part.pieces:
            for revision in filter(None, (piece.inserted, piece.deleted)):
                texts.setdefault(revision, []).append(piece.text)
        for one in part.revisions:
            text = "".join(texts.get(one, ())) if one.left_out is None else one.left_out
            yield self._told(one, line, label, text)

    def _told(self, one: Revision, line: int, label: str, text: str) -> Tracked:
        delegation = self.authors[one.author]
        outcome = _outcome(one, delegation)
        return Tracked(line, label, one.kind, one.id, one.author, delegation, one.date, text, outcome)

    def _title(self) -> str:
        titles = (one.text for kind in ("title", "heading") for one in self.blocks if one.kind == kind and one.text)
        return self.title or next(titles, "")


class Notes:
    """The comments of each paragraph: each once, where it begins, with its replies behind it."""

    def __init__(self, comments: Iterable[WordComment]) -> None:
        self._comments: dict[str, WordComment] = {}
        self._replies: dict[str, list[WordComment]] = {}
        for one in comments:
            if self._comments.setdefault(one.id, one) is one and one.reply_to:
                self._replies.setdefault(one.reply_to, []).append(one)
        self.placed: set[WordComment] = set()

    def of(self, paragraphs: list[WordParagraph]) -> Iterator[WordComment]:
        """Those that begin in these paragraphs, and their replies."""
        for name in (name for one in paragraphs for name in one.comments):
            waiting = [self._comments[name]] if name in self._comments else []
            while waiting:
                one = waiting.pop()
                parent = self._comments.get(one.reply_to)
                if one in self.placed or (parent is not None and parent not in self.placed):
                    continue  # a reply waits for what it answers
                self.placed.add(one)
                yield one
                waiting += reversed(self._replies.get(one.id, []))


def _standing(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces if piece.deleted is None)


def _stripped(pieces: list[Piece]) -> list[Piece]:
    """Without outer white space, of what stands and of what is deleted there."""
    kept = [piece for piece in pieces if piece.text]
    for end, strip in ((0, str.lstrip), (-1, str.rstrip)):
        for at in range(len(kept))[:: 1 if end == 0 else -1]:
            kept[at] = replace(kept[at], text=strip(kept[at].text))
            if kept[at].text:
                break
        kept = [piece for piece in kept if piece.text]
    return kept


def _undressed(pieces: Iterable[Piece]) -> list[Piece]:
    return joined([replace(piece, formats=PLAIN) for piece in pieces])


def _spans(pieces: Iterable[Piece]) -> tuple[tuple[str, Formats], ...]:
    """How the text that stands looks; empty when it has no format."""
    standing = [(piece.text, piece.formats) for piece in pieces if piece.deleted is None]
    return tuple(standing) if any(formats for _, formats in standing) else ()


def _without(pieces: list[Piece], letters: int) -> list[Piece]:
    """Without so many of the first letters that stand."""
    kept: list[Piece] = []
    for piece in pieces:
        cut = 0 if piece.deleted else min(letters, len(piece.text))
        letters -= cut
        kept.append(replace(piece, text=piece.text[cut:]))
    return kept


def _lost(comment: WordComment) -> Problem:
    message = f"a comment by {comment.author or 'nobody named'} is anchored nowhere: {quoted(comment.text)}"
    return Problem(0, "", "comment-without-anchor", message)


def _unknown(name: str) -> str:
    return f"who is {name!r}? No delegation and no participant has this name, so its words are nobody's"


def _outcome(revision: Revision, delegation: str) -> str:
    whose = f"{delegation}'s" if delegation else "nobody's"
    by = delegation or "nobody known"
    if revision.left_out is not None and revision.kind != "formatting":
        return "left out, with what it stands in"
    return {
        "inserted": f"the text is {whose}",
        "moved-here": f"the text stands here, moved by {by}",
        "deleted": f"the text is deleted by {by}",
        "moved-away": f"the text is gone from here, moved by {by}",
        "break-inserted": "the paragraph is made; who made it stands in this report alone",
        "break-deleted": "the paragraph's end is gone",
        "row-inserted": "the row is made",
        "row-deleted": "the row is gone",
        "formatting": "accepted; the form is not kept",
    }[revision.kind]
