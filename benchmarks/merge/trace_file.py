"""A trace as a file: made once, merged by many programs."""

import json
from pathlib import Path
from struct import pack, unpack_from

from benchmarks.merge.traces import Edit, Event, Trace


def write(trace: Trace, path: Path) -> None:
    """Three lists (the opening, every edit's update, every rejoining's), then JSON that says of the rest.

    Numbers are 32 bits, little endian; a list is a count and then, for each, its length and its bytes.
    """
    lists = ([trace.opening], [event.update for event in trace.events if event.edit], trace.rejoined)
    rest = {
        "name": trace.name,
        "writers": trace.writers,
        "texts": trace.texts,
        "past": [[_fields(edit) for edit in edits] for edits in trace.past],
        "events": [[event.writer, *_fields(event.edit)] for event in trace.events],
    }
    path.write_bytes(b"".join((*map(_list, lists), json.dumps(rest).encode())))


def _fields(edit: Edit | None) -> list[int | str]:
    return [] if edit is None else [edit.paragraph, edit.at, edit.deleted, edit.inserted]


def _list(updates: list[bytes]) -> bytes:
    return pack("<I", len(updates)) + b"".join(pack("<I", len(update)) + update for update in updates)


def read(path: Path) -> Trace:
    """What `write` wrote."""
    data = path.read_bytes()
    (opening,), at = _read_list(data, 0)
    updates, at = _read_list(data, at)
    rejoined, at = _read_list(data, at)
    rest = json.loads(data[at:])
    left = iter(updates)
    events = [
        Event(writer, Edit(*fields), next(left)) if fields else Event(writer, None, b"")
        for writer, *fields in rest["events"]
    ]
    past = [[Edit(*fields) for fields in edits] for edits in rest["past"]]
    return Trace(rest["name"], rest["writers"], rest["texts"], past, opening, events, rejoined)


def _read_list(data: bytes, at: int) -> tuple[list[bytes], int]:
    (count,) = unpack_from("<I", data, at)
    at += 4
    found = []
    for _ in range(count):
        (length,) = unpack_from("<I", data, at)
        at += 4 + length
        found.append(data[at - length : at])
    return found, at
