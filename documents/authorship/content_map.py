"""Who wrote and who deleted what, by ids, in the bytes that Yjs 14 reads as a content map (`Y.decodeContentMap`).

The format is that of @y/y 14 (`writeContentMap`): the insertions, then the deletions, each as

    map        := clients:uint (client ranges:uint range*)*      clients ascending, each as the difference to the last
    range      := skipped:uint length-1:uint attributes:uint attribute*         skipped since the end of the last range
    attribute  := number:uint [name-number:uint [name:string] value:any]        spelt out where it comes first

where a number that is the next one not yet used says that what it stands for follows. The names of the attributes are
those that Yjs renders as attributions: `insert` and `insertAt` (milliseconds since 1970), `delete` and `deleteAt`, and
behind a colon what else is known: `insert:participant`, `insert:delegation`, `insert:group`, and `delete:…` likewise.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from struct import pack, unpack
from typing import Final

from documents.authorship.record import Range, Record
from documents.authorship.runs import NOBODY, Byline, Tag
from documents.crdt.update_v1 import write_uint

MINUTE: Final = 60_000
"""In milliseconds."""


def gone(record: Record) -> Iterator[Range]:
    """All that is deleted, by client and clock, for `content_map`: without what was moved, which stands elsewhere."""
    for client, clock, length, tag, minute in record.deletions():
        for start, end, given in record.given(client, clock, clock + length):
            if not given:
                yield client, start, end - start, tag, minute


def content_map(insertions: Iterable[Range], deletions: Iterable[Range], bylines: Mapping[Tag, Byline]) -> bytes:
    """The content map of these insertions and deletions; equal ones give equal bytes.

    Both are sorted by client and clock and do not overlap; neighbours that say the same become one. Of a tag without
    a byline nothing is said but the tag.
    """
    return _id_map(insertions, "insert", bylines) + _id_map(deletions, "delete", bylines)


def _id_map(ranges: Iterable[Range], action: str, bylines: Mapping[Tag, Byline]) -> bytes:
    attributes = _Attributes(action, bylines)
    out = bytearray()
    clients = last = 0
    for client, group in groupby(ranges, itemgetter(0)):
        out += write_uint(client - last) + _ranges_of_client(group, attributes)
        clients, last = clients + 1, client
    return write_uint(clients) + out


def _ranges_of_client(ranges: Iterable[Range], attributes: "_Attributes") -> bytes:
    out = bytearray()
    count = position = 0
    for clock, end, tag, minute in _joined(ranges):
        out += write_uint(clock - position) + write_uint(end - clock - 1) + attributes.write(tag, minute)
        count, position = count + 1, end
    return write_uint(count) + out


def _joined(ranges: Iterable[Range]) -> Iterator[tuple[int, int, Tag, int]]:
    """Of one client: from which clock, up to (and without) which, by whom and when."""
    iterator = iter(ranges)
    _, start, length, tag, minute = next(iterator)
    end = start + length
    for _, clock, length, by, at in iterator:
        if (clock, by, at) != (end, tag, minute):
            yield start, end, tag, minute
            start, tag, minute = clock, by, at
        end = clock + length
    yield start, end, tag, minute


class _Attributes:
    """What is said of ranges, by numbers counted from where each attribute came first."""

    def __init__(self, action: str, bylines: Mapping[Tag, Byline]) -> None:
        self._action = action
        self._bylines = bylines
        self._numbers: dict[tuple[str, str | int], int] = {}
        self._names: dict[str, int] = {}
        self._written: dict[tuple[Tag, int], bytes] = {}

    def write(self, tag: Tag, minute: int) -> bytes:
        """What is to be said of a range."""
        known = self._written.get((tag, minute))
        if known is not None:
            return known
        attributes = list(self._of(tag, minute))
        first, again = (b"".join(map(self._attribute, attributes)) for _ in range(2))
        count = write_uint(len(attributes))
        self._written[tag, minute] = count + again
        return count + first

    def _of(self, tag: Tag, minute: int) -> Iterator[tuple[str, str | int]]:
        byline = self._bylines.get(tag, NOBODY)
        yield self._action, tag
        yield f"{self._action}At", minute * MINUTE
        for name in ("participant", "delegation", "group"):
            if value := getattr(byline, name):
                yield f"{self._action}:{name}", value

    def _attribute(self, attribute: tuple[str, str | int]) -> bytes:
        number = self._numbers.get(attribute)
        if number is not None:
            return write_uint(number)
        number = self._numbers[attribute] = len(self._numbers)
        name, value = attribute
        return write_uint(number) + self._name(name) + (_text(value) if isinstance(value, str) else _number(value))

    def _name(self, name: str) -> bytes:
        number = self._names.get(name)
        if number is not None:
            return write_uint(number)
        number = self._names[name] = len(self._names)
        return write_uint(number) + _string(name)


# lib0's "any" encoding, as far as it is needed


def _string(text: str) -> bytes:
    data = text.encode()
    return write_uint(len(data)) + data


def _text(value: str) -> bytes:
    return b"\x77" + _string(value)


def _number(value: int) -> bytes:
    """A whole number from 0 to 2**53, in the shortest of the forms that lib0 has for it."""
    if value < 2**31:
        rest = value >> 6
        first = value & 0x3F
        return b"\x7d" + (bytes((first | 0x80,)) + write_uint(rest) if rest else bytes((first,)))
    single = pack(">f", value)
    return b"\x7c" + single if unpack(">f", single)[0] == value else b"\x7b" + pack(">d", value)
