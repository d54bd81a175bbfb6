"""Which paragraph of one text is which of another, where nothing but what they say can tell."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from documents.incoming.hunks import tokens

ALIKE: Final = 0.6
"""How much of two paragraphs must be the same words, so that they are taken for the same."""
ALIKE_BY_LABEL: Final = 0.3
"""The same, of two that bear the same label."""

Said = tuple[str, str]
"""A label and a text."""


def paired(left: Sequence[Said], right: Sequence[Said]) -> Iterator[tuple[int, int]]:
    """The places of those that are the same: what says exactly the same first, then by label, then by likeness.

    Each is taken once.
    """
    free, others = dict.fromkeys(range(len(left))), dict.fromkeys(range(len(right)))
    for at, other in _exact(left, right):
        del free[at], others[other]
        yield at, other
    words, known = [_words(text) for _, text in left], [_words(text) for _, text in right]
    sizes, known_sizes = [one.total() for one in words], [one.total() for one in known]
    for by_label in (True, False):
        for at in list(free):
            best, score = -1, ALIKE_BY_LABEL if by_label else ALIKE
            for other in others:
                if by_label and (not left[at][0] or left[at][0] != right[other][0]):
                    continue
                size, its = sizes[at], known_sizes[other]
                if 2 * min(size, its) / (size + its or 1) < score:
                    continue  # too different in length, whatever they say
                likeness = _likeness(words[at], known[other])
                if likeness >= score and (best < 0 or likeness > score):
                    best, score = other, likeness
            if best >= 0:
                del free[at], others[best]
                yield at, best


def _exact(left: Sequence[Said], right: Sequence[Said]) -> Iterator[tuple[int, int]]:
    places: dict[str, list[int]] = {}
    for other, (_, text) in enumerate(right):
        places.setdefault(text.strip(), []).append(other)
    for at, (_, text) in enumerate(left):
        same = places.get(text.strip()) if text.strip() else None
        if same:
            yield at, same.pop(0)


def _words(text: str) -> Counter[str]:
    return Counter(token.casefold() for token in tokens(text) if token[0].isalnum())


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """What they share of their words: 0 to 1."""
    together = one.total() + other.total()
    return 2 * (one & other).total() / together if together else 0.0
