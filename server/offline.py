"""A meeting's folder opened by a command, beside the server that serves it or without one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from auth.meeting import Meeting
from auth.tokens import Signer, load_or_create_key
from documents.rooms import Rooms
from server.database import DATABASE, DataFolderError, open_database
from server.settings import Settings

KEY: Final = "key"
"""The file in the data folder that holds the key by which tokens are signed."""


@dataclass(slots=True, eq=False)
class NoMeeting(DataFolderError):
    """The folder holds no meeting."""

    folder: str

    def __str__(self) -> str:
        return f"there is no meeting in {self.folder}: make one with `adref sample`, `adref import` or `adref serve`"


@dataclass(frozen=True, slots=True)
class Offline:
    """What commands work with. They read all they like, and write people and whole new chapters, nothing else."""

    meeting: Meeting
    rooms: Rooms
    """For `documents.incoming.opening.create` alone: the rooms are the server's."""


def require_meeting(settings: Settings) -> None:
    """Raises `NoMeeting` unless the folder holds a meeting."""
    if not (settings.data / DATABASE).is_file():
        raise NoMeeting(str(settings.data))


@asynccontextmanager
async def open_offline(settings: Settings, *, make: bool = False) -> AsyncIterator[Offline]:
    """Open the meeting; `make` one when there is none. Raises `NoMeeting`, and as `open_database` does."""
    if not make:
        require_meeting(settings)
    async with await open_database(settings.data, synchronous=settings.synchronous) as database:
        meeting = await Meeting.open(
            database.auth,
            Signer(load_or_create_key(settings.data / KEY)),
            access_seconds=round(settings.access_minutes * 60),
            session_seconds=round(settings.session_hours * 3600),
        )
        yield Offline(meeting, Rooms(database.documents))
