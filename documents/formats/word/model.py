"""What a Word file says, as plain data: paragraphs of pieces, who changed what, comments, and what was simplified."""

from dataclasses import dataclass, field
from typing import Final, Literal

RevisionKind = Literal[
    "inserted", "deleted", "moved-here", "moved-away", "break-inserted", "break-deleted", "row-inserted",
    "row-deleted", "formatting",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Revision:
    """One tracked change, as the file has it."""

    kind: RevisionKind
    id: str
    author: str
    """As the file spells it; empty when it does not say."""
    date: str
    """As the file has it (ISO 8601, often local time that says it is UTC); empty when it does not say."""
    move: str = ""
    """The name that both ends of a move share; empty for what is none."""
    left_out: str | None = None
    """The text within it, if not too long, when it stands where nothing is read; None for all others."""


Formats = frozenset[str]
PLAIN: Final[Formats] = frozenset()


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring characters of which the same is to be said."""

    text: str
    inserted: Revision | None = None
    """The insertion, or the arrival of a move, that brought it; None for what was there before."""
    deleted: Revision | None = None
    """The deletion, or the departure of a move, that took it; None for what is still there."""
    formats: Formats = PLAIN
    """Those that chapters know: ``strong``, ``em``, ``underline``, ``strike``."""
    author: str | None = None
    """Of what arrives by a move: who inserted the same words at its other end; empty for nobody, None when unknown."""


@dataclass(frozen=True, slots=True)
class WordProblem:
    """Something that was simplified or refused, or that a person should look at."""

    code: str
    """A fixed word for programs; docs/import.md lists them."""
    message: str
    """One sentence for a person. What was left out is quoted in it."""


@dataclass(frozen=True, slots=True)
class WordComment:
    """A comment, in the order of the file."""

    id: str
    author: str
    date: str
    """As ISO 8601 in UTC; empty when the file does not say."""
    text: str
    reply_to: str = ""
    """The id of the comment that it answers; empty when it answers none."""
    resolved: bool = False


@dataclass(slots=True)
class WordParagraph:
    """A paragraph, a heading, or a row of a table."""

    kind: Literal["title", "heading", "paragraph"]
    level: int
    """Of a heading: 1 is above 2; 0 for what is none."""
    label: str
    """From the numbering, or from our own files; empty when there is none, also when it stands in the text itself."""
    status: str = ""
    """The status that one of our own files notes, as it says it: ``"[Agreed ad ref]"``."""
    pieces: list[Piece] = field(default_factory=list)
    break_inserted: Revision | None = None
    """Of the paragraph's end."""
    break_deleted: Revision | None = None
    """Of the paragraph's end: this paragraph goes on in the next one then."""
    comments: list[str] = field(default_factory=list)
    """The ids of those that begin in it."""
    bookmark: str = ""
    """The first bookmark of ours that begins in it: its name, with a paragraph's id."""
    is_gone: bool = False
    """Whether that bookmark spans nothing: so our own files mark a paragraph that is gone, wherever its words are."""
    problems: list[WordProblem] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    """Every tracked change that was met in it, in order."""

    @property
    def text(self) -> str:
        """As it reads with every change accepted."""
        return "".join(piece.text for piece in self.pieces if piece.deleted is None)

    @property
    def before(self) -> str:
        """As it reads with every change rejected."""
        return "".join(piece.text for piece in self.pieces if piece.inserted is None)


@dataclass(frozen=True, slots=True)
class WordText:
    """A whole file, in reading order."""

    paragraphs: tuple[WordParagraph, ...]
    comments: tuple[WordComment, ...]
    problems: tuple[WordProblem, ...]
    """Those of no paragraph: headers and footers, and notes that nothing refers to."""
    own: bool = False
    """Whether it is a file of ours, which tells labels and statuses by styles."""
    form: str = ""
    """Of a file of ours: the form of the paper, such as ``redline``; empty when it does not say."""
    chapter: str = ""
    """Of a file of ours: the id of the chapter that it was made of; empty when it does not say."""
    seq: int = 0
    """The number of the last entry of that chapter's journal which its text held; 0 when it does not say."""
    elsewhere: tuple[Revision, ...] = ()
    """The tracked changes that stand in no paragraph: in headers, comments, styles."""

    @property
    def authors(self) -> tuple[str, ...]:
        """Who changed or commented anything, each once, in order of appearance."""
        revisions = [revision.author for one in self.paragraphs for revision in one.revisions]
        revisions += [revision.author for revision in self.elsewhere]
        return tuple(dict.fromkeys([*revisions, *(comment.author for comment in self.comments)]))
