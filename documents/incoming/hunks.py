"""Where two texts differ, word by word."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Final, NamedTuple

_WIDE: Final = "\u2e80-\u2fdf\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Han and kana, whose words nothing parts: each letter counts as one."""
_TOKEN: Final = re.compile(rf"[{_WIDE}]|[^\W{_WIDE}]+|\s+|.", re.DOTALL)
_EXACT: Final = 40_000
"""Pairs of words that are compared exactly; in longer texts the most frequent words hold no place."""
MOST: Final = 25_000_000
"""Pairs of words that are compared at all: of longer texts only what both begin and end with is the same."""
QUICK: Final = 1_000_000
"""The same, where somebody waits."""


class Hunk(NamedTuple):
    """A stretch of the first text in place of which the second has another: all in characters."""

    start: int
    end: int
    new_start: int
    new_end: int


def tokens(text: str) -> list[str]:
    """The words, the white space between them, and every other sign by itself."""
    return _TOKEN.findall(text)


def hunks(old: str, new: str) -> list[Hunk]:
    """What is to be done to the first text so that it becomes the second, in order. Words change as a whole, unless
    something was only added to one, or taken away, at its beginning or end."""
    if old == new:
        return []
    return [_trimmed(old, new, one) for one in _hunks(tokens(old), tokens(new))]


def same(old: Sequence[str], new: Sequence[str], most: int = QUICK) -> Iterator[tuple[int, int, int]]:
    """Where both have the same words: (place in the first, place in the second, how many).

    White space alone is nothing that both have in common, but for where both begin or end with it.
    """
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    if head:
        yield 0, 0, head
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    pairs = len(left) * len(right)
    matcher = SequenceMatcher(str.isspace, left, right, autojunk=pairs > _EXACT) if pairs <= most else None
    for block in matcher.get_matching_blocks() if matcher is not None else ():
        if block.size:
            yield block.a + head, block.b + head, block.size
    if tail:
        yield len(old) - tail, len(new) - tail, tail


def _hunks(old: list[str], new: list[str]) -> Iterator[Hunk]:
    olds, news = [0, *accumulate(map(len, old))], [0, *accumulate(map(len, new))]
    at = new_at = 0
    for start, new_start, size in (*same(old, new, MOST), (len(old), len(new), 0)):
        if at < start or new_at < new_start:
            yield Hunk(olds[at], olds[start], news[new_at], news[new_start])
        at, new_at = start + size, new_start + size


def _trimmed(old: str, new: str, hunk: Hunk) -> Hunk:
    """Without what both begin or end with, if that is all of one of them."""
    start, end, new_start, new_end = hunk
    gone, come = old[start:end], new[new_start:new_end]
    size = min(len(gone), len(come))
    if size == 0:
        return hunk
    if gone[:size] == come[:size]:
        return Hunk(start + size, end, new_start + size, new_end)
    if gone[-size:] == come[-size:]:
        return Hunk(start, end - size, new_start, new_end - size)
    return hunk
