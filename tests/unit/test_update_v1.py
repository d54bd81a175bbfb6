"""The parser takes every update that editors make, whole, and nothing else."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.crdt import update_v1
from documents.crdt.update_v1 import Update, parse, read_uint, skip_any, tail_of, utf16_length, write_uint, write_update
from documents.errors import UpdateMalformed
from tests.fuzz import world


def string(text: str) -> bytes:
    data = text.encode()
    return write_uint(len(data)) + data


ROOT = b"\x01" + string("default")


def one(content: bytes, kind: int, *, parent: bytes = ROOT) -> bytes:
    """An update of one struct without neighbours."""
    return write_update([(5, 0, [bytes((kind,)) + parent + content])], [])


def any_value(value: bytes) -> bytes:
    return one(b"\x01" + value, update_v1.ANY)


def reason_of(data: bytes) -> str:
    with pytest.raises(UpdateMalformed) as caught:
        parse(data)
    return caught.value.reason


@pytest.mark.parametrize(
    ("content", "kind", "length", "value"),
    [
        (string("a😀b"), update_v1.STRING, 4, "a😀b"),
        (string("é"), update_v1.STRING, 1, "é"),
        (b"\x07", update_v1.DELETED, 7, None),
        (string('{"a":[1.5,"b",null]}'), update_v1.EMBED, 1, None),
        (string("bold") + string("true"), update_v1.FORMAT, 1, None),
        (b"\x00", update_v1.TYPE, 1, (0, "")),
        (b"\x03" + string("paragraph"), update_v1.TYPE, 1, (3, "paragraph")),
        (b"\x05" + string("hook"), update_v1.TYPE, 1, (5, "hook")),
        (b"\x06", update_v1.TYPE, 1, (6, "")),
        (b"\x02\x7e\x78", update_v1.ANY, 2, None),
    ],
)
def test_each_kind_of_content(content: bytes, kind: int, length: int, value: Any) -> None:
    found = parse(one(content, kind)).sections[0].structs[0]
    assert (found.kind, found.clock, found.length, found.value) == (kind, 0, length, value)
    assert (found.parent, found.key, found.origin, found.right) == ("default", None, None, None)


@pytest.mark.parametrize("kind", [update_v1.GC, update_v1.SKIP])
def test_structs_without_a_place(kind: int) -> None:
    section = parse(write_update([(5, 3, [bytes((kind, 9))])], [])).sections[0]
    assert (section.client, section.clock, section.end, section.structs[0].kind) == (5, 3, 12, kind)


def test_neighbours_parents_and_keys() -> None:
    structs = [
        bytes((0x84,)) + write_uint(300) + b"\x04" + string("a"),
        bytes((0x44,)) + write_uint(300) + b"\x05" + string("b"),
        bytes((0xC4,)) + b"\x07\x01\x08\x02" + string("c"),
        bytes((0x28,)) + b"\x00\x07\x01" + string("id") + b"\x01\x7e",
        bytes((0xA8,)) + b"\x07\x01" + b"\x01\x7e",
    ]
    found = parse(write_update([(5, 0, structs)], [])).sections[0].structs
    places = [(item.origin, item.right, item.parent, item.key) for item in found]
    assert places == [
        ((300, 4), None, None, None),
        (None, (300, 5), None, None),
        ((7, 1), (8, 2), None, None),
        (None, None, (7, 1), "id"),
        ((7, 1), None, None, None),
    ]


@pytest.mark.parametrize(
    "value",
    [
        b"\x7f", b"\x7e", b"\x79", b"\x78", b"\x7d\x00", b"\x7d\x7f", b"\x7d\xbf\x01", b"\x7c" + struct.pack(">f", 1.5),
        b"\x7b" + struct.pack(">d", 0.1), b"\x7a" + struct.pack(">q", -1), b"\x77" + string("😀"), b"\x74\x02ab",
        b"\x75\x02\x7e\x75\x00", b"\x76\x01" + string("name") + b"\x78", b"\x75\x01" * 16 + b"\x7e",
    ],
)  # fmt: skip
def test_each_kind_of_value(value: bytes) -> None:
    assert parse(any_value(value)).sections[0].structs[0].length == 1
    assert skip_any(value + b"rest", 0) == len(value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it ends too early"),
        (b"\x00\x00\x00", "bytes follow its end"),
        (b"\x80\x00", "a number is too large, or padded"),
        (b"\xff" * 9 + b"\x01", "a number is too long"),
        (b"\xff" * 7 + b"\x7f", "a number is too large, or padded"),
        (write_update([(5, 0, [b"\x00\x01"]), (5, 1, [b"\x00\x01"])], []), "client 5 comes twice"),
        (b"\x00\x02\x05\x00\x05\x00", "client 5 comes twice in the delete set"),
        (write_update([(5, 0, [])], []), "a section without structs"),
        (write_update([(5, 0, [b"\x20\x01"])], []), "flags on a struct that has none"),
        (write_update([(5, 0, [b"\x00\x00"])], []), "a struct of length zero"),
        (write_update([(5, 2**31 - 2, [b"\x00\x02"])], []), "a clock is too large"),
        (one(b"\x00", update_v1.DELETED), "a struct of length zero"),
        (one(b"\x00", update_v1.STRING), "a struct of length zero"),
        (one(b"\x00", update_v1.ANY), "a struct of length zero"),
        (one(b"\x02\xff\xff", update_v1.STRING), "a string is not UTF-8"),
        (one(b"\x03\xed\xa0\x80", update_v1.STRING), "a string is not UTF-8"),
        (one(b"\x01", 2), "content of kind 2 has no place in a chapter"),
        (one(b"\x01a", 3), "content of kind 3 has no place in a chapter"),
        (one(b"\x01a\x7e", 9), "content of kind 9 has no place in a chapter"),
        (one(b"\x01a\x7e", 0x14), "content of kind 20 has no place in a chapter"),
        (one(b"\x07", update_v1.TYPE), "a shared type of kind 7"),
        (one(string("a"), update_v1.STRING, parent=b"\x02"), "a parent that is neither a root nor an id"),
        (one(string("a"), update_v1.STRING, parent=b"\x01" + string("r" * 201)), "a name is too long"),
        (one(b"\x03" + string("n" * 201), update_v1.TYPE), "a name is too long"),
        (one(b"\x03" + string("__proto__"), update_v1.TYPE), "a name that JavaScript objects can't bear"),
        (one(string("__proto__") + string("1"), update_v1.FORMAT), "a name that JavaScript objects can't bear"),
        (one(string('{"a":{"__proto__":1}}'), update_v1.EMBED), "a name that JavaScript objects can't bear"),
        (any_value(b"\x76\x01" + string("__proto__") + b"\x7e"), "a name that JavaScript objects can't bear"),
        (any_value(b"\x73"), "a value of kind 115"),
        (any_value(b"\x75\x01" * 17 + b"\x7e"), "a value is nested too deep"),
        (any_value(b"\x7d" + b"\xff" * 9), "a number is too long"),
        (any_value(b"\x7d" + b"\xff" * 7 + b"\x7f"), "a number is too large"),
        (any_value(b"\x77\x02\xff\xff"), "a string is not UTF-8"),
        (b"\x00\x01\x05\x01\x00\x00", "a deletion of no, or of an impossible, length"),
        (b"\x00\x01\x05\x01\x00" + write_uint(2**31), "a deletion of no, or of an impossible, length"),
    ],
)
def test_each_refusal(data: bytes, reason: str) -> None:
    assert reason_of(data) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a value that is not JSON"),
        ("{", "a value that is not JSON"),
        ("undefined", "a value that is not JSON"),
        ("[" * 100_000, "a value that is not JSON"),
        ("1" * 5_000, "a value that is not JSON"),
        ("[" * 17 + "]" * 17, "a value is nested too deep"),
        ("NaN", "NaN in JSON"),
        ("[-Infinity]", "-Infinity in JSON"),
        ("1e999", "a number in JSON is too large"),
        ("9223372036854775808", "a number in JSON is too large"),
        ('"\\ud800"', "half a surrogate pair in JSON"),
        ('{"\\udc00":1}', "half a surrogate pair in JSON"),
    ],
)
def test_json_that_would_not_reach_every_replica_alike(text: str, reason: str) -> None:
    assert reason_of(one(string(text), update_v1.EMBED)) == reason


@pytest.mark.parametrize("text", ["null", '"😀"', '"\\ud83d\\ude00"', "-0.5", '{"a":{}}', "[" * 16 + "]" * 16])
def test_json_that_is_fine(text: str) -> None:
    assert parse(one(string(text), update_v1.EMBED))


def updates() -> list[bytes]:
    return [update for seed in range(3) for _, update in world.history(world.chance(seed), 25)]


def test_cut_off_anywhere_it_is_malformed_and_nothing_worse() -> None:
    for update in updates():
        for end in range(len(update)):
            reason_of(update[:end])


def test_changed_anywhere_it_is_parsed_or_malformed() -> None:
    outcomes = set()
    for update in updates()[:20]:
        for at in range(len(update)):
            for byte in (0x00, 0x7F, 0x80, 0xFF, update[at] ^ 0x20):
                try:
                    parse(update[:at] + bytes((byte,)) + update[at + 1 :])
                    outcomes.add("parsed")
                except UpdateMalformed:
                    outcomes.add("malformed")
    assert outcomes == {"parsed", "malformed"}


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_malformed(data: bytes) -> None:
    try:
        assert isinstance(parse(data), Update)
    except UpdateMalformed as error:
        assert error.reason


def test_what_was_parsed_is_written_again() -> None:
    for data in updates():
        update = parse(data)
        sections = [
            (section.client, section.clock, [data[item.start : item.end] for item in section.structs])
            for section in update.sections
        ]
        again = parse(write_update(sections, update.deletes))
        assert again.deletes == update.deletes
        assert [(one.client, one.clock, one.end) for one in again.sections] == [
            (one.client, one.clock, one.end) for one in update.sections
        ]


@given(st.integers(0, update_v1.MAX_NUMBER))
def test_numbers_come_back(value: int) -> None:
    data = write_uint(value)
    assert read_uint(b"x" + data + b"\xff", 1) == (value, 1 + len(data))


@given(st.text())
def test_lengths_count_utf16_units(text: str) -> None:
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


def tail(content: bytes, kind: int, known: int) -> Any:
    """What is parsed of a struct's tail."""
    data = one(content, kind)
    struct_ = parse(data).sections[0].structs[0]
    return parse(write_update([(5, known, [tail_of(data, 5, struct_, known)])], [])).sections[0].structs[0]


