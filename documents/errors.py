"""Every error that `documents` raises, in one tree. Each has fields; `str()` gives one sentence for a person."""

from dataclasses import dataclass


class DocumentsError(Exception):
    """The root of the tree."""


@dataclass(slots=True, eq=False)
class ChapterNotFound(DocumentsError):
    """There is no chapter of that id."""

    chapter: str

    def __str__(self) -> str:
        return f"there is no chapter {self.chapter!r}"


@dataclass(slots=True, eq=False)
class ChapterExists(DocumentsError):
    """A chapter of that id is there already."""

    chapter: str

    def __str__(self) -> str:
        return f"there is a chapter {self.chapter!r} already"


class StorageError(DocumentsError):
    """The storage did not do what it was asked."""


@dataclass(slots=True, eq=False)
class StorageUnavailable(StorageError):
    """A passing fault (disk full, I/O error): nothing of the call was kept; trying again may succeed."""

    reason: str

    def __str__(self) -> str:
        return f"the storage is unavailable: {self.reason}"


@dataclass(slots=True, eq=False)
class SequenceConflict(StorageError):
    """An entry's `seq` is taken or leaves a gap: a second writer is at work on the chapter. Nothing was kept."""

    chapter: str
    seq: int

    def __str__(self) -> str:
        return f"entry {self.seq} of chapter {self.chapter!r} does not follow the last one: is there a second writer?"


@dataclass(slots=True, eq=False)
class StorageDamaged(StorageError):
    """What was read back is not what was written."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where} is damaged: {self.reason}"


class ProtocolError(DocumentsError):
    """A message that is not of the protocol. Nothing of it was used."""


@dataclass(slots=True, eq=False)
class MessageMalformed(ProtocolError):
    """Bytes that can't be read as a message."""

    reason: str

    def __str__(self) -> str:
        return f"malformed message: {self.reason}"


@dataclass(slots=True, eq=False)
class MessageTooLarge(ProtocolError):
    """A part of a message beyond its bound."""

    what: str
    limit: int

    def __str__(self) -> str:
        return f"{self.what} is larger than {self.limit}"


class UpdateRefused(DocumentsError):
    """An update that the gate did not let in. The chapter is unchanged."""


@dataclass(slots=True, eq=False)
class UpdateMalformed(UpdateRefused):
    """Not a well-formed update, or one that no editor of a chapter makes."""

    reason: str

    def __str__(self) -> str:
        return f"malformed update: {self.reason}"


@dataclass(slots=True, eq=False)
class UpdateIncomplete(UpdateRefused):
    """It builds on something that the chapter does not have: ask the client for all it has (sync step 1)."""

    client: int
    clock: int

    def __str__(self) -> str:
        return f"the update builds on client {self.client}, clock {self.clock}, which the chapter does not have"


@dataclass(slots=True, eq=False)
class ClientIdTaken(UpdateRefused):
    """It adds to a client id that belongs to somebody else."""

    client: int

    def __str__(self) -> str:
        return f"client id {self.client} belongs to another participant"


@dataclass(slots=True, eq=False)
class RootForbidden(UpdateRefused):
    """It writes to a part of the document that only the server writes."""

    root: str

    def __str__(self) -> str:
        return f"{self.root!r} is written by the server alone"


@dataclass(slots=True, eq=False)
class ReadOnly(UpdateRefused):
    """The sender may read this chapter, not write it, or the chapter is read-only for now."""

    reason: str

    def __str__(self) -> str:
        return f"read-only: {self.reason}"


@dataclass(slots=True, eq=False)
class RoomBusy(DocumentsError):
    """More is waiting than a room, or the server, will hold: try again later."""

    what: str

    def __str__(self) -> str:
        return f"{self.what} is too busy: try again later"


@dataclass(slots=True, eq=False)
class DocumentBroken(DocumentsError):
    """The CRDT library failed on what was let in: the document must be thrown away and rebuilt."""

    reason: str

    def __str__(self) -> str:
        return f"the document is broken: {self.reason}"
