"""Whatever people do, the chapter's runs say what a slow and plain list of characters says."""

import pytest

from tests.property.authorship_oracle import Doubtful
from tests.property.authorship_world import Difference, Step, World, history

BLOCKS = 25
PER_BLOCK = 40
STEPS = 45


def play(steps: list[Step], *, watchful: bool = False) -> World:
    """Let a history happen, and compare at the end, and wherever the server stops; or, `watchful`, after each step."""
    world = World()
    for step in steps:
        world.do(step)
        if watchful or step.what == "stop":
            world.check()
    world.finish()
    world.check()
    return world


def fails(steps: list[Step]) -> str:
    """What goes wrong in a history, if anything does."""
    try:
        play(steps, watchful=True)
    except Doubtful:
        return ""
    except Exception as error:  # noqa: BLE001 (whatever it is, it is told)
        return f"{type(error).__name__}: {error}"
    return ""


def shrunk(steps: list[Step]) -> list[Step]:
    """The history without the steps that it fails without."""
    size = len(steps) // 2
    while size:
        start = 0
        while start < len(steps):
            fewer = steps[:start] + steps[start + size :]
            if fails(fewer):
                steps = fewer
            else:
                start += size
        size //= 2
    return steps


def told(seed: int, steps: list[Step]) -> str:
    """A failure for people to read."""
    least = shrunk(steps)
    world = World()
    try:
        for step in least:
            world.do(step)
            world.check()
        world.finish()
        world.check()
    except Exception as error:  # noqa: BLE001 (whatever it is, it is told)
        happened = "\n  ".join(world.said)
        return f"history({seed}, {STEPS}), of which it takes {least}:\n  {happened}\n{type(error).__name__}: {error}"
    return f"history({seed}, {STEPS}) fails, but not in parts"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_runs_and_authors_are_those_of_the_oracle(block: int) -> None:
    judged = moved = put_again = 0
    seed = block * 10_000
    while judged < PER_BLOCK:
        steps = history(seed, STEPS)
        try:
            chars = [char for one in play(steps).oracle.read(deleted=True) for char in one.chars]
            judged += 1
            moved += sum(moved_by not in (None, by) for _, by, _, _, moved_by in chars)
            put_again += len(chars) - len({value for value, *_ in chars})
        except Doubtful:
            pass
        except Exception as error:
            raise Difference(told(seed, steps)) from error
        seed += 1
    assert seed - block * 10_000 < 3 * PER_BLOCK, "the rule should decide more histories"
    assert moved > 150, "more words of others should have moved"
    assert put_again > 150, "more should have been inserted that is nobody's but the inserter's"
