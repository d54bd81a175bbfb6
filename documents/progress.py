"""How far long work has come, for whoever waits for it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

Told = Callable[[str, float], None]
"""Is told what is being done, and how much of it is done: from 0 to 1."""

STEPS: Final = 100
"""How often it is told of one thing at most, about."""


def untold(_what: str, _share: float) -> None:
    """For work of which nobody wants to know how far it is."""


def each(what: str, items: Sequence[T], told: Told) -> Iterator[T]:
    """The items, one by one; tells how many have been worked on."""
    step = max(1, len(items) // STEPS)
    for at, one in enumerate(items):
        if at % step == 0:
            told(what, at / len(items))
        yield one
    told(what, 1)
