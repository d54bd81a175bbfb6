"""What a chapter begins with: the text itself, and what others contributed to it, each as its own author's."""

import secrets
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pycrdt import Doc, XmlFragment

from documents.chapter import TEXT_ROOT, ChapterDocument
from documents.model import SERVER, AuthorId, Chapter, ClientId, Entry
from documents.runs import Tag

_CLIENT_IDS: Final = 2**32
"""Yjs draws its own below this too."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """Text that stands in a new chapter as somebody's who was not in the room."""

    by: Tag
    texts: Mapping[str, str]
    """By the ids of their paragraphs, which stand empty until then."""


def first_entries(
    chapter: Chapter,
    author: AuthorId,
    change: Callable[[ChapterDocument], None],
    contributions: Sequence[Contribution] = (),
) -> list[Entry]:
    """What `author` writes by `change`, the contributions, and the server's note of who wrote them; none when empty."""
    written = _written(chapter.created_at, author, change, contributions)
    kept = [(by, update) for by, update in written if update]
    return [Entry(chapter.id, seq, chapter.created_at, by, update) for seq, (by, update) in enumerate(kept, start=1)]


def _written(
    at: int, author: AuthorId, change: Callable[[ChapterDocument], None], contributions: Sequence[Contribution]
) -> Iterator[tuple[AuthorId, bytes]]:
    document = ChapterDocument()
    first = document.write(change, author, at)
    yield author, first
    places = {paragraph.id: place for place, paragraph in enumerate(document.paragraphs())}
    for one in contributions:
        texts = {places[paragraph]: text for paragraph, text in one.texts.items()}
        update = _fill_in(first, _fresh_client(document.clocks), texts)
        yield one.by, document.take(update, one.by, at, trusted=True).update
    yield SERVER, document.tell_authorship(at)


def _fill_in(state: bytes, client: ClientId, texts: Mapping[int, str]) -> bytes:
    """The update by which `client` writes texts into the empty paragraphs at these places."""
    doc = Doc[Any](client_id=client)
    doc.apply_update(state)
    before = doc.get_state()
    paragraphs: Any = doc.get(TEXT_ROOT, type=XmlFragment).children  # elements, each with an empty text in it
    with doc.transaction():
        for place, text in texts.items():
            paragraphs[place].children[0].insert(0, text)
    return doc.get_update(before)


def _fresh_client(used: Container[ClientId]) -> ClientId:
    while (client := secrets.randbelow(_CLIENT_IDS)) in used:
        continue
    return client
