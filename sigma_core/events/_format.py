"""The tables of the file of a run, and how those of earlier formats are read and brought up to them.

Format 2 had a table `iterations` of blocks of ended iterations alone; in format 1 each of them was a row in `events`
and in `metrics`.
"""

import json
from typing import TYPE_CHECKING

from sigma_core.events._stored import numbered

if TYPE_CHECKING:
    import sqlite3

FORMAT = "3"

# `id` is that of the first event of a block, `last` that of the last. An event in it is float64: its id, the time, the
# epoch, the iteration, and the numbers that the JSON list `names` names.
_BLOCKS = """
CREATE TABLE blocks (
    id INTEGER PRIMARY KEY, last INTEGER NOT NULL, kind TEXT NOT NULL, schema INTEGER NOT NULL, source TEXT,
    names TEXT NOT NULL, block BLOB NOT NULL
);
"""
# Those of format 3 that were written before there were any get them when they are written on; reading needs none.
_INDICES = """
CREATE INDEX IF NOT EXISTS events_of_kind ON events (kind);
CREATE INDEX IF NOT EXISTS blocks_of_kind ON blocks (kind, last);
"""
SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, kind TEXT NOT NULL, schema INTEGER NOT NULL,
    epoch INTEGER, iteration INTEGER, payload TEXT NOT NULL
);
-- An iteration that is run again after a resume gives the same value, so it takes the old one's place.
CREATE TABLE metrics (
    name TEXT NOT NULL, iteration INTEGER NOT NULL, value REAL, PRIMARY KEY (name, iteration)
) WITHOUT ROWID;
{_BLOCKS}{_INDICES}
"""
EARLIER = {
    "1": "SELECT 0 AS id, 0 AS last, '' AS kind, 0 AS schema, '' AS source, '' AS names, '' AS block WHERE FALSE",
    "2": """
        SELECT id, id + length(block) / 8 / (3 + json_array_length(names)) - 1 AS last, 'iteration_ended' AS kind,
            1 AS schema, NULL AS source, names, numbered(id, names, block) AS block
        FROM iterations
    """,
}
"""What the table of blocks would hold, by format."""


def as_now(connection: "sqlite3.Connection", written_format: str) -> None:
    """Have a file of an earlier format read like one of this."""
    _teach(connection)
    # A view is made in memory alone, but counts as writing.
    connection.execute("PRAGMA query_only = OFF")
    connection.execute(f"CREATE TEMP VIEW blocks AS {EARLIER[written_format]}")
    connection.execute("PRAGMA query_only = ON")


def brought_up(connection: "sqlite3.Connection", written_format: str) -> None:
    """Make a file, which may be of an earlier format, one of this."""
    if written_format in EARLIER:
        _teach(connection)
        connection.execute("BEGIN")
        connection.execute(_BLOCKS)
        connection.execute(f"INSERT INTO blocks {EARLIER[written_format]}")  # a constant
        connection.execute("DROP TABLE IF EXISTS iterations")
        connection.execute("UPDATE meta SET value = ? WHERE key = 'format'", (FORMAT,))
        connection.execute("COMMIT")
    connection.executescript(_INDICES)


def _teach(connection: "sqlite3.Connection") -> None:
    """Blocks of format 2 left out the numbers of their events."""

    def block(first: int, names: str, data: bytes) -> bytes:
        return numbered(first, tuple(json.loads(names)), data).tobytes()

    connection.create_function("numbered", 3, block, deterministic=True)
