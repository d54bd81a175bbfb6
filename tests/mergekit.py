"""A live chapter, files of it that were edited elsewhere, and the desk at which they come back."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from documents.chapter import ChapterDocument
from documents.formats.papers.wordml import bookmark
from documents.incoming.bringing import Bringer, barred_behind, barred_for, bring
from documents.incoming.comparing import compare
from documents.incoming.differences import Difference, Kind, Plan
from documents.incoming.draft import Words
from documents.incoming.merging import Ground, past, plan
from documents.incoming.returned import Returned, ReturnedParagraph
from documents.model import SERVER, Chapter
from documents.redline.base import Bases
from documents.room import Room
from documents.rooms import Rooms
from tests.editorkit import Editor
from tests.roomkit import CHAPTER, QUICK, Clock, FaultyMemory, quiet

Line = tuple[str, str, str]
"""A paragraph of a file: its id (empty for a new one), label and text."""


@dataclass
class Desk:
    """A live chapter, and who brings files back to it."""

    room: Room
    rooms: Rooms
    storage: FaultyMemory
    bases: Bases
    aside: dict[str, frozenset[str]] = field(default_factory=dict)

    async def lines(self) -> list[Line]:
        """What an export would say now."""
        found = await self.room.read(ChapterDocument.paragraphs)
        return [(one.id, one.label, one.text) for one in found]

    async def text(self) -> list[str]:
        return [text for _, _, text in await self.lines()]

    async def plan(self, lines: Sequence[Line | ReturnedParagraph], seq: int, who: Bringer, kind: Kind) -> Plan:
        file = Returned(tuple(paragraph(at, one) for at, one in enumerate(lines, 1)), CHAPTER, seq)
        base = await self.bases.at(CHAPTER, seq)

        def ground(document: ChapterDocument) -> Ground:
            return Ground(
                kind, base, lambda tag: tag.partition("~")[0] == who.author,
                lambda item: barred_for(document, who, item),
                lambda item, heading: barred_behind(document, who, item, heading=heading),
                lambda char: char, self.aside,
            )  # fmt: skip

        then = await self.room.read(lambda document: past(document, ground(document)))
        held = compare(file, then, kind, bookmark)
        return await self.room.read(lambda document: plan(document, file, held, ground(document)))

    async def bring(
        self,
        lines: Sequence[Line | ReturnedParagraph],
        seq: int,
        who: Bringer | None = None,
        kind: Kind = "version",
        others: dict[str, Bringer] | None = None,
    ) -> list[Difference]:
        """Merge a file; returns what differs."""
        who = who or Bringer("egypt", {"name": "Egypt"})
        found = await self.plan(lines, seq, who, kind)
        told = await bring(self.room, found, who, others or {}, "2026-01-01T00:00:00.000Z")
        return [one for one in told if one.state != "unchanged"]


def paragraph(at: int, one: Line | ReturnedParagraph) -> ReturnedParagraph:
    if isinstance(one, ReturnedParagraph):
        return one
    name, label, text = one
    words = (Words(text),) if text else ()
    return ReturnedParagraph(at, "paragraph", label, words, (bookmark(name),) if name else ())


@asynccontextmanager
async def open_desk(*texts: str) -> AsyncIterator[Desk]:
    """A chapter of these paragraphs, p-1 and so on, labelled by their numbers."""

    def fill(document: ChapterDocument) -> None:
        for number, text in enumerate(texts, 1):
            document.append("paragraph", {"id": f"p-{number}", "label": str(number)}, text)

    storage = FaultyMemory()
    rooms = Rooms(storage, room_limits=QUICK, now=Clock())
    await rooms.create(Chapter(CHAPTER, "Principles", 1_000, SERVER), SERVER, fill)
    try:
        yield Desk(await rooms.open(CHAPTER), rooms, storage, Bases(storage))
    finally:
        await rooms.close()


async def join(desk: Desk, author: str, client: int) -> Editor:
    """Somebody who writes in the live chapter."""
    editor = Editor(author, client).join(desk.room)
    await quiet(desk.room, editor)
    return editor
