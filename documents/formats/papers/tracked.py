"""A redline as word processors tell it: paragraphs whose runs *and whose paragraph marks* were inserted or deleted.

There a paragraph mark ends each paragraph, and without it the paragraph runs on into the next. So where one was split
or joined, it is the mark between the two that came or went; the mark of a paragraph that is new as a whole came
with it.
"""

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby

from documents.outline import HEADING
from documents.redline.redline import NOW, Change, RedlineParagraph, TextChange
from documents.versions.paper import PLAIN, Formats, Paper, PaperParagraph

FormatsOf = Mapping[int, Sequence[tuple[str, Formats]]]
"""The parts of one format of a change, by its identity."""


@dataclass(frozen=True, slots=True)
class Who:
    """By which delegation, and when."""

    name: str
    """Empty when nobody is to be named."""
    at: datetime | None


NOBODY = Who("", None)


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring characters of which the same is to be said."""

    spans: tuple[tuple[str, Formats], ...]
    """Its text, in parts of one format."""
    said: TextChange
    who: Who
    move: int = 0
    """Which move it is an end of; 0 for none."""
    writer: Who | None = None
    """Of what was written since and deleted again by another delegation: who wrote it."""

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(text for text, _ in self.spans)


@dataclass(slots=True)
class Row:
    """A paragraph of then or now."""

    id: str
    label: str
    old_label: str
    level: int
    """Of a heading, as it is now; 0 for all else."""
    old_level: int
    whole: Who | None
    """Of a paragraph that came or went: who did it."""
    came: bool
    went: bool
    pieces: tuple[Piece, ...]
    details: PaperParagraph | None
    mark_inserted: Who | None = None
    mark_deleted: Who | None = None
    struck: Who | None = None
    """Of a paragraph that came and went: who deleted it."""


def clean(paper: Paper) -> list[Row]:
    """The text as it is now, without its history."""
    return [
        Row(
            one.id, one.label, one.label, one.level, one.level, None, False, False,
            (Piece(one.spans, "kept", NOBODY),), one,
        )
        for one in paper.paragraphs
    ]  # fmt: skip


def tracked(paper: Paper) -> list[Row]:
    """The text with its changes. Accepting all gives the text of now; rejecting all, the earlier one."""
    history = list(_told(paper))
    details, formats = paper.details(), _formats(paper, history)
    rows = [_row(paper, one, details.get(one.id), formats) for one in history]
    for row in rows:
        row.mark_inserted, row.mark_deleted = (row.struck and row.whole), row.struck
    _mark_all([row for row in rows if row.struck is None], [one for one in history if one.change != "struck"])
    return rows


def _told(paper: Paper) -> Iterator[RedlineParagraph]:
    """The history, without what a delegation wrote and took back itself."""
    for one in paper.history:
        kept = tuple(it for it in one.changes if it.change != "struck" or paper.named(it.by) != paper.named(it.author))
        if kept or one.change != "struck":
            yield replace(one, changes=kept)


def _row(paper: Paper, one: RedlineParagraph, details: PaperParagraph | None, formats: FormatsOf) -> Row:
    whole = None if one.change == "kept" else Who(paper.named(one.by), moment(one.at))
    level = 0 if details is None or one.kind != HEADING else details.level
    old_level = level if one.old_kind == one.kind else 2 * (one.old_kind == HEADING)
    pieces = tuple(_joined(_piece(paper, change, formats) for change in one.changes))
    came, went = one.change in {"inserted", "struck"}, one.change in {"deleted", "struck"}
    row = Row(one.id, one.label, one.old_label, level, old_level, whole, came, went, pieces, details)
    row.struck = Who(paper.named(one.struck_by), moment(one.struck_at)) if one.change == "struck" else None
    return row


def _piece(paper: Paper, change: Change, formats: FormatsOf) -> Piece:
    said = change.change
    if not change.move:
        said = {"moved-here": "inserted", "moved-away": "deleted"}.get(said, said)  # type: ignore[assignment]
    who = NOBODY if said == "kept" else Who(paper.named(change.by), moment(change.at))
    writer = Who(paper.named(change.author), None) if said == "struck" else None
    return Piece(tuple(formats.get(id(change), [(change.text, PLAIN)])), said, who, change.move, writer)


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbours by the same delegation as one, at their latest."""
    for (said, _, move, writer), group in groupby(
        pieces, key=lambda one: (one.said, one.who.name, one.move, one.writer)
    ):
        some = list(group)
        at = max((one.who.at for one in some if one.who.at is not None), default=None)
        yield Piece(tuple(span for one in some for span in one.spans), said, Who(some[0].who.name, at), move, writer)


