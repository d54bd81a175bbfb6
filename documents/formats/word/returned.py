"""A Word file that comes back: its paragraphs with all changes accepted, and whose these are."""

from collections.abc import Callable, Iterator

from documents.formats import labels
from documents.formats.word.body import joined
from documents.formats.word.draft import Notes
from documents.formats.word.merged import Merged, merge
from documents.formats.word.model import Piece, WordParagraph, WordText
from documents.incoming.draft import Note, Problem, Words
from documents.incoming.returned import Returned, ReturnedParagraph, without

Who = Callable[[str], str]
"""Says for which delegation an author's name stands, if the secretariat has said so; empty for all others."""


def returned(word: WordText, who: Who, is_known: Callable[[str], bool]) -> Returned:
    """What the file says. `is_known` tells of an author's name whether their changes are in the chapter already."""
    new = {name for name in word.authors if not is_known(name)}
    found = _Reading(word, who, new)
    paragraphs = tuple(found.paragraphs())
    problems = [Problem(0, "", one.code, one.message) for one in word.problems]
    revisions = (one for paragraph in word.paragraphs for one in paragraph.revisions)
    tracked = any(one.author in new and one.kind != "formatting" for one in revisions)
    return Returned(paragraphs, word.chapter, word.seq, (*problems, *found.problems), tracked, word.own)


class _Reading:
    def __init__(self, word: WordText, who: Who, new: set[str]) -> None:
        self._word = word
        self._who = who
        self._new = new
        self._notes = Notes(word.comments)
        self.problems: list[Problem] = []

    def paragraphs(self) -> Iterator[ReturnedParagraph]:
        for merged in merge(self._word.paragraphs):
            parts = sorted(merged.parts, key=lambda one: not one.text)  # what is left of one goes before what is gone
            marks = tuple(one.bookmark for one in parts if one.bookmark and not one.is_gone)
            if self._word.own and merged.main.kind == "title" and not marks:
                continue  # our own files put the chapter's title above the text
            yield self._paragraph(merged, parts, marks)

    def _paragraph(self, merged: Merged, parts: list[WordParagraph], marks: tuple[str, ...]) -> ReturnedParagraph:
        first = parts[0] if parts[0].text else merged.main
        label = next((one.label for one in parts if one.label), "")
        pieces = joined([piece for one in merged.parts for piece in one.pieces])
        words, before = tuple(self._words(pieces)), "".join(self._before(pieces))
        if not marks and not label:
            words, label, cut = _labelled(words, first)
            before = before.removeprefix(cut)
        for line, one in merged.lines:
            self.problems += (Problem(line, label, problem.code, problem.message) for problem in one.problems)
        return ReturnedParagraph(
            merged.line,
            first.kind,
            label,
            words,
            marks,
            before,
            tuple(self._comments(merged)),
            first.level + (not self._word.own) if first.level else 0,
        )

    def _words(self, pieces: list[Piece]) -> Iterator[Words]:
        for piece in pieces:
            by = self._who(piece.inserted.author) if piece.inserted else ""
            if piece.deleted is None:
                yield Words(piece.text, by)
            elif deleter := self._who(piece.deleted.author):
                yield Words(piece.text, by, deleter)

    def _before(self, pieces: list[Piece]) -> Iterator[str]:
        """The text without those changes that the chapter does not have yet."""
        for piece in pieces:
            came = piece.inserted is None or piece.inserted.author not in self._new
            went = piece.deleted is not None and piece.deleted.author not in self._new
            if came and not went:
                yield piece.text

    def _comments(self, merged: Merged) -> Iterator[Note]:
        for one in self._notes.of(merged.parts):
            yield Note("comment", self._who(one.author) or one.author, one.text, one.date)


def _labelled(words: tuple[Words, ...], paragraph: WordParagraph) -> tuple[tuple[Words, ...], str, str]:
    """The label that stands in the text of a new paragraph, apart from it; and as it stood there."""
    text = "".join(one.text for one in words if one.deleted_by is None)
    found = labels.heading(text) if paragraph.kind == "heading" else labels.paragraph(text)
    if found is None:
        return words, "", ""
    size = len(text.rstrip()) - len(found.rest)
    return without(words, size), found.label, text[:size]
