"""The benchmarks' load client, held against real Yjs clients: what it types they read, what it counts is so."""

import pytest

from benchmarks.load.places import FIRST_ID
from benchmarks.load.stage import Kind, delays_of, stage, texts_right
from benchmarks.load.workloads import killed_while, reconnecting, typing
from benchmarks.servers.adref import Adref
from benchmarks.servers.floor import GatheringFloor

PEOPLE = 12
RATE = 20
"""Characters a second of each: fast, so that a short run has many."""


@pytest.mark.parametrize("kind", [Adref, GatheringFloor])
def test_real_clients_read_what_it_types(kind: Kind) -> None:
    with stage(kind, 2, PEOPLE) as on:
        crowd = on.crowd()
        witnesses = on.witnesses()
        assert on.enter(crowd, PEOPLE)["in"] > 0
        event = crowd.ask(f"type {PEOPLE} {RATE} 0 1 10", "typed")
        assert event["typed"] == pytest.approx(PEOPLE * RATE, rel=0.1)
        assert event["unseen"] == event["gaps"] == event["lost"] == 0
        # Each is seen by everybody in its room of six, its sender too.
        assert event["delivered"] == event["typed"] * PEOPLE / 2
        delays = delays_of(event)
        assert 0 < delays["p50"] <= delays["p99"] <= delays["most"] < 5_000
        assert texts_right(crowd, witnesses)


def test_it_counts_what_a_real_client_would_miss() -> None:
    with stage(Adref, 1, PEOPLE) as on:
        crowd = on.crowd()
        witnesses = on.witnesses()
        on.enter(crowd, PEOPLE - 1)  # one stays away: it types nothing, and the others are not blamed for it
        event = crowd.ask(f"type {PEOPLE} {RATE} 0 0.5 0.5", "typed")
        away = crowd.ask("state", "state")["clocks"][-1]
        assert away == 0
        assert event["unseen"] > 0  # what the one who is away has not seen
        assert texts_right(crowd, witnesses)


def test_everybody_comes_back_with_what_they_typed_offline() -> None:
    outcome = reconnecting(Adref, 0, people=PEOPLE, characters=300)
    assert outcome["level"] > 0
    assert outcome["text_right"] == 1


def test_a_paste_is_counted_apart() -> None:
    outcome = typing(Adref, 1.0, people=PEOPLE, paste=20_000)
    assert outcome["unseen"] == 0
    assert outcome["text_right"] == 1
    assert outcome["paste_p50"] > 0
    assert outcome["kept"] == 1


def test_a_kill_loses_nothing_that_was_seen() -> None:
    outcome = killed_while(Adref, 1.0, people=PEOPLE)
    assert outcome["shown"] > 0
    assert outcome["kept"] == outcome["shown"]


def test_client_ids_are_as_long_as_real_ones() -> None:
    assert 2**31 < FIRST_ID < 2**32 - 2_000
