"""Hostile updates at held paragraphs: these stay what they are, nobody's replica differs, and the room goes on."""

import os
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from pycrdt import XmlElement

from documents.chapter import ChapterDocument
from documents.crdt import protocol, update_v1
from documents.gavel.rulings import (
    HEADINGS,
    Lock,
    Person,
    Place,
    lock_on,
    put_lock,
    section_members,
    set_status,
    standings,
)
from tests.editorkit import Editor, content, tree
from tests.fuzz import world
from tests.fuzz.hostile import Hostile
from tests.fuzz.neighbours import Neighbours
from tests.fuzz.test_authorship_fuzz import EVES, Mover
from tests.roomkit import CHAPTER, FaultyStorage, open_rooms, open_storage, quiet, replayed

SECONDS = float(os.environ.get("ADREF_FUZZ_SECONDS", "15"))
SEED = int(os.environ.get("ADREF_FUZZ_SEED", "1"))
UPDATES = 40
"""Hostile updates in one episode."""
SLOW = 1.0
"""Seconds that no update may take."""
CHAIR = Person("chair", "Ms Chen", "japan", "Japan", "chair")
HOLDER = Person("egypt", "Amina", "egypt", "Egypt")
AT = "2026-11-22T10:00:00.000Z"


def bar(place: Place) -> str | None:
    """For whoever holds nothing."""
    return "It is held." if place.lock is not None or place.sealed else None


class Siege:
    """A chapter in a room, what of it is held, and those who attack it."""

    def __init__(self, rng: Random, editor: Editor, holder: Editor, mallory: Editor, storage: FaultyStorage) -> None:
        self.rng = rng
        self.editor = editor
        """Somebody who only looks on."""
        self.holder = holder
        self.mallory = mallory
        self.storage = storage
        self.counts: Counter[str] = Counter()
        self.held: dict[str, Any] = {}
        self.order: list[str] = []
        assert editor.room is not None
        self.room = editor.room

    async def prepare(self) -> None:
        """An honest history, from the holder's seat, and then locks."""
        document = await self.room.read(lambda one: one)
        self.document = document
        self.neighbours = Neighbours(document.ledger, document.state())
        self.mover = Mover(self.rng, document.ledger)
        self.mover.note(document.state())
        self.noted = dict(document.clocks)
        self.real = [update for _, update in world.history(self.rng, self.rng.choice((5, 20, 40)))]
        for update in self.real:
            await self.post(self.holder, update)
        await self.room.write("chair", self.rule)
        self._note()
        await self.look()

    def rule(self, document: ChapterDocument) -> None:
        """Lock and agree some of it."""
        rng = self.rng
        for top in list(document.outline().tops):
            roll = rng.random()
            if roll < 0.25:
                put_lock(document, Lock(top.paragraph, "paragraph", 0, CHAIR, HOLDER, "", AT, ""), "lock")
            elif roll < 0.4:
                set_status(document, top.paragraph, "agreed", CHAIR, AT, "")
            elif top.tag == "heading" and roll < 0.7:
                members = tuple(section_members(document, top.paragraph))
                put_lock(document, Lock(top.paragraph, "section", 0, CHAIR, HOLDER, "", AT, "", members), "lock")
        if rng.random() < 0.3:
            put_lock(document, Lock(HEADINGS, "headings", 0, CHAIR, HOLDER, "", AT, ""), "lock")

    async def look(self) -> None:
        """Remember what is held."""
        self.held, self.order = await self.room.read(_held)

    async def post(self, editor: Editor, update: bytes) -> None:
        """One update arrives; whoever is refused comes back."""
        start = time.process_time()
        editor.post_frame(protocol.sync_update(update))
        await self.room.read(lambda _: None)
        took = time.process_time() - start
        assert took < SLOW, f"{update[:200].hex()} took {took:.1f} s"
        assert self.room._counts.rebuilds == 0, f"the room was rebuilt on {update.hex()}"
        if editor.errors:
            editor.errors.clear()
            self.counts["refused"] += 1
        else:
            self.counts["let in"] += 1
            self._note()

    def _note(self) -> None:
        came = self.document.since(self.noted)
        self.noted = dict(self.document.clocks)
        if update_v1.parse(came).sections:
            self.neighbours.watch(came)
            self.mover.note(came)

    async def attack(self) -> None:
        """Throw things at what is held; now and then its holder edits."""
        mine = [*world.MINE[2:], *EVES]
        hostile = Hostile(self.rng, self.document.ledger, self.real, mine)
        for _ in range(UPDATES):
            if self.rng.random() < 0.1:
                await self.post(self.holder, self.mover.update(world.HONEST[:1]))
                await self.look()
            update = hostile.update() if self.rng.random() < 0.5 else self.mover.update(tuple(mine))
            await self.post(self.mallory, update)
            held, order = await self.room.read(_held)
            self.counts["undone"] += len(self.mallory.kept)
            self.mallory.kept.clear()
            assert held == self.held, f"what is held has changed by {update.hex()}"
            assert order == self.order, f"what is held stands in another order by {update.hex()}"

    async def check(self) -> None:
        """Everybody has the same; ids are single; the journal says the same."""
        await quiet(self.room, self.editor)
        shown = await self.room.read(ChapterDocument.state)
        if self.neighbours.orderly:
            fresh = Editor("nobody", 2, live=False)
            fresh.doc.apply_update(shown)
            assert content(fresh) == content(self.editor), "an onlooker sees another document"
        ids = [one.id for one in await self.room.read(ChapterDocument.paragraphs) if one.kind != "text"]
        assert all(ids), "a paragraph has no id"
        assert len(set(ids)) == len(ids), "an id is there twice"
        again = await replayed(self.storage)
        assert self.document.authorship_problems() == again.authorship_problems() == []
        assert again.record.encode() == self.document.record.encode()


def _held(document: ChapterDocument) -> tuple[dict[str, Any], list[str]]:
    """What is held and there, by paragraph, and in which order."""
    found: dict[str, Any] = {}
    for top, child in zip(document.outline().tops, document.children, strict=True):
        if isinstance(child, XmlElement) and _is_held(document, top.paragraph, top.tag):
            found[top.paragraph] = tree(child)
    return found, list(found)


def _is_held(document: ChapterDocument, paragraph: str, tag: str) -> bool:
    standing = standings(document).get(paragraph)
    return lock_on(document, paragraph, heading=tag == "heading") is not None or (
        standing is not None and standing.sealed
    )


async def siege(seed: int) -> Counter[str]:
    """One episode."""
    rng = world.chance(seed)
    async with open_storage("memory", Path()) as storage, open_rooms(storage) as rooms:
        room = await rooms.open(CHAPTER)
        editors = [
            Editor(author, client, live=False).join(room)
            for author, client in (("eve", 9), ("egypt", 8), ("mallory", 6))
        ]
        await quiet(room, *editors)
        for editor in editors:
            assert editor.seat is not None
            editor.seat.bar = (lambda _: None) if editor.author == "egypt" else bar
        one = Siege(rng, editors[0], editors[1], editors[2], storage)
        await one.prepare()
        await one.attack()
        await one.check()
        return one.counts


async def test_what_is_held_stays_whatever_comes() -> None:
    end = time.monotonic() + SECONDS
    counts: Counter[str] = Counter()
    seed = SEED * 1_000_000
    while time.monotonic() < end:
        seed += 1
        try:
            counts += await siege(seed)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
        counts["episodes"] += 1
    assert counts["undone"] > 20
