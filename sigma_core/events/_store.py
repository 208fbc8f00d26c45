"""The run store: what happened in a run, in one SQLite file that others can read while it is written.

One listener of the bus writes in batches, so that the run never waits for the disk. Tables: `events` (payload as
JSON), `blocks` (many events in each row that are nothing but numbers, as ended iterations and what hooks publish,
because there may be a hundred thousand in a second), `metrics` (a point of any other time series in each row) and
`meta`. A value that is NaN is NULL in `metrics`.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sigma_core.errors import RunDirectoryError, StorageError
from sigma_core.events._bus import Bus
from sigma_core.events._encoding import encoded
from sigma_core.events._event import Event, name_of_event
from sigma_core.events._format import EARLIER, FORMAT, SCHEMA, as_now, brought_up
from sigma_core.events._ledger import HEAD, Numbered, Records
from sigma_core.events._payload import measurements
from sigma_core.events._stored import VALUES, Blocks, Series, StoredEvent
from sigma_core.events._subscription import Listener

if TYPE_CHECKING:
    import sqlite3

    import numpy as np

    from sigma_core.events._curves import Part

FILE = "run.db"

_INTERVAL = 0.5
"""Seconds between two transactions; each takes a step a millisecond, however little it holds."""
_ROWS = 4096
"""Events that are written together, so that what is made of them, and of a block when it is read, fits the cache."""

_MOST = 2**63 - 1
_TOGETHER = 500
"""So many values go into one query; SQLite takes 999 at least."""
"""The greatest number that an event can have."""

_EVENTS = "SELECT id, time, kind, schema, epoch, iteration, payload FROM events"
_SERIES = "SELECT DISTINCT kind, schema, source, names FROM blocks"
_BLOCK = "SELECT kind, schema, source, names, block FROM blocks"
_BLOCKS = """
    SELECT block FROM blocks
    WHERE kind = ? AND schema = ? AND source IS ? AND names = ? AND last > ? AND id <= ? ORDER BY id
