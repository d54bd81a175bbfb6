"""Whatever is done to what is held, and in whichever order it arrives: the ruled text stands, and all else survives."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from tests.property.gavel_editors import Browser
from tests.property.gavel_history import KINDS, History, told
from tests.property.gavel_world import Failure

RUNS = int(os.environ.get("ADREF_GAVEL_RUNS", "500"))
"""Histories: half of them with one kind of violation, half with all kinds."""
SEED = int(os.environ.get("ADREF_GAVEL_SEED", "0"))
LIFT = frozenset(filter(None, os.environ.get("ADREF_GAVEL_LIFT", "").split(",")))
"""Bounds that do not hold either, by name: see `BOUNDS`."""
LIFTED = frozenset(("offline", "sections", "release", "deletions", "meanwhile"))
"""Bounds that never hold here, since nothing goes wrong beyond them."""
BLOCKS = 10
LAWFUL = 40


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as one:
        yield one


def run(browser: Browser, seed: int, kind: str | None, *, lawful: bool = False) -> int:
    """Play one history; returns how many forbidden edits there were in it."""
    history = History(browser, seed, kind, lawful=lawful, lift=LIFTED | LIFT)
    try:
        asyncio.run(history.play())
    except Failure as failure:
        raise AssertionError(told(history, failure)) from None
    return history.world.oracle.violations


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_ruled_text_stands_and_all_else_survives(browser: Browser, block: int) -> None:
    kinds = list(KINDS)
    violations = 0
    for number in range(block, RUNS + BLOCKS, BLOCKS):
        alone = kinds[number // 2 % len(kinds)] if number % 2 else None
        violations += run(browser, SEED + number, alone)
    assert violations > RUNS // BLOCKS, "more should have been forbidden"


def test_without_rulings_nothing_is_forbidden(browser: Browser) -> None:
    assert sum(run(browser, SEED + seed, None, lawful=True) for seed in range(LAWFUL)) == 0
