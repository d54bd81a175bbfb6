"""Hostile updates at the gate: refused without a trace, or admitted and then harmless, the same for every replica."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from documents.crdt import update_v1
from documents.crdt.gate import Gate
from documents.errors import UpdateRefused
from tests.fuzz import peers, world
from tests.fuzz.fingerprint import fingerprint
from tests.fuzz.hostile import Hostile
from tests.fuzz.neighbours import Neighbours

SECONDS = float(os.environ.get("ADREF_FUZZ_SECONDS", "15"))
SEED = int(os.environ.get("ADREF_FUZZ_SEED", "1"))
HISTORIES = 40
UPDATES = 40
"""Hostile updates in one episode."""
SLOW = 0.5
"""Seconds that no update may take."""


@dataclass(slots=True)
class Episode:
    """One document attacked: what of the attacks came in, and the ledger afterwards."""

    name: str
    base: bytes
    gate: Gate
    neighbours: Neighbours
    updates: list[bytes] = field(default_factory=list)

    def question(self, **more: Any) -> dict[str, Any]:
        """What the peers are asked."""
        return {"base": self.base.hex(), "updates": [update.hex() for update in self.updates], **more}


@dataclass(frozen=True, slots=True)
class History:
    """An honest document, and updates of its editors that it does not have yet."""

    base: bytes
    log: list[tuple[str, bytes]]
    rest: list[tuple[str, bytes]]


def make_history(seed: int) -> History:
    """Some of the log is held back, so that attacks may contain what is new and true."""
    rng = world.chance(seed)
    log = world.history(rng, rng.choice((3, 20, 60)))
    cut = len(log) - rng.choice((0, 5))
    gate, doc = world.gate(), world.Replica(rng, 1)
    for author, update in log[:cut]:
        doc.take(gate.admit(update, author).update or update_v1.EMPTY)
    return History(world.settled(doc.doc.get_update()), log[:cut], log[cut:])


def attack(seed: int, history: History, counts: Counter[str]) -> Episode:
    """Send hostile updates to a gate. Fails on an error that is none of ours, a changed ledger, or a slow answer."""
    rng = world.chance(seed)
    gate = world.gate()
    gate.load(history.base, world.AUTHORS)
    episode = Episode(f"seed {seed}", history.base, gate, Neighbours(gate.ledger, history.base))
    hostile = Hostile(rng, gate.ledger, [update for _, update in history.log + history.rest], list(world.MINE))
    for _ in range(UPDATES):
        update = hostile.update()
        before = fingerprint(gate.ledger)
        start = time.process_time()
        admitted, answer = judge(gate, update)
        took = time.process_time() - start
        assert took < SLOW, f"{episode.name}: {update[:200].hex()} took {took:.1f} s"
        counts[answer] += 1
        if admitted:
            episode.updates.append(admitted)
            episode.neighbours.watch(admitted)
        elif answer != "nothing new":
            assert fingerprint(gate.ledger) == before, f"{episode.name}: {update.hex()} left a trace"
    return episode


def judge(gate: Gate, update: bytes) -> tuple[bytes, str]:
    """What the gate lets in, and its answer in a word."""
    try:
        admitted = gate.admit(update, "mallory").update
    except UpdateRefused as refusal:
        return b"", type(refusal).__name__
    return admitted, "admitted" if admitted else "nothing new"


def content(value: Any) -> Counter[str]:
    """All that a document holds, whatever its order: characters, names, attributes and embeds, but no formats."""
    if isinstance(value, str):
        return Counter(value)
    if not isinstance(value, list):
        return Counter([json.dumps(alike(value), sort_keys=True)])
    is_run = len(value) == 2 and isinstance(value[1], dict)
    return sum((content(part) for part in (value[:1] if is_run else value)), Counter())


def alike(value: Any) -> Any:
    """JSON from any peer, with whole numbers as floats and one zero: not all peers tell them apart."""
    if isinstance(value, list):
        return [alike(part) for part in value]
    if isinstance(value, dict):
        return {name: alike(part) for name, part in value.items()}
    return float(value) + 0.0 if isinstance(value, int | float) and not isinstance(value, bool) else value


def compare(episode: Episode, pycrdt: dict[str, Any], yjs: dict[str, Any]) -> None:
    """Every replica shows the same, and the ledger knows the same, also after a restart.

    What depends on the order of arrival is order alone, and that only as `tests.fuzz.neighbours` tells.
    """
    assert "error" not in yjs, f"{episode.name}: Yjs: {yjs['error']}"
    clocks = {int(client): clock for client, clock in pycrdt["clocks"].items()}
    assert clocks == episode.gate.ledger.clocks, episode.name
    assert alike(yjs["xml"]) == pycrdt["xml"], f"{episode.name}: Yjs shows another document"
    assert alike(yjs["loaded"]) == pycrdt["loaded"], f"{episode.name}: Yjs loads another document"
    seen: Callable[[Any], Any] = alike if episode.neighbours.orderly else content
    assert seen(pycrdt["loaded"]) == seen(pycrdt["xml"]), f"{episode.name}: loaded again it is another document"
    restarted = world.gate()
    restarted.load(bytes.fromhex(pycrdt["state"]), dict(episode.gate.ledger.owners))
    before, after = fingerprint(episode.gate.ledger), fingerprint(restarted.ledger)
    for name in ("clocks", "places", "types", "keys", "owners"):
        assert after[name] == before[name], f"{episode.name}: after a restart the ledger has other {name}"


def killer(episode: Episode, victim: peers.Peer) -> str:
    """The update at which the victim dies, for the report."""
    answer = victim.ask(episode.question(careful=True))
    number = answer.get("applied", len(episode.updates) - 1)
    return f"{episode.name}: {answer.get('error')} at update {number}: {episode.updates[number].hex()}"


def episodes(histories: list[History], counts: Counter[str]) -> Iterator[Episode]:
    """Attack until the time is up."""
    end = time.monotonic() + SECONDS
    seed = SEED * 1_000_000
    while time.monotonic() < end:
        seed += 1
        yield attack(seed, histories[seed % len(histories)], counts)


def test_hostile_updates() -> None:
    counts: Counter[str] = Counter()
    histories = [make_history(SEED * 1000 + number) for number in range(HISTORIES)]
    with peers.victim() as victim, peers.yjs() as yjs:
        for episode in episodes(histories, counts):
            answer = victim.ask(episode.question())
            if "error" in answer:
                pytest.fail(f"{answer['error']}; {killer(episode, victim)}")
            compare(episode, answer, yjs.ask(episode.question(state=answer["state"])))
    assert counts["admitted"] > 100
    assert sum(counts.values()) > 1000
