"""A file that comes back: what was once a chapter's text, edited elsewhere, before it is held against the chapter."""

from collections.abc import Iterable
from dataclasses import dataclass

from documents.incoming.draft import BlockKind, Draft, Note, Problem, Words


@dataclass(frozen=True, slots=True)
class ReturnedParagraph:
    """A paragraph of the file, as it reads with all changes accepted."""

    line: int
    """Where it stands in the file, counted from 1."""
    kind: BlockKind
    label: str
    words: tuple[Words, ...]
    """What stands, by delegation if the secretariat has said whose it is; and what such a delegation has deleted."""
    marks: tuple[str, ...] = ()
    """The bookmarks that begin in it: of several paragraphs, if these were joined."""
    before: str | None = None
    """How it read before the changes that are tracked; None where nothing was."""
    comments: tuple[Note, ...] = ()
    level: int = 0
    """Of a heading: 1 is above 2; 0 for what is none, or the usual."""

    @property
    def text(self) -> str:
        """What stands."""
        return "".join(one.text for one in self.words if one.deleted_by is None)


@dataclass(frozen=True, slots=True)
class Returned:
    """The whole file, in reading order."""

    paragraphs: tuple[ReturnedParagraph, ...]
    chapter: str = ""
    """The chapter that it was made of; empty when it does not say."""
    seq: int = 0
    """The last entry of that chapter's journal that its text held; 0 when it does not say."""
    problems: tuple[Problem, ...] = ()
    """What was simplified or left out in reading it."""
    tracked: bool = False
    """Whether any change in it is tracked that is not in the chapter already."""
    exact: bool = False
    """Whether it tells tabs and line breaks from spaces."""


def from_draft(draft: Draft) -> Returned:
    """A text that knows nothing of paragraphs' ids."""
    return Returned(tuple(_paragraphs(draft)), problems=draft.problems)


def _paragraphs(draft: Draft) -> Iterable[ReturnedParagraph]:
    for block in draft.blocks:
        comments = tuple(note for note in block.notes if note.kind == "comment")
        words = (Words(block.text),) if block.text else ()
        yield ReturnedParagraph(block.line, block.kind, block.label, words, comments=comments, level=block.level)


def without(words: tuple[Words, ...], letters: int) -> tuple[Words, ...]:
    """Without so many of the first letters that stand."""
    kept: list[Words] = []
    for one in words:
        cut = 0 if one.deleted_by is not None else min(letters, len(one.text))
        letters -= cut
        kept.append(Words(one.text[cut:], one.by, one.deleted_by))
    return tuple(one for one in kept if one.text)
