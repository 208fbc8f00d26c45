"""How the file of a run is opened to be read: where it lies, or as a copy where that cannot be.

What a killed process left half done, SQLite puts right when the file is opened next, for which it has to write beside
it. Where it may not, as from a read-only disk or where only reading was asked for, a copy is put right and read.
"""

import shutil
from contextlib import ExitStack
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import sqlite3

_PARTS = ("", "-wal", "-journal")
"""A file and what may lie beside it; SQLite makes the index `-shm` anew."""


def opened(path: Path) -> "tuple[sqlite3.Connection, ExitStack]":
    """A connection that reads, and what is to be closed in its place.

    Raises sqlite3.Error for what is no database, OSError where there is no room for a copy.
    """
    import sqlite3

    try:
        return _connected(path)
    except sqlite3.OperationalError as error:
        # The lower byte tells the kind of error (sqlite.org/rescode.html).
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise
    with ExitStack() as undo:
        # Windows may hold on to a file for a moment after it was closed.
        folder = Path(undo.enter_context(TemporaryDirectory(prefix="sigma-", ignore_cleanup_errors=True)))
        for part in _PARTS:
            found = path.with_name(path.name + part)
            if found.exists():
                shutil.copyfile(found, folder / found.name)
        connection, closing = _connected(folder / path.name, mode="rw")
        connection.execute("PRAGMA query_only = ON")
        undo.push(closing)
        return connection, undo.pop_all()


def _connected(path: Path, mode: str = "ro") -> "tuple[sqlite3.Connection, ExitStack]":
    import sqlite3

    with ExitStack() as undo:
        connection = sqlite3.connect(address(path.absolute(), mode), uri=True, check_same_thread=False)
        undo.callback(connection.close)
        # Connecting alone looks at nothing.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection, undo.pop_all()


def address(path: PurePath, mode: str) -> str:
    """The address of a file for SQLite.

    Not `as_uri`, which puts the server of a network folder where SQLite wants nothing (sqlite.org/uri.html).
    """
    place = quote(path.as_posix().encode("utf-8", "surrogateescape"), safe="/:")
    return f"file://{'' if place.startswith('/') else '/'}{place}?mode={mode}"
