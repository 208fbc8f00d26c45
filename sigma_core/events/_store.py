"""The run store: what happened in a run, in one SQLite file that others can read while it is written.

One listener of the bus writes in batches, so that the run never waits for the disk. Tables: `events` (payload as
JSON), `blocks` (many events in each row that are nothing but numbers, as ended iterations and what hooks publish,
because there may be a hundred thousand in a second), `metrics` (a point of any other time series in each row) and
`meta`. A value that is NaN is NULL in `metrics`.

Format 2 had a table `iterations` of blocks of ended iterations alone; in format 1 each of them was a row in `events`
and in `metrics`.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sigma_core.errors import RunDirectoryError, SettingError, StorageError
from sigma_core.events._bus import Bus
from sigma_core.events._encoding import encoded
from sigma_core.events._event import Event, name_of_event
from sigma_core.events._ledger import Numbered, Records
from sigma_core.events._payload import measurements
from sigma_core.events._stored import Blocks, Series, StoredEvent, block, numbered
from sigma_core.events._subscription import Listener

if TYPE_CHECKING:
    import sqlite3

    import numpy as np

FORMAT = "3"
FILE = "run.db"

_INTERVAL = 0.5
"""Seconds between two transactions; each takes a step a millisecond, however little it holds."""
_ROWS = 4096
"""Events in one transaction at most, so that what is made of them is still in the cache when it is written."""

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, kind TEXT NOT NULL, schema INTEGER NOT NULL,
    epoch INTEGER, iteration INTEGER, payload TEXT NOT NULL
);
-- An iteration that is run again after a resume gives the same value, so it takes the old one's place.
CREATE TABLE metrics (
    name TEXT NOT NULL, iteration INTEGER NOT NULL, value REAL, PRIMARY KEY (name, iteration)
) WITHOUT ROWID;
"""
# `id` is that of the first event of a block, `last` that of the last. An event in it is float64: its id, the time, the
# epoch, the iteration, and the numbers that the JSON list `names` names.
_BLOCKS = """
CREATE TABLE blocks (
    id INTEGER PRIMARY KEY, last INTEGER NOT NULL, kind TEXT NOT NULL, schema INTEGER NOT NULL, source TEXT,
    names TEXT NOT NULL, block BLOB NOT NULL
)
"""
_ALL_SERIES = {
    "1": "SELECT NULL, NULL, NULL, NULL WHERE FALSE",
    "2": "SELECT DISTINCT 'iteration_ended', 1, NULL, names FROM iterations",
    FORMAT: "SELECT DISTINCT kind, schema, source, names FROM blocks",
}
"""What there are blocks of, by format."""
_EVENTS = "SELECT id, time, kind, schema, epoch, iteration, payload FROM events"
_SERIES = "SELECT block FROM blocks WHERE kind = ? AND schema = ? AND source IS ? AND names = ?"


