"""A strict parser, and a writer, of Yjs updates in format v1: structs by client, then the delete set.

The format is that of Yjs's `UpdateEncoderV1` (yjs 13, `src/utils/UpdateEncoder.js` and `src/structs/`):

    update   := sections:uint section* deletes
    section  := structs:uint client:uint clock:uint struct*
    struct   := info:byte [origin:id] [rightOrigin:id] [parent] content
                info & 0x1f  kind of content        info & 0x80  has an origin
                info & 0x40  has a right origin     info & 0x20  lies in a map, under a key
    parent   := only without origin and right origin: (1 root:string | 0 id) [key:string when 0x20]
    id       := client:uint clock:uint
    deletes  := clients:uint (client:uint ranges:uint (clock:uint length:uint)*)*

`uint` is a little-endian base-128 number, `string` a uint of bytes and UTF-8. Lengths and clocks count UTF-16 units.

What the parser returns is well formed: every number is below 2**53, every string is UTF-8, every value is bounded in
depth, every struct is at least one unit long, no client comes twice, and nothing follows the delete set. Whether the
update fits a document is for `documents.crdt.gate` to say.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn

from documents.errors import UpdateMalformed

Id = tuple[int, int]
"""A client id and a clock."""

GC: Final = 0
DELETED: Final = 1
STRING: Final = 4
EMBED: Final = 5
FORMAT: Final = 6
TYPE: Final = 7
ANY: Final = 8
SKIP: Final = 10

XML_ELEMENT_TYPE: Final = 3
XML_HOOK_TYPE: Final = 5
XML_TEXT_TYPE: Final = 6

MAX_NUMBER: Final = 2**53 - 1
MAX_CLOCK: Final = 2**31 - 1
"""yrs counts clocks in 32 bits; an update near the edge overflows there."""
MAX_DEPTH: Final = 16
"""How deep a value inside an attribute, an embed or a format may be nested."""
MAX_NAME: Final = 200
"""Bytes of the name of an element, an attribute, a format or a root."""

FORBIDDEN_NAME: Final = "__proto__"
"""A browser that sets it on an object changes what the object is, and shows something else than others."""

_HAS_ORIGIN: Final = 0x80
_HAS_RIGHT_ORIGIN: Final = 0x40
_HAS_KEY: Final = 0x20

_BARE: Final = frozenset((GC, SKIP))
"""What is nothing but a length."""

_TEXT: Final = 119
"""How a text begins in lib0's "any" encoding."""


class Struct:
    """One run of content as it stands in an update; `start` and `end` are its bytes there."""

    __slots__ = ("clock", "content", "end", "key", "kind", "length", "origin", "parent", "right", "start", "value")

    def __init__(  # noqa: PLR0913, PLR0917 (on the way of every keystroke: positional is quickest)
        self,
        kind: int,
        clock: int,
        length: int,
        origin: Id | None,
        right: Id | None,
        parent: str | Id | None,
        key: str | None,
        start: int,
        content: int,
        end: int,
        value: Any,
    ) -> None:
        self.kind = kind
        self.clock = clock
        self.length = length
        """In clock units, at least 1."""
        self.origin = origin
        self.right = right
        self.parent = parent
        """A root's name, or the id of the type it lies in; None where the origins tell."""
        self.key = key
        self.start = start
        self.content = content
        """Where its content starts."""
        self.end = end
        self.value = value
        """The text of a STRING; the last value of an ANY, if it is text; (kind of type, name) of a TYPE; else None."""


class Section:
    """The structs of one client, without gaps from `clock` up to, and without, `end`."""

    __slots__ = ("client", "clock", "end", "structs")

    def __init__(self, client: int, clock: int, end: int, structs: list[Struct]) -> None:
        self.client = client
        self.clock = clock
        self.end = end
        self.structs = structs


