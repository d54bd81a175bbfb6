"""The text that a version fixes: its paragraphs with their labels and statuses, read from the journal however old.

Its hash is the SHA-256 of its canonical form (`canonical`). Nothing of a chapter's history is ever dropped, so the text
can always be read again, and the hash shows that it is the same.
"""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pycrdt import Doc, Map, XmlElement, XmlFragment, XmlText

from documents.chapter import STATUSES, TEXT_ROOT, ChapterDocument
from documents.errors import StorageDamaged
from documents.gavel.rulings import AGREED, DRAFT, Standing, Status, exact, standings
from documents.model import ChapterId
from documents.outline import HEADING, level_of
from documents.storage.base import Storage
from documents.versions.besides import Stated, besides

KEPT: Final = 16
"""How many texts are kept in memory, those used last."""
PAGE: Final = 500
"""Entries that are applied at once: about a millisecond, in which nothing else runs."""


@dataclass(frozen=True, slots=True)
class FrozenParagraph:
    """A paragraph or heading, as it was."""

    id: str
    label: str
    kind: str
    """The element's name: `paragraph`, `heading`, or what another editor made; `text` for bare text."""
    level: int
    """Of a heading; 0 for all else."""
    text: str
    """To the character; what is embedded counts as a space."""
    status: Status
    void: bool
    """Whether an agreed text was changed after it had been agreed."""

    @property
    def agreed(self) -> bool:
        """Whether this very text is agreed, in whatever degree."""
        return self.status in AGREED and not self.void


Frozen = tuple[FrozenParagraph, ...]


def of_chapter(document: ChapterDocument) -> Frozen:
    """The text as it is now."""
    return _read(document.children, standings(document))


def canonical(text: Sequence[FrozenParagraph]) -> bytes:
    """The form that is hashed, in UTF-8: a line for each paragraph, each ended by a line feed.

    A line is the JSON array `["kind","label","status","text"]`, without spaces between its parts and with nothing
    escaped but `"`, the backslash and control characters. The status of an agreement that is void is followed by
    ` (void)`.
    """
    lines = ([one.kind, one.label, one.status + " (void)" * one.void, one.text] for one in text)
    return "".join(f"{json.dumps(line, ensure_ascii=False, separators=(',', ':'))}\n" for line in lines).encode()


def hash_of(text: Sequence[FrozenParagraph]) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(text)).hexdigest()


def exceptions(text: Iterable[FrozenParagraph]) -> str:
    """Which paragraphs are not agreed: see `documents.versions.besides`."""
    return besides(Stated(one.label, one.agreed) for one in text if one.kind != HEADING and (one.label or one.text))


class Past:
    """Reads what chapters said after an entry of their journals, and keeps the last few texts."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._kept: OrderedDict[tuple[ChapterId, int], Frozen] = OrderedDict()
        self._lock = asyncio.Lock()

    async def at(self, chapter: ChapterId, seq: int) -> Frozen:
        """The text after an entry. Raises `ChapterNotFound`, `StorageError`.

        Takes some seconds for each million entries the first time; one at a time is read.
        """
        async with self._lock:
            text = self._kept.get((chapter, seq))
            if text is None:
                text = self._kept[chapter, seq] = await self._read(chapter, seq)
            self._kept.move_to_end((chapter, seq))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return text

    async def _read(self, chapter: ChapterId, seq: int) -> Frozen:
        document: Doc[Any] = Doc(skip_gc=True)
        page: list[bytes] = []
        found = 0
        async for entry in self._storage.history(chapter, limit=seq):
            page.append(entry.update)
            found = entry.seq
            if len(page) == PAGE:
                await asyncio.to_thread(_apply, document, page)
                page = []
        if found != seq:
            raise StorageDamaged(f"chapter {chapter!r}", f"it ends at entry {found}, before {seq}")
        return await asyncio.to_thread(_finish, document, page)


def _apply(document: "Doc[Any]", updates: Iterable[bytes]) -> None:
    with document.transaction():
        for update in updates:
            document.apply_update(update)


def _finish(document: "Doc[Any]", updates: Iterable[bytes]) -> Frozen:
    _apply(document, updates)
    text = document.get(TEXT_ROOT, type=XmlFragment)
    statuses: dict[str, Any] = document.get(STATUSES, type=Map).to_py() or {}
    return _read(text.children, {key: Standing.from_map(value) for key, value in statuses.items()})


def _read(children: Iterable[XmlElement | XmlFragment | XmlText], statuses: Mapping[str, Standing]) -> Frozen:
    return tuple(_paragraph(child, statuses) for child in children)


def _paragraph(child: XmlElement | XmlFragment | XmlText, statuses: Mapping[str, Standing]) -> FrozenParagraph:
    if not isinstance(child, XmlElement):
        return FrozenParagraph("", "", "text", 0, exact(child), DRAFT, void=False)
    said = child.attributes
    name, label = said.get("id"), said.get("label")
    standing = statuses.get(name) if isinstance(name, str) else None
    kind = child.tag or ""
    return FrozenParagraph(
        id=name if isinstance(name, str) else "",
        label=label if isinstance(label, str) else "",
        kind=kind,
        level=level_of(said.get("level")) if kind == HEADING else 0,
        text=exact(child),
        status=DRAFT if standing is None else standing.status,
        void=standing is not None and standing.void is not None,
    )
