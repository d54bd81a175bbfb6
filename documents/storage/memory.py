"""The storage of chapters in memory, for tests and for trying things out: gone when the process ends."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from io import UnsupportedOperation
from pathlib import Path

from documents.errors import ChapterExists, ChapterNotFound, SequenceConflict, StorageUnavailable
from documents.gavel.set_aside import SetAside, State
from documents.model import AuthorId, Chapter, ChapterId, Entry, Recovery, Snapshot
from documents.storage.packing import MAX_ENTRIES
from documents.storage.sequence import follow


@dataclass(slots=True)
class _Kept:
    chapter: Chapter
    entries: list[Entry]
    snapshots: dict[int, Snapshot] = field(default_factory=dict)
    set_aside: dict[int, SetAside] = field(default_factory=dict)
    packed: int = 0
    """How many entries would be packed; nothing is gained by it in memory, so they are only counted."""


class MemoryStorage:
    """The interface `documents.storage.base.Storage`, except that `backup` raises `io.UnsupportedOperation`.

    `run` is how many entries make one pack.
    """

    def __init__(self, *, run: int = MAX_ENTRIES) -> None:
        self._run = run
        self._kept: dict[ChapterId, _Kept] = {}
        self._closed = False

    async def create_chapter(self, chapter: Chapter, entries: Sequence[Entry]) -> None:
        self._check_open()
        follow({chapter.id: 0}, entries)
        if chapter.id in self._kept:
            raise ChapterExists(chapter.id)
        self._kept[chapter.id] = _Kept(chapter, list(entries))

    async def chapters(self) -> list[Chapter]:
        self._check_open()
        return sorted((kept.chapter for kept in self._kept.values()), key=lambda chapter: chapter.created_at)

    async def append(self, entries: Sequence[Entry], set_aside: Sequence[SetAside] = ()) -> None:
        self._check_open()
        for item in set_aside:
            self._find(item.chapter)
        follow({entry.chapter: len(self._find(entry.chapter).entries) for entry in entries}, entries)
        for entry in entries:
            self._kept[entry.chapter].entries.append(entry)
        for item in set_aside:
            self._kept[item.chapter].set_aside[item.number] = item

    async def set_aside(self, chapter: ChapterId, author: AuthorId | None = None) -> list[SetAside]:
        items = sorted(self._find(chapter).set_aside.items())
        return [item for _, item in items if author in {None, item.author}]

    async def settle_set_aside(
        self, chapter: ChapterId, number: int, state: State, *, updated: int | None = None
    ) -> bool:
        kept = self._find(chapter).set_aside
        item = kept.get(number)
        if item is None or updated not in {None, item.updated}:
            return False
        kept[number] = replace(item, state=state)
        return True

    async def recover(self, chapter: ChapterId) -> Recovery:
        kept = self._find(chapter)
        snapshot = kept.snapshots[max(kept.snapshots)] if kept.snapshots else None
        tail = tuple(kept.entries[snapshot.seq if snapshot else 0 :])
        return Recovery(kept.chapter, snapshot, tail, max(kept.set_aside, default=0))

    async def history(self, chapter: ChapterId, after: int = 0, limit: int | None = None) -> AsyncIterator[Entry]:
        entries = self._find(chapter).entries
        for entry in entries[after : None if limit is None else after + limit]:
            yield entry

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        kept = self._find(snapshot.chapter)
        if snapshot.seq > len(kept.entries):
            raise SequenceConflict(snapshot.chapter, snapshot.seq)
        kept.snapshots[snapshot.seq] = snapshot
        for seq in sorted(kept.snapshots)[:-2]:
            del kept.snapshots[seq]

    async def pack(self, chapter: ChapterId, upto: int) -> int:
        kept = self._find(chapter)
        packed = max(0, min(upto, len(kept.entries)) - kept.packed) // self._run * self._run
        kept.packed += packed
        return packed

    async def probe(self) -> None:
        self._check_open()

    async def problems(self) -> list[str]:
        self._check_open()
        return []

    async def backup(self, target: Path) -> None:
        self._check_open()
        raise UnsupportedOperation(f"what is kept in memory is not backed up to {target}")

    async def close(self) -> None:
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise StorageUnavailable("it is closed")

    def _find(self, chapter: ChapterId) -> _Kept:
        self._check_open()
        if chapter not in self._kept:
            raise ChapterNotFound(chapter)
        return self._kept[chapter]
