"""`adref check`: is everything in a meeting's folder whole, and does the history tell the same as the snapshots."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from auth.errors import AuthError
from auth.tokens import load_or_create_key
from documents.chapter import SERVER_ROOTS, ChapterDocument
from documents.errors import DocumentBroken, StorageDamaged, UpdateRefused
from documents.model import ChapterId
from documents.storage.base import Storage
from server.database import open_database
from server.offline import KEY
from server.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in one part of the folder."""

    part: str
    """`chapter …`, `storage`, `people`, `key`."""
    summary: str
    problems: tuple[str, ...]


async def check_folder(settings: Settings) -> AsyncIterator[Finding]:
    """Check part by part, also while a server goes on writing. Raises as `open_database` does."""
    yield _check_key(settings)
    async with await open_database(settings.data, synchronous=settings.synchronous) as database:
        yield Finding("storage", "checked", tuple(await database.documents.problems()))
        try:
            people = len((await database.auth.load()).participants)
            yield Finding("people", f"{people} participants", ())
        except AuthError as error:
            yield Finding("people", "can't be read", (str(error),))
        for chapter in await database.documents.chapters():
            yield await check_chapter(database.documents, chapter.id)


async def check_chapter(storage: Storage, chapter: ChapterId) -> Finding:
    """Replay a chapter's whole journal from nothing, and compare with what it is recovered from."""
    part = f"chapter {chapter}"
    replayed, seq = ChapterDocument(), 0
    try:
        recovery = await storage.recover(chapter)
        recovered = ChapterDocument.recover(recovery)
        async for entry in storage.history(chapter):
            if entry.seq > recovery.seq:  # written since: a server is at work
                break
            replayed.take(entry.update, entry.author, entry.at, trusted=True)
            seq = entry.seq
    except (StorageDamaged, UpdateRefused, DocumentBroken) as error:
        return Finding(part, f"{seq} entries", (f"after entry {seq}: {error}",))
    problems = _differences(recovered, replayed)
    recovered.tell_authorship(0)  # what an older program left out is told when the chapter is opened next: no problem
    problems += recovered.authorship_problems()
    if not seq:
        problems.append("it has no entries, and every chapter begins with one")
    if seq != recovery.seq:
        problems.append(f"the journal ends at entry {seq}, not at {recovery.seq}")
    return Finding(part, f"{seq} entries, {recovered.count('paragraph')} paragraphs", tuple(problems))


def _differences(recovered: ChapterDocument, replayed: ChapterDocument) -> list[str]:
    """Where the document that is recovered is not the one that was written."""
    records = recovered.record.encode(), replayed.record.encode()
    compared: dict[str, tuple[object, object]] = {
        "state vector": (recovered.clocks, replayed.clocks),
        "text": (recovered.lines(), replayed.lines()),
        "paragraphs": (recovered.paragraphs(), replayed.paragraphs()),
        "owners of client ids": (recovered.owners, replayed.owners),
        "record of authorship": records,
        **{f"map {root!r}": (recovered.value(root), replayed.value(root)) for root in SERVER_ROOTS},
    }
    if records[0] == records[1]:  # one that does not fit the text can't be laid over it
        compared["authors of the text"] = (recovered.runs(deleted=True), replayed.runs(deleted=True))
    return [
        f"the snapshot and the journal differ in the {what}" for what, (one, other) in compared.items() if one != other
    ]


def _check_key(settings: Settings) -> Finding:
    path = settings.data / KEY
    if not path.exists():
        return Finding("key", "not made yet", ())
    try:
        load_or_create_key(path)
    except (AuthError, OSError) as error:
        return Finding("key", "can't be used", (str(error),))
    return Finding("key", "readable by its owner alone", ())
