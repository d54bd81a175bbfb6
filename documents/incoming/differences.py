"""What a file that comes back would change, or has changed: the report, paragraph by paragraph."""

from dataclasses import dataclass
from typing import Literal

from documents.gavel.set_aside import Change

State = Literal["unchanged", "changed", "new", "removed", "present", "locked", "gone", "refused", "absent"]
"""What becomes of a paragraph. `present`: the chapter says so already; `locked`: it is set aside; `gone`: the paragraph
was deleted meanwhile; `refused`: it can't be merged; `absent`: it is not in the file, and stays since nobody can tell
whether it was there."""
Kind = Literal["version", "tracked", "chapter"]
"""Against what a file is held: the text that it was made of; itself without its tracked changes; the text of now."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A paragraph of the file, or one that it lacks."""

    state: State
    paragraph: str
    """Its id; of a new one, the id that it gets."""
    label: str
    line: int
    """Where it stands in the file, counted from 1; 0 for one that is not in it."""
    runs: tuple[tuple[Change, str], ...] = ()
    """What the file does to the text that it was made of."""
    now: str = ""
    """What the chapter says there, before the file is merged."""
    new_label: str | None = None
    """The label that it gets; None when that stays."""
    meanwhile: bool = False
    """Whether others have changed it since."""
    conflict: bool = False
    """Whether they have changed the same words: both now stand side by side."""
    reason: str = ""
    """Why not all of it is merged: one sentence for people."""
    by: tuple[str, ...] = ()
    """The delegations whose changes are among these, by what the secretariat says."""
    notes: tuple[str, ...] = ()
    """What the file has changed besides, and is not taken over."""
    set_aside: int = 0
    """The number under which it was set aside; 0 when nothing was."""

    @property
    def was(self) -> str:
        """The text that the file was made of."""
        return "".join(text for change, text in self.runs if change != "inserted")

    @property
    def wanted(self) -> str:
        """The text in the file."""
        return "".join(text for change, text in self.runs if change != "deleted")


@dataclass(frozen=True, slots=True)
class NewComment:
    """A comment that the chapter does not have."""

    paragraph: str
    label: str
    name: str
    """By whom, as the file says."""
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done so that the file's changes are in the chapter."""

    kind: Kind
    seq: int
    differences: tuple[Difference, ...]
    """All paragraphs, in reading order, unchanged ones too."""
    comments: tuple[NewComment, ...]
    updates: tuple[tuple[str, bytes], ...]
    """To be taken in this order, each of a delegation, or of whoever brings the file (an empty name)."""
