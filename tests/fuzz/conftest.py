"""What all fuzzers share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def only_its_own_garbage() -> Iterator[None]:
    """How long a fuzzer's input takes has nothing to do with what other tests have left in memory."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
