"""What the readers of a Word file's paragraphs share: changes around a text, what spans paragraphs, quoting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from documents.formats.debris import without_controls
from documents.formats.word.model import Revision, RevisionKind
from documents.formats.word.nodes import Node
from documents.formats.word.plain import every_text
from documents.formats.word.styles import Styles

MAX_QUOTE: Final = 2_000
"""Characters of what was left out that its problem quotes."""

MAX_QUOTED: Final = 3
"""Changes within each other of which the text is quoted of each; beyond it that of the outer ones has it."""

MAX_MOVES: Final = 100
"""Moves that are open at once; beyond it the oldest is forgotten."""

TRACKED: Final[dict[str, RevisionKind]] = {
    "w:ins": "inserted",
    "w:del": "deleted",
    "w:moveFrom": "moved-away",
    "w:moveTo": "moved-here",
}
"""The elements that mark text as changed."""

MARKS: Final = frozenset((
    *TRACKED, "w:rPrChange", "w:pPrChange", "w:sectPrChange", "w:tblPrChange", "w:tblGridChange", "w:tblPrExChange",
    "w:trPrChange", "w:tcPrChange", "w:numberingChange", "w:cellIns", "w:cellDel", "w:cellMerge",
    "w:customXmlInsRangeStart", "w:customXmlDelRangeStart", "w:customXmlMoveFromRangeStart",
    "w:customXmlMoveToRangeStart",
))  # fmt: skip
"""All elements that are a tracked change, each one."""

LABEL_STYLE: Final = "ParagraphLabel"
STATUS_STYLE: Final = "ParagraphStatus"
"""The styles by which our own files tell a paragraph's label and status from its text."""
LEFT_TO_RIGHT: Final = "\u200e"
"""The mark around labels and statuses in lines from right to left."""
BOOKMARK: Final = "adref_"
"""How the names of our own files' bookmarks begin."""

_ALTERNATIVES: Final = ("mc:Choice", "mc:Fallback")
_ARRIVES: Final = frozenset(("inserted", "moved-here"))


@dataclass(frozen=True, slots=True)
class Where:
    """Within which changes something stands."""

    inserted: Revision | None = None
    deleted: Revision | None = None

    def within(self, revision: Revision) -> "Where":
        """What is said of what stands within one more change."""
        if revision.kind in _ARRIVES or revision.kind == "row-inserted":
            return replace(self, inserted=revision)
        return replace(self, deleted=revision)


NOWHERE: Final = Where()


@dataclass(slots=True)
class Shared:
    """What outlasts a paragraph: fields that span several, moves that are open, notes that are referred to."""

    styles: Styles
    notes: dict[str, "NoteText"] = field(default_factory=dict)
    """Each footnote and endnote, as ``"footnote 3"``."""
    told_notes: set[str] = field(default_factory=set)
    """Those that were referred to."""
    links: Mapping[str, str] = field(default_factory=dict)
    """The addresses outside of the file, by the id of what refers to them."""
    own: bool = False
    """Whether it is a file of ours, whose white space is text."""
    moves: dict[str, str] = field(default_factory=dict)
    """The open ranges of moves: what each is named, by its element's kind and id."""
    fields: list["Field"] = field(default_factory=list)
    paragraphs: set[int] = field(default_factory=set)
    """The elements of the paragraphs that are being read or were, by their `id`."""
    _met: set[int] = field(default_factory=set)
    """The elements of the tracked changes that are told of."""

    def mark(self, node: Node) -> None:
        """Note where a move's range begins or ends, if this is such a mark."""
        for kind in ("w:moveFrom", "w:moveTo"):
            if node.name == f"{kind}RangeStart":
                self.moves[f"{kind} {node.get('w:id')}"] = node.get("w:name")
                if len(self.moves) > MAX_MOVES:
                    del self.moves[next(iter(self.moves))]
            elif node.name == f"{kind}RangeEnd":
                self.moves.pop(f"{kind} {node.get('w:id')}", None)

    def revision(self, node: Node, kind: RevisionKind) -> Revision:
        """What an element says of a tracked change, which is told of from now on."""
        self._met.add(id(node))
        open_moves = [name for key, name in self.moves.items() if key.startswith(f"{node.name} ")]
        move = open_moves[-1] if open_moves else ""
        return Revision(kind, node.get("w:id"), clean(node.get("w:author")), clean(node.get("w:date")[:40]), move)

    def left_out(self, node: Node) -> list[Revision]:
        """The tracked changes within it that nobody has told of, but for those in paragraphs that are read."""
        found: list[Revision] = []
        waiting = [(node, 0)]
        while waiting:
            one, depth = waiting.pop()
            if one.name in MARKS and id(one) not in self._met:
                text = every_text(one)[:MAX_QUOTE] if depth < MAX_QUOTED else ""
                found.append(replace(self.revision(one, TRACKED.get(one.name, "formatting")), left_out=text))
                depth += 1
            waiting += ((child, depth) for child in reversed(chosen(one)) if id(child) not in self.paragraphs)
        return found


@dataclass(frozen=True, slots=True)
class NoteText:
    """A footnote or endnote."""

    text: str
    revisions: list[Revision]
    """Its tracked changes; those who refer to it tell of them, once."""


@dataclass(slots=True)
class Field:
    """A computed text: its code, then what it showed when the file was saved."""

    code: str = ""
    showing: bool = False
    hidden: list[str] = field(default_factory=list)
    """Text that stood in the code, where nobody sees it."""


def clean(text: str) -> str:
    """A name or a note as one line."""
    return " ".join(without_controls(text)[0].split())


def quoted(text: str) -> str:
    """What was left out, for a problem's message."""
    text = clean(text)
    return repr(text if len(text) <= MAX_QUOTE else f"{text[:MAX_QUOTE]}…")


def chosen(node: Node) -> Sequence[Node]:
    """The children; of alternatives for newer and older programs only the first."""
    if all(child.name != "mc:AlternateContent" for child in node.children):
        return node.children
    found: list[Node] = []
    for child in node.children:
        if child.name == "mc:AlternateContent":
            option = child.find("mc:Choice") or child.find("mc:Fallback")
            odd = [one for one in child.children if one.name not in _ALTERNATIVES]
            found += chosen(Node("", children=[*odd, *(option.children if option else ())]))
        else:
            found.append(child)
    return found
