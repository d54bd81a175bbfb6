"""The plain values that the parts of a chapter hand to each other."""

from collections.abc import Mapping
from dataclasses import dataclass

ChapterId = str
"""A chapter's id: 1 to 80 characters of ``a-z``, ``0-9`` and ``-``, as it stands in its address."""

AuthorId = str
"""Whoever an update is from, as an opaque id given by the sign-in (here: a participant's id)."""

ClientId = int
"""A Yjs client id: one replica of the document, below 2**53."""

SERVER: AuthorId = "adref"
"""The author of what the server itself writes (ids of split paragraphs, the import). No participant may bear it."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One live document of the meeting."""

    id: ChapterId
    title: str
    created_at: int
    """Milliseconds since 1970 (UTC)."""
    created_by: AuthorId


@dataclass(frozen=True, slots=True)
class Entry:
    """One update as it stands in the journal. ``seq`` counts from 1 without gaps within a chapter."""

    chapter: ChapterId
    seq: int
    at: int
    """Milliseconds since 1970 (UTC), by the server's clock."""
    author: AuthorId
    update: bytes
    """A Yjs update, format v1, already admitted."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A chapter's whole state after the entry ``seq``. It can always be made again from the journal."""

    chapter: ChapterId
    seq: int
    at: int
    state: bytes
    """A Yjs update, format v1, from nothing to here, deleted text included."""
    owners: Mapping[ClientId, AuthorId]
    """Who first used each client id, and so owns it."""
    record: bytes
    """Who wrote and who deleted what, encoded by `documents.authorship.record`."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a chapter is rebuilt from: its newest snapshot, if any, and every entry after it."""

    chapter: Chapter
    snapshot: Snapshot | None
    tail: tuple[Entry, ...]
    set_aside: int = 0
    """The highest number of what was set aside; 0 when nothing was."""

    @property
    def seq(self) -> int:
        """The last entry's number; 0 when there is none."""
        if self.tail:
            return self.tail[-1].seq
        return 0 if self.snapshot is None else self.snapshot.seq