class Deletions:
    """What an update deletes of one client: its bytes there, and what they say as (client, clock, length)."""

    __slots__ = ("client", "data", "ranges")

    def __init__(self, client: int, data: bytes, ranges: list[tuple[int, int, int]]) -> None:
        self.client = client
        self.data = data
        self.ranges = ranges


class Update:
    """A parsed update: its bytes, its sections, and what it deletes, client by client."""

    __slots__ = ("data", "deletions", "deletions_at", "sections")

    def __init__(self, data: bytes, sections: list[Section], deletions: list[Deletions], deletions_at: int) -> None:
        self.data = data
        self.sections = sections
        self.deletions = deletions
        self.deletions_at = deletions_at
        """Where in its bytes they begin."""

    @property
    def deletes(self) -> list[tuple[int, int, int]]:
        """All that it deletes, as (client, clock, length)."""
        return [ranges for one in self.deletions for ranges in one.ranges]


def parse(data: bytes, known: Mapping[int, Deletions] = MappingProxyType({})) -> Update:
    """Read an update. Raises `UpdateMalformed`, and nothing else, for any bytes that are not one.

    `known` are deletions, by client, that were read before: where the update says the same of a client, it holds these
    very ones.
    """
    try:
        return _parse(data, known)
    except IndexError:
        raise UpdateMalformed("it ends too early") from None


def _fail(reason: str) -> NoReturn:
    raise UpdateMalformed(reason)


def _parse(data: bytes, known: Mapping[int, Deletions]) -> Update:
    count, at = read_uint(data, 0)
    sections: list[Section] = []
    seen: set[int] = set()
    for _ in range(count):
        section, at = _read_section(data, at)
        if section.client in seen:
            _fail(f"client {section.client} comes twice")
        seen.add(section.client)
        sections.append(section)
    deletions, end = _read_deletions(data, at, known)
    if end != len(data):
        _fail("bytes follow its end")
    return Update(data, sections, deletions, at)


def _read_section(data: bytes, at: int) -> tuple[Section, int]:
    count, at = read_uint(data, at)
    client, at = read_uint(data, at)
    first, at = read_uint(data, at)
    if count == 0:
        _fail("a section without structs")
    clock = first
    structs: list[Struct] = []
    for _ in range(count):
        struct = _read_struct(data, at, clock)
        at = struct.end
        clock += struct.length
        if clock > MAX_CLOCK:
            _fail("a clock is too large")
        structs.append(struct)
    return Section(client, first, clock, structs), at


def _read_struct(data: bytes, start: int, clock: int) -> Struct:
    info = data[start]
    kind = info & 0x1F
    at = start + 1
    if kind in _BARE:
        if info != kind:
            _fail("flags on a struct that has none")
        length, end = read_uint(data, at)
        if length == 0:
            _fail("a struct of length zero")
        return Struct(kind, clock, length, None, None, None, None, start, at, end, None)
    origin: Id | None = None
    right: Id | None = None
    parent: str | Id | None = None
    key: str | None = None
    if info & _HAS_ORIGIN:
        origin, at = _read_id(data, at)
    if info & _HAS_RIGHT_ORIGIN:
        right, at = _read_id(data, at)
    if origin is None and right is None:
        parent, at = _read_parent(data, at)
        if info & _HAS_KEY:
            key, at = _read_name(data, at)
    value: Any
    if kind == STRING:
        value, end = read_string(data, at)
        length = len(value) if value.isascii() else utf16_length(value)
        if not length:
            _fail("a struct of length zero")
    else:
        length, value, end = _read_content(data, at, kind)
    return Struct(kind, clock, length, origin, right, parent, key, start, at, end, value)


def _read_id(data: bytes, at: int) -> tuple[Id, int]:
    """Two numbers, of which those of one or two bytes are read at once: this is most of the way of every keystroke."""
    first = data[at]
    second = data[at + 1]
    if first < 0x80:
        client = first
        at += 1
    elif 0 < second < 0x80:
        client = first - 0x80 + (second << 7)
        at += 2
    else:
        client, at = read_uint(data, at)
    first = data[at]
    if first < 0x80:
        return (client, first), at + 1
    second = data[at + 1]
    if 0 < second < 0x80:
        return (client, first - 0x80 + (second << 7)), at + 2
    clock, at = read_uint(data, at)
    return (client, clock), at


