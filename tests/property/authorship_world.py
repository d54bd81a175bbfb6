"""A chapter in which people write together, beside the oracle that is told of every update."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random

from documents.authorship.runs import Deletion, Run, join
from documents.chapter import ChapterDocument
from documents.crdt.gate import Admitted
from documents.model import SERVER, Chapter, Entry, Recovery, Snapshot
from tests.property.authorship_hands import HANDS, Hand
from tests.property.authorship_oracle import Block, Oracle, Told
from tests.property.authorship_people import Device, Letters

CHAPTER = Chapter("energy", "Energy", 0, "amina")
MINUTE = 60_000
START = 29_000_000
"""The minute in which a history begins."""
PEOPLE = (("amina", 101), ("amina", 102), ("boris", 201), ("chen", 301))


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens; the numbers choose among what there is by then."""

    what: str
    who: int
    a: int
    b: int
    c: int


class Difference(AssertionError):
    """The chapter and the oracle don't say the same."""


class World:
    """The server's chapter, the oracle, and everybody's devices."""

    def __init__(self) -> None:
        self.document = ChapterDocument()
        self.oracle = Oracle()
        self.journal: list[Entry] = []
        self.snapshot: Snapshot | None = None
        self.sent: list[bytes] = []
        self.minute = START
        self.letters = Letters()
        self.devices = [Device(author, client) for author, client in PEOPLE]
        self.cut: dict[str, list[str]] = {author: [] for author, _ in PEOPLE}
        self.said: list[str] = []
        """What happened, for people to read."""
        self._start()

    def _start(self) -> None:
        words = self.letters.text(5)
        draft = self.document.write(
            lambda document: document.append("paragraph", {"id": "p-draft", "label": "1"}, words), SERVER, self.at
        )
        self._keep(draft, SERVER, draft)
        for number, device in enumerate(self.devices[1:]):
            device.hear(self.sent, len(self.sent))
            device.add(device.leaves()[-1], self.letters.text(4 + number))
            self._send(device, device.post(1, merged=False))
        for device in self.devices:
            device.hear(self.sent, len(self.sent))

    @property
    def at(self) -> int:
        return self.minute * MINUTE

    # The server

    def _send(self, device: Device, updates: list[bytes]) -> None:
        for update in updates:
            admitted = self.document.take(update, device.author, self.at)
            self._keep(admitted.update, device.author, update)
            self._settle(admitted)

    def _settle(self, admitted: Admitted) -> None:
        names = self.document.settle([admitted], self.at)
        if names:
            self._keep(names, SERVER, names)

    def _keep(self, admitted: bytes, author: str, update: bytes) -> None:
        if admitted:
            self.journal.append(Entry(CHAPTER.id, len(self.journal) + 1, self.at, author, admitted))
            self.sent.append(admitted)
        self.oracle.take(update, author, self.minute)

    def restart(self, *, from_snapshot: bool) -> None:
        """Rebuild the chapter from what a storage would have kept, and go on with that."""
        snapshot = self.snapshot if from_snapshot else None
        tail = tuple(self.journal[snapshot.seq if snapshot else 0 :])
        again = ChapterDocument.recover(Recovery(CHAPTER, snapshot, tail))
        if again.record.encode() != self.document.record.encode():
            raise Difference(f"the record is another after a restart ({from_snapshot=})")
        for deleted in (False, True):
            if again.runs(deleted=deleted) != self.document.runs(deleted=deleted):
                raise Difference(f"the runs are others after a restart ({from_snapshot=}, {deleted=})")
        self.document = again

    def keep_snapshot(self) -> None:
        """Let the storage have one of now."""
        self.snapshot = Snapshot(
            CHAPTER.id,
            len(self.journal),
            self.at,
            self.document.state(),
            self.document.owners,
            self.document.record.encode(),
        )

    def finish(self) -> None:
        """Everybody sends what waits; then the chapter is rebuilt in both ways."""
        self.meet()
        self.restart(from_snapshot=False)
        self.restart(from_snapshot=True)

    # What is compared

    def check(self) -> None:
        """Raise `Difference` unless the chapter says what the oracle says."""
        for deleted in (False, True):
            runs = self.document.runs(deleted=deleted)
            found = self._plainly(Block(one.kind, list(chars_of(one.runs)), _deletion(one.deleted)) for one in runs)
            wanted = self._plainly(self.oracle.read(deleted=deleted))
            kinds = [(one.kind, one.deleted) for one in found], [(one.kind, one.deleted) for one in wanted]
            if kinds[0] != kinds[1]:
                raise Difference(f"blocks ({deleted=}): {kinds[0]}, wanted {kinds[1]}")
            for one, other in zip(found, wanted, strict=True):
                if one != other:
                    raise Difference(f"text ({deleted=}):\n  {show(one.chars)}\nwanted\n  {show(other.chars)}")
            for paragraph in runs:
                if join(paragraph.runs) != paragraph.runs or not all(run.text for run in paragraph.runs):
                    raise Difference(f"runs that are not joined: {paragraph.runs}")
        named = [(one.id, one.label, one.kind) for one in self.document.runs()]
        if named != [(one.id, one.label, one.kind) for one in self.document.paragraphs()]:
            raise Difference(f"names: {named}")

    def _plainly(self, blocks: Iterable[Block]) -> list[Block]:
        """Without what nobody can say of one's own words that one put again: when, and whether they were gone."""
        again = self.oracle.own_again()
        plain: list[Block] = []
        for block in blocks:
            chars = [
                (value, by, 0, deleted, None if moved_by == by else moved_by) if (value, by) in again else char
                for char in block.chars
                for value, by, _, deleted, moved_by in [char]
                if (value, by) not in again or deleted is None or deleted[0] != by
            ]
            if chars or block.deleted is None:
                plain.append(Block(block.kind, chars, block.deleted))
        return plain

    # Steps

    def do(self, step: Step) -> None:
        """Let a step happen, or nothing if it can't."""
        device = self.devices[step.who % len(self.devices)]
        if step.what in WIRE:
            WIRE[step.what][1](self, device, step)
            return
        before = _reads(device)
        if before:
            others = [text for texts in self.cut.values() for text in texts]
            hand = Hand(device, self.letters, self.cut[device.author], others, step.a, step.b, step.c)
            HANDS[step.what][1](hand)
            if _reads(device) != before:
                self.said.append(f"{_name(device)} {step.what}: {before} → {_reads(device)}")

    def send(self, device: Device, step: Step) -> None:
        """The oldest of what waits, one by one or in one."""
        waiting = min(1 + step.a % 5, len(device.outbox))
        if waiting:
            updates = device.post(waiting, merged=step.b % 3 == 0)
            self.said.append(f"{_name(device)} sends {waiting} in {len(updates)}")
            self._send(device, updates)

    def hear(self, device: Device, step: Step) -> None:
        """Some of what the server has sent."""
        device.hear(self.sent, 1 + step.a % 12)
        self.said.append(f"{_name(device)} hears")

    def meet(self, *_: object) -> None:
        """Everybody sends, then hears, all."""
        self.said.append("all meet")
        for device in self.devices:
            self._send(device, device.post(len(device.outbox), merged=False))
        for device in self.devices:
            device.hear(self.sent, len(self.sent))

    def reconnect(self, device: Device, _: Step) -> None:
        """All that the server lacks in one update, as after some time offline; and all that it has said meanwhile."""
        self.said.append(f"{_name(device)} sends what the server lacks")
        self._send(device, device.post_all(self.document.clocks))
        device.hear(self.sent, len(self.sent))

    def resend(self, device: Device, _: Step) -> None:
        """All that a device has, most of it long known."""
        self.said.append(f"{_name(device)} sends all that it has")
        self._send(device, device.post_all())

    def wait(self, _: Device, step: Step) -> None:
        """Some minutes."""
        self.minute += step.a % 6
        self.said.append(f"{step.a % 6} minutes")

    def stop(self, _: Device, step: Step) -> None:
        """The server stops, having kept a snapshot at some time, or never."""
        if step.a % 3 == 0:
            self.keep_snapshot()
        self.said.append("restart")
        self.restart(from_snapshot=step.b % 2 == 0)

    def snapshot_now(self, *_: object) -> None:
        """The storage gets a snapshot."""
        self.keep_snapshot()


