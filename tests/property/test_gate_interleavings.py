"""Resends, overlaps and attacks among real updates change nothing: the chapter is what it is without them."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import merge_updates

from documents.crdt import update_v1
from documents.crdt.gate import Gate
from documents.errors import UpdateIncomplete, UpdateRefused
from tests.fuzz import victim, world
from tests.fuzz.fingerprint import fingerprint
from tests.fuzz.hostile import Hostile

STRANGER = "mallory"


class Chapter:
    """A document behind a gate, and whose updates came when."""

    def __init__(self) -> None:
        self.gate: Gate = world.gate()
        self.doc = victim.document()

    def take(self, author: str, update: bytes) -> None:
        admitted = self.gate.admit(update, author)
        if admitted.update:
            self.doc.apply_update(admitted.update)

    def outcome(self) -> tuple[Any, ...]:
        kept = fingerprint(self.gate.ledger)
        return victim.dump(self.doc), victim.clocks(self.doc), {name: kept[name] for name in kept if name != "order"}


def plain(log: list[tuple[str, bytes]]) -> Chapter:
    chapter = Chapter()
    for author, update in log:
        chapter.take(author, update)
    return chapter


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_resends_overlaps_and_refusals_leave_no_mark(seed: int, chance: int) -> None:
    rng, log = world.chance(chance), world.history(world.chance(seed), 25)
    chapter = Chapter()
    hostile = Hostile(rng, chapter.gate.ledger, [update for _, update in log], list(world.MINE))
    for number, (author, update) in enumerate(log):
        chapter.take(author, _overlapping(rng, log, number) if rng.random() < 0.3 else update)
        for _ in range(rng.randrange(3)):
            again = rng.choice(log[: number + 1])
            chapter.take(*again)
        _attack(chapter, hostile.update())
    assert chapter.outcome() == plain(log).outcome()


def _overlapping(rng: Random, log: list[tuple[str, bytes]], number: int) -> bytes:
    """An update merged with others that came before it, as a client sends that did not hear of their arrival."""
    before = [update for _, update in log[:number]]
    return merge_updates(log[number][1], *rng.sample(before, min(len(before), rng.randrange(1, 6))))


def _attack(chapter: Chapter, update: bytes) -> None:
    """Try an update that would be refused; leave one be that would be let in."""
    trial = world.gate()
    trial.load(chapter.doc.get_update(), dict(chapter.gate.ledger.owners))
    try:
        trial.admit(update, STRANGER)
    except UpdateRefused:
        with pytest.raises(UpdateRefused):
            chapter.gate.admit(update, STRANGER)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_any_order_that_causality_allows_gives_the_same_chapter(seed: int, chance: int) -> None:
    """Updates arrive shuffled; what comes too early is asked for again, as from a client."""
    rng, log = world.chance(chance), world.history(world.chance(seed), 25)
    waiting = list(log)
    chapter = Chapter()
    while waiting:
        author, update = waiting.pop(rng.randrange(len(waiting)))
        try:
            chapter.take(author, update)
        except UpdateIncomplete:
            waiting.append((author, update))
    mixed, straight = chapter.outcome(), plain(log).outcome()
    assert mixed[:2] == straight[:2]
    assert {name: mixed[2][name] for name in ("clocks", "places", "types", "pairs", "owners")} == {
        name: straight[2][name] for name in ("clocks", "places", "types", "pairs", "owners")
    }


@given(st.integers(0, 10_000), st.integers(1, 60))
def test_a_restart_anywhere_changes_nothing(seed: int, at: int) -> None:
    log = world.history(world.chance(seed), 25)
    chapter = plain(log[:at])
    restarted = Chapter()
    restarted.gate.load(chapter.doc.get_update(), dict(chapter.gate.ledger.owners))
    restarted.doc.apply_update(chapter.doc.get_update())
    for author, update in log[at:]:
        chapter.take(author, update)
        restarted.take(author, update)
    assert restarted.outcome()[:2] == chapter.outcome()[:2]
    assert fingerprint(restarted.gate.ledger)["places"] == fingerprint(chapter.gate.ledger)["places"]


@given(st.integers(0, 10_000), st.data())
def test_what_was_let_in_is_new_and_is_let_in_again_by_another(seed: int, data: st.DataObject) -> None:
    """What a gate lets in, another gate in the same state takes whole."""
    log = world.history(world.chance(seed), 15)
    one, other = world.gate(), world.gate()
    for number, (author, update) in enumerate(log):
        merged = merge_updates(update, data.draw(st.sampled_from(log[: number + 1]))[1])
        let_in = one.admit(merged, author).update
        assert other.admit(let_in or update_v1.EMPTY, author).update == let_in
    assert fingerprint(one.ledger) == fingerprint(other.ledger)
