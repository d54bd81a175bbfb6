"""Chapters as they were after an entry of their journals, with who wrote what: for comparing two earlier points."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar, cast

from documents.authorship.runs import Byline, Tag
from documents.chapter import ChapterDocument
from documents.errors import DocumentBroken, StorageDamaged, UpdateRefused
from documents.model import ChapterId, Entry
from documents.redline import redline
from documents.storage.base import Storage

T = TypeVar("T")
Look = Callable[[ChapterDocument], object]

KEPT: Final = 8
"""How much of what was found is kept, that used last."""
PAGE: Final = 200
"""Entries that are taken at once, off the event loop."""


@dataclass(frozen=True, slots=True)
class Then:
    """A chapter at an earlier point. Nothing in it changes."""

    text: redline.Text
    bylines: Mapping[Tag, Byline]


class Rebuilt:
    """Rebuilds them, one at a time, from the newest snapshot that is not later, or from the whole journal."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._kept: OrderedDict[tuple[ChapterId, int, Look], object] = OrderedDict()
        self._lock = asyncio.Lock()

    async def at(self, chapter: ChapterId, seq: int) -> Then:
        """The chapter after an entry, as far as a redline must know it. Raises as `look`."""
        return await self.look(chapter, seq, _then)

    async def look(self, chapter: ChapterId, seq: int, read: Callable[[ChapterDocument], T]) -> T:
        """What `read` finds in the chapter as it was after an entry: kept by `read`, which is to be the same each time.

        Raises `ChapterNotFound`, `StorageError`. Without a snapshot, some 40 seconds for each million entries the first
        time.
        """
        async with self._lock:
            key = (chapter, seq, read)
            if key not in self._kept:
                self._kept[key] = await asyncio.to_thread(read, await self._read(chapter, seq))
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return cast("T", self._kept[key])

    async def document(self, chapter: ChapterId, seq: int) -> ChapterDocument:
        """The chapter after an entry, for the caller alone. Raises as `look`."""
        async with self._lock:
            return await self._read(chapter, seq)

    async def _read(self, chapter: ChapterId, seq: int) -> ChapterDocument:
        recovery = await self._storage.recover(chapter)
        document, after = ChapterDocument(), 0
        if recovery.snapshot is not None and recovery.snapshot.seq <= seq:
            document = await asyncio.to_thread(ChapterDocument.recover, replace(recovery, tail=()))
            after = recovery.snapshot.seq
        page: list[Entry] = []
        if after < seq:
            async for entry in self._storage.history(chapter, after, seq - after):
                page.append(entry)
                if len(page) == PAGE:
                    await asyncio.to_thread(_take, document, page)
                    page = []
        await asyncio.to_thread(_take, document, page)
        return document


def _take(document: ChapterDocument, entries: Iterable[Entry]) -> None:
    for entry in entries:
        try:
            document.take(entry.update, entry.author, entry.at, trusted=True)
        except (UpdateRefused, DocumentBroken) as error:
            raise StorageDamaged(f"chapter {entry.chapter!r}, entry {entry.seq}", str(error)) from error


def _then(document: ChapterDocument) -> Then:
    return Then(redline.read(document), document.bylines())
