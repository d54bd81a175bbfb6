"""What a command tells of a text that it has read."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from documents.draft import Draft, NoteKind


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
        "problems": [asdict(problem) for problem in draft.problems],
    }


def as_text(draft: Draft, chapter: str) -> str:
    """The report for people."""
    values = as_values(draft, chapter)
    lines = [
        draft.title or "(no title)",
        f"{values['sections']} sections, {values['paragraphs']} paragraphs, {values['numbered']} of them numbered",
    ]
    lines += [f"{kind}: {_listed(values[kind])}" for kind in ("comments", "sources") if values[kind]]
    if draft.problems:
        lines.append("to look at:")
    lines += [f"  line {one.line}: {one.message} ({one.code})" for one in draft.problems]
    lines.append(f"kept as chapter {chapter}" if chapter else "nothing was kept")
    return "\n".join(lines)


def _names(draft: Draft, kind: NoteKind) -> dict[str, int]:
    notes = (note for block in draft.blocks for note in block.notes)
    return dict(Counter(note.name for note in notes if note.kind == kind))


def _listed(names: dict[str, int]) -> str:
    return ", ".join(f"{name or '(no name)'} {number}" for name, number in names.items())