def _read_parent(data: bytes, at: int) -> tuple[str | Id, int]:
    is_root, at = read_uint(data, at)
    if is_root == 1:
        return _read_name(data, at)
    if is_root != 0:
        _fail("a parent that is neither a root nor an id")
    return _read_id(data, at)


def _read_content(data: bytes, at: int, kind: int) -> tuple[int, Any, int]:
    """The content's length in clock units, its value where the gate needs it, and where it ends."""
    if kind == FORMAT:
        _, at = _read_name(data, at)
        return 1, None, _skip_json(data, at)
    if kind == DELETED:
        length, at = read_uint(data, at)
        if length == 0:
            _fail("a struct of length zero")
        return length, None, at
    if kind == ANY:
        return _read_values(data, at)
    if kind == TYPE:
        return _read_type(data, at)
    if kind == EMBED:
        return 1, None, _skip_json(data, at)
    _fail(f"content of kind {kind} has no place in a chapter")


def _read_values(data: bytes, at: int) -> tuple[int, str | None, int]:
    count, at = read_uint(data, at)
    if count == 0:
        _fail("a struct of length zero")
    for _ in range(count - 1):
        at = skip_any(data, at)
    if data[at] == _TEXT:
        text, at = read_string(data, at + 1)
        return count, text, at
    return count, None, skip_any(data, at)


def _read_type(data: bytes, at: int) -> tuple[int, tuple[int, str], int]:
    type_, at = read_uint(data, at)
    if type_ in (XML_ELEMENT_TYPE, XML_HOOK_TYPE):
        name, at = _read_name(data, at)
        return 1, (type_, name), at
    if type_ > XML_TEXT_TYPE:
        _fail(f"a shared type of kind {type_}")
    return 1, (type_, ""), at


def _read_deletions(data: bytes, at: int, known: Mapping[int, Deletions]) -> tuple[list[Deletions], int]:
    count, at = read_uint(data, at)
    deletions: list[Deletions] = []
    seen: set[int] = set()
    for _ in range(count):
        client, after = read_uint(data, at)
        if client in seen:
            _fail(f"client {client} comes twice in the delete set")
        seen.add(client)
        same = known.get(client)
        if same is not None and data.startswith(same.data, at):  # it says where it ends: no other can begin like it
            at += len(same.data)
        else:
            ranges, end = _read_ranges(data, after, client)
            same = Deletions(client, data[at:end], ranges)
            at = end
        deletions.append(same)
    return deletions, at


def _read_ranges(data: bytes, at: int, client: int) -> tuple[list[tuple[int, int, int]], int]:
    count, at = read_uint(data, at)
    ranges: list[tuple[int, int, int]] = []
    for _ in range(count):
        clock, at = read_uint(data, at)
        length, at = read_uint(data, at)
        if length == 0 or clock + length > MAX_CLOCK:
            _fail("a deletion of no, or of an impossible, length")
        ranges.append((client, clock, length))
    return ranges, at


def first_client(data: bytes) -> int:
    """The client id of an update's first section; 0 where there is none, or the update is malformed."""
    try:
        sections, at = read_uint(data, 0)
        _, at = read_uint(data, at)
        return read_uint(data, at)[0] if sections else 0
    except (IndexError, UpdateMalformed):
        return 0


def read_uint(data: bytes, at: int) -> tuple[int, int]:
    """A number below 2**53, and where it ends. Raises `IndexError` at the end of the data."""
    byte = data[at]
    at += 1
    if byte < 0x80:
        return byte, at
    value = byte & 0x7F
    shift = 7
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 49:
            _fail("a number is too long")
    if value > MAX_NUMBER or byte == 0:
        _fail("a number is too large, or padded")
    return value, at


