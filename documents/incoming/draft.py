"""A text as it comes into the house, before it is a live chapter: blocks, their notes, and what the reader noticed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from documents.gavel.rulings import Status

BlockKind = Literal["title", "heading", "paragraph"]
NoteKind = Literal["comment", "source"]


@dataclass(frozen=True, slots=True)
class Note:
    """What stands beside a block: a delegation's comment on it, or where the block came from."""

    kind: NoteKind
    name: str
    """The delegation that comments, or the contributor; empty when the text names nobody."""
    text: str
    """What the comment says; always empty for a source."""
    at: str = ""
    """When, as the file says it; empty when it does not."""
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A stretch of a block's text that somebody inserted or deleted, or nobody did."""

    text: str
    by: str = ""
    """The delegation that inserted it; empty when it is nobody's."""
    deleted_by: str | None = None
    """The delegation that deleted it; empty when nobody knows which did; None when it stands."""
    moved: bool = False
    """Whether `by` brought it from elsewhere in the text, where the same words are deleted by the same."""
    author: str | None = None
    """Of what was moved: who inserted the same words where they were deleted; empty for nobody, None when unknown."""
    moved_away: bool = False
    """Whether `deleted_by` took it elsewhere in the text."""


@dataclass(frozen=True, slots=True)
class Block:
    """One title line, section heading or paragraph."""

    kind: BlockKind
    label: str
    """Literal, as written: ``"12"``, ``"12 bis"``, ``"12.Alt.1"``; ``"1)"`` for a heading; empty if there is none."""
    text: str
    notes: tuple[Note, ...]
    line: int
    """Where it began in what was read, counted from 1: a line, or a paragraph of a Word file."""
    words: tuple[Words, ...] = ()
    """Who inserted and deleted what. Those that stand make up `text`; none at all when all of it is nobody's."""
    deleted_by: str | None = None
    """The delegation that deleted the block as a whole, as in `Words`."""
    level: int = 0
    """Of a heading: 1 is above 2; 0 for the usual one of its kind."""
    status: Status | None = None
    """What it is set to; None for nothing."""
    void: bool = False
    """Whether it was changed after it was agreed, as `status` says."""
    spans: tuple[tuple[str, frozenset[str]], ...] = ()
    """`text` in parts of one format each (``strong``, ``em``, ``underline``, ``strike``); empty when it has none."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """A change that the text came with, and what became of it."""

    line: int
    """Of the block in which it was found."""
    label: str
    kind: str
    """``inserted``, ``deleted``, ``moved-here``, ``moved-away``, ``break-inserted``, ``break-deleted``, …"""
    id: str
    """As the file numbers it."""
    author: str
    """As the file spells it."""
    delegation: str
    """Whom `author` stands for; empty when that has to be asked."""
    date: str
    text: str
    """The words that were inserted or deleted; empty for what is no text."""
    outcome: str
    """One sentence: how it stands in the chapter."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should look at: the reader dropped or simplified it, or it looks like a slip."""

    line: int
    label: str
    code: str
    """A fixed word for programs, such as ``"empty-paragraph"``; each reader lists its own."""
    message: str
    """One sentence for a person. Text that was dropped is quoted in it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole text, in reading order."""

    title: str
    """The chapter's own heading, or failing that the first title line; it stands among the blocks too."""
    blocks: tuple[Block, ...]
    problems: tuple[Problem, ...]
    tracked: tuple[Tracked, ...] = ()
    """Every change that the text came with, in order."""
    authors: Mapping[str, str] = field(default_factory=dict)
    """Who changed or commented anything, as the file spells them, and for whom they stand; empty when unknown."""
    unit: Literal["line", "paragraph"] = "line"
    """What is counted in what was read."""
