"""A run of journal entries as one compressed value, and back.

A pack is an `.xz` file (LZMA2, with a SHA-256 over its content), so any `xz` program opens it. Its content is columns,
because values of one kind compress better next to each other. A number is an unsigned LEB128 *varint*; a *signed* one
is zigzag-coded first (0, -1, 1, -2 … become 0, 1, 2, 3 …).

| part | bytes |
|---|---|
| count, first | two varints: how many entries, and the `seq` of the first; the others follow without gaps |
| times | `count` signed varints: milliseconds since 1970 for the first, then the difference to the one before |
| names | a varint, how many authors; then each as a varint length and UTF-8 |
| authors | `count` varints: which of the names |
| lengths | `count` varints: the length of each update |
| updates | the updates, one after another, to the end |
"""

import lzma
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from documents.errors import StorageDamaged
from documents.model import ChapterId, Entry

MAX_ENTRIES = 4096
"""The most entries of one pack."""

MAX_CONTENT = 1 << 30
"""The most bytes that a pack unpacks to: no value in SQLite is larger."""

_PRESET = 1  # level 6 saves a fifth of the bytes, for four times the work and ten times the memory


def pack_run(run: Sequence[Entry]) -> bytes:
    """One pack of 1 to `MAX_ENTRIES` entries of one chapter that follow each other without gaps."""
    _check_run(run)
    names = {author: index for index, author in enumerate(dict.fromkeys(entry.author for entry in run))}
    parts = [_varints((len(run), run[0].seq))]
    parts.append(_varints(map(_zigzag, (run[0].at, *(after.at - before.at for before, after in pairwise(run))))))
    parts.append(_varints((len(names),)))
    parts.extend(_varints((len(raw),)) + raw for raw in (name.encode() for name in names))
    parts.append(_varints(names[entry.author] for entry in run))
    parts.append(_varints(len(entry.update) for entry in run))
    parts.extend(entry.update for entry in run)
    return lzma.compress(b"".join(parts), lzma.FORMAT_XZ, lzma.CHECK_SHA256, _PRESET)


def unpack_run(chapter: ChapterId, pack: bytes, where: str) -> list[Entry]:
    """The entries of a pack. Raises `StorageDamaged`, naming `where`, when it is not what was written."""
    try:
        return list(_read(chapter, memoryview(_decompress(pack))))
    except (lzma.LZMAError, ValueError) as error:
        raise StorageDamaged(where, str(error)) from error


def _check_run(run: Sequence[Entry]) -> None:
    if not 1 <= len(run) <= MAX_ENTRIES:
        raise ValueError(f"a pack has 1 to {MAX_ENTRIES} entries, not {len(run)}")
    if any(after.seq != before.seq + 1 or after.chapter != before.chapter for before, after in pairwise(run)):
        raise ValueError("the entries of a pack are of one chapter and follow each other")


def _decompress(pack: bytes) -> bytes:
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    content = decompressor.decompress(pack, MAX_CONTENT)
    if not decompressor.eof or decompressor.unused_data:
        raise ValueError("its length is wrong")
    return content


def _read(chapter: ChapterId, content: memoryview) -> Iterator[Entry]:
    (count, first), at = _read_varints(content, 0, 2)
    if not 1 <= count <= MAX_ENTRIES:
        raise ValueError(f"it claims {count} entries")
    deltas, at = _read_varints(content, at, count)
    names, at = _read_names(content, at)
    authors, at = _read_varints(content, at, count)
    lengths, at = _read_varints(content, at, count)
    if max(authors) >= len(names):
        raise ValueError("an entry has an author who is not named")
    if at + sum(lengths) != len(content):
        raise ValueError("its updates are longer or shorter than said")
    times = accumulate(map(_unzigzag, deltas))
    ends = accumulate(lengths, initial=at)
    for seq, (time, author, (start, end)) in enumerate(zip(times, authors, pairwise(ends), strict=True), first):
        yield Entry(chapter, seq, time, names[author], bytes(content[start:end]))


def _read_names(content: memoryview, at: int) -> tuple[list[str], int]:
    (count,), at = _read_varints(content, at, 1)
    names: list[str] = []
    for _ in range(count):
        (length,), at = _read_varints(content, at, 1)
        names.append(str(content[at : at + length], "utf-8"))
        at += length
    return names, at


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _unzigzag(number: int) -> int:
    return -(number >> 1) - 1 if number & 1 else number >> 1


def _varints(numbers: Iterable[int]) -> bytes:
    written = bytearray()
    for number in numbers:
        rest = number
        while rest > 0x7F:
            written.append(rest & 0x7F | 0x80)
            rest >>= 7
        written.append(rest)
    return bytes(written)


def _read_varints(content: memoryview, at: int, count: int) -> tuple[list[int], int]:
    """`count` numbers from position `at`, and the position after them."""
    numbers: list[int] = []
    number = shift = 0
    while len(numbers) < count:
        if at >= len(content) or shift > 63:
            raise ValueError("a number in it has no end")
        byte = content[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte <= 0x7F:
            numbers.append(number)
            number = shift = 0
    return numbers, at
