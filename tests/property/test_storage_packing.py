"""Packs: whatever goes in comes out, and what was changed on the way is noticed."""

import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.errors import StorageDamaged
from documents.model import Entry
from documents.storage.packing import MAX_ENTRIES, pack_run, unpack_run


@st.composite
def runs(draw: st.DrawFn) -> list[Entry]:
    first = draw(st.integers(0, 2**53))
    times = st.integers(-(2**53), 2**53)
    columns = draw(st.lists(st.tuples(times, st.text(max_size=9), st.binary(max_size=300)), min_size=1, max_size=40))
    return [Entry("a", seq, *column) for seq, column in enumerate(columns, first)]


@given(runs())
def test_a_run_comes_back_as_it_was(run: list[Entry]) -> None:
    assert unpack_run("a", pack_run(run), "here") == run


def test_a_full_run_comes_back_as_it_was() -> None:
    run = [Entry("a", seq, seq * 7, f"author {seq % 300}", b"u" * (seq % 5)) for seq in range(1, MAX_ENTRIES + 1)]
    assert unpack_run("a", pack_run(run), "here") == run


@given(runs(), st.data())
def test_a_changed_byte_is_noticed(run: list[Entry], data: st.DataObject) -> None:
    pack = bytearray(pack_run(run))
    pack[data.draw(st.integers(0, len(pack) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(StorageDamaged) as caught:
        unpack_run("a", bytes(pack), "here")
    assert caught.value.where == "here"


@given(runs(), st.data())
def test_missing_and_added_bytes_are_noticed(run: list[Entry], data: st.DataObject) -> None:
    pack = pack_run(run)
    with pytest.raises(StorageDamaged):
        unpack_run("a", pack[: data.draw(st.integers(0, len(pack) - 1))], "here")
    with pytest.raises(StorageDamaged):
        unpack_run("a", pack + data.draw(st.binary(min_size=1)), "here")


@given(st.binary())
def test_any_other_content_is_read_or_refused(content: bytes) -> None:
    """Nothing but `StorageDamaged` comes of a pack that is sound outside and nonsense inside."""
    try:
        entries = unpack_run("a", lzma.compress(content, check=lzma.CHECK_SHA256), "here")
    except StorageDamaged as error:
        assert error.reason
    else:
        assert 1 <= len(entries) <= MAX_ENTRIES


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01",  # no entries
        b"\x81\x20\x01",  # more entries than a pack has
        b"\x01\x01\x02\x01\x01a\x01\x01u",  # an author who is not named
        b"\x01\x01\x02\x01\x01\xff\x00\x01u",  # a name that is not UTF-8
        b"\x01\x01\x02\x01\x01a\x00\x02u",  # an update shorter than said
        b"\x01\x01\x02\x01\x01a\x00\x00u",  # an update longer than said
        b"\x01" + b"\xff" * 11 + b"\x01",  # a number without end
    ],
)
def test_content_that_does_not_fit_together_is_refused(content: bytes) -> None:
    with pytest.raises(StorageDamaged):
        unpack_run("a", lzma.compress(content), "here")


@pytest.mark.parametrize(
    "run",
    [
        [],
        [Entry("a", 1, 0, "", b""), Entry("a", 3, 0, "", b"")],
        [Entry("a", 1, 0, "", b""), Entry("b", 2, 0, "", b"")],
        [Entry("a", seq, 0, "", b"") for seq in range(MAX_ENTRIES + 1)],
    ],
)
def test_what_is_no_run_is_not_packed(run: list[Entry]) -> None:
    with pytest.raises(ValueError, match="pack"):
        pack_run(run)
