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
    digest: bytes
    """SHA-256 over the five columns above, as `_digest` writes them."""


def snapshot_to_row(snapshot: Snapshot) -> SnapshotRow:
    owners = json.dumps(dict(sorted(snapshot.owners.items())), separators=(",", ":"), ensure_ascii=False)
    row = SnapshotRow(snapshot.chapter, snapshot.seq, snapshot.at, owners, zlib.compress(snapshot.state, 1), b"")
    return row._replace(digest=_digest(row))


def snapshot_from_row(row: SnapshotRow) -> Snapshot:
    """Raises `StorageDamaged` when the row is not what was written."""
    if not isinstance(row.owners, str) or not isinstance(row.state, bytes) or _digest(row) != row.digest:
        raise StorageDamaged(f"snapshot {row.seq} of chapter {row.chapter!r}", "its digest does not fit")
    owners: dict[str, Any] = json.loads(row.owners)
    state = zlib.decompress(row.state)
    return Snapshot(row.chapter, row.seq, row.at, state, {int(client): owner for client, owner in owners.items()})


def _digest(row: SnapshotRow) -> bytes:
    head = json.dumps([row.chapter, row.seq, row.at, row.owners])
    return hashlib.sha256(head.encode() + b"\n" + row.state).digest()
