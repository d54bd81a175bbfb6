"""Published versions: found by their public address, whoever asks and from whatever chapter.

All publishing goes through here, so what is found at first is kept up to date without looking again.
"""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

from documents.chapter import ChapterDocument
from documents.errors import StorageDamaged
from documents.incoming.opening import slug
from documents.model import AuthorId, Chapter, ChapterId
from documents.redline.rebuilt import Rebuilt
from documents.rooms import Rooms
from documents.versions.frozen import KEPT, Frozen, Past, exceptions, hash_of
from documents.versions.paper import take
from documents.versions.versions import (
    AddressTaken,
    PaperNotFound,
    PaperWithdrawn,
    Publication,
    Version,
    VersionsFull,
    find,
    note_act,
    versions,
)

log = logging.getLogger(__name__)

PAPER: Final = "paper"
"""What stands before an address that would be numbers alone."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A version with its text."""

    chapter: Chapter
    version: Version
    text: Frozen


class Papers:
    """Publishes, withdraws and finds."""

    def __init__(self, rooms: Rooms) -> None:
        self._past = Past(rooms.storage)
        self._rebuilt = Rebuilt(rooms.storage)
        self._files: OrderedDict[tuple[ChapterId, str], bytes] = OrderedDict()
        self._making = asyncio.Lock()
        self._rooms = rooms
        self._addresses: dict[str, tuple[Chapter, Version]] | None = None
        self._lock = asyncio.Lock()

    async def find(self, address: str) -> Paper:
        """What is published under an address, or under the symbol that it was made from.

        Raises `PaperNotFound`, `PaperWithdrawn`, `StorageError`.
        """
        async with self._lock:
            addresses = await self._known()
        found = addresses.get(address) or addresses.get(slug(address, PAPER))
        if found is None:
            raise PaperNotFound(address)
        chapter, version = found
        if not version.published:
            raise PaperWithdrawn(address)
        return await self.read(chapter, version)

    async def word(self, address: str) -> bytes:
        """The same for Word. It is made once; the last ones that were asked for are kept. Raises as `find`."""
        paper = await self.find(address)
        chapter, version = paper.chapter, paper.version
        async with self._making:
            key = (chapter.id, version.name)
            if key not in self._files:
                from server.exports import published  # noqa: PLC0415 (what makes papers takes its time)

                sheet = await self._rebuilt.look(chapter.id, version.seq, take)
                self._files[key] = await asyncio.to_thread(published, chapter, version, sheet)
            self._files.move_to_end(key)
            while len(self._files) > KEPT:
                self._files.popitem(last=False)
            return self._files[key]

    async def read(self, chapter: Chapter, version: Version) -> Paper:
        """A version with its text, and with its hash and exceptions also when an older program made it.

        Raises `StorageDamaged` when the text is not what was frozen, and as `Past.at` does.
        """
        text = await self._past.at(chapter.id, version.seq)
        digest = await asyncio.to_thread(hash_of, text)
        if not version.hash:
            return Paper(chapter, replace(version, hash=digest, exceptions=exceptions(text)), text)
        if version.hash != digest:
            raise StorageDamaged(f"chapter {chapter.id!r}", f"the text after entry {version.seq} has another hash")
        return Paper(chapter, version, text)

    async def publish(self, chapter: ChapterId, version: str, by: AuthorId, at: str) -> Version:
        """Let everybody read a version; nothing happens to one that is public. `at` is ISO 8601 in UTC.

        Raises `VersionNotFound`, `AddressTaken`, `VersionsFull`, `StorageError`, and as `Room.write` does.
        """
        return await self._act(chapter, version, Publication("publish", by, at))

    async def withdraw(self, chapter: ChapterId, version: str, by: AuthorId, at: str) -> Version:
        """Let nobody read a version without signing in; its address stays its own. Raises as `publish`."""
        return await self._act(chapter, version, Publication("withdraw", by, at))

    async def _act(self, chapter: ChapterId, version: str, act: Publication) -> Version:
        async with self._lock:
            addresses = await self._known()
            room = await self._rooms.open(chapter)
            found = await room.read(lambda document: find(document, version))
            if found.published == (act.act == "publish"):
                return found
            if act.act == "publish":
                await self.read(room.chapter, found)  # what can't be shown is not published
            address = found.address or _address(chapter, found)
            holder = addresses.get(address)
            if holder is not None and (holder[0].id, holder[1].name) != (chapter, found.name):
                raise AddressTaken(address)
            noted: list[Version | None] = []

            def note(document: ChapterDocument) -> None:
                noted.append(note_act(document, found.name, address, act))

            room = await self._rooms.open(chapter)
            await room.write(act.by, note)
            if noted[0] is None:
                raise VersionsFull
            addresses[address] = (room.chapter, noted[0])
            return noted[0]

    async def _known(self) -> dict[str, tuple[Chapter, Version]]:
        """All addresses that were ever given. Reads every chapter the first time."""
        if self._addresses is None:
            found: dict[str, tuple[Chapter, Version]] = {}
            for chapter in await self._rooms.storage.chapters():
                for version in await self._versions(chapter.id):
                    if version.address:
                        found[version.address] = (chapter, version)
            self._addresses = found
        return self._addresses

    async def _versions(self, chapter: ChapterId) -> list[Version]:
        room = self._rooms.find(chapter)
        if room is not None:
            return await room.read(versions)
        try:
            recovery = await self._rooms.storage.recover(chapter)
            return await asyncio.to_thread(lambda: versions(ChapterDocument.recover(recovery)))
        except StorageDamaged as error:  # the papers of all other chapters can be read
            log.error("the papers of a chapter can't be found: %s", error)
            return []


def _address(chapter: ChapterId, version: Version) -> str:
    """From the symbol, or else from where the version stands in the chapter's history."""
    return slug(version.symbol, PAPER) if version.symbol else f"{chapter}-{version.seq}"
