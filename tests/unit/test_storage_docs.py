"""docs/storage.md names what there is."""

import re
from pathlib import Path
from typing import get_args

import pytest

from documents.storage.sqlite import MIGRATIONS, Synchronous

TEXT = (Path(__file__).parents[2] / "docs" / "storage.md").read_text()
TABLES = re.findall(r"CREATE TABLE (\w+)", " ".join(MIGRATIONS))


@pytest.mark.parametrize("name", [*TABLES, *get_args(Synchronous)])
def test_every_table_and_level_is_described(name: str) -> None:
    assert f"| `{name}` |" in TEXT or f"| **`{name}`** (default) |" in TEXT