def moment(minute: int | None) -> datetime | None:
    """The beginning of a minute, counted since 1970 (UTC)."""
    return None if minute is None else datetime.fromtimestamp(minute * 60, UTC)


# Paragraph marks


def _mark_all(rows: Sequence[Row], changes: Sequence[RedlineParagraph]) -> None:
    """Find out whose marks came or went, and how paragraphs look of which parts are in others."""
    then, now = _belongs(changes, "inserted"), _belongs(changes, "deleted")
    looks = [(row.level, row.old_level) for row in rows]
    for index, row in enumerate(rows):
        row.mark_inserted, row.mark_deleted = _mark(rows, then, index), _mark(rows, now, index)
        row.level = looks[index if now[index] is None else now[index]][0]  # type: ignore[index]
        row.old_level = looks[index if then[index] is None else then[index]][1]  # type: ignore[index]


def _belongs(changes: Sequence[RedlineParagraph], extra: str) -> list[int | None]:
    """The paragraph, by its place, in whose text each one's stands in the text in which the `extra` ones are not.

    None for those that do not stand there at all.
    """
    linked = _linked(changes, extra)
    found: list[int | None] = []
    start = 0
    for end, is_linked in enumerate(linked, 1):
        if not is_linked:
            owner = next((at for at in range(start, end) if changes[at].change != extra), None)
            found += [owner] * (end - start)
            start = end
    return found


def _mark(rows: Sequence[Row], belongs: Sequence[int | None], index: int) -> Who | None:
    """Whose doing it is that a paragraph's mark stands in one of the two texts alone; None if it stands in both."""
    owner = belongs[index]
    if owner is None:
        return rows[index].whole or NOBODY
    if index + 1 == len(rows) or belongs[index + 1] != owner:
        return None
    first, second = rows[index].whole, rows[index + 1].whole
    return (first or second if index < owner else second or first) or NOBODY


def _linked(changes: Sequence[RedlineParagraph], extra: str) -> list[bool]:
    """Of each paragraph, whether it and the next were one in the text in which the `extra` ones are not."""
    linked = [False] * len(changes)
    others = [index for index, one in enumerate(changes) if one.change != extra]
    for index, one in enumerate(changes):
        at = bisect(others, index)
        if one.change != extra or one.part_of is None:
            continue
        if one.part_of == "previous" and at:
            linked[others[at - 1] : index] = [True] * (index - others[at - 1])
        elif one.part_of == "next" and at < len(others):
            linked[index : others[at]] = [True] * (others[at] - index)
    return linked


# Formats


def _formats(paper: Paper, history: Iterable[RedlineParagraph]) -> FormatsOf:
    """The parts of one format of each change that stands in the text of now, as far as they are known."""
    found: dict[int, list[tuple[str, Formats]]] = {}
    spans = {one.id: one.spans for one in paper.paragraphs}
    for paragraph, changes in _of_now(history).items():
        known = spans.get(paragraph, ())
        if "".join(one.text for one in changes) == "".join(text for text, _ in known):
            letters = iter([(letter, formats) for text, formats in known for letter in text])
            for one in changes:
                taken = [next(letters) for _ in one.text]
                parts = groupby(taken, key=lambda pair: pair[1])
                found[id(one)] = [("".join(letter for letter, _ in part), formats) for formats, part in parts]
    return found


def _of_now(changes: Iterable[RedlineParagraph]) -> dict[str, list[Change]]:
    """What each paragraph of now is made of, by id."""
    found: dict[str, list[Change]] = {}
    before: list[Change] = []
    last = ""
    for one in changes:
        now = [change for change in one.changes if change.change in NOW]
        if one.change not in {"deleted", "struck"}:
            last = one.id
            found[last] = before + now
            before = []
        elif one.part_of == "next":
            before += now
        else:
            found.setdefault(last, []).extend(now)
    return found
