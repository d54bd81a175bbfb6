"""The y-websocket protocol, bytes in and bytes out, without sockets or documents.

A frame holds one message, or several in a row: `type:uint` and what belongs to it. (Numbers as in y-websocket 3,
`src/y-websocket.js`, and y-protocols 1.0, `sync.js`, `awareness.js` and `auth.js`.)

    0 sync        0 step 1 · state vector | 1 step 2 · update | 2 update · update     (each with its length before it)
    1 awareness   length · count:uint (client:uint clock:uint state:string)*
    2 auth        0 denied · reason:string                                            (from the server alone)
    3 query awareness                                                                 (no body)
    100 notice    JSON as a string              (from the server, to clients that asked for it when they connected)
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from documents.crdt.update_v1 import read_string, read_uint, write_uint
from documents.errors import MessageMalformed, MessageTooLarge, UpdateMalformed

_SYNC: Final = 0
_AWARENESS: Final = 1
_AUTH: Final = 2
_QUERY_AWARENESS: Final = 3
NOTICE: Final = 100
"""Our one extension. A stock client never gets one."""

MAX_MESSAGES: Final = 64
"""Messages in one frame."""
MAX_STATE_VECTOR: Final = 100_000
"""Client ids in a state vector."""
MAX_PRESENCES: Final = 5_000
"""States in one awareness message; stock clients repeat what they heard of everybody."""


@dataclass(frozen=True, slots=True)
class SyncStep1:
    """ "This is what I have: send me the rest." """

    state_vector: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class SyncUpdate:
    """An update, live or as an answer to step 1. Not parsed yet."""

    update: bytes
    answer: bool = False
    """Whether it is the answer to step 1."""


@dataclass(frozen=True, slots=True)
class PresenceEntry:
    """The state of one client, as JSON; `null` when it has gone."""

    client: int
    clock: int
    state: str


@dataclass(frozen=True, slots=True)
class Presences:
    """What a client says of itself, and perhaps repeats of others."""

    entries: tuple[PresenceEntry, ...]


@dataclass(frozen=True, slots=True)
class QueryPresence:
    """ "Who is here?" """


Message = SyncStep1 | SyncUpdate | Presences | QueryPresence


def read(frame: bytes) -> list[Message]:
    """The messages of a frame from a client. Raises `MessageMalformed` or `MessageTooLarge`, and nothing else."""
    messages: list[Message] = []
    at = 0
    try:
        while at < len(frame):
            if len(messages) == MAX_MESSAGES:
                raise MessageTooLarge("the number of messages in a frame", MAX_MESSAGES)
            message, at = _read_one(frame, at)
            messages.append(message)
    except IndexError:
        raise MessageMalformed("it ends too early") from None
    except UpdateMalformed as error:
        raise MessageMalformed(error.reason) from None
    if not messages:
        raise MessageMalformed("it is empty")
    return messages


def _read_one(frame: bytes, at: int) -> tuple[Message, int]:
    kind, at = read_uint(frame, at)
    if kind == _SYNC:
        step, at = read_uint(frame, at)
        body, at = _read_bytes(frame, at)
        if step == 0:
            return SyncStep1(read_state_vector(body)), at
        if step in (1, 2):
            return SyncUpdate(body, step == 1), at
        raise MessageMalformed(f"there is no sync message {step}")
    if kind == _AWARENESS:
        body, at = _read_bytes(frame, at)
        return Presences(_read_presences(body)), at
    if kind == _QUERY_AWARENESS:
        return QueryPresence(), at
    raise MessageMalformed(f"a client sends no message of type {kind}")


def _read_bytes(frame: bytes, at: int) -> tuple[bytes, int]:
    length, at = read_uint(frame, at)
    if at + length > len(frame):
        raise IndexError
    return frame[at : at + length], at + length


def read_state_vector(data: bytes) -> dict[int, int]:
    """A state vector: the first clock not known, by client. Raises as `read` does, and `IndexError` at its end."""
    count, at = read_uint(data, 0)
    if count > MAX_STATE_VECTOR:
        raise MessageTooLarge("the number of client ids in a state vector", MAX_STATE_VECTOR)
    clocks: dict[int, int] = {}
    for _ in range(count):
        client, at = read_uint(data, at)
        clocks[client], at = read_uint(data, at)
    if at != len(data) or len(clocks) != count:
        raise MessageMalformed("a state vector with a client twice, or with bytes after its end")
    return clocks


def _read_presences(data: bytes) -> tuple[PresenceEntry, ...]:
    count, at = read_uint(data, 0)
    if count > MAX_PRESENCES:
        raise MessageTooLarge("the number of states in an awareness message", MAX_PRESENCES)
    entries = []
    for _ in range(count):
        client, at = read_uint(data, at)
        clock, at = read_uint(data, at)
        state, at = read_string(data, at)
        entries.append(PresenceEntry(client, clock, state))
    if at != len(data):
        raise MessageMalformed("bytes follow an awareness message")
    return tuple(entries)


def write_state_vector(clocks: Mapping[int, int]) -> bytes:
    """A state vector's bytes."""
    out = bytearray(write_uint(len(clocks)))
    for client, clock in clocks.items():
        out += write_uint(client) + write_uint(clock)
    return bytes(out)


def _write_bytes(data: bytes) -> bytes:
    return write_uint(len(data)) + data


def sync_step1(state_vector: bytes) -> bytes:
    """ "This is what I have: send me the rest." """
    return bytes((_SYNC, 0)) + _write_bytes(state_vector)


def sync_step2(update: bytes) -> bytes:
    """The answer to step 1."""
    return bytes((_SYNC, 1)) + _write_bytes(update)


def sync_update(update: bytes) -> bytes:
    """A live update; to its sender, also the acknowledgement that it is on disk."""
    return bytes((_SYNC, 2)) + _write_bytes(update)


def presences(entries: Iterable[PresenceEntry]) -> bytes:
    """An awareness message. An empty one is still a sign of life, by which stock clients know that we are there."""
    body = bytearray()
    count = 0
    for entry in entries:
        body += write_uint(entry.client) + write_uint(entry.clock) + _write_bytes(entry.state.encode())
        count += 1
    return bytes((_AWARENESS,)) + _write_bytes(write_uint(count) + bytes(body))


def denied(reason: str) -> bytes:
    """Says that what was sent is not allowed; stock clients print the reason."""
    return bytes((_AUTH, 0)) + _write_bytes(reason.encode())


def notice(body: Mapping[str, Any]) -> bytes:
    """Our extension: something to be told to the person, as JSON."""
    return bytes((NOTICE,)) + _write_bytes(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
