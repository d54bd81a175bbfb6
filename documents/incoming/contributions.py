"""What a chapter begins with: the text itself, and what others contributed to it, each as its own author's."""

import secrets
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from pycrdt import Doc, XmlFragment

from documents.authorship.runs import Tag
from documents.chapter import TEXT_ROOT, ChapterDocument
from documents.gavel.rulings import Person, Status, iso, set_status
from documents.model import SERVER, AuthorId, Chapter, ClientId, Entry
from documents.progress import Told, each, untold

_CLIENT_IDS: Final = 2**32
"""Yjs draws its own below this too."""
_NOTHING: Final = b"\0\0"
"""An update that says nothing."""


Spans = Sequence[tuple[str, frozenset[str]]]


@dataclass(frozen=True, slots=True)
class Edit:
    """A change in the text of one paragraph."""

    paragraph: str
    at: int
    """Where, in bytes of UTF-8, once the edits before it are made."""
    delete: int = 0
    """How much goes there, in bytes of UTF-8."""
    insert: str = ""
    """What comes there then."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What stands in a new chapter as somebody's who was not in the room."""

    by: Tag
    texts: Mapping[str, str]
    """By the ids of their paragraphs, which stand empty until then."""
    edits: Sequence[Edit] = ()
    """Of what stands there after the contributions before this one."""
    removed: Sequence[str] = ()
    """The paragraphs that go as a whole, by id."""
    spans: Mapping[str, Spans] = field(default_factory=dict)
    """How paragraphs look, by id, once all this is done: their text in parts of one format."""
    statuses: Mapping[str, Status] = field(default_factory=dict)
    """What the paragraphs are set to, by id, once all this is done. Whoever makes the chapter sets it."""
    void: Container[str] = ()
    """Those of them whose text has changed since."""


def first_entries(
    chapter: Chapter,
    author: AuthorId,
    change: Callable[[ChapterDocument], None],
    contributions: Sequence[Contribution] = (),
    told: Told = untold,
) -> list[Entry]:
    """What `author` writes by `change`, the contributions, and the server's note of who wrote them; none when empty."""
    told("writing", 0)
    written = _written(ChapterDocument(), chapter.created_at, author, change, each("writing", contributions, told))
    kept = [(by, update) for by, update in written if update]
    return [Entry(chapter.id, seq, chapter.created_at, by, update) for seq, (by, update) in enumerate(kept, start=1)]


def begun(change: Callable[[ChapterDocument], None], contributions: Iterable[Contribution]) -> ChapterDocument:
    """A document that begins so, to look at."""
    document = ChapterDocument()
    deque(_written(document, 0, SERVER, change, contributions), maxlen=0)
    return document


def _written(
    document: ChapterDocument,
    at: int,
    author: AuthorId,
    change: Callable[[ChapterDocument], None],
    contributions: Iterable[Contribution],
) -> Iterator[tuple[AuthorId, bytes]]:
    first = document.write(change, author, at)
    yield author, first
    for one in contributions:
        places = {top.paragraph: place for place, top in enumerate(document.outline().tops)}
        update = _made(document.state(), _fresh_client(document.clocks), one, places)
        if update != _NOTHING:
            yield one.by, document.take(update, one.by, at, trusted=True).update
        yield author, document.write(partial(_set_statuses, one, author, iso(at)), author, at)
    yield SERVER, document.tell_authorship(at)


def _made(state: bytes, client: ClientId, contribution: Contribution, places: Mapping[str, int]) -> bytes:
    """The update by which `client` makes a contribution to the paragraphs that stand at these places."""
    doc = Doc[Any](client_id=client)
    doc.apply_update(state)
    before = doc.get_state()
    paragraphs: Any = doc.get(TEXT_ROOT, type=XmlFragment).children  # elements, each with a text in it
    with doc.transaction():
        for paragraph, text in contribution.texts.items():
            paragraphs[places[paragraph]].children[0].insert(0, text)
        for edit in contribution.edits:
            _make(paragraphs[places[edit.paragraph]].children[0], edit)
        for paragraph, spans in contribution.spans.items():
            _dress(paragraphs[places[paragraph]].children[0], spans)
        for place in sorted((places[paragraph] for paragraph in contribution.removed), reverse=True):
            del paragraphs[place]
    return doc.get_update(before)


def _dress(text: Any, spans: Spans) -> None:
    at = 0
    for said, formats in spans:
        end = at + len(said.encode())
        if formats:
            text.format(at, end, {name: {} for name in sorted(formats)})
        at = end


def _set_statuses(one: Contribution, author: AuthorId, at: str, document: ChapterDocument) -> None:
    for paragraph, status in one.statuses.items():
        by, void = Person(author, "", "", ""), paragraph in one.void
        set_status(document, paragraph, status, by, at, "imported so", void=void)


def _make(text: Any, edit: Edit) -> None:
    if edit.delete:
        del text[edit.at : edit.at + edit.delete]
    if edit.insert:
        text.insert(edit.at, edit.insert)


def _fresh_client(used: Container[ClientId]) -> ClientId:
    while (client := secrets.randbelow(_CLIENT_IDS)) in used:
        continue
    return client