def read_string(data: bytes, at: int) -> tuple[str, int]:
    """A string, and where it ends. Raises `IndexError` at the end of the data."""
    length = data[at]
    if length < 0x80:
        at += 1
    else:
        length, at = read_uint(data, at)
    end = at + length
    if end > len(data):
        raise IndexError
    try:
        return data[at:end].decode(), end
    except UnicodeDecodeError:
        _fail("a string is not UTF-8")


def _read_name(data: bytes, at: int) -> tuple[str, int]:
    name, end = read_string(data, at)
    if end - at > MAX_NAME:
        _fail("a name is too long")
    _check_name(name)
    return name, end


def _check_name(name: str) -> None:
    if name == FORBIDDEN_NAME:
        _fail("a name that JavaScript objects can't bear")


def utf16_length(text: str) -> int:
    """How many clock units a text takes: one for each UTF-16 code unit."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) >> 1


def _reject_constant(name: str) -> NoReturn:
    _fail(f"{name} in JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        _fail("a number in JSON is too large")
    return number


_PLAIN_JSON: Final = frozenset(("null", "true", "false", "{}", '""'))


def _skip_json(data: bytes, at: int) -> int:
    """Where a value in JSON ends. It is read, since yrs would read it: deep or broken JSON must not get there."""
    text, end = read_string(data, at)
    if text in _PLAIN_JSON:
        return end
    try:
        value = json.loads(text, parse_constant=_reject_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        _fail("a value that is not JSON")
    _check_json(value, MAX_DEPTH)
    return end


def _check_json(value: Any, depth: int) -> None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            _fail("half a surrogate pair in JSON")
    elif isinstance(value, dict | list):
        if depth == 0:
            _fail("a value is nested too deep")
        if isinstance(value, dict):
            for name in value:
                _check_json(name, depth)
                _check_name(name)
        for part in value.values() if isinstance(value, dict) else value:
            _check_json(part, depth - 1)
    elif isinstance(value, int) and abs(value) >= 2**63:
        _fail("a number in JSON is too large")


def skip_any(data: bytes, at: int, depth: int = MAX_DEPTH) -> int:
    """Where a value in lib0's "any" encoding ends. Raises `UpdateMalformed`, or `IndexError` at the end of the data."""
    tag = data[at]
    at += 1
    if tag in (127, 126, 121, 120):  # undefined, null, false, true
        return at
    if tag == _TEXT:
        return read_string(data, at)[1]
    if tag == 125:
        return _skip_int(data, at)
    if tag in _FIXED:
        return _within(data, at + _FIXED[tag])
    if tag == 116:
        length, at = read_uint(data, at)
        return _within(data, at + length)
    if tag not in (117, 118):
        _fail(f"a value of kind {tag}")
    if depth == 0:
        _fail("a value is nested too deep")
    count, at = read_uint(data, at)
    for _ in range(count):
        if tag == 118:
            name, at = read_string(data, at)
            _check_name(name)
        at = skip_any(data, at, depth - 1)
    return at


_FIXED: Final = {124: 4, 123: 8, 122: 8}
"""Bytes of a float32, a float64 and a 64-bit integer."""


def _within(data: bytes, end: int) -> int:
    if end > len(data):
        raise IndexError
    return end


def _skip_int(data: bytes, at: int) -> int:
    """A signed number: six bits and the sign in the first byte."""
    byte = data[at]
    value = byte & 0x3F
    shift = 6
    at += 1
    while byte & 0x80:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if shift > 55:
            _fail("a number is too long")
    if value > MAX_NUMBER:
        _fail("a number is too large")
    return at


LARGE: Final = 256
"""Bytes of an update that does more than a few keystrokes."""
MUCH: Final = 1_000
"""Ids: to delete so many takes long, and few bytes."""


def is_costly(data: bytes) -> bool:
    """Whether it may take long to let an update in: more than a few milliseconds."""
    if len(data) > LARGE:
        return True
    if data.endswith(b"\0"):  # it deletes nothing
        return False
    try:
        return sum(length for _, _, length in parse(data).deletes) > MUCH
    except UpdateMalformed:
        return False


