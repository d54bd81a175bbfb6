"""A snapshot as a row of the database, and back."""

import hashlib
import json
import zlib
from typing import Any, NamedTuple

from documents.errors import StorageDamaged
from documents.model import Snapshot


class SnapshotRow(NamedTuple):
    """The columns of the table `snapshots`."""

    chapter: str
    seq: int
    at: int
    owners: str
    """Compact JSON, `{"client id": "author", …}`."""
    state: bytes
    """The state, compressed with zlib."""
    record: bytes
    """The record of authorship, compressed with zlib."""
    digest: bytes
    """SHA-256 over the six columns above, as `_digest` writes them."""


def snapshot_to_row(snapshot: Snapshot) -> SnapshotRow:
    owners = json.dumps(dict(sorted(snapshot.owners.items())), separators=(",", ":"), ensure_ascii=False)
    state, record = zlib.compress(snapshot.state, 1), zlib.compress(snapshot.record, 1)
    row = SnapshotRow(snapshot.chapter, snapshot.seq, snapshot.at, owners, state, record, b"")
    return row._replace(digest=_digest(row))


def snapshot_from_row(row: SnapshotRow) -> Snapshot:
    """Raises `StorageDamaged` when the row is not what was written."""
    kinds = isinstance(row.owners, str) and isinstance(row.state, bytes) and isinstance(row.record, bytes)
    if not kinds or _digest(row) != row.digest:
        raise StorageDamaged(f"snapshot {row.seq} of chapter {row.chapter!r}", "its digest does not fit")
    said: dict[str, Any] = json.loads(row.owners)
    owners = {int(client): owner for client, owner in said.items()}
    return Snapshot(row.chapter, row.seq, row.at, zlib.decompress(row.state), owners, zlib.decompress(row.record))


def _digest(row: SnapshotRow) -> bytes:
    head = json.dumps([row.chapter, row.seq, row.at, row.owners, len(row.state)])
    return hashlib.sha256(head.encode() + b"\n" + row.state + row.record).digest()
