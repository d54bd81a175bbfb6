"""Notes behind a tab, as word processors leave them: "Comment by Author: Egypt: Unclear", "Comment by Author: IFIP"."""

import re

from documents.incoming.draft import Note

_MARK = re.compile(r"(?:^|\t)[^\S\t]*Comment by Author:", re.IGNORECASE)
_CONTRIBUTION = re.compile(r"Contribution by(?:\s+|$)", re.IGNORECASE)
_COLON = re.compile(r":(?!//)")
_LONGEST_NAME = 80
_SENTENCE_ENDS = (".", "!", "?", ";", "؟", "。")

Slip = tuple[str, str]
"""A problem's code and message, still without its place."""


def cut(line: str) -> tuple[str, list[str]]:
    """The line before its first note, and the body of each note, all without outer white space."""
    first, *bodies = _MARK.split(line)
    return first.strip(), [body.strip() for body in bodies]


def read_all(bodies: list[str]) -> tuple[list[Note], list[Slip]]:
    """The notes that these bodies hold, in order, and what was odd."""
    read = [_read(body) for body in bodies]
    return [note for notes, _ in read for note in notes], [slip for _, slips in read for slip in slips]


def _read(body: str) -> tuple[list[Note], list[Slip]]:
    """One note; two when a source carries a remark, none when the body is empty."""
    if not body:
        return [], [("empty-note", "a comment without name and text was dropped")]
    contribution = _CONTRIBUTION.match(body)
    if contribution:
        return _source(body[contribution.end() :])
    name, text = _halves(body)
    if text is None:
        return _name_alone(body)
    if len(name) > _LONGEST_NAME:
        name, text = "", body
    return [Note("comment", name, text)], _oddities(name, text)


def contribution(text: str) -> list[Note]:
    """What a comment that says "Contribution by Cuba" means: where the text came from; nothing for other comments."""
    return _source(text[found.end() :])[0] if (found := _CONTRIBUTION.match(text)) else []


def write(note: Note) -> str:
    """The note's form at the end of a line, its tab included."""
    body = f"Contribution by {note.name}" if note.kind == "source" else f"{note.name}: {note.text}"
    return f"\tComment by Author: {body.strip()}"


def _halves(body: str) -> tuple[str, str | None]:
    colon = _COLON.search(body)
    if colon is None:
        return body, None
    return body[: colon.start()].strip(), body[colon.end() :].strip()


def _source(body: str) -> tuple[list[Note], list[Slip]]:
    name, remark = _halves(body)
    notes, slips = [Note("source", name, "")], []
    if not name:
        slips.append(("note-without-name", "a contribution does not say whose it is"))
    if remark:
        notes.append(Note("comment", name, remark))
        slips.append(("source-with-text", f"what stood behind the source {name!r} became a comment of its own"))
    return notes, slips


def _name_alone(body: str) -> tuple[list[Note], list[Slip]]:
    if len(body) > _LONGEST_NAME or body.endswith(_SENTENCE_ENDS):
        return [Note("comment", "", body)], _oddities("", body)
    return [Note("source", body, "")], []


def _oddities(name: str, text: str) -> list[Slip]:
    if not name:
        return [("note-without-name", f"a comment does not say whose it is: {text!r}")]
    return [] if text else [("empty-note", f"the comment by {name} says nothing")]
