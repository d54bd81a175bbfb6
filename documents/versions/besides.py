"""The exceptions of an agreed text, as papers tell them: "besides Paras 2, 21, 27-30"."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from documents.formats.labels import rank

NOTHING_AGREED: Final = "no paragraph is agreed"


@dataclass(frozen=True, slots=True)
class Stated:
    """A paragraph, headings and empty lines without a label not among them."""

    label: str
    agreed: bool


def besides(paragraphs: Iterable[Stated]) -> str:
    """Which paragraphs are not agreed, in the order of the text; empty when all are, or when there are none.

    Three or more in a row, with labels that count on, are a range. It covers what stands between its ends ("2 bis"
    too), so it never spans a label that is agreed. Paragraphs without a label are counted: they have no other name, and
    one that is agreed may lie within a range.
    """
    paragraphs = list(paragraphs)
    if not any(one.agreed for one in paragraphs):
        return NOTHING_AGREED if paragraphs else ""
    ranges = [part for run in _runs(paragraphs) for part in _shortened(run)]
    unlabelled = sum(not one.label and not one.agreed for one in paragraphs)
    said = []
    if ranges:
        many = len(ranges) > 1 or "-" in ranges[0]
        said.append(f"{'Paras' if many else 'Para'} {', '.join(ranges)}")
    if unlabelled:
        said.append(f"{unlabelled} paragraph{'s' if unlabelled > 1 else ''} without a number")
    return f"besides {' and '.join(said)}" if said else ""


def _runs(paragraphs: Iterable[Stated]) -> list[list[str]]:
    """The labels that are not agreed: a new run wherever a label that is stands between, or they do not count on."""
    runs: list[list[str]] = []
    told: set[str] = set()
    goes_on = False
    for one in paragraphs:
        if not one.label:
            continue
        if one.agreed:
            goes_on = False
        elif one.label not in told:
            told.add(one.label)
            if goes_on and _counts_on(runs[-1][-1], one.label):
                runs[-1].append(one.label)
            else:
                runs.append([one.label])
            goes_on = True
    return runs


def _shortened(run: Sequence[str]) -> list[str]:
    return [f"{run[0]}-{run[-1]}"] if len(run) > 2 else list(run)


def _counts_on(label: str, following: str) -> bool:
    """Whether nothing can be missing between: "2", "2 bis", "3"; "1.1", "1.2"."""
    before, after = rank(label), rank(following)
    numbers, others = before[0], after[0]
    if not numbers or len(numbers) != len(others) or numbers[:-1] != others[:-1] or before >= after:
        return False
    return others[-1] - numbers[-1] <= 1
