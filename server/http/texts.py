"""What chapters say: of open rooms as they are now, of all others without opening them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from documents.chapter import ChapterDocument, Paragraph
from documents.errors import ChapterNotFound
from documents.gavel.rulings import Lock, locks
from documents.model import Chapter, ChapterId, Recovery
from documents.rooms import Rooms

T = TypeVar("T")

SLICE_SECONDS = 0.01
"""How long one slice of reading may hold up the event loop; a single paragraph is never parted."""
WARM_UPS = 200
"""Slices at most: while many people type, some paragraph is always new."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a chapter said after its entry `seq`."""

    seq: int
    paragraphs: tuple[Paragraph, ...]
    locks: tuple[Lock, ...]


class Texts:
    """Looks at chapters. What all of them say is kept for those without a room: lists and searches ask often."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._kept: dict[ChapterId, _Kept] = {}

    async def chapter(self, chapter: ChapterId) -> Chapter:
        """Raises `ChapterNotFound`, `StorageError`."""
        room = self._rooms.find(chapter)
        if room is not None:
            return room.chapter
        for one in await self._rooms.storage.chapters():
            if one.id == chapter:
                return one
        raise ChapterNotFound(chapter)

    async def read(self, chapter: ChapterId, look: Callable[[ChapterDocument], T]) -> T:
        """Look at one chapter, in its room, when all it holds is committed. Raises as `Rooms.open`."""
        room = await self._rooms.open(chapter)
        return await room.read(look)  # asked for before anything else happens: the room can't be evicted in between

    async def read_at(self, chapter: ChapterId, look: Callable[[ChapterDocument], T]) -> tuple[int, T]:
        """As `read`, with the number of the journal's last entry that the document held then."""
        room = await self._rooms.open(chapter)
        return await room.read(lambda document: (room.seq, look(document)))

    async def read_runs(self, chapter: ChapterId, look: Callable[[ChapterDocument], T], *, deleted: bool) -> T:
        """As `read`, for what looks at all runs: a long text is first read in slices, so that nobody else waits."""
        return (await self.read_runs_at(chapter, look, deleted=deleted))[1]

    async def read_runs_at(
        self, chapter: ChapterId, look: Callable[[ChapterDocument], T], *, deleted: bool
    ) -> tuple[int, T]:
        """As `read_runs`, with the number of the journal's last entry that the document held then."""
        for _ in range(WARM_UPS):
            if await self.read(chapter, lambda document: document.warm_up(SLICE_SECONDS, deleted=deleted)):
                break
        return await self.read_at(chapter, look)

    async def paragraphs(self, chapter: ChapterId) -> tuple[Paragraph, ...]:
        """All paragraphs of one of many chapters. Raises `ChapterNotFound`, `StorageError`."""
        room = self._rooms.find(chapter)
        if room is not None:
            return tuple(await room.read(ChapterDocument.paragraphs))
        return (await self._without_room(chapter)).paragraphs

    async def locks(self, chapter: ChapterId) -> tuple[Lock, ...]:
        """All locks of one of many chapters. Raises as `paragraphs`."""
        room = self._rooms.find(chapter)
        if room is not None:
            return tuple((await room.read(locks)).values())
        return (await self._without_room(chapter)).locks

    async def count(self, chapter: ChapterId) -> int:
        """How many paragraphs one of many chapters has, headings not among them. Raises as `paragraphs`."""
        room = self._rooms.find(chapter)
        if room is not None:
            return await room.read(lambda document: document.count("paragraph"))
        return sum(one.kind == "paragraph" for one in (await self._without_room(chapter)).paragraphs)

    async def _without_room(self, chapter: ChapterId) -> _Kept:
        """What is kept, if nothing was written since: a look at the journal's end tells."""
        storage = self._rooms.storage
        kept = self._kept.get(chapter)
        if kept is not None:
            async for _ in storage.history(chapter, after=kept.seq, limit=1):
                break
            else:
                return kept
        recovery = await storage.recover(chapter)
        kept = self._kept[chapter] = await asyncio.to_thread(_rebuilt, recovery)  # a long text takes its time
        return kept


def _rebuilt(recovery: Recovery) -> _Kept:
    document = ChapterDocument.recover(recovery)
    return _Kept(recovery.seq, tuple(document.paragraphs()), tuple(locks(document).values()))


def _texts(request: Request) -> Texts:
    texts: Texts = request.app.state.texts
    return texts


TextsOf = Annotated[Texts, Depends(_texts)]