WIRE: dict[str, tuple[int, Callable[[World, Device, Step], None]]] = {
    "send": (26, World.send),
    "hear": (26, World.hear),
    "meet": (6, World.meet),
    "reconnect": (3, World.reconnect),
    "resend": (3, World.resend),
    "wait": (8, World.wait),
    "snapshot": (2, World.snapshot_now),
    "stop": (3, World.stop),
}
"""What happens between the devices and the server, and how often."""


def history(seed: int, length: int) -> list[Step]:
    """A random history, always the same for a seed."""
    rng = Random(seed)  # noqa: S311 (it shall be the same for a seed)
    kinds = [(name, weight) for name, (weight, _) in (*HANDS.items(), *WIRE.items())]
    chosen = rng.choices([name for name, _ in kinds], [weight for _, weight in kinds], k=length)
    return [Step(what, *(rng.randrange(1000) for _ in range(4))) for what in chosen]


def _name(device: Device) -> str:
    return f"{device.author}@{device.doc.client_id}"


def _reads(device: Device) -> str:
    return "/".join(leaf.said for leaf in device.leaves())


def chars_of(runs: Iterable[Run]) -> Iterator[Told]:
    for run in runs:
        for char in run.text:
            if not char.isspace():  # what parts the blocks of a list is nobody's
                yield char, run.by, run.at, _deletion(run.deleted), run.moved_by


def _deletion(deletion: Deletion | None) -> tuple[str, int] | None:
    return None if deletion is None else (deletion.by, deletion.at)


def show(chars: list[Told]) -> str:
    """Runs as a person reads them."""
    parts: list[str] = []
    last: tuple[object, ...] = ()
    for value, by, minute, deleted, moved_by in chars:
        if (by, minute, deleted, moved_by) != last:
            gone = f" deleted by {deleted[0]} {deleted[1] - START}" if deleted else ""
            moved = f" moved by {moved_by}" if moved_by else ""
            parts.append(f" [{by} {minute - START}{moved}{gone}] ")
            last = by, minute, deleted, moved_by
        parts.append(value)
    return "".join(parts)
