"""The run store: what happened in a run, in one SQLite file that others can read while it is written.

One listener of the bus writes in batches, so that the run never waits for the disk. Tables: `events` (payload as
JSON), `metrics` (one point of a time series in each row) and `meta`. A value that is NaN is stored as NULL.
"""

import json
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Self

from attrs import frozen

from sigma_core.errors import RunDirectoryError, StorageError
from sigma_core.events._bus import Bus, Policy
from sigma_core.events._event import name_of_event
from sigma_core.events._payload import measurements, payload
from sigma_core.events._queues import Timed
from sigma_core.events._subscription import Subscription

if TYPE_CHECKING:
    import sqlite3

FORMAT = "1"
FILE = "run.db"

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, kind TEXT NOT NULL, schema INTEGER NOT NULL,
    epoch INTEGER, iteration INTEGER, payload TEXT NOT NULL
);
CREATE INDEX events_by_kind ON events (kind, id);
-- An iteration that is run again after a resume gives the same value, so it takes the old one's place.
CREATE TABLE metrics (
    name TEXT NOT NULL, iteration INTEGER NOT NULL, value REAL, PRIMARY KEY (name, iteration)
) WITHOUT ROWID;
"""


@frozen(kw_only=True)
class StoredEvent:
    """An event as the store keeps it; `time` is in seconds since 1970."""

    id: int
    time: float
    kind: str
    schema: int
    epoch: int | None
    iteration: int | None
    payload: dict[str, Any]


class RunStore:
    """The file `run.db` of a run's directory; made by `create` to be written, by `open` to be read."""

    def __init__(self, path: Path, connection: "sqlite3.Connection") -> None:
        self.path = path
        self._connection = connection
        self._using = threading.Lock()
        self._subscription: Subscription | None = None

    @classmethod
    def create(cls, directory: Path | str) -> Self:
        """A new store in `directory`, which is made when it is missing.

        Raises RunDirectoryError when there is a store already, StorageError when the disk refuses.
        """
        import sqlite3

        path = Path(directory) / FILE
        with ExitStack() as undo:
            try:
                _make(path)
                connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
                undo.callback(connection.close)
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.executescript(_SCHEMA)
                connection.execute("INSERT INTO meta VALUES ('format', ?)", (FORMAT,))
            except (OSError, sqlite3.Error) as error:
                raise _refused(path, error) from error
            undo.pop_all()
        return cls(path, connection)

    @classmethod
    def open(cls, directory: Path | str) -> Self:
        """The store in `directory`, to be read only, also while a run writes it.

        Raises RunDirectoryError when there is none, when it is damaged or of another format.
        """
        import sqlite3

        path = Path(directory) / FILE
        if not path.is_file():
            raise RunDirectoryError(
                where=f"run directory {str(directory)!r}",
                found=f"has no {FILE}",
                expected="the directory of a run",
                remedy="`sigma train` makes one for each run, under runs/",
            )
        with ExitStack() as undo:
            try:
                connection = sqlite3.connect(_to_be_read(path.absolute()), uri=True, check_same_thread=False)
                undo.callback(connection.close)
                row = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
            except sqlite3.Error as error:
                raise _unreadable(path, f"cannot be read: {error}") from error
            if row != (FORMAT,):
                raise _unreadable(path, "has no format" if row is None else f"has format {row[0]}")
            undo.pop_all()
        return cls(path, connection)

    def attach(self, bus: Bus) -> Subscription:
        """Write what is published on `bus` from now on.

        A disk that refuses is reported on the bus as SubscriberFailed with the text of a StorageError; the run goes on.
        """
        self._subscription = bus.listen_timed("run store", self._write, policy=Policy.KEEP_ALL)
        return self._subscription

    def close(self) -> None:
        """Write what waits and close the file."""
        import sqlite3

        if self._subscription is not None:
            self._subscription.close()
        with self._using:
            # A finished run is one plain file that opens anywhere, from a read-only disk as well. When somebody reads
            # at this moment, or the disk refuses, the file stays as it is, which is whole too.
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA journal_mode = DELETE")
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def events(self, kind: str | None = None) -> Iterator[StoredEvent]:
        """Stored events in order, all or those of one kind such as "epoch_ended"."""
        query = "SELECT id, time, kind, schema, epoch, iteration, payload FROM events"
        with self._using:
            rows = (
                self._connection.execute(f"{query} ORDER BY id")
                if kind is None
                else self._connection.execute(f"{query} WHERE kind = ? ORDER BY id", (kind,))
            ).fetchall()
        for number, time, name, schema, epoch, iteration, text in rows:
            yield StoredEvent(
                id=number,
                time=time,
                kind=name,
                schema=schema,
                epoch=epoch,
                iteration=iteration,
                payload=json.loads(text),
            )

    def names(self) -> tuple[str, ...]:
        """The names of all time series, sorted, such as "training.loss"."""
        with self._using:
            rows = self._connection.execute("SELECT DISTINCT name FROM metrics ORDER BY name").fetchall()
        return tuple(name for (name,) in rows)

    def metrics(self, name: str) -> tuple[list[int], list[float]]:
        """A time series as (iterations, values); both are empty when there is none of that name."""
        with self._using:
            rows = self._connection.execute(
                "SELECT iteration, value FROM metrics WHERE name = ? ORDER BY iteration", (name,)
            ).fetchall()
        return [iteration for iteration, _ in rows], [math.nan if value is None else value for _, value in rows]

    def _write(self, batch: Sequence[Timed]) -> None:
        import sqlite3

        events = [
            (
                time,
                name_of_event(type(event)),
                event.schema,
                getattr(event, "epoch", None),
                getattr(event, "iteration", None),
                json.dumps(payload(event)),
            )
            for time, event in batch
        ]
        points = [point for _, event in batch for point in measurements(event)]
        with self._using:
            try:
                self._connection.execute("BEGIN")
                self._connection.executemany(
                    "INSERT INTO events (time, kind, schema, epoch, iteration, payload) VALUES (?, ?, ?, ?, ?, ?)",
                    events,
                )
                self._connection.executemany("INSERT OR REPLACE INTO metrics VALUES (?, ?, ?)", points)
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise _refused(self.path, error) from error


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Creating the file and finding that it exists are one step, so two runs cannot both have it.
        path.open("xb").close()
    except FileExistsError as error:
        raise RunDirectoryError(
            where=f"run directory {str(path.parent)!r}",
            found="holds a run already",
            expected="a new or empty directory",
            remedy="choose another name for the run, or remove the directory",
        ) from error


def _to_be_read(path: PurePath) -> str:
    """The address of a file for SQLite, read only.

    Not `as_uri`, which puts the server of a network folder where SQLite wants nothing (sqlite.org/uri.html).
    """
    from urllib.parse import quote

    place = quote(path.as_posix().encode("utf-8", "surrogateescape"), safe="/:")
    return f"file://{'' if place.startswith('/') else '/'}{place}?mode=ro"


def _unreadable(path: Path, found: str) -> RunDirectoryError:
    return RunDirectoryError(
        where=f"run store {str(path)!r}",
        found=found,
        expected=f"an SQLite file that a run wrote, of format {FORMAT}",
        remedy="if it is damaged, take the run from a copy; if it is newer, read it with a newer sigma-core",
    )


def _refused(path: Path, error: Exception) -> StorageError:
    return StorageError(
        where=f"run store {str(path)!r}",
        found=f"cannot be written: {error}",
        expected="a directory that can be written, with room left",
        remedy="free some space or choose another directory for runs; the training itself is not affected",
    )
