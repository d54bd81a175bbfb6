"""The storage of chapters, as an interface. Two implementations pass one suite, `tests/contract/test_storage.py`."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

from documents.gavel.set_aside import SetAside, State
from documents.model import AuthorId, Chapter, ChapterId, Entry, Recovery, Snapshot


class Storage(Protocol):
    """Keeps chapters, their journals and their snapshots.

    Every method raises `StorageUnavailable` for a passing fault, and once the storage is closed; after it nothing of
    the call was kept, and the same call may be made again. Every method that names a chapter raises `ChapterNotFound`.

    When a caller is cancelled, what it asked for is done or not, whole in either case; the storage goes on.
    """

    async def create_chapter(self, chapter: Chapter, entries: Sequence[Entry]) -> None:
        """Keep a new chapter with its first entries, in one commit.

        Raises `ChapterExists`, and `SequenceConflict` unless the entries are the chapter's and count from 1.
        """

    async def chapters(self) -> list[Chapter]:
        """All chapters, oldest first."""

    async def append(self, entries: Sequence[Entry], set_aside: Sequence[SetAside] = ()) -> None:
        """Keep entries of any number of chapters in one commit: all of them are on disk on return, or none.

        With them, in the same commit, what was set aside; one of the same chapter and number is replaced, and of
        several in one call the last is kept. Raises `SequenceConflict` when an entry does not follow its chapter's
        last one.
        """

    async def set_aside(self, chapter: ChapterId, author: AuthorId | None = None) -> list[SetAside]:
        """Everything set aside in a chapter, or that of one author, by number. Raises `StorageDamaged`."""

    async def settle_set_aside(
        self, chapter: ChapterId, number: int, state: State, *, updated: int | None = None
    ) -> bool:
        """Say what became of something set aside. False, and nothing is changed, when there is no such number.

        With `updated`, also when it has grown since that time.
        """

    async def recover(self, chapter: ChapterId) -> Recovery:
        """The newest readable snapshot and every entry after it. Raises `StorageDamaged`."""

    def history(self, chapter: ChapterId, after: int = 0, limit: int | None = None) -> AsyncIterator[Entry]:
        """The entries with a `seq` above `after`, in order, one by one, packed or not; `limit` of them at most.

        Reads in pages of bounded size. Raises `StorageDamaged` where an entry is missing or can't be read.
        """

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; the newest two of a chapter are kept, older ones go.

        Raises `SequenceConflict` when it is ahead of the journal.
        """

    async def pack(self, chapter: ChapterId, upto: int) -> int:
        """Pack entries with `seq` ≤ `upto`, the oldest first, into compressed runs; returns how many were packed now.

        Only whole runs are packed: what does not fill one waits for the next call. Raises `StorageDamaged`.
        """

    async def probe(self) -> None:
        """Make one small durable write, to learn whether the storage works again."""

    async def problems(self) -> list[str]:
        """Everything wrong with what is stored, each in one sentence; an empty list when all is well.

        Whether the updates are what they should be is not looked at: that takes a document to replay them.
        """

    async def backup(self, target: Path) -> None:
        """Copy everything, as of one moment, into a new file while going on. Raises `FileExistsError`.

        A storage that has no file raises `io.UnsupportedOperation`.
        """

    async def close(self) -> None:
        """Release what is held. Nothing needs saving: every call above saved its own."""