"""
_NEWEST = "SELECT max((SELECT coalesce(max(id), 0) FROM events), (SELECT coalesce(max(last), 0) FROM blocks))"


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
            # At once: each statement by itself would write the pages of all again.
            connection.executescript(f"BEGIN; {SCHEMA} INSERT INTO meta VALUES ('format', '{FORMAT}'); COMMIT")  # noqa: S608  # constants

        return cls(path, _writing(path, prepare, make=True))

    @classmethod
    def reopen(cls, directory: Path | str) -> Self:
        """The store in `directory`, to be written on; one of format 1 becomes one of this format.

        Raises RunDirectoryError as `open` does, StorageError when the disk refuses.
        """
        _recover(Path(directory) / FILE)
        with cls.open(directory) as read:
            path, written_format = read.path, read._format  # noqa: SLF001  # ours

        store = cls(path, _writing(path, lambda connection: brought_up(connection, written_format)))
        store._before = store.newest
        return store

    @classmethod
    def open(cls, directory: Path | str) -> Self:
        """The store in `directory`, to be read only, also while a run writes it, or from a disk that is read only.

        Raises RunDirectoryError when there is none, when it is damaged or of another format.
        """
        import sqlite3

        from sigma_core.events._reading import opened

        path = Path(directory) / FILE
        try:
            is_there = path.is_file()
        except OSError as error:
            raise _closed(path, error) from error
        if not is_there:
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
                if row is not None and row[0] in EARLIER:
                    as_now(connection, row[0])
            except sqlite3.Error as error:
                raise _unreadable(path, f"cannot be read: {error}") from error
            except OSError as error:
                if isinstance(error, PermissionError) and error.filename == str(path):
                    raise _closed(path, error) from error
                raise RunDirectoryError(
                    where=f"run store {str(path)!r}",
                    found=f"cannot be copied to be read: {error}",
                    expected="a folder for temporary files with room left",
                    remedy="free some space, or name another folder in TMPDIR",
                ) from error
            if row is None or row[0] not in (*EARLIER, FORMAT):
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
        """The number of the newest event; 0 where there is none."""
        return int(self._rows(_NEWEST)[0][0])

    def events(
        self,
        kind: str | Iterable[str] | None = None,
        *,
        after: int = 0,
        until: int | None = None,
        most: int | None = None,
        numbers: bool = True,
    ) -> Iterator[StoredEvent]:
        """Stored events in order: all, those of one kind such as "epoch_ended", or of several.

        They have greater numbers than `after`, and none than `until`; of these the newest are given, at most so many
        as `most` says. Of an ended iteration the scores that are one number are kept. Events that are nothing but
        numbers, as these and much of what hooks publish, may be millions; without `numbers` they are left out, and
        take no time.
        """
        kinds = None if kind is None else (kind,) if isinstance(kind, str) else tuple(kind)
        last = _MOST if until is None else until
        which = "" if kinds is None else f" AND kind IN ({', '.join('?' * len(kinds))})"
        where, values = f"WHERE id > ? AND id <= ?{which}", (after, last, *(kinds or ()))
        if most is not None:
            # The index alone tells which these are.
            where = f"WHERE id IN (SELECT id FROM events {where} ORDER BY id DESC LIMIT ?)"  # noqa: S608  # constants
            values = (*values, most)
        rows = self._rows(f"{_EVENTS} {where} ORDER BY id", *values)
        series = [each for each in self._series() if kinds is None or each.kind in kinds] if numbers else []
        tables = ((each, self._columns(each, range(HEAD + len(each.names)), after, last).T) for each in series)
        ends = ((each, table if most is None else table[max(0, len(table) - most) :]) for each, table in tables)
        found = merge(map(_stored, rows), *(each.events(table) for each, table in ends), key=_id_of)
        return found if most is None else iter(deque(found, most))

    def picked(self, numbers: Iterable[int]) -> list[StoredEvent]:
        """The events of these numbers, in order; those alone that are more than numbers."""
        wanted = list(numbers)
        rows: list[Any] = []
        for first in range(0, len(wanted), _TOGETHER):
            part = wanted[first : first + _TOGETHER]
            rows += self._rows(f"{_EVENTS} WHERE id IN ({', '.join('?' * len(part))})", *part)
        return sorted(map(_stored, rows), key=_id_of)

    def published(self, *, after: int = 0) -> dict[str, list[int]]:
        """By hook, the numbers of the events, greater than `after`, in which it published more than numbers, in order.

        They may be long, such as pictures, and `picked` gives those that are wanted.
        """
        query = "SELECT json_extract(payload, '$.source'), id FROM events WHERE kind = ? AND id > ? ORDER BY id"
        found: dict[str, list[int]] = {}
        for source, number in self._rows(query, VALUES, after):
            found.setdefault(str(source), []).append(number)
        return found

    def last(self, kind: str | None = None) -> StoredEvent | None:
        """The newest event, of all or of one kind, found without reading the others; None where there is none."""
        which, values = ("", ()) if kind is None else ("WHERE kind = ?", (kind,))
        rows = self._rows(f"{_EVENTS} {which} ORDER BY id DESC LIMIT 1", *values)
        found = [_stored(row) for row in rows]
        # The index alone tells which block that is.
        newest = f"{_BLOCK} WHERE id = (SELECT id FROM blocks {which} ORDER BY last DESC LIMIT 1)"  # noqa: S608  # constants
        for *described, data in self._rows(newest, *values):
            series = _series_of(described)
            found.extend(series.events(series.table(data)[-1:]))
        return max(found, key=_id_of, default=None)

    def names(self) -> tuple[str, ...]:
        """The names of all time series, sorted, such as "training.loss"."""
        names = {name for (name,) in self._rows("SELECT DISTINCT name FROM metrics")}
        names.update(name for each in self._series() for name in each.columns)
        return tuple(sorted(names))

    def metrics(
        self, name: str, points: int | None = None, *, start: int | None = None, stop: int | None = None
    ) -> tuple[list[int], list[float]]:
        """A time series as `curves` gives several: (iterations, values), both empty where there is none of that name.

        Raises SettingError for fewer than 4 points.
        """
        iterations, values = self.curves((name,), points, start=start, stop=stop)[name]
        return iterations.tolist(), values.tolist()

    def curves(
        self,
        names: Iterable[str],
        points: int | None = None,
        *,
        start: int | None = None,
        stop: int | None = None,
        after: int | None = None,
    ) -> "dict[str, tuple[np.ndarray, np.ndarray]]":
        """Time series by name as arrays (iterations, values), each of shape (points,), int64 and float64.

        Only iterations from `start` to `stop` are given, both included; all that came with events of greater numbers
        than `after`, and perhaps some points again that were there before. A series that is longer than `points` is
        thinned to at most so many, to be drawn: its first and its last point, and the smallest and the largest value of
        each of equally long parts between. Raises SettingError for fewer than 4 points, RunDirectoryError where a
        damaged file has something else in the place of numbers.
        """
        from sigma_core.events._curves import check_points, joined, thinned_to, within

        check_points(points)
        try:
            parts = self._parts(names, after or 0)
        except (TypeError, ValueError) as error:
            raise _unreadable(self.path, f"holds what no run has written: {error}") from error
        whole = {name: within(joined(found), start, stop) for name, found in parts.items()}
        return {name: thinned_to(curve, points) for name, curve in whole.items()}

    def _parts(self, names: Iterable[str], first: int) -> "dict[str, list[Part]]":
        """What there is of time series behind an event, in blocks and outside of them."""
        import numpy as np

        parts = {name: [self._scattered(name, first)] for name in names}
        for series in self._series():
            wanted = [name for name in parts if name in series.columns]
            if wanted:
                columns = [0, 3, *(series.columns[name] for name in wanted)]
                numbers, places, *values = self._columns(series, columns, first)
                iterations = places.astype(np.int64)
                for name, column in zip(wanted, values, strict=True):
                    parts[name].append((numbers, iterations, column))
        return parts

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

    def _rows(self, query: str, *values: object, made: Callable[[Any], Any] = tuple) -> list[Any]:
        """What is made of each row, one by one, so that long ones are not in memory together."""
        import sqlite3

        with self._using:
            try:
                return [made(row) for row in self._connection.execute(query, values)]
            except sqlite3.Error as error:
                raise _unreadable(self.path, f"cannot be read: {error}") from error

    def _series(self) -> list[Series]:
        """All of which there are blocks."""
        return [_series_of(row) for row in self._rows(_SERIES)]

    def _columns(self, series: Series, columns: Sequence[int], after: int, until: int = _MOST) -> "np.ndarray":
        """Columns of a series, of shape (columns, events), by the first, numbers above `after` and up to `until`."""
        import numpy as np

        def picked(row: tuple[bytes]) -> "np.ndarray":
            # While the block is in the cache.
            return series.table(row[0])[:, columns].T.copy()

        parts = self._rows(_BLOCKS, *series.key, after, until, made=picked)
        found = np.concatenate([np.empty((len(columns), 0)), *parts], axis=1)
        numbers = found[0]
        if not (numbers[1:] >= numbers[:-1]).all():
            # Threads that publish at the same moment may have changed places.
            found = found[:, numbers.argsort(kind="stable")]
        first, last = found[0].searchsorted((after, until), "right")
        return found[:, first:last]

    def _scattered(self, name: str, after: int) -> "Part":
        """Points of a series that lie in no block."""
        import numpy as np

        # They have no numbers, but their events have, and none of these is of an earlier iteration.
        first = self._rows("SELECT min(iteration) FROM events WHERE id > ?", after)[0][0] if after else 0
        query = "SELECT 0, iteration, value FROM metrics WHERE name = ? AND iteration >= ? ORDER BY iteration"
        rows = self._rows(query, name, first)
        numbers, iterations, values = np.array(rows, np.float64).reshape(len(rows), 3).T
        return numbers, iterations.astype(np.int64), values

    # Writing, on the thread of the bus

    def _write(self, batch: Sequence[Numbered | Records]) -> None:
        """In one transaction: whoever reads on from the newest event never passes over one that comes later."""
        import sqlite3

        with self._using:
            try:
                self._connection.execute("BEGIN")
                for start in range(0, len(batch), _ROWS):
                    self._write_events(batch[start : start + _ROWS])
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise _refused(self.path, error) from error
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _write_events(self, batch: Sequence[Numbered | Records]) -> None:
        rows: list[tuple[Any, ...]] = []
        points: list[tuple[str, int, float]] = []
        for told in batch:
            rest = self._blocks.take(told)
            if rest is not None:
                number, (time, event) = rest
                rows.append((self._before + number, time, *_described(event)))
                points.extend(measurements(event))
        written = self._blocks.rows(self._before)
        self._connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self._connection.executemany("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)", written)
        self._connection.executemany("INSERT OR REPLACE INTO metrics VALUES (?, ?, ?)", points)


def _described(event: Event) -> tuple[str, int, int | None, int | None, str]:
    """Kind, schema, epoch, iteration and payload of an event."""
    found, text = encoded(event)
    return name_of_event(type(event)), event.schema, found.get("epoch"), found.get("iteration"), text


def _stored(row: tuple[Any, ...]) -> StoredEvent:
    number, time, kind, schema, epoch, iteration, text = row
    return StoredEvent(
        id=number, time=time, kind=kind, schema=schema, epoch=epoch, iteration=iteration, payload=json.loads(text)
    )


def _series_of(row: Sequence[Any]) -> Series:
    kind, schema, source, names = row
    return Series(kind, schema, source, tuple(json.loads(names)))


def _id_of(event: StoredEvent) -> int:
    return event.id


def _recover(path: Path) -> None:
    """Undo what a killed process left half done; only who may write can."""
    import sqlite3

    if path.is_file():
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


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
            # For a new file: blocks are long, and read in half the time where pages are, too.
            connection.execute("PRAGMA page_size = 16384")
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


def _closed(path: Path, error: OSError) -> RunDirectoryError:
    return RunDirectoryError(
        where=f"run store {str(path)!r}",
        found=f"cannot be read: {error.strerror}",
        expected="a file that you may read, in a folder that you may read",
        remedy="have whoever owns it give you leave",
    )


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
