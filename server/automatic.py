"""Automatic versions: so often, each chapter whose text has changed becomes a version, whoever is there."""

import asyncio
import logging
from datetime import UTC, datetime

from documents.chapter import ChapterDocument
from documents.errors import DocumentsError, StorageDamaged
from documents.gavel.rulings import iso
from documents.model import SERVER, Chapter, ChapterId
from documents.rooms import Rooms
from documents.versions.freezing import Wanted, freeze
from documents.versions.frozen import hash_of, of_chapter
from documents.versions.versions import Version, status_line, versions

log = logging.getLogger(__name__)


class Automatic:
    """Makes them. Time is cut into stretches of so many hours, a minute at least, counted from midnight UTC."""

    def __init__(self, rooms: Rooms, hours: float) -> None:
        self._rooms = rooms
        self._stretch = max(60_000, round(hours * 3_600_000))
        self._seen: dict[ChapterId, int] = {}
        """The stretch in which each chapter was last looked at."""

    async def keep(self, now: int) -> None:
        """Make what is due at a time (milliseconds since 1970): one version of a chapter for each stretch in which it
        has changed, as soon as the next one has begun. What fails is tried again at the next call.

        Raises `StorageUnavailable`.
        """
        stretch = now // self._stretch
        for chapter in await self._rooms.storage.chapters():
            if self._seen.get(chapter.id) == stretch:
                continue
            try:
                await self._look(chapter, now)
            except StorageDamaged:
                log.exception("chapter %s: no automatic version can be made", chapter.id)
            except DocumentsError as error:
                log.warning("chapter %s: no automatic version could be made: %s", chapter.id, error)
                continue
            self._seen[chapter.id] = stretch

    async def _look(self, chapter: Chapter, now: int) -> None:
        if chapter.created_at // self._stretch == now // self._stretch:
            return
        found, digest = await self._read(chapter.id)
        if any(one.automatic and not one.before and self._began(one) == now // self._stretch for one in found):
            return
        if found and found[-1].hash == digest:
            return
        moment = datetime.fromtimestamp(now / 1000, UTC)
        status = status_line(moment.date(), f"{moment:%H:%M} UTC")
        wanted = Wanted(f"Automatic: {status}", status=status, automatic=True)
        await freeze(await self._rooms.open(chapter.id), wanted, SERVER, iso(now))

    async def _read(self, chapter: ChapterId) -> tuple[list[Version], str]:
        """The chapter's versions and the hash of its text, without opening it for that."""
        room = self._rooms.find(chapter)
        if room is not None:
            found, text = await room.read(lambda document: (versions(document), of_chapter(document)))
            return found, await asyncio.to_thread(hash_of, text)
        recovery = await self._rooms.storage.recover(chapter)

        def rebuild() -> tuple[list[Version], str]:
            document = ChapterDocument.recover(recovery)
            return versions(document), hash_of(of_chapter(document))

        return await asyncio.to_thread(rebuild)

    def _began(self, version: Version) -> int:
        return round(datetime.fromisoformat(version.at).timestamp() * 1000) // self._stretch
