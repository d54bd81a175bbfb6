"""Labels as negotiators write them: found at the head of a line, kept literally, and put in order."""

import re
from dataclasses import dataclass

_LATIN = ("bis", "ter", "quater", "quinquies", "sexies", "septies", "octies", "novies", "decies")
_SPACE = "[ \u00a0\u202f]"
_HEADING = re.compile(r"(?P<label>\d{1,4}\))")
_PARAGRAPH = re.compile(
    rf"(?P<label>\d{{1,4}}(?:\.\d{{1,3}}){{0,3}}"
    rf"(?:{_SPACE}?(?:{'|'.join(_LATIN)})\b)?"
    rf"(?:(?:\.|{_SPACE})?alt[. \u00a0]?\d{{1,2}}\b)?)"
    r"(?P<stop>[.:]?)(?=(?P<after>.?))",
    re.IGNORECASE,
)
_LETTER = re.compile(r"(?P<label>\d{1,4}[a-z])\.(?=\s|$)")
_PARTS = re.compile(r"\d+|[a-z]+")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line cut after its label; the full stop or colon behind a paragraph's label belongs to neither part."""

    label: str
    rest: str


def heading(line: str) -> Labelled | None:
    """``"1) Access"`` → label ``"1)"``; None if the line does not begin so."""
    found = _HEADING.match(line)
    return found and Labelled(found["label"], line[found.end() :].strip())


def paragraph(line: str) -> Labelled | None:
    """``"12. Text"``, ``"12 bis Text"``, ``"12.Alt.1: Text"`` → the literal label and the text; None if there is none.

    A bare number needs a full stop that no digit follows, so that "2.5 million" and "1000 people" remain text; after
    "bis", "Alt.1" and the like the stop may be missing, but not the space.
    """
    found = _LETTER.match(line) or _whole(line)
    return found and Labelled(found["label"], line[found.end() :].strip())


def _whole(line: str) -> re.Match[str] | None:
    found = _PARAGRAPH.match(line)
    if found is None:
        return None
    ends = not found["after"] or found["after"].isspace()
    if any(letter.isalpha() for letter in found["label"]):
        return found if ends else None
    return found if found["stop"] == "." and not found["after"].isdigit() else None


def rank(label: str) -> tuple[tuple[int, ...], str, int, int]:
    """A key that sorts 12 < 12.Alt.1 < 12 bis < 12 ter < 13, and is equal for two spellings of one label."""
    parts = _PARTS.findall(label.lower())
    numbers: list[int] = []
    letter, latin, alternative = "", 0, 0
    for at, part in enumerate(parts):
        if part in _LATIN:
            latin = _LATIN.index(part) + 1
        elif part.isalpha() and part != "alt":
            letter = part
        elif part.isdigit() and "alt" in parts[:at]:
            alternative = int(part)
        elif part.isdigit():
            numbers.append(int(part))
    return tuple(numbers), letter, latin, alternative
