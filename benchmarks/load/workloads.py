"""The workloads, each for any server: what is typed, and what is measured."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.load.clients import Event
from benchmarks.load.history import History, history
from benchmarks.load.stage import PATIENCE, RATE, Kind, Outcome, Stage, delays_of, measure, stage, texts_right

PRESENCE_EVERY = 15.0
"""Seconds, as Yjs's clients do it."""
TOO_LATE = 250.0
"""p99 in ms, from which on a room is full."""
CROWDS = (50, 110, 140, 180, 240, 320, 500, 700, 1000, 1200)
EDITS = 500
"""Seen by all when the server is killed."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One thing to measure."""

    id: str
    title: str
    run: Callable[[Kind, float], Outcome]
    """With the seconds that a measurement takes."""
    keeps: bool = False
    """Whether it makes sense only for servers that keep documents."""
    once: bool = False
    """Whether it is long, or gives the same each time: it is not repeated."""
    around: float = 10.0
    """Seconds that it takes on one server beside what is measured, so that whoever waits knows for how long."""

    def rounds(self, asked: int) -> int:
        """How often it is run where so many rounds are asked for."""
        return 1 if self.once else asked


def typing(kind: Kind, seconds: float, *, rooms: int = 1, people: int = 140, paste: int = 0) -> Outcome:
    """All type at once. `busy` is the load client's own CPU, `late` how much too late it sent, at most, in ms."""
    with stage(kind, rooms, people) as on:
        crowd = on.crowd()
        witnesses = on.witnesses()
        on.enter(crowd, people)
        pings = on.pings()
        command = f"type {people} {RATE} {min(2.0, seconds / 3)} {seconds} {PATIENCE} {paste}"
        outcome, event = measure(on, crowd, command, "typed")
        loop = pings.stop()
        outcome |= _typed(event, people) | _held(loop, on)
        outcome["text_right"] = float(event["unseen"] == 0 and texts_right(crowd, witnesses))
        if on.server.durable:
            clocks = crowd.ask("state", "state")["clocks"]
            on.restart()
            outcome["kept"] = on.held(clocks) / sum(clocks)
        return outcome


def _typed(event: Event, people: int) -> Outcome:
    outcome = delays_of(event)
    for other in ("echo", "paste"):
        outcome |= {f"{other}_{name}": value for name, value in delays_of(event, other).items()}
    counts = ("typed", "delivered", "unseen", "drained", "late", "busy", "lost")
    outcome |= {name: float(event[name]) for name in counts}
    return outcome | {"bytes_each": event["bytes"] / people}


def _held(pings: Event, on: Stage) -> Outcome:
    """How long the event loop was held: as pings saw it, and as the server itself says, if it does."""
    longest = on.server.longest_step()
    found = {"loop_held": float(pings["most"]), "loop_p99": float(pings["p99"])}
    return found if longest is None else found | {"step_held": longest}


def joining(
    kind: Kind, seconds: float, *, made: Callable[[], History], cold: bool = False, then_type: bool = False
) -> Outcome:
    """140 come at once into a chapter that was written for long; `cold`: which nobody has opened yet."""
    people = 140
    past = made()
    with stage(kind, 1, people, past.updates) as on:
        crowd = on.crowd()
        crowd.say("await {} {}".format(*past.last))
        if cold:
            on.restart()
        pings = on.pings()
        used = on.server.cpu()
        event = on.enter(crowd, people)
        outcome = {"all_in": event["in"] * 1e3, "cpu_seconds": on.server.cpu() - used, "lost": float(event["lost"])}
        if then_type:
            spent, event = measure(on, crowd, f"type {people} {RATE} 2 {seconds} {PATIENCE}", "typed")
            outcome |= spent | _typed(event, people)
        return outcome | _held(pings.stop(), on) | {"memory_mb": on.server.memory()}


def reconnecting(kind: Kind, seconds: float, *, people: int = 140, characters: int = 1_000) -> Outcome:
    """All come back at once, each with what they typed in 20 minutes without a connection."""
    del seconds
    with stage(kind, 1, people) as on:
        crowd = on.crowd()
        witnesses = on.witnesses()
        on.enter(crowd, people)
        crowd.ask(f"offline {characters}", "offline")
        pings = on.pings()
        used = on.server.cpu()
        event = crowd.ask(f"open {people} {PATIENCE}", "open")
        outcome = {"all_in": event["in"] * 1e3, "level": event["level"] * 1e3, "cpu_seconds": on.server.cpu() - used}
        outcome |= _held(pings.stop(), on) | {"lost": float(event["lost"])}
        return outcome | {"text_right": float(event["level"] >= 0 and texts_right(crowd, witnesses))}


