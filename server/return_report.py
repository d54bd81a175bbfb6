"""What is told of a file that came back: as plain values, and for people."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final, get_args

from documents.incoming.differences import Difference, Kind, State
from server.returning import Merged

STATES: Final[tuple[State, ...]] = get_args(State)
_GROUNDS: Final[dict[Kind, str]] = {
    "version": "the text that it was made of",
    "tracked": "itself without its tracked changes, since it does not tell of which text it was made: paragraphs are "
    "found by their ids, labels and likeness",
    "chapter": "the text of now, since it does not tell of which text it was made: paragraphs are found by their ids, "
    "labels and likeness, and what others have changed meanwhile looks as if the file had undone it",
}
_SIGNS: Final = {"kept": "{}", "deleted": "[-{}-]", "inserted": "{{+{}+}}"}
_AROUND: Final = 40
"""Characters of what is kept that are shown beside a change."""


def as_values(merged: Merged) -> dict[str, Any]:
    """The report as plain values: docs/import.md tells what is in it."""
    counts = Counter(one.state for one in merged.differences)
    told = [one for one in merged.differences if one.state != "unchanged" or one.notes]
    return {
        "chapter": merged.chapter,
        "dry_run": not merged.kept,
        "changed": bool(merged.plan.updates or merged.plan.comments),
        "base": {
            "kind": merged.plan.kind,
            "seq": merged.plan.seq if merged.plan.kind == "version" else None,
            "text": f"the file was held against {_GROUNDS[merged.plan.kind]}",
        },
        "counts": {state: counts[state] for state in STATES},
        "differences": [_difference(one) for one in told],
        "comments": [asdict(one) for one in merged.plan.comments],
        "authors": [{"name": name, "delegation": found} for name, found in merged.read.authors],
        "problems": [asdict(one) for one in merged.read.file.problems],
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "paragraph": one.paragraph,
        "label": one.label,
        "line": one.line,
        "state": one.state,
        "runs": [{"change": change, "text": text} for change, text in one.runs],
        "was": one.was,
        "wanted": one.wanted,
        "now": one.now,
        "new_label": one.new_label,
        "meanwhile": one.meanwhile,
        "conflict": one.conflict,
        "reason": one.reason,
        "by": list(one.by),
        "notes": list(one.notes),
        "set_aside": one.set_aside or None,
    }


def as_text(merged: Merged | dict[str, Any]) -> str:
    """The report for people, from itself or from its values."""
    values = merged if isinstance(merged, dict) else as_values(merged)
    return "\n".join(_lines(values))


def _lines(values: dict[str, Any]) -> Iterator[str]:
    yield values["base"]["text"]
    yield ", ".join(f"{count} {state}" for state, count in values["counts"].items() if count) or "no paragraphs"
    for one in values["differences"]:
        yield from _told(one)
    for one in values["comments"]:
        yield f"comment on {one['label'] or one['paragraph']} by {one['name'] or '(no name)'}: {one['text']}"
    if values["problems"]:
        yield "to look at:"
    for one in values["problems"]:
        place = f"paragraph {one['line']}" if one["line"] else "the file"
        yield f"  {place}: {one['message']} ({one['code']})"
    if values["dry_run"]:
        yield "nothing was changed: this was a dry run"
    else:
        yield "merged" if values["changed"] else "there was nothing to change"


def _told(one: dict[str, Any]) -> Iterator[str]:
    marks = [one["state"]]
    marks += ["changed meanwhile"] if one["meanwhile"] else []
    marks += ["in conflict"] if one["conflict"] else []
    marks += [f"set aside as {one['set_aside']}"] if one["set_aside"] else []
    marks += [f"by {', '.join(one['by'])}"] if one["by"] else []
    yield f"{one['label'] or '(no label)'}: {'; '.join(marks)}"
    if one["new_label"] is not None:
        yield f"    label: {one['new_label'] or '(none)'}"
    if any(run["change"] != "kept" for run in one["runs"]):
        yield "    " + "".join(_sign(run["change"], run["text"]) for run in one["runs"])
    yield from (f"    {sentence}" for sentence in (one["reason"], *one["notes"]) if sentence)


def _sign(change: str, text: str) -> str:
    if change == "kept" and len(text) > 2 * _AROUND:
        text = f"{text[:_AROUND]}…{text[-_AROUND:]}"
    return _SIGNS[change].format(text)
