"""The storage of chapters, as an interface. Two implementations pass one suite, `tests/contract/test_storage.py`."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

from documents.model import Chapter, ChapterId, Entry, Recovery, Snapshot


class Storage(Protocol):
    """Keeps chapters, their journals and their snapshots.

    Every method raises `StorageUnavailable` for a passing fault; after it nothing of the call was kept, and the
    same call may be made again.
    """

    async def create_chapter(self, chapter: Chapter, entries: Sequence[Entry]) -> None:
        """Keep a new chapter with its first entries, in one commit. Raises `ChapterExists`."""

    async def chapters(self) -> list[Chapter]:
        """All chapters, oldest first."""

    async def append(self, entries: Sequence[Entry]) -> None:
        """Keep entries of any number of chapters in one commit: all of them are on disk on return, or none.

        Raises `SequenceConflict` when an entry does not follow its chapter's last one.
        """

    async def recover(self, chapter: ChapterId) -> Recovery:
        """The newest snapshot and every entry after it. Raises `ChapterNotFound`, `StorageDamaged`."""

    def history(self, chapter: ChapterId, after: int = 0, limit: int | None = None) -> AsyncIterator[Entry]:
        """The entries with a `seq` above `after`, in order, one by one, packed or not."""

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; the newest two of a chapter are kept, older ones go."""

    async def pack(self, chapter: ChapterId, upto: int) -> int:
        """Pack old entries with `seq` ≤ `upto` into compressed runs; returns how many were packed now."""

    async def probe(self) -> None:
        """Make one small durable write, to learn whether the storage works again. Raises `StorageUnavailable`."""

    async def problems(self) -> list[str]:
        """Everything wrong with what is stored, each in one sentence; an empty list when all is well."""

    async def backup(self, target: Path) -> None:
        """Copy everything, as of one moment, into a new file while going on. Raises `FileExistsError`."""

    async def close(self) -> None:
        """Release what is held. Nothing needs saving: every call above saved its own."""