def idling(kind: Kind, seconds: float, *, people: int = 500) -> Outcome:
    """All are there and say so every 15 seconds; memory is over that of the empty server."""
    with stage(kind, 1, people) as on:
        crowd = on.crowd()
        empty = on.server.memory()
        on.enter(crowd, people)
        crowd.say("idle 8 8")  # so that everybody knows of everybody
        crowd.hear("idled")
        pings = on.pings()
        outcome, event = measure(on, crowd, f"idle {seconds} {PRESENCE_EVERY}", "idled")
        outcome |= {"over_empty_mb": outcome["memory_mb"] - empty} | _held(pings.stop(), on)
        return outcome | {"lost": float(event["lost"]), "messages": float(event["messages"])}


def saturating(kind: Kind, seconds: float) -> Outcome:
    """More and more type, until p99 exceeds 250 ms. `p99_140` and so on are those of each crowd, `cpu_140` its CPU."""
    outcome: Outcome = {"most_clients": 0}
    with stage(kind, 1, CROWDS[-1]) as on:
        crowd = on.crowd()
        for people in CROWDS:
            on.enter(crowd, people)
            spent, event = measure(on, crowd, f"type {people} {RATE} 2 {seconds} {PATIENCE}", "typed")
            outcome |= {f"cpu_{people}": spent["cpu"], f"p50_{people}": event["delay"]["p50"]}
            outcome |= {f"p99_{people}": event["delay"]["p99"], f"busy_{people}": event["busy"]}
            if event["delay"]["p99"] >= TOO_LATE or event["unseen"] or event["lost"]:
                break
            outcome["most_clients"] = people
            outcome["memory_mb"] = spent["memory_mb"]
    return outcome


def killed_after(kind: Kind, seconds: float, *, people: int) -> Outcome:
    """`kill -9` when all have seen 500 edits; how many are there after a restart."""
    del seconds
    with stage(kind, 1, people) as on:
        crowd = on.crowd()
        on.enter(crowd, people)
        event = crowd.ask(f"type {people} {RATE} 0 {EDITS / people / RATE} {PATIENCE}", "typed")
        on.server.kill()
        return _after_kill(crowd.ask("state", "state"), on) | {"unseen": float(event["unseen"])}


def killed_while(kind: Kind, seconds: float, *, people: int = 140) -> Outcome:
    """`kill -9` while all type; how much of what anybody had seen is there after a restart."""
    with stage(kind, 1, people) as on:
        crowd = on.crowd()
        on.enter(crowd, people)
        crowd.say(f"type {people} {RATE} 0 {seconds * 10} {PATIENCE}")
        crowd.hear("measuring")
        time.sleep(seconds / 2)
        on.server.kill()
        crowd.hear("typed")
        return _after_kill(crowd.ask("state", "state"), on)


def _after_kill(state: Event, on: Stage) -> Outcome:
    on.server.start()
    return {"shown": float(sum(state["shown"])), "kept": float(on.held(state["shown"]))}


_LONG = partial(history, 260_000, 1, 140)
_YEAR = partial(history, 600_000, 500, 300)

WORKLOADS = (
    Workload("W1", "one room, 140 typing", typing),
    Workload("W2", "one room, 30 typing", partial(typing, people=30)),
    Workload("W3", "ten rooms of 14", partial(typing, rooms=10)),
    Workload("W4", "140 join a chapter of 260,000 edits", partial(joining, made=_LONG), around=7.0),
    Workload("W4-cold", "the same, not in memory yet", partial(joining, made=_LONG, cold=True), keeps=True, around=8.0),
    Workload("W5", "500 idle in one room", idling, around=18.0),
    Workload("saturation", "most clients in one room", saturating, once=True, around=60.0),
    Workload("kill-150", "`kill -9` after 500 edits, 150 a second", partial(killed_after, people=30), keeps=True),
    Workload(
        "kill-20",
        "`kill -9` after 500 edits, 20 a second",
        partial(killed_after, people=4),
        keeps=True,
        once=True,
        around=35.0,
    ),
    Workload("kill-700", "`kill -9` in the middle of W1", killed_while, keeps=True),
    Workload("breakout", "30 breakout rooms of 5", partial(typing, rooms=30, people=150)),
    Workload("paste", "100 kB pasted while 100 type", partial(typing, people=101, paste=100_000)),
    Workload("reconnect", "140 come back after 20 minutes offline", reconnecting),
    Workload(
        "year",
        "600,000 edits of 500 people: 140 join and type",
        partial(joining, made=_YEAR, cold=True, then_type=True),
        keeps=True,
        around=40.0,
    ),
)  # fmt: skip
