"""Every hostile file is refused, in one line, within bounds of memory and time; strange ones are read without harm."""

import time
import tracemalloc
from io import BytesIO
from pathlib import Path

import pytest

from documents.formats import word
from documents.formats.word import WordRefused
from tests.hostile_word import HOSTILE, LONG, WRITTEN, strange

SECONDS = 20
BYTES = 250_000_000


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_in_one_line_within_bounds(name: str) -> None:
    content = BytesIO(HOSTILE[name]())
    begun = time.monotonic()
    tracemalloc.start(1)
    try:
        with pytest.raises(WordRefused) as refused:
            word.read(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300
    assert peak < BYTES
    assert time.monotonic() - begun < SECONDS


@pytest.mark.parametrize("name", strange())
def test_what_is_strange_is_read_without_following_it(name: str) -> None:
    content = BytesIO(strange()[name])
    tracemalloc.start(1)
    found = word.read(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [one.text for one in found.paragraphs] == ["Text"]
    assert peak < BYTES / 10
    assert not Path(WRITTEN).exists()


@pytest.mark.parametrize("name", LONG)
def test_what_is_long_takes_no_longer_than_it_is(name: str) -> None:
    content = BytesIO(LONG[name]())
    begun = time.process_time()
    assert {one.text for one in word.read(content).paragraphs} == {"Text"}
    assert time.process_time() - begun < SECONDS / 2
