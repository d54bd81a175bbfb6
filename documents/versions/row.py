"""Which of what stands in a list now says what was to be read there once, and where the rest of that goes.

A list holds characters, or elements and texts. What was in it then is *wanted*, each by its id. It stands there still,
or something stands there that says it again (`Record`), or it is to be put back: beside its own tombstone if that lies
between what stays on either side, else right behind what comes before it.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from documents.authorship.record import Record
from documents.authorship.runs import Tag
from documents.chapter import ChapterDocument
from documents.crdt.sequence import Block, Line
from documents.crdt.update_v1 import Id
from documents.gavel.repair import Ids, following

Instead = Callable[[Id], Id | None]
"""What may stand for a wanted one that is gone and was not put back."""
Suits = Callable[[Id, Id], bool]
"""Whether what says a wanted one again is of its kind."""


class Row:
    """Of one list, to be gone through from the first that is wanted to the last."""

    def __init__(  # noqa: PLR0913, PLR0917 (two places call it)
        self,
        document: ChapterDocument,
        line: Line,
        wanted: Sequence[Id],
        kinds: Collection[int],
        instead: Instead = lambda _: None,
        suits: Suits = lambda *_: True,
    ) -> None:
        """`kinds` are those of the blocks that count."""
        self._document = document
        self._line = line
        self._wanted = wanted
        self._order: dict[Id, int] = {}
        visible: dict[Id, None] = {}
        for block in line:
            if block.kind in kinds:
                ids = [(block.client, clock) for clock in range(*block.clocks)]
                self._order.update(zip(ids, range(len(self._order), len(self._order) + len(ids)), strict=True))
                if not block.deleted:
                    visible.update(dict.fromkeys(ids))
        self.kept = self._keep(visible, instead, suits)
        """For each wanted one what stays for it; None for what is to be put back."""
        stays = {one for one in self.kept if one is not None}
        self.others = [*_ranges(one for one in visible if one not in stays)]
        """What stands there and is not wanted."""
        self._bounds = self._find_bounds()
        self._left: Id | None = None
        self._right = None if line.first is None else line.first.id
        self._at = -1

    def _keep(self, visible: dict[Id, None], instead: Instead, suits: Suits) -> list[Id | None]:
        own = set(self._wanted)
        record = self._document.record
        gone = [one for one in self._wanted if one not in visible]
        again = _saying_again(record, (one for one in visible if one not in own)) if gone else {}
        movers = dict(_movers(record, gone))

        def stands(one: Id) -> Id | None:
            if one in visible:
                return one
            other, mover = again[one] if one in again else (instead(one), movers[one])
            if other not in visible or other in own or mover != movers[one]:
                return None
            return other if suits(one, other) else None

        found = [stands(one) for one in self._wanted]
        rising = _rising([None if one is None else self._order[one] for one in found])
        return [one if index in rising else None for index, one in enumerate(found)]

    def _find_bounds(self) -> list[int]:
        """For each wanted one, the place of the next that stays."""
        bounds, bound = [], len(self._order)
        for one in reversed(self.kept):
            bounds.append(bound)
            bound = bound if one is None else self._order[one]
        return bounds[::-1]

    # Where the rest goes

    def home(self, index: int) -> Block | None:
        """The block beside which a wanted one is to be put back, if that is its own."""
        place = self._order.get(self._wanted[index], -1)
        return self._document.sequence.at(*self._wanted[index]) if self._at < place < self._bounds[index] else None

    @property
    def behind(self) -> tuple[Id | None, Id | None]:
        """What stands left and right of what is put behind what was told last."""
        return self._left, self._right

    def stays(self, one: Id) -> None:
        """The next wanted one is this, which is there."""
        block = self._document.sequence.at(*one)
        assert block is not None  # noqa: S101 (it is there)
        self._left, self._right, self._at = one, following(block, one[1] + 1), self._order[one]

    def put(self, new: Id, right: Id | None, home: Id | None = None) -> None:
        """The next wanted ones, up to `home` if they went beside their own, end with what was put before `right`."""
        self._left, self._right = new, right
        if home is not None:
            self._at = self._order[home]


def _saying_again(record: Record, ids: Iterable[Id]) -> dict[Id, tuple[Id, Tag | None]]:
    """By what each of these ids says again (and what that said again, and so on): the id, and who put it there."""
    found: dict[Id, tuple[Id, Tag | None]] = {}
    for client, start, end in _ranges(ids):
        for low, high, move in record.moved(client, start, end):
            waiting = [] if move is None else [(low, high, move, low)]
            mover = None if move is None else record.mover(move)
            while waiting:
                low_, high_, last, first = waiting.pop()
                source, shift = last.source[0], last.source[1] - last.clock
                for clock in range(low_ + shift, high_ + shift):
                    found[source, clock] = (client, first + clock - low_ - shift), mover
                for one, other, before in record.moved(source, low_ + shift, high_ + shift):
                    if before is not None:
                        waiting.append((one, other, before, first + one - low_ - shift))
    return found


def _movers(record: Record, ids: Iterable[Id]) -> Iterator[tuple[Id, Tag | None]]:
    """Who put each of these ids where it stands, if it was written elsewhere."""
    for client, start, end in _ranges(ids):
        for low, high, move in record.moved(client, start, end):
            mover = None if move is None else record.mover(move)
            yield from (((client, clock), mover) for clock in range(low, high))


def _ranges(ids: Iterable[Id]) -> Iterator[Ids]:
    return joined((client, clock, clock + 1) for client, clock in ids)


def joined(ids: Iterable[Ids]) -> Iterator[Ids]:
    """Ranges of ids, those that follow each other as one."""
    last: Ids | None = None
    for client, start, end in ids:
        if last is not None and last[0] == client and last[2] == start:
            last = client, last[1], end
            continue
        if last is not None:
            yield last
        last = client, start, end
    if last is not None:
        yield last


def _rising(places: Sequence[int | None]) -> set[int]:
    """The indices of as many places as can be that rise from each to the next."""
    ends: list[int] = []
    tails: list[int] = []
    before: dict[int, int | None] = {}
    for index, place in enumerate(places):
        if place is None:
            continue
        length = bisect_left(ends, place)
        before[index] = tails[length - 1] if length else None
        ends[length : length + 1] = [place]
        tails[length : length + 1] = [index]
    found: set[int] = set()
    index_: int | None = tails[-1] if tails else None
    while index_ is not None:
        found.add(index_)
        index_ = before[index_]
    return found
