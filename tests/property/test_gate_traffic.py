"""What real editors send passes the gate whole, and the gate names every paragraph that it changes."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from documents.crdt.gate import Gate
from documents.crdt.ledger import Kind, Ledger
from tests.fuzz import victim
from tests.fuzz.fingerprint import fingerprint
from tests.fuzz.peers import NODE

SEEDS = range(1, 1 + int(os.environ.get("ADREF_TRAFFIC_SEEDS", "6")))
STEPS = int(os.environ.get("ADREF_TRAFFIC_STEPS", "250"))


@dataclass(frozen=True, slots=True)
class Sent:
    """One update as the server would see it, and the children of the root that read differently after it."""

    author: str
    update: bytes
    changed: frozenset[tuple[int, int]]


@cache
def traffic(seed: int) -> tuple[list[Sent], Any]:
    """A session of several editors: what they sent, and the text that all of them show at the end."""
    command = ["node", "traffic.mjs", str(seed), str(STEPS)]
    out = subprocess.run(command, cwd=NODE, check=True, capture_output=True, text=True).stdout
    *lines, last = map(json.loads, out.splitlines())
    assert last["same"], "the editors themselves do not agree"
    sent = [
        Sent(
            line["author"],
            bytes.fromhex(line["update"]),
            frozenset((client, clock) for client, clock in line["changed"]),
        )
        for line in lines
    ]
    return sent, last["final"]


def fresh_gate() -> Gate:
    return Gate(Ledger({"default": Kind.ELEMENTS, "meta": Kind.MAP}), frozenset(("default",)), 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_editors_are_never_refused_and_every_change_is_named(seed: int) -> None:
    sent, final = traffic(seed)
    gate, doc = fresh_gate(), victim.document()
    for one in sent:
        admitted = gate.admit(one.update, one.author)
        assert one.changed <= admitted.touched
        if admitted.update:
            doc.apply_update(admitted.update)
    assert victim.tree(doc["default"]) == floats(final)
    assert victim.clocks(doc) == gate.ledger.clocks


@pytest.mark.parametrize("seed", SEEDS)
def test_the_ledger_is_the_same_after_a_restart(seed: int) -> None:
    gate, doc = fresh_gate(), victim.document()
    for one in traffic(seed)[0]:
        doc.apply_update(gate.admit(one.update, one.author).update or b"\0\0")
    restarted = fresh_gate()
    restarted.load(doc.get_update(), dict(gate.ledger.owners))
    before, after = fingerprint(gate.ledger), fingerprint(restarted.ledger)
    assert {name: after[name] for name in before if name != "deleted"} == {
        name: before[name] for name in before if name != "deleted"
    }


def floats(value: Any) -> Any:
    """JSON with whole numbers as floats, as pycrdt gives them."""
    if isinstance(value, list):
        return [floats(part) for part in value]
    if isinstance(value, dict):
        return {name: floats(part) for name, part in value.items()}
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def spare(sent: list[Sent]) -> Iterator[int]:
    """How many paragraphs more than changed each update touched."""
    gate = fresh_gate()
    for one in sent:
        yield len(gate.admit(one.update, one.author).touched - one.changed)


def test_few_paragraphs_are_named_in_vain() -> None:
    """Clean-ups of formats, and resends, touch a paragraph without a visible change; typing must not."""
    counts = [number for seed in SEEDS for number in spare(traffic(seed)[0])]
    assert sum(number > 0 for number in counts) < len(counts) / 4
