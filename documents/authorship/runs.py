"""The text of a chapter as runs: who wrote every character, and who deleted those that are gone."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from documents.model import SERVER, AuthorId

Tag = str
"""Whom a word is by: an author's id; ``id~2``, ``id~3`` … once the author writes in another capacity."""


@dataclass(frozen=True, slots=True)
class Byline:
    """As whom somebody writes: what the sign-in says of them, as it stands in the root `authors` under their tag.

    Fields are empty where nothing is to be said: an imported contribution has no participant.
    """

    participant: str
    name: str
    delegation: str
    """The delegation's id."""
    delegation_name: str
    group: str
    """The stakeholder group's name, such as ``government``."""
    number: int = 0
    """The delegation's own number in the meeting, for its colour and pattern; 0 when it has none."""
    color: str = ""

    @property
    def capacity(self) -> tuple[str, str]:
        """For which delegation, in which group: words written in another one are another tag's."""
        return self.delegation, self.group

    def to_map(self) -> dict[str, Any]:
        """As it stands in the document."""
        return asdict(self)

    @classmethod
    def from_map(cls, value: Mapping[str, Any]) -> "Byline":
        """From what stands in the document, or from what presence says of a participant; unknown fields are dropped."""
        known = {field.name: value[field.name] for field in fields(cls) if field.name in value}
        known["number"] = int(known.get("number", 0))
        empty: dict[str, Any] = dict.fromkeys(("participant", "name", "delegation", "delegation_name", "group"), "")
        return cls(**(empty | known))


NOBODY: Final = Byline("", "", "", "", "")
"""Of the text that nobody in the room wrote: the draft as it was imported, which the record has under `SERVER`."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """By whom and when something was deleted."""

    by: Tag
    at: int
    """Minutes since 1970 (UTC)."""


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring characters of which the same is to be said."""

    text: str
    by: Tag
    """Who wrote it first, wherever it has been moved to since."""
    at: int
    """When it was first written, in minutes since 1970 (UTC)."""
    deleted: Deletion | None = None
    moved_by: Tag | None = None
    """Who put it where it stands, if it was moved."""


@dataclass(frozen=True, slots=True)
class ParagraphRuns:
    """One child of the text: a paragraph, a heading, or what another editor made."""

    id: str
    label: str
    kind: str
    runs: tuple[Run, ...]
    deleted: Deletion | None = None
    """Of a paragraph that is gone as a whole."""


def join(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Neighbours that say the same as one run each."""
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last is not None and _marks(last) == _marks(run):
            joined[-1] = Run(last.text + run.text, run.by, run.at, run.deleted, run.moved_by)
        else:
            joined.append(run)
    return tuple(joined)


def _marks(run: Run) -> tuple[object, ...]:
    return run.by, run.at, run.deleted, run.moved_by


def person(tag: Tag) -> AuthorId:
    """The author's id behind a tag."""
    return tag.partition("~")[0]


def is_server(tag: Tag) -> bool:
    """Whether nobody in the room wrote it."""
    return tag == SERVER