class RunStore:
    """The file `run.db` of a run's directory.

    Made by `create` to be written, by `reopen` to be written on, by `open` to be read.
    """

    def __init__(
        self,
        path: Path,
        connection: "sqlite3.Connection",
        written_format: str = FORMAT,
        closing: ExitStack | None = None,
    ) -> None:
        self.path = path
        self._connection = connection
        self._format = written_format
        self._closing = ExitStack() if closing is None else closing
        self._using = threading.Lock()
        self._subscription: Listener | None = None
        # The number of the last event in it when it was opened.
        self._before = 0
        self._blocks = Blocks()

    @classmethod
    def create(cls, directory: Path | str) -> Self:
        """A new store in `directory`, which is made when it is missing.

        Raises RunDirectoryError when there is a store already, StorageError when the disk refuses.
        """
        path = Path(directory) / FILE

        def prepare(connection: "sqlite3.Connection") -> None:
            connection.executescript(_SCHEMA + _BLOCKS)
            connection.execute("INSERT INTO meta VALUES ('format', ?)", (FORMAT,))

        return cls(path, _writing(path, prepare, make=True))

    @classmethod
    def reopen(cls, directory: Path | str) -> Self:
        """The store in `directory`, to be written on; one of format 1 becomes one of this format.

        Raises RunDirectoryError as `open` does, StorageError when the disk refuses.
        """
        _recover(Path(directory) / FILE)
        with cls.open(directory) as read:
            path, written_format = read.path, read._format  # noqa: SLF001  # ours

        def prepare(connection: "sqlite3.Connection") -> None:
            if written_format != FORMAT:
                connection.execute("BEGIN")
                connection.execute(_BLOCKS)
                if written_format == "2":
                    _move(connection)
                connection.execute("UPDATE meta SET value = ? WHERE key = 'format'", (FORMAT,))
                connection.execute("COMMIT")

        store = cls(path, _writing(path, prepare))
        store._before = _last_id(store._connection)
        return store

    @classmethod
    def open(cls, directory: Path | str) -> Self:
        """The store in `directory`, to be read only, also while a run writes it, or from a disk that is read only.

        Raises RunDirectoryError when there is none, when it is damaged or of another format.
        """
        import sqlite3

        from sigma_core.events._reading import opened

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
                connection, closing = opened(path)
                undo.push(closing)
                row = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
            except sqlite3.Error as error:
                raise _unreadable(path, f"cannot be read: {error}") from error
            except OSError as error:
                raise RunDirectoryError(
                    where=f"run store {str(path)!r}",
                    found=f"cannot be copied to be read: {error}",
                    expected="a folder for temporary files with room left",
                    remedy="free some space, or name another folder in TMPDIR",
                ) from error
            if row is None or row[0] not in _ALL_SERIES:
                raise _unreadable(path, "has no format" if row is None else f"has format {row[0]}")
            return cls(path, connection, row[0], undo.pop_all())

    def flush(self) -> bool:
        """Wait until all that was published before is written; False where it cannot be, as on a full disk."""
        return self._subscription is None or self._subscription.flush()

    def attach(self, bus: Bus) -> Listener:
        """Write what is published on `bus` from now on.

        A disk that refuses is reported on the bus as SubscriberFailed with the text of a StorageError; the run goes on.
        """
        self._subscription = bus.keep("run store", self._write, interval=_INTERVAL)
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
            self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading

    @property
    def newest(self) -> int:
        """The number of the newest event, to see whether there is anything new; 0 where there is none."""
        if self._format == FORMAT:
            with self._using:
                return _last_id(self._connection)
        ((number,),) = self._rows("SELECT coalesce(max(id), 0) FROM events")
        return max([int(number), *(int(self._table(each)[-1, 0]) for each in self._series())])

    def events(self, kind: str | None = None, *, after: int = 0) -> Iterator[StoredEvent]:
        """Stored events in order, all or those of one kind such as "epoch_ended", with numbers greater than `after`.

        Of an ended iteration the scores that are one number are kept.
        """
        rows = self._rows(f"{_EVENTS} WHERE id > ? AND kind IS coalesce(?, kind) ORDER BY id", after, kind)
        series = [each for each in self._series() if kind in (None, each.kind)]
        return merge(map(_stored, rows), *(each.events(self._table(each, after)) for each in series), key=_id_of)

    def last(self, kind: str) -> StoredEvent | None:
        """The newest event of a kind, without reading those before it; None where there is none."""
        rows = self._rows(f"{_EVENTS} WHERE kind = ? ORDER BY id DESC LIMIT 1", kind)
        found = [_stored(row) for row in rows]
        for series in self._series():
            if series.kind == kind:
                found.extend(series.events(self._last_block(series)[-1:]))
        return max(found, key=_id_of, default=None)

    def names(self) -> tuple[str, ...]:
        """The names of all time series, sorted, such as "training.loss"."""
        names = {name for (name,) in self._rows("SELECT DISTINCT name FROM metrics")}
        names.update(name for each in self._series() for name in each.columns)
        return tuple(sorted(names))

    def metrics(self, name: str, points: int | None = None) -> tuple[list[int], list[float]]:
        """A time series as (iterations, values); both are empty when there is none of that name.

        A series that is longer than `points` is thinned to at most so many, to be drawn: its first and its last point,
        and the smallest and the largest value of each of equally long parts between. Raises SettingError for fewer
        than 4 points.
        """
        from sigma_core.events._thinning import FEWEST, thinned

        if points is not None and points < FEWEST:
            raise SettingError("metrics, points", str(points), f"at least {FEWEST}", "ask for more points")
        iterations, values = self._points(name)
        if points is not None and len(values) > points:
            kept = thinned(values, points)
            iterations, values = iterations[kept], values[kept]
        return iterations.tolist(), values.tolist()

    def note(self, key: str) -> str | None:
        """A note about the run, such as the hash of its last state; None where there is none."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", f"note.{key}")
        return str(rows[0][0]) if rows else None

    def write_note(self, key: str, value: str) -> None:
        """Keep a note about the run, in place of the one of that key. Raises StorageError when the disk refuses."""
        import sqlite3

        with self._using:
            try:
                self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"note.{key}", value))
            except sqlite3.Error as error:
                raise _refused(self.path, error) from error

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._using:
            return self._connection.execute(query, values).fetchall()

    def _series(self) -> list[Series]:
        """All of which there are blocks."""
        rows = self._rows(_ALL_SERIES[self._format])
        return [Series(kind, schema, source, tuple(json.loads(names))) for kind, schema, source, names in rows]

    def _table(self, series: Series, after: int = 0) -> "np.ndarray":
        """Events of a series, of shape (events, 4 + names): number, time, epoch, iteration, values."""
        import numpy as np

        if self._format == "2":
            rows = self._rows("SELECT id, block FROM iterations WHERE names = ? ORDER BY id", json.dumps(series.names))
            table = np.concatenate([numbered(number, series.names, data) for number, data in rows])
        else:
            rows = self._rows(f"{_SERIES} AND last > ? ORDER BY id", *series.key, after)
            table = _in_order(series.table(b"".join(data for (data,) in rows)))
        return table[table[:, 0] > after] if after else table

    def _last_block(self, series: Series) -> "np.ndarray":
        """The newest events of a series, as `_table` has them."""
        if self._format == "2":
            return self._table(series)
        ((data,),) = self._rows(f"{_SERIES} ORDER BY id DESC LIMIT 1", *series.key)
        return _in_order(series.table(data))

    def _points(self, name: str) -> "tuple[np.ndarray, np.ndarray]":
        import numpy as np

        rows = self._rows("SELECT 0, iteration, value FROM metrics WHERE name = ? ORDER BY iteration", name)
        parts = [np.array(rows, np.float64).reshape(len(rows), 3)]
        for series in self._series():
            column = series.columns.get(name)
            if column is not None:
                parts.append(self._table(series)[:, [0, 3, column]])
        points = _in_order(np.concatenate(parts))
        iterations, values = points[:, 1].astype(np.int64), points[:, 2]
        if not (iterations[1:] > iterations[:-1]).all():
            # An iteration that was run again after a resume takes the place of the one before it.
            iterations, last = np.unique(iterations[::-1], return_index=True)
            values = values[::-1][last]
        return iterations, values

    # Writing, on the thread of the bus

    def _write(self, batch: Sequence[Numbered | Records]) -> None:
        for start in range(0, len(batch), _ROWS):
            self._write_together(batch[start : start + _ROWS])

    def _write_together(self, batch: Sequence[Numbered | Records]) -> None:
        import sqlite3

        rows: list[tuple[Any, ...]] = []
        points: list[tuple[str, int, float]] = []
        for told in batch:
            rest = self._blocks.take(told)
            if rest is not None:
                number, (time, event) = rest
                rows.append((self._before + number, time, *_described(event)))
                points.extend(measurements(event))
        written = self._blocks.rows(self._before)
        with self._using:
            try:
                self._connection.execute("BEGIN")
                self._connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
                self._connection.executemany("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)", written)
                self._connection.executemany("INSERT OR REPLACE INTO metrics VALUES (?, ?, ?)", points)
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise _refused(self.path, error) from error


def _described(event: Event) -> tuple[str, int, int | None, int | None, str]:
    """Kind, schema, epoch, iteration and payload of an event."""
    found, text = encoded(event)
    return name_of_event(type(event)), event.schema, found.get("epoch"), found.get("iteration"), text


def _stored(row: tuple[Any, ...]) -> StoredEvent:
    number, time, kind, schema, epoch, iteration, text = row
    return StoredEvent(
        id=number, time=time, kind=kind, schema=schema, epoch=epoch, iteration=iteration, payload=json.loads(text)
    )


def _in_order(table: "np.ndarray") -> "np.ndarray":
    """Events by their numbers, in which threads that publish at the same moment may have changed places."""
    numbers = table[:, 0]
    return table if (numbers[1:] >= numbers[:-1]).all() else table[numbers.argsort(kind="stable")]


def _id_of(event: StoredEvent) -> int:
    return event.id


def _recover(path: Path) -> None:
    """Undo what a killed process left half done; only who may write can."""
    import sqlite3

    if path.is_file():
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _last_id(connection: "sqlite3.Connection") -> int:
    """The greatest number that an event has; 0 where there is none."""
    queries = ("SELECT coalesce(max(id), 0) FROM events", "SELECT coalesce(max(last), 0) FROM blocks")
    return max(int(connection.execute(query).fetchone()[0]) for query in queries)


def _move(connection: "sqlite3.Connection") -> None:
    """The blocks of format 2 to where they lie now."""
    for number, text, data in connection.execute("SELECT id, names, block FROM iterations").fetchall():
        series = Series.of_iterations(tuple(json.loads(text)))
        row = block(series, numbered(number, series.names, data))
        connection.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.execute("DROP TABLE iterations")


def _writing(
    path: Path, prepare: "Callable[[sqlite3.Connection], None]", *, make: bool = False
) -> "sqlite3.Connection":
    """A connection that writes, to a new file or one that is there."""
    import sqlite3

    with ExitStack() as undo:
        try:
            if make:
                _make(path)
            connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            undo.callback(connection.close)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            prepare(connection)
        except (OSError, sqlite3.Error) as error:
            raise _refused(path, error) from error
        undo.pop_all()
    return connection


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


def _unreadable(path: Path, found: str) -> RunDirectoryError:
    return RunDirectoryError(
        where=f"run store {str(path)!r}",
        found=found,
        expected=f"an SQLite file that a run wrote, of format 1 to {FORMAT}",
        remedy="if it is damaged, take the run from a copy; if it is newer, read it with a newer sigma-core",
    )


def _refused(path: Path, error: Exception) -> StorageError:
    return StorageError(
        where=f"run store {str(path)!r}",
        found=f"cannot be written: {error}",
        expected="a directory that can be written, with room left",
        remedy="free some space or choose another directory for runs; the training itself is not affected",
    )
