"""Restoring a version on a participant's behalf, or showing what that would change."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from auth.meeting import Meeting
from auth.people import Participant
from documents.authorship.runs import Byline, Tag
from documents.model import ChapterId
from documents.redline.base import Bases
from documents.redline.rebuilt import Rebuilt
from documents.redline.redline import tags
from documents.room import Room
from documents.rooms import Rooms, milliseconds
from documents.seat import byline_of
from documents.versions.restoring import Restored, Restorer, Wanted, preview, restore
from documents.versions.reverting import past_of
from documents.versions.versions import Version, find
from server.bylines import complete
from server.http.ruled import person_of
from server.rights import rights_in
from server.stamp import stamp_of


@dataclass(frozen=True, slots=True)
class Preview:
    """What restoring a version would do."""

    version: Version
    since: int
    """The last entry of the history that belongs to the text of now."""
    restored: Restored
    """With the redline, against the text of now."""
    bylines: Mapping[Tag, Byline]
    """Of everybody who is named in it."""


@dataclass(frozen=True, slots=True)
class Restoring:
    """What it takes. Whether the participant may is asked before."""

    meeting: Meeting
    rooms: Rooms
    bases: Bases
    rebuilt: Rebuilt

    async def restore(self, chapter: ChapterId, version: str, person: Participant) -> tuple[Version, Restored]:
        """Restore a version, by its name or id. Raises `VersionNotFound`, `StorageError`, and as `restore` does."""
        room = await self.rooms.open(chapter)
        wanted = await self._wanted(room, version, person)
        room = await self.rooms.open(chapter)  # it may have been closed while the version was read
        return wanted.version, await restore(room, wanted)

    async def preview(self, chapter: ChapterId, version: str, person: Participant) -> Preview:
        """What that would change. Raises as `restore`."""
        room = await self.rooms.open(chapter)
        seq = await room.read(lambda _: room.seq)
        wanted = await self._wanted(room, version, person)
        document = await self.rebuilt.document(chapter, seq)
        base = await self.bases.at(chapter, seq)
        restored = await asyncio.to_thread(preview, document, base, wanted)
        bylines = complete(document.bylines(), dict.fromkeys(tags(restored.changes)), self.meeting)
        return Preview(wanted.version, seq, restored, bylines)

    async def _wanted(self, room: Room, version: str, person: Participant) -> Wanted:
        chapter = room.chapter.id
        found = await room.read(lambda document: find(document, version))
        past = await self.rebuilt.look(chapter, found.seq, past_of)
        stamp = stamp_of(person, self.meeting.delegation_number(person.delegation.id))
        bar = rights_in(self.meeting, chapter, person).bar
        by = Restorer(person.id, byline_of(person.id, stamp), person_of(person), bar)
        return Wanted(found, past, by, milliseconds())
