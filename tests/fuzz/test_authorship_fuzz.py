"""Whatever the gate lets in, the authorship layer takes, and finds again after a restart; a hang meets the timeout."""

import os
import time
from collections import Counter
from random import Random

from documents.chapter import ChapterDocument
from documents.crdt import update_v1
from documents.crdt.ledger import Container, Kind, Ledger
from documents.crdt.update_v1 import Id
from documents.errors import UpdateRefused
from documents.model import Chapter, ClientId, Entry, Recovery, Snapshot
from tests.fuzz import world
from tests.fuzz.hostile import Draft, Hostile, string
from tests.fuzz.neighbours import Neighbours

SECONDS = float(os.environ.get("ADREF_FUZZ_SECONDS", "15"))
SEED = int(os.environ.get("ADREF_FUZZ_SEED", "1"))
UPDATES = 60
"""Hostile updates in one episode."""
EVES = (601, 602)
WORDS = ("one two", " ", "the ", "a", "word", "可再生", "😀", "x y z", "e\u0301", "wo", "\u202eab\u200b")
MINUTE = 60_000
START = 29_000_000 * MINUTE


class Attacked:
    """A chapter under attack, with its journal."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.chapter = ChapterDocument()
        self.entries: list[Entry] = []
        self.snapshots: list[Snapshot] = []
        self.at = START
        self.ledger: Ledger = self.chapter._gate.ledger
        self.neighbours = Neighbours(self.ledger, update_v1.EMPTY)
        self.counts: Counter[str] = Counter()

    def take(self, update: bytes, author: str) -> None:
        """One update through the gate; fails on an error that is not documented."""
        try:
            admitted = self.chapter.take(update, author, self.at)
        except UpdateRefused:
            self.counts["refused"] += 1
            return
        if admitted.update:
            self.counts["admitted"] += 1
            self.neighbours.watch(admitted.update)
            self._keep(author, admitted.update)
            settled = self.chapter.settle([admitted], self.at)
            told = self.chapter.tell_authorship(self.at)
            for written in (settled, told):
                if written:
                    self.neighbours.watch(written)
                    self._keep("adref", written)

    def _keep(self, author: str, update: bytes) -> None:
        self.entries.append(Entry("c", len(self.entries) + 1, self.at, author, update))

    def snapshot(self) -> None:
        """Keep what a room keeps now and then."""
        owners, record = dict(self.chapter.owners), self.chapter.record.encode()
        seq = len(self.entries)
        self.snapshots.append(Snapshot("c", seq, self.at, self.chapter.state(), owners, record))

    def recovered(self, snapshot: Snapshot | None) -> ChapterDocument:
        """The chapter as a restart finds it."""
        tail = tuple(self.entries[snapshot.seq if snapshot else 0 :])
        return ChapterDocument.recover(Recovery(Chapter("c", "C", START, "egypt"), snapshot, tail))


class Mover:
    """Removes what lies there and inserts pieces of it again, with neighbours as any client may claim them."""

    def __init__(self, rng: Random, ledger: Ledger) -> None:
        self.rng = rng
        self.ledger = ledger
        self.said: dict[Id, str] = {}

    def note(self, update: bytes) -> None:
        """Learn what the ids of an update say."""
        for section in update_v1.parse(update).sections:
            for struct in section.structs:
                if struct.kind == update_v1.STRING and struct.value.isascii():
                    for clock, char in enumerate(struct.value, struct.clock):
                        self.said[section.client, clock] = char

    def update(self, mine: tuple[ClientId, ...]) -> bytes:
        """Deletions of runs of text, and what they say beside any of them or elsewhere."""
        rng, client = self.rng, self.rng.choice(mine)
        runs = [run for other, clock in self.ledger.clocks.items() for run in self._texts(other, clock)]
        if not runs:
            return update_v1.EMPTY
        drafts: list[Draft] = []
        deletes, said = [], [rng.choice(WORDS)]
        for other, start, end, _ in rng.choices(runs, k=rng.choice((1, 1, 2, 5))):
            low = rng.randrange(start, end)
            high = min(end, low + rng.choice((1, 1, 3, 8, 40)))
            deletes.append((other, low, high - low))
            said.append("".join(self.said.get((other, clock), "") for clock in range(low, high)) or "the ")
        for _ in range(rng.choice((0, 1, 1, 2, 4))):
            text = "".join(rng.sample(said, rng.randint(1, min(2, len(said)))))
            if text:
                drafts.append(self._draft(text, runs))
        kept = [] if drafts and rng.random() < 0.2 else deletes
        sections = [(client, self.ledger.known(client), [draft.encode() for draft in drafts])] if drafts else []
        return update_v1.write_update(sections, kept)

    def _draft(self, text: str, runs: list[tuple[ClientId, int, int, Container]]) -> Draft:
        rng = self.rng
        other, start, end, container = rng.choice(runs)
        at = rng.randrange(start, end)
        draft = Draft(update_v1.STRING, update_v1.utf16_length(text), string(text), (other, at))
        if at + 1 < end:
            draft.right = (other, at + 1)
        if rng.random() < 0.1:
            also, low, high, _ = rng.choice([run for run in runs if run[3] is container])
            draft.right = (also, rng.randrange(low, high))
        return draft

    def _texts(self, client: ClientId, clock: int) -> list[tuple[ClientId, int, int, Container]]:
        parts = self.ledger.within(client, 0, clock)
        return [(client, start, end, where) for start, end, where in parts if where.kind is Kind.TEXT]


def attack(seed: int) -> Attacked:
    """An honest history with hostile updates strewn in, at times that go forwards and backwards."""
    rng = world.chance(seed)
    attacked = Attacked(rng)
    mover = Mover(rng, attacked.ledger)
    honest = world.history(rng, rng.choice((5, 30, 60)))
    hostile = Hostile(rng, attacked.ledger, [update for _, update in honest], [*world.MINE[2:], *EVES])
    for _ in range(UPDATES):
        attacked.at += rng.choice((0, 0, 0, 0, 1, 2, 9, 11, -1, -5)) * MINUTE
        for author, update in honest[: rng.choice((0, 1, 3))]:
            attacked.take(update, author)
            mover.note(update)
            honest.pop(0)
        who, mine = rng.choice((("mallory", world.MINE[2:]), ("eve", EVES)))
        update = hostile.update() if rng.random() < 0.4 else mover.update(mine)
        before = len(attacked.entries)
        attacked.take(update, who)
        for entry in attacked.entries[before:]:
            mover.note(entry.update)
        if rng.random() < 0.05:
            attacked.snapshot()
    return attacked


def check(seed: int, attacked: Attacked) -> None:
    """After a restart it is all the same: always from the journal, from snapshots if all neighbours were true."""
    live = attacked.chapter
    told = live.authorship_problems()
    assert told == [], f"seed {seed}: {told[:3]}"
    for snapshot in (None, *attacked.snapshots):
        again = attacked.recovered(snapshot)
        name = f"seed {seed}, " + ("from the journal" if snapshot is None else f"from the snapshot at {snapshot.seq}")
        name += f", neighbours {'true' if attacked.neighbours.orderly else 'claimed'}"
        alike = again.record.encode() == live.record.encode() and again.runs(deleted=True) == live.runs(deleted=True)
        if snapshot is None or attacked.neighbours.orderly:
            assert alike, f"{name}: it differs"
            assert again.authorship_problems() == [], name
        elif not alike:
            attacked.counts["differs by claimed neighbours"] += 1
        else:
            attacked.counts["same despite claimed neighbours"] += 1


def test_whatever_is_let_in_is_taken_and_found_again() -> None:
    end = time.monotonic() + SECONDS
    counts: Counter[str] = Counter()
    seed = SEED * 1_000_000
    while time.monotonic() < end:
        seed += 1
        attacked = attack(seed)
        check(seed, attacked)
        counts += attacked.counts
        counts["moved"] += sum(1 for _ in attacked.chapter.record.moves())
        counts["episodes"] += 1
    assert counts["admitted"] > 100
    assert counts["moved"] > 20
