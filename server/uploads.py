"""A file that came by the network as a new chapter: what is to be kept, and what is told of it.

All of it is plain data and may be made in a process of its own (`server.apart`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from documents.incoming.contributions import first_entries
from documents.incoming.draft import Draft
from documents.incoming.opening import clean_title, from_draft
from documents.model import AuthorId, Chapter, Entry
from documents.rooms import Rooms
from server.contributors import People, contributors
from server.import_report import as_values
from server.importing import drafted, read_content


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What a file became."""

    title: str
    """The new chapter's."""
    paragraphs: int
    """How many it has, headings not among them."""
    entries: tuple[Entry, ...]
    """The history that it begins with, of a chapter that has no id yet; none for what was only read."""
    report: bytes
    """A JSON object: as `Imported` of `server.http.chapters`, without `chapter`; `read` only when nothing is kept."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What whoever sent the file wants."""

    author: AuthorId
    title: str
    """In place of the text's own, unless it is empty."""
    given: Sequence[str]
    """Who is who, each as ``"NAME=DELEGATION"``."""
    keep: bool
    """Whether it is to become a chapter."""
    at: int
    """In milliseconds since 1970."""
    name: str = ""
    """The file's, whose end may tell its form."""


def take_upload(content: bytes, people: People, wish: Wish) -> Uploaded:
    """Read a file. Raises `WordRefused`, `DraftInvalid`, `UnicodeDecodeError`, `AuthorInvalid`, `TitleInvalid`."""
    draft = drafted(read_content(content, wish.name), people, wish.given)
    title = wish.title or draft.title
    entries: tuple[Entry, ...] = ()
    if wish.keep:
        title = clean_title(title)
        opening = from_draft(draft, contributors(people), title)
        chapter = Chapter("", title, wish.at, wish.author)
        entries = tuple(first_entries(chapter, wish.author, opening.change, opening.contributions))
    paragraphs = sum(one.kind == "paragraph" and one.deleted_by is None for one in draft.blocks)
    return Uploaded(title, max(paragraphs, not draft.blocks), entries, _report(draft, wish))


async def keep_upload(rooms: Rooms, chapter: Chapter, uploaded: Uploaded) -> None:
    """Raises `ChapterExists`, `StorageUnavailable`."""
    await rooms.storage.create_chapter(chapter, [replace(one, chapter=chapter.id) for one in uploaded.entries])


def _report(draft: Draft, wish: Wish) -> bytes:
    values = as_values(draft, "")
    del values["chapter"]  # which has no id yet
    if wish.keep:
        del values["read"]
    for notes in ("comments", "sources"):
        values[notes] = [{"name": name, "number": number} for name, number in values[notes].items()]
    return json.dumps({"unit": draft.unit, "read": [], **values}, ensure_ascii=False).encode()
