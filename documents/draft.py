"""A text as it comes into the house, before it is a live chapter: blocks, their notes, and what the reader noticed."""

from dataclasses import dataclass
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Block:
    """One title line, section heading or paragraph."""

    kind: BlockKind
    label: str
    """Literal, as written: ``"12"``, ``"12 bis"``, ``"12.Alt.1"``; ``"1)"`` for a heading; empty if there is none."""
    text: str
    notes: tuple[Note, ...]
    line: int
    """Where it began in what was read, counted from 1."""


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
