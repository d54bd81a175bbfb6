"""The messages: what stock clients send is read, what we send stock clients read, and nothing else is let through."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import (
    Awareness,
    Doc,
    Text,
    YMessageType,
    YSyncMessageType,
    create_awareness_message,
    create_sync_message,
    handle_sync_message,
)
from pycrdt import create_update_message as create_stock_update

from documents.crdt import protocol
from documents.crdt.protocol import PresenceEntry, Presences, QueryPresence, SyncStep1, SyncUpdate
from documents.crdt.update_v1 import write_uint
from documents.errors import MessageMalformed, MessageTooLarge, ProtocolError

NUMBERS = st.integers(0, 2**53 - 1)
ENTRIES = st.lists(st.builds(PresenceEntry, NUMBERS, NUMBERS, st.text(max_size=20)), max_size=5)
MESSAGES = st.one_of(
    st.dictionaries(NUMBERS, NUMBERS, max_size=5).map(lambda it: (SyncStep1(it), step1(it))),
    st.binary(max_size=40).map(lambda it: (SyncUpdate(it, answer=True), protocol.sync_step2(it))),
    st.binary(max_size=40).map(lambda it: (SyncUpdate(it), protocol.sync_update(it))),
    ENTRIES.map(lambda it: (Presences(tuple(it)), protocol.presences(it))),
    st.just((QueryPresence(), b"\x03")),
)


def step1(clocks: dict[int, int]) -> bytes:
    return protocol.sync_step1(protocol.write_state_vector(clocks))


def text(content: str, client: int = 7) -> Doc[Any]:
    doc: Doc[Any] = Doc(client_id=client)
    doc.get("t", type=Text).insert(0, content)
    return doc


@given(st.lists(MESSAGES, min_size=1, max_size=protocol.MAX_MESSAGES))
def test_what_is_written_is_read_one_by_one_or_many_in_a_frame(messages: list[tuple[Any, bytes]]) -> None:
    assert protocol.read(b"".join(frame for _, frame in messages)) == [message for message, _ in messages]


def test_stock_messages_are_read() -> None:
    doc = text("abc")
    assert protocol.read(create_sync_message(doc)) == [SyncStep1({7: 3})]
    update = doc.get_update()
    assert protocol.read(create_stock_update(update)) == [SyncUpdate(update)]
    answer = handle_sync_message(protocol.sync_step1(b"\0")[1:], doc)
    assert answer is not None
    assert protocol.read(answer) == [SyncUpdate(update, answer=True)]
    awareness = Awareness(doc)
    awareness.set_local_state({"cursor": "ä😀"})
    frame = create_awareness_message(awareness.encode_awareness_update([7]))
    (message,) = protocol.read(frame)
    assert isinstance(message, Presences)
    assert [(entry.client, entry.clock, json.loads(entry.state)) for entry in message.entries] == [
        (7, 1, {"cursor": "ä😀"})
    ]


def test_stock_clients_read_what_we_write() -> None:
    ours, theirs = text("abc"), text("", 8)
    assert step1({7: 3})[:2] == bytes((YMessageType.SYNC, YSyncMessageType.SYNC_STEP1))
    reply = handle_sync_message(step1({})[1:], ours)
    assert reply == protocol.sync_step2(ours.get_update())
    handle_sync_message(protocol.sync_step2(ours.get_update())[1:], theirs)
    assert str(theirs.get("t", type=Text)) == "abc"
    ours.get("t", type=Text).insert(3, "d")
    handle_sync_message(protocol.sync_update(ours.get_update())[1:], theirs)
    assert str(theirs.get("t", type=Text)) == "abcd"


def test_words_from_the_server_alone() -> None:
    assert protocol.denied("Nö.") == b"\x02\x00\x04N\xc3\xb6."
    notice = protocol.notice({"type": "read-only", "text": "Nö"})
    assert notice[0] == protocol.NOTICE
    assert json.loads(notice[2:]) == {"type": "read-only", "text": "Nö"}
    for frame in (protocol.denied("x"), notice):
        with pytest.raises(MessageMalformed):
            protocol.read(frame)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x00",
        b"\x00\x00",
        b"\x00\x03\x00",  # there is no sync message 3
        b"\x00\x00\x02\x01",  # a length beyond the end
        b"\x00\x00\x00",  # a state vector without its count
        b"\x00\x00\x02\x00\x00",  # a state vector with a byte after its end
        b"\x00\x00\x05\x02\x07\x01\x07\x02",  # a client twice
        b"\x00\x00\x03\x02\x07\x01",  # fewer than it says
        b"\x01\x00",
        b"\x01\x02\x00\x00",  # a byte after the states
        b"\x01\x05\x01\x07\x01\x01\xff",  # a state that is not UTF-8
        b"\x01\x04\x01\x07\x01\x05",  # a state that is not there
        b"\x02\x00\x00",
        b"\x04",
        b"\x64\x02{}",
        b"\xff" * 20,
        b"\x03\x00",
        b"\x00\x01" + b"\xff" * 100_000,
    ],
)
def test_what_is_not_of_the_protocol_is_malformed(frame: bytes) -> None:
    with pytest.raises(MessageMalformed):
        protocol.read(frame)


def test_bounds() -> None:
    with pytest.raises(MessageTooLarge):
        protocol.read(b"\x03" * (protocol.MAX_MESSAGES + 1))
    assert len(protocol.read(b"\x03" * protocol.MAX_MESSAGES)) == protocol.MAX_MESSAGES
    huge = write_uint(protocol.MAX_STATE_VECTOR + 1)
    with pytest.raises(MessageTooLarge):
        protocol.read(protocol.sync_step1(huge))
    many = write_uint(protocol.MAX_PRESENCES + 1)
    with pytest.raises(MessageTooLarge):
        protocol.read(b"\x01" + write_uint(len(many)) + many)
    with pytest.raises(MessageTooLarge):  # takes 512 MB of a library that believes it
        protocol.read(protocol.sync_step1(bytes.fromhex("8080808001")))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(frame: bytes) -> None:
    try:
        assert protocol.read(frame)
    except ProtocolError as error:
        assert str(error)


@given(MESSAGES, st.integers(0, 2**32))
def test_damaged_messages_are_read_or_refused(message: tuple[Any, bytes], seed: int) -> None:
    rng, frame = Random(seed), bytearray(message[1])  # noqa: S311 (nothing secret)
    for _ in range(rng.randrange(1, 4)):
        frame[rng.randrange(len(frame))] = rng.randrange(256)
    del frame[rng.randrange(len(frame) + 1) :]
    try:
        assert protocol.read(bytes(frame))
    except ProtocolError as error:
        assert str(error)
