"""`adref import FILE --chapter ID`: a file comes back to its chapter, whether a server is at work on it or not."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import typer

from documents.redline.base import Bases
from server.database import FolderInUse, lock_folder
from server.importing import MARKDOWN, MARKDOWN_ENDINGS, Brought
from server.offline import Offline, open_offline
from server.remote import send
from server.settings import Settings

T = TypeVar("T")


async def merge(settings: Settings, chapter: str, file: Brought, given: Sequence[str], *, keep: bool) -> dict[str, Any]:
    """Merge a file; returns the report's values. `given` says by a participant's id who brings it, and by
    ``"NAME=DELEGATION"`` whose changes in it are others'.

    Raises `typer.BadParameter`, `NoMeeting`, `ServerFault`, and as `server.returning.take_back` does.
    """
    by = [one for one in given if "=" not in one]
    if len(by) != 1:
        raise typer.BadParameter("say who brings the file, by the id of one participant", param_hint="--as")
    names = [one for one in given if "=" in one]
    async with open_offline(settings) as offline:
        offline.meeting.participant(by[0])
        try:
            with lock_folder(settings.data):
                return await _here(offline, chapter, by[0], file, names, keep=keep)
        except FolderInUse:
            token = await offline.meeting.open_session(by[0], 60)
    asked = urlencode([("dry_run", str(not keep).lower()), *(("as", name) for name in names)])
    path = f"/api/chapters/{quote(chapter, safe='')}/import?{asked}"
    kind = MARKDOWN if file.name.casefold().endswith(MARKDOWN_ENDINGS) else "application/octet-stream"
    found: dict[str, Any] = await asyncio.to_thread(send, settings.url, token, "POST", path, file.content, kind)
    return found


async def _here(  # noqa: PLR0913 (what is asked)
    offline: Offline, chapter: str, by: str, file: Brought, names: Sequence[str], *, keep: bool
) -> dict[str, Any]:
    from server.return_report import as_values  # noqa: PLC0415 (what reads and writes Word files takes its time)
    from server.returning import Desk, take_back  # noqa: PLC0415

    async def call(work: Callable[..., T], *arguments: Any) -> T:
        return work(*arguments)

    desk = Desk(offline.meeting, offline.rooms, Bases(offline.rooms.storage), call)
    try:
        person = offline.meeting.participant(by)
        return as_values(await take_back(desk, chapter, person, file, names, keep=keep))
    finally:
        await offline.rooms.close()


def told(values: dict[str, Any]) -> str:
    """The report for people."""
    from server.return_report import as_text  # noqa: PLC0415 (as above)

    return as_text(values)
