"""What of a chapter could be read at an earlier point of its history, by ids: found from the journal alone."""

import asyncio
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from documents.crdt import update_v1
from documents.crdt.ranges import RangeSet
from documents.crdt.update_v1 import Id, Section, Struct
from documents.errors import StorageDamaged, UpdateMalformed
from documents.model import ChapterId, ClientId, Entry
from documents.storage.base import Storage

KEPT: Final = 8
"""How many bases are kept, those used last."""
PAGE: Final = 2_000
"""Entries that are read before they are looked at, off the event loop."""
LABEL: Final = "label"

Place = tuple[Id | None, str | None]
"""The item in whose list something lies, None for a root's; and the key, for the values of an attribute."""

_NOWHERE: Final[Place] = (None, None)


@dataclass(slots=True)
class _Client:
    """One client's ids, from 0 up to `end`: a step function of places; and which of them are deleted."""

    starts: list[int]
    places: list[Place]
    deleted: RangeSet
    end: int = 0


class Base:
    """All ids that were there after the entry `seq`, and which of them could be read.

    A concurrent insertion into what somebody deletes goes with it though no update says so; it is not visible here.
    """

    def __init__(self) -> None:
        self.seq = 0
        self._clients: dict[ClientId, _Client] = {}
        self._types: dict[Id, Place] = {}
        self._labels: dict[Id, list[tuple[Id, str]]] = {}

    def visible(self, client: ClientId, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Whether the ids from `start` up to `end` could be read, as (start, end, whether)."""
        known = self._clients.get(client)
        limit = start if known is None else min(end, known.end)
        for low, high in known.deleted.missing(start, limit) if known is not None else ():
            if start < low:
                yield start, low, False
            yield low, high, True
            start = high
        if start < end:
            yield start, end, False

    def known(self, client: ClientId) -> int:
        """The first of a client's clocks that was not there yet."""
        known = self._clients.get(client)
        return 0 if known is None else known.end

    def has(self, item: Id) -> bool:
        """Whether an item was there, and not deleted."""
        client, clock = item
        known = self._clients.get(client)
        return known is not None and clock < known.end and clock not in known.deleted

    def knows(self, item: Id) -> bool:
        """Whether an item was there, deleted or not."""
        return item[1] < self.known(item[0])

    def label(self, item: Id) -> str:
        """The label that an element bore."""
        values = [(value, text) for value, text in self._labels.get(item, ()) if self.has(value)]
        return max(values)[1] if values else ""

    # Making it

    def copy(self) -> "Base":
        """One that can be extended while this one is being read."""
        other = Base()
        other.seq = self.seq
        for client, known in self._clients.items():
            other._clients[client] = _Client(known.starts.copy(), known.places.copy(), known.deleted.copy(), known.end)
        other._types = self._types.copy()
        other._labels = {item: values.copy() for item, values in self._labels.items()}
        return other

    def extend(self, entries: Iterable[Entry]) -> None:
        """Take in the entries that follow. `close` must be called after the last. Raises `StorageDamaged`."""
        for entry in entries:
            try:
                self._take(entry.update)
            except UpdateMalformed as error:
                raise StorageDamaged(f"chapter {entry.chapter!r}, entry {entry.seq}", str(error)) from error
            self.seq = entry.seq

    def close(self) -> None:
        """Call deleted what lies in something deleted."""
        gone: dict[Id, bool] = {}
        for known in self._clients.values():
            ends = (*known.starts[1:], known.end)
            for start, end, (owner, _) in zip(known.starts, ends, known.places, strict=True):
                if owner is not None and self._is_gone(owner, gone):
                    known.deleted.add(start, end)

    def _is_gone(self, item: Id, gone: dict[Id, bool]) -> bool:
        if item not in gone:
            owner, _ = self._types.get(item, _NOWHERE)
            gone[item] = not self.has(item) or (owner is not None and self._is_gone(owner, gone))
        return gone[item]

    def _take(self, data: bytes) -> None:
        update = update_v1.parse(data)
        waiting = [(section, 0) for section in update.sections]
        while waiting:
            before = waiting
            waiting = []
            for section, index in before:
                reached = self._enter(section, index)
                if reached < len(section.structs):
                    waiting.append((section, reached))
            if waiting == before:
                raise UpdateMalformed("it builds on what is not there")
        for client, clock, length in update.deletes:
            self._client(client).deleted.add(clock, clock + length)

    def _client(self, client: ClientId) -> _Client:
        known = self._clients.get(client)
        if known is None:
            known = self._clients[client] = _Client([], [], RangeSet())
        return known

    def _enter(self, section: Section, index: int) -> int:
        """Take in a section's structs, from one on, as far as what they build on is there; returns how far."""
        client, structs = section.client, section.structs
        known = self._client(client)
        while index < len(structs):
            struct = structs[index]
            if struct.clock + struct.length > known.end:
                place = self._place(struct, known)
                if place is None:
                    return index
                self._note(client, struct, place, known)
            index += 1
        return index

    def _note(self, client: ClientId, struct: Struct, place: Place, known: _Client) -> None:
        if not known.places or known.places[-1] != place:
            known.starts.append(known.end)
            known.places.append(place)
        known.end = struct.clock + struct.length
        if struct.kind == update_v1.TYPE:
            self._types[client, struct.clock] = place
        owner, key = place
        if key == LABEL and owner is not None and isinstance(struct.value, str):
            self._labels.setdefault(owner, []).append(((client, struct.clock), struct.value))

    def _place(self, struct: Struct, known: _Client) -> Place | None:
        """Where a struct lies; None when that is not known yet."""
        if struct.clock < known.end:
            return known.places[-1]
        beside = struct.origin or struct.right
        if beside is not None:
            return self._where(beside)
        if isinstance(struct.parent, tuple):
            return struct.parent, struct.key
        return _NOWHERE

    def _where(self, item: Id) -> Place | None:
        client, clock = item
        known = self._clients.get(client)
        if known is None or clock >= known.end:
            return None
        return known.places[bisect_right(known.starts, clock) - 1]


class Bases:
    """Finds the bases of chapters, and keeps the last few. Each journal is read once; then, what has been added."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._times: dict[ChapterId, array[int]] = {}
        """When each entry of a chapter was made, in the order of `seq`, as far as it has been asked for."""
        self._bases: OrderedDict[tuple[ChapterId, int], Base] = OrderedDict()
        self._lock = asyncio.Lock()

    async def last_before(self, chapter: ChapterId, time: int) -> int:
        """The number of the last entry that is not after a time (milliseconds since 1970); 0 if all are.

        Raises `ChapterNotFound`, `StorageError`.
        """
        async with self._lock:
            times = self._times.setdefault(chapter, array("q"))
            async for entry in self._storage.history(chapter, after=len(times)):
                times.append(entry.at)
            seq = len(times)
            while seq and times[seq - 1] > time:
                seq -= 1
            return seq

    async def at(self, chapter: ChapterId, seq: int) -> Base:
        """The base after an entry. Not to be changed. Raises `ChapterNotFound`, `StorageError`."""
        async with self._lock:
            base = self._bases.get((chapter, seq))
            if base is None:
                base = self._bases[chapter, seq] = await self._read(chapter, seq)
            self._bases.move_to_end((chapter, seq))
            while len(self._bases) > KEPT:
                self._bases.popitem(last=False)
            return base

    async def _read(self, chapter: ChapterId, seq: int) -> Base:
        earlier = [base for (one, _), base in self._bases.items() if one == chapter and base.seq < seq]
        nearest = max(earlier, key=lambda base: base.seq, default=None)
        base = Base() if nearest is None else await asyncio.to_thread(nearest.copy)
        if base.seq < seq:
            entries = self._storage.history(chapter, after=base.seq, limit=seq - base.seq)
            async for page in _pages(entries):
                await asyncio.to_thread(base.extend, page)
        await asyncio.to_thread(base.close)
        return base


async def _pages(entries: AsyncIterator[Entry]) -> AsyncIterator[list[Entry]]:
    page: list[Entry] = []
    async for entry in entries:
        page.append(entry)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page
