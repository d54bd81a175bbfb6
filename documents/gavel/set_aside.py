"""What somebody wrote where a ruling forbade it: undone in the text, and kept for its author."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from documents.model import AuthorId, ChapterId

Change = Literal["kept", "inserted", "deleted"]
"""What the author would have done with a piece of the ruled text."""
State = Literal["kept", "proposed", "discarded"]
"""Not answered yet; made a comment of; thrown away by its author (still on disk)."""

Runs = tuple[tuple[Change, str], ...]

MAX_CHARACTERS: Final = 100_000
"""Characters of what was inserted that are kept; and so many of the ruled text around it. The rest is cut off."""

_CHANGES: Final[tuple[str, ...]] = get_args(Change)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A paragraph as its author would have had it, against the text that stands.

    The runs are brought into their shortest form and cut to `MAX_CHARACTERS`, whatever is given.
    """

    chapter: ChapterId
    number: int
    """Counts from 1 within a chapter."""
    author: AuthorId
    paragraph: str
    """The paragraph's id. It may be gone, or never have been there for others."""
    label: str
    at: int
    """When it began, in milliseconds since 1970 (UTC)."""
    updated: int
    """When it grew last."""
    reason: str
    """Why it could not stay: one sentence for people."""
    lock: int
    """The number of the ruling; 0 for none."""
    runs: Runs
    state: State = "kept"

    def __post_init__(self) -> None:
        object.__setattr__(self, "runs", tidy(self.runs))

    @property
    def words(self) -> str:
        """What the author wrote."""
        return "".join(text for change, text in self.runs if change == "inserted")

    @property
    def text(self) -> str:
        """The paragraph as the author would have had it."""
        return "".join(text for change, text in self.runs if change != "deleted")


def tidy(runs: Iterable[tuple[Change, str]]) -> Runs:
    """The same without empty runs, neighbours of one kind joined, and no more than `MAX_CHARACTERS` of either sort."""
    joined: list[tuple[Change, list[str]]] = []
    for change, text in _cut(runs):
        if joined and joined[-1][0] == change:
            joined[-1][1].append(text)
        else:
            joined.append((change, [text]))
    return tuple((change, "".join(texts)) for change, texts in joined)


def _cut(runs: Iterable[tuple[Change, str]]) -> Iterator[tuple[Change, str]]:
    """A long paragraph must not crowd out the few words that somebody put at its end: they are counted apart."""
    left = {True: MAX_CHARACTERS, False: MAX_CHARACTERS}
    for change, text in runs:
        own = change == "inserted"
        taken = text[: left[own]]
        left[own] -= len(taken)
        if taken:
            yield change, taken


def encode_runs(runs: Sequence[tuple[Change, str]]) -> str:
    """As compact JSON, `[["kept", "The parties "], ["inserted", "may"], …]`."""
    return json.dumps(runs, separators=(",", ":"), ensure_ascii=False)


def decode_runs(encoded: str) -> Runs:
    """Raises `ValueError` for anything that `encode_runs` does not make."""
    match json.loads(encoded):
        case [*pairs]:
            return tuple(_run(pair) for pair in pairs)
        case _:
            raise ValueError("it is not a list")


def _run(pair: object) -> tuple[Change, str]:
    match pair:
        case ["kept" | "inserted" | "deleted" as change, str(text)]:
            return change, text
        case _:
            raise ValueError(f"a run has no change ({', '.join(_CHANGES)}) or no text")
