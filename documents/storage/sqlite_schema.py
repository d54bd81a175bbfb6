"""The tables of the chapters in SQLite, and how an older file becomes a newer one."""

from collections.abc import Sequence

MIGRATIONS: Sequence[str] = (
    """
    CREATE TABLE chapters (
        id TEXT NOT NULL PRIMARY KEY,
        title TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        created_by TEXT NOT NULL
    );

    CREATE TABLE journal (
        chapter TEXT NOT NULL REFERENCES chapters (id),
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        author TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (chapter, seq)
    ) WITHOUT ROWID;

    CREATE TABLE packs (
        chapter TEXT NOT NULL REFERENCES chapters (id),
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (chapter, last)
    );

    CREATE TABLE snapshots (
        chapter TEXT NOT NULL REFERENCES chapters (id),
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        owners TEXT NOT NULL,
        digest BLOB NOT NULL,
        state BLOB NOT NULL,
        PRIMARY KEY (chapter, seq)
    );

    CREATE TABLE probe (
        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
        times INTEGER NOT NULL
    );
    INSERT INTO probe (id, times) VALUES (1, 0);
    """,
    # Snapshots that lack the record of authorship go: the journal makes them again.
    """
    DROP TABLE snapshots;

    CREATE TABLE snapshots (
        chapter TEXT NOT NULL REFERENCES chapters (id),
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        owners TEXT NOT NULL,
        digest BLOB NOT NULL,
        record BLOB NOT NULL,
        state BLOB NOT NULL,
        PRIMARY KEY (chapter, seq)
    );
    """,
    """
    CREATE TABLE set_aside (
        chapter TEXT NOT NULL REFERENCES chapters (id),
        number INTEGER NOT NULL,
        author TEXT NOT NULL,
        paragraph TEXT NOT NULL,
        label TEXT NOT NULL,
        at INTEGER NOT NULL,
        updated INTEGER NOT NULL,
        reason TEXT NOT NULL,
        lock INTEGER NOT NULL,
        runs TEXT NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (chapter, number)
    );
    """,
)
"""One script a version, oldest first; a script that was released never changes."""
