"""What files carry that nobody wrote: control characters and a word processor's bookmarks."""

import re

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_BREAKS = "\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029"
_OPENING = "[bookmark:"
_LONGEST_BOOKMARK = 120


def without_controls(line: str) -> tuple[str, list[str]]:
    """The line without control characters (a tab is none), and the names of those that it had.

    Half a surrogate pair and a byte order mark count as one. Those that break a line or page become a space, lest two
    words run together.
    """
    found = sorted(set(_CONTROL.findall(line)))
    if not found:
        return line, []
    clean = _CONTROL.sub(lambda control: " " if control[0] in _BREAKS else "", line)
    return clean, [f"U+{ord(control):04X}" for control in found]


def without_bookmarks(line: str) -> tuple[str, list[str]]:
    """The line without ``[bookmark: …]``, and those dropped. No bookmark holds a tab or is over 120 characters.

    The result never holds one, not even one that forms when another inside it goes; the time is linear.
    """
    if _OPENING not in line:
        return line, []
    kept: list[str] = []
    dropped: list[str] = []
    opened: list[int] = []
    for letter in line:
        kept.append(letter)
        if letter == "[":
            opened.append(len(kept) - 1)
        elif letter == "\t":
            opened.clear()
        elif letter == "]" and opened:
            start = opened.pop()
            mark = "".join(kept[start : start + _LONGEST_BOOKMARK + 1])
            if mark.startswith(_OPENING) and len(mark) <= _LONGEST_BOOKMARK:
                dropped.append(mark)
                del kept[start:]
    return "".join(kept), dropped
