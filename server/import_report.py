"""What a command tells of a text that it has read."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from documents.incoming.draft import Draft, NoteKind, Tracked

_MOST: Final = 200
"""Characters of a changed text that the report for people quotes."""


def as_values(draft: Draft, chapter: str) -> dict[str, Any]:
    """The report as plain values; `chapter` is the new chapter's id, empty when nothing was kept."""
    paragraphs = [block for block in draft.blocks if block.kind == "paragraph"]
    return {
        "chapter": chapter or None,
        "title": draft.title,
        "sections": sum(block.kind == "heading" for block in draft.blocks),
        "paragraphs": len(paragraphs),
        "numbered": sum(bool(block.label) for block in paragraphs),
        "comments": _names(draft, "comment"),
        "sources": _names(draft, "source"),
        "authors": [{"name": name, "delegation": found} for name, found in draft.authors.items()],
        "problems": [asdict(problem) for problem in draft.problems],
        "read": [
            {"line": one.line, "kind": one.kind, "label": one.label, "text": one.text, "deleted_by": one.deleted_by}
            for one in draft.blocks
        ],
        "changes": [asdict(one) for one in draft.tracked],
    }


def as_text(draft: Draft, chapter: str) -> str:
    """The report for people."""
    values = as_values(draft, chapter)
    lines = [
        draft.title or "(no title)",
        f"{values['sections']} sections, {values['paragraphs']} paragraphs, {values['numbered']} of them numbered",
    ]
    lines += [f"{kind}: {_listed(values[kind])}" for kind in ("comments", "sources") if values[kind]]
    lines += _authors(draft)
    if draft.tracked:
        lines.append("changes that it came with:")
    lines += (f"  {_place(draft, one.line)}: {_told(one)}" for one in draft.tracked)
    if draft.problems:
        lines.append("to look at:")
    lines += (f"  {_place(draft, one.line)}: {one.message} ({one.code})" for one in draft.problems)
    lines.append(f"kept as chapter {chapter}" if chapter else "nothing was kept")
    return "\n".join(lines)


def _authors(draft: Draft) -> Iterator[str]:
    counts: dict[str, Counter[str]] = {name: Counter() for name in draft.authors}
    for one in draft.tracked:
        counts[one.author][one.kind] += 1
    if counts:
        yield "who is who:"
    for name, kinds in counts.items():
        told = ", ".join(f"{kind} {number}" for kind, number in kinds.items())
        yield f"  {name or '(no name)'} is {draft.authors[name] or 'not known'}{f': {told}' if told else ''}"


def _told(one: Tracked) -> str:
    text = one.text if len(one.text) <= _MOST else f"{one.text[:_MOST]}…"
    said = f" {text!r}" if text else ""
    return f"{one.kind} by {one.author or '(no name)'}{f' on {one.date}' if one.date else ''}{said}: {one.outcome}"


def _place(draft: Draft, line: int) -> str:
    return f"{draft.unit} {line}" if line else "the file"


def _names(draft: Draft, kind: NoteKind) -> dict[str, int]:
    notes = (note for block in draft.blocks for note in block.notes)
    return dict(Counter(note.name for note in notes if note.kind == kind))


def _listed(names: dict[str, int]) -> str:
    return ", ".join(f"{name or '(no name)'} {number}" for name, number in names.items())