def test_tails() -> None:
    rest = tail(string("a😀bc"), update_v1.STRING, 3)
    assert (rest.origin, rest.clock, rest.value) == ((5, 2), 3, "bc")
    assert tail(string("é😀"), update_v1.STRING, 1).value == "😀"
    assert tail(b"\x07", update_v1.DELETED, 3).length == 4
    values = tail(b"\x03\x7e\x77" + string("b") + b"\x78", update_v1.ANY, 1)
    assert (values.length, values.origin) == (2, (5, 0))
    with pytest.raises(UpdateMalformed, match="surrogate"):
        tail(string("a😀b"), update_v1.STRING, 2)


def test_a_tail_keeps_its_right_neighbour() -> None:
    data = write_update([(5, 0, [bytes((0xC4,)) + b"\x07\x01\x08\x02" + string("abc")])], [])
    struct_ = parse(data).sections[0].structs[0]
    rest = parse(write_update([(5, 1, [tail_of(data, 5, struct_, 1)])], [])).sections[0].structs[0]
    assert (rest.origin, rest.right, rest.value) == ((5, 0), (8, 2), "bc")


def test_the_tail_of_what_was_thrown_away() -> None:
    data = write_update([(5, 0, [b"\x00\x09"])], [])
    assert tail_of(data, 5, parse(data).sections[0].structs[0], 4) == b"\x00\x05"


def test_the_empty_update() -> None:
    empty = parse(update_v1.EMPTY)
    assert (empty.sections, empty.deletes) == ([], [])