# Writing


def write_uint(value: int) -> bytes:
    """A number as the format has it."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value > 0x7F:
        out.append(0x80 | (value & 0x7F))
        value >>= 7
    out.append(value)
    return bytes(out)


def write_update(sections: list[tuple[int, int, list[bytes]]], deletes: list[tuple[int, int, int]]) -> bytes:
    """An update of these (client, clock, structs) and these (client, clock, length)."""
    out = bytearray(write_uint(len(sections)))
    for client, clock, structs in sections:
        out += write_uint(len(structs)) + write_uint(client) + write_uint(clock)
        for struct in structs:
            out += struct
    return bytes(out + write_deletions(deletes))


def write_deletions(deletes: list[tuple[int, int, int]]) -> bytes:
    """What an update ends with that deletes these (client, clock, length)."""
    out = bytearray()
    by_client: dict[int, list[tuple[int, int]]] = {}
    for client, clock, length in deletes:
        by_client.setdefault(client, []).append((clock, length))
    out += write_uint(len(by_client))
    for client, ranges in by_client.items():
        out += write_uint(client) + write_uint(len(ranges))
        for clock, length in ranges:
            out += write_uint(clock) + write_uint(length)
    return bytes(out)


EMPTY: Final = write_update([], [])
"""The update that changes nothing."""


def write_string(text: str) -> bytes:
    """A string as the format has it."""
    data = text.encode()
    return write_uint(len(data)) + data


def write_struct(kind: int, content: bytes, origin: Id | None, right: Id | None, parent: Id) -> bytes:
    """A struct between its neighbours, or without any, in the shared type whose item is `parent`."""
    info = kind | (_HAS_ORIGIN if origin else 0) | (_HAS_RIGHT_ORIGIN if right else 0)
    beside = [number for one in (origin, right) if one is not None for number in one]
    place = beside or [0, *parent]
    return bytes((info,)) + b"".join(map(write_uint, place)) + content


def write_attribute(parent: Id, key: str, text: str, last: Id | None) -> bytes:
    """The struct that sets an attribute of an element; `last` is that of the value before, if it ever had one."""
    content = bytes((1, _TEXT)) + write_string(text)
    if last is not None:
        return write_struct(ANY, content, last, None, parent)
    place = b"".join(map(write_uint, (0, *parent)))
    return bytes((ANY | _HAS_KEY,)) + place + write_string(key) + content


def gc(length: int) -> bytes:
    """The struct that stands for `length` units that were thrown away."""
    return bytes((GC,)) + write_uint(length)


def tail_of(data: bytes, client: int, struct: Struct, known: int) -> bytes:
    """The bytes of a struct without its units below the clock `known`; its origin is then the last of those."""
    skip = known - struct.clock
    length = struct.length - skip
    if struct.kind == GC:
        return gc(length)
    info = struct.kind | _HAS_ORIGIN | (_HAS_RIGHT_ORIGIN if struct.right else 0)
    out = bytearray((info,)) + write_uint(client) + write_uint(known - 1)
    if struct.right:
        out += write_uint(struct.right[0]) + write_uint(struct.right[1])
    if struct.kind == DELETED:
        return bytes(out + write_uint(length))
    if struct.kind == STRING:
        return bytes(out + _tail_of_string(struct.value, skip))
    _, at = read_uint(data, struct.content)  # only ANY is left: everything else is one unit long
    for _ in range(skip):
        at = skip_any(data, at)
    return bytes(out + write_uint(length) + data[at : struct.end])


def _tail_of_string(text: str, skip: int) -> bytes:
    try:
        tail = text.encode("utf-16-le")[2 * skip :].decode("utf-16-le").encode()
    except UnicodeDecodeError:
        _fail("it splits a surrogate pair")
    return write_uint(len(tail)) + tail
