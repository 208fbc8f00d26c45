"""A run as the pages see it: read from its store, a little at a time, once for everybody who looks on."""

import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from stat import S_ISREG
from typing import Any

import numpy as np
from attrs import define, evolve, field, frozen

from sigma_core.extend import RunStore, RunSummary, SigmaError, StoredEvent, summary
from sigma_monitors.dashboard._curve import Curve
from sigma_monitors.dashboard._words import number_of

INTERVAL = 0.4
"""Seconds between two looks into a store, however many people look on."""
ENTRIES = 5000
"""How many entries of the log are held; older ones are in the store."""
_LISTED = ("log_recorded", "command_applied", "command_refused", "subscriber_failed", "plugin_rejected")
_COUNTED = ("run_started", "run_paused", "run_resumed", "run_reset", "run_failed", "run_interrupted", "run_ended")
_OTHERS = ("checkpoint_saved", "checkpoint_failed", "checkpoint_restored", "step_compiled", "budget_exceeded")
DELETED = "deleted"
"""The status of a run that there is no more; nobody but the page that shows it knows of it."""
_STATE = "run.db"
_LARGEST_TEXT = 4 * 1024 * 1024
_FILES = (_STATE, "run.db-wal", "tags.json", "run.lock")
_TOGETHER = 12
"""So many series more than are asked for are read with them."""
_PATIENCE = 2.0
"""Seconds after which a store that could not be read is tried again."""


@frozen
class Pace:
    """How fast a run goes, in iterations per second, and how many seconds remain; None where that is not known."""

    rate: float | None = None
    remaining: float | None = None


@define(eq=False)
class Recording:
    """What is known of a run. `refresh` brings it up to date; all else only reads what was found then.

    It is shared by all pages and used by several threads: what is found is put in place of what was known, which stays
    as it is for whoever looks at it. `problem` says what is wrong with the store.
    """

    directory: Path
    summary: RunSummary | None = None
    problem: str | None = None
    is_gone: bool = False
    """Whether there is no such run any more: it was deleted or moved. Its summary, the last one, says so, too."""
    version: int = 0
    """Grows with each change, so that pages draw what is new only."""
    epoch_of_life: int = 0
    """Grows when the run was made anew in its place, so that pages begin again."""
    described: dict[str, Any] = field(factory=dict)
    names: tuple[str, ...] = ()
    """Those of its time series."""
    scores: dict[str, Any] = field(factory=dict)
    """The last ones of epochs and validations, and those of the end, by identifier."""
    log: deque[StoredEvent] = field(factory=lambda: deque(maxlen=ENTRIES))
    """Entries of the log, commands, and what happened to the run, oldest first."""
    tasks: dict[int, StoredEvent] = field(factory=dict)
    published: dict[str, StoredEvent] = field(factory=dict)
    """The newest values of each hook that are more than numbers, by its name."""
    profile: StoredEvent | None = None
    pace: Pace = field(factory=Pace)
    _curves: dict[str, Curve] = field(factory=dict)
    _numbers: dict[str, list[int]] = field(factory=dict)
    """The numbers of what each hook has published that is more than numbers."""
    _history: dict[tuple[str, int], dict[int, StoredEvent]] = field(factory=dict)
    _asked: set[str] = field(factory=set)
    _read_of: dict[str, int] = field(factory=dict)
    _seen: int = 0
    _looks_next: float = 0.0
    _files: object = None
    _place: tuple[int, int] | None = None
    _started: float | None = None
    _marks: deque[tuple[float, int]] = field(factory=lambda: deque(maxlen=24))
    _store: RunStore | None = None
    _lock: threading.RLock = field(factory=threading.RLock)

    def refresh(self) -> None:
        """Read what is new, unless that was done a moment ago. Never raises for what a run's files are like."""
        with self._lock:
            if time.monotonic() < self._looks_next:
                return
            pause = INTERVAL
            try:
                self._read()
            except Exception as error:  # noqa: BLE001  # a damaged file may hold anything where a payload should be
                pause = _PATIENCE
                self._files = None
                self._close()
                is_gone = marks(self.directory) is None
                if is_gone and self.summary is not None:
                    self.summary = evolve(self.summary, status=DELETED, problem=None)
                self._say(None if is_gone else _told(error), is_gone=is_gone)
            self._looks_next = time.monotonic() + pause

    def curves(self, names: Iterable[str]) -> dict[str, Curve]:
        """Time series by name, read when they are first asked for and kept up to date by `refresh` from then on."""
        with self._lock:
            wanted = [name for name in names if name in self.names]
            fresh = [name for name in wanted if name not in self._asked]
            if any(map(_is_of_iterations, fresh)):
                # Of a long run nearly all the time goes into reading what these have in common, and another chart of
                # the same page is about to ask for the others.
                others = [name for name in self.names if _is_of_iterations(name) and name not in {*fresh, *self._asked}]
                fresh += others[:_TOGETHER]
            if fresh and self._store is not None:
                self._asked.update(fresh)
                try:
                    self._extend(fresh)
                except SigmaError as error:
                    self._asked.difference_update(fresh)
                    self._stumble(error)
            return {name: self._curves[name] for name in wanted if name in self._curves}

    def window(
        self, names: Iterable[str], start: int, stop: int, points: int
    ) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Time series from one iteration to another, in as much detail as there is, thinned to so many points."""
        with self._lock:
            if self._store is None:
                return {}
            try:
                return self._store.curves(names, points, start=start, stop=stop)
            except SigmaError as error:
                self._stumble(error)
                return {}

    def whole(self, names: Iterable[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Time series with all their points; those alone that can be read."""
        with self._lock:
            if self._store is None:
                return {}
            try:
                return self._store.curves(names)
            except SigmaError as error:
                self._stumble(error)
                return {}

    def history(self, source: str, most: int = 200) -> list[StoredEvent]:
        """What a hook has published that is more than numbers, oldest first, at most so many spread over the run."""
        with self._lock:
            numbers = self._numbers.get(source, [])
            wanted = _spread(numbers, most)
            kept = self._history.get((source, most), {})
            missing = [number for number in wanted if number not in kept]
            if missing and self._store is not None:
                with suppress(SigmaError):
                    kept = {**kept, **{event.id: event for event in self._store.picked(missing)}}
            self._history[source, most] = kept = {number: kept[number] for number in wanted if number in kept}
            return list(kept.values())

    def entries(self, after: int = 0) -> list[StoredEvent]:
        """Those of the log that are newer than the event of that number, oldest first."""
        return list(takewhile(lambda event: event.id > after, reversed(self.log)))[::-1]

    def text(self, name: str) -> str | None:
        """The text of a file of the run, such as its recipe; None where it has none, or one that is too large.

        Whoever may write into the folder of runs does not thereby choose which files a page shows: links are not
        followed, and nobody waits for a pipe.
        """
        path = self.directory / name
        try:
            state = path.lstat()
            if not S_ISREG(state.st_mode) or state.st_size > _LARGEST_TEXT:
                return None
            return path.read_text("utf-8")
        except (OSError, UnicodeError):
            return None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()

    def __del__(self) -> None:
        # Whatever is left of the interpreter, when it ends.
        with suppress(Exception):
            self._close()

    def _read(self) -> None:
        files = marks(self.directory)
        if files is not None and files == self._files and self.summary is not None and not self.summary.goes_on:
            return
        found = summary(self.directory)
        if found != self.summary:
            self.summary, self.version = found, self.version + 1
        place = _place(self.directory)
        if self._store is not None and place != self._place:
            self._close()
        if self._store is None:
            self._store = RunStore.open(self.directory)
            first = next(self._store.events("run_started", numbers=False), None)
            # While a file is open its number is given to no other; but it may have been closed since it was read.
            if place != self._place or self._started not in (None, first and first.time):
                self._begin_again()
            self._place, self._started = place, first and first.time
        newest = self._store.newest
        if newest > self._seen:
            self._take(self._store, newest)
        self._measure()
        self._say(found.problem)
        # Looked at before all else, so that nothing is passed over that came meanwhile.
        self._files = files

    def _take(self, store: RunStore, newest: int) -> None:
        seen, scores = self._seen, self.scores
        described, profile, names = store.last("run_described"), store.last("run_profiled"), store.names()
        # What is written meanwhile is left for the next time, when it would come again.
        events = list(store.events((*_LISTED, *_COUNTED, *_OTHERS), after=seen, until=newest, most=ENTRIES))
        tasks = {event.payload["task"]: event for event in store.events("task_progressed", after=seen)}
        found = {source: _until(newest, numbers) for source, numbers in store.published(after=seen).items()}
        ends = store.picked(numbers[-1] for numbers in found.values() if numbers)
        published = {event.payload["source"]: event for event in ends if not _are_numbers(event.payload)}
        for kind in ("epoch_ended", "validation_ended", "run_ended"):
            last = store.last(kind)
            if last is not None and last.id > seen:
                # What a validation found is among the scores of its epoch as well, and is newer between two.
                scores = {**scores, **_named(last)}
        self._extend(self._asked)
        # All of it at the end, so that what could not be read is read again, and nothing is taken twice.
        if described is not None:
            self.described = described.payload
        if events:
            self.log = deque([*self.log, *events], maxlen=ENTRIES)
        self.tasks, self.published = {**self.tasks, **tasks}, {**self.published, **published}
        self.scores, self.profile, self.names = scores, profile, names
        self._numbers = {
            source: [*self._numbers.get(source, ()), *found.get(source, ())] for source in {**self._numbers, **found}
        }
        self._seen = newest
        self.version += 1

    def _extend(self, names: Iterable[str]) -> None:
        """Read what is new of these series; those that were read as far are read together."""
        assert self._store is not None  # noqa: S101  # callers have looked
        newest = self._store.newest
        groups: dict[int, list[str]] = {}
        for name in names:
            groups.setdefault(self._read_of.get(name, 0), []).append(name)
        for after, together in groups.items():
            if after >= newest:
                continue
            for name, (iterations, values) in self._store.curves(together, after=after or None).items():
                before = self._curves.get(name, Curve())
                curve = before.extended(iterations, values)
                if before.is_rough and curve.iterations[-1] > before.iterations[-1]:
                    # It has come further than it was before iterations were run again: now reading it anew is worth it.
                    curve = Curve().extended(*self._store.curves([name])[name])
                self._curves[name] = curve
                self._read_of[name] = newest

    def _measure(self) -> None:
        """How fast the run goes, by how far it came in the last seconds."""
        run = self.summary
        if run is None or run.status != "running":
            self._marks.clear()
            self.pace = Pace()
            return
        if self._marks and run.iterations < self._marks[-1][1]:
            # It was set back.
            self._marks.clear()
            self.pace = Pace()
        if not self._marks or self._marks[-1][1] != run.iterations:
            self._marks.append((run.changed, run.iterations))
        (first, before), (last, after) = self._marks[0], self._marks[-1]
        if last > first and after > before:
            rate = (after - before) / (last - first)
            left = None if run.total_iterations is None else max(0, run.total_iterations - run.iterations) / rate
            self.pace = Pace(rate, left)

    def _begin_again(self) -> None:
        self._seen = 0
        self.described, self.names, self.scores = {}, (), {}
        self.tasks, self.published, self.log = {}, {}, deque(maxlen=ENTRIES)
        self._curves, self._history, self._read_of, self._numbers = {}, {}, {}, {}
        self._marks.clear()
        self.epoch_of_life += 1

    def _stumble(self, error: SigmaError) -> None:
        """Something could not be read, perhaps only at this moment: the next look is at all of it."""
        self._files = None
        self._say(_told(error))

    def _say(self, problem: str | None, *, is_gone: bool = False) -> None:
        if (problem, is_gone) != (self.problem, self.is_gone):
            self.problem, self.is_gone, self.version = problem, is_gone, self.version + 1

    def _close(self) -> None:
        if self._store is not None:
            store, self._store = self._store, None
            with suppress(SigmaError):
                store.close()


def marks(directory: Path) -> object | None:
    """What changes with the files of a run; None for what is no run, or none any more."""
    found: list[tuple[int, ...] | None] = []
    for name in _FILES:
        try:
            state = (directory / name).stat()
            found.append((state.st_ino, state.st_mtime_ns, state.st_size))
        except PermissionError:
            found.append(())
        except OSError:
            if name == _STATE:
                return None
            found.append(None)
    return tuple(found)


def _place(directory: Path) -> tuple[int, int]:
    """Where the file is: it changes when a run is removed and another one made in its place."""
    state = (directory / _STATE).stat()
    return state.st_dev, state.st_ino


def _until(newest: int, numbers: list[int]) -> list[int]:
    return [number for number in numbers if number <= newest]


def _spread(numbers: list[int], most: int) -> list[int]:
    """At most so many of them, evenly, and the last; nearly all of them stay the same when more come."""
    step = 1
    while len(numbers) > step * most:
        step *= 2
    chosen = numbers[::step]
    if numbers and chosen[-1] != numbers[-1]:
        chosen = [*chosen[: most - 1], numbers[-1]]
    return chosen


def _is_of_iterations(name: str) -> bool:
    return name.startswith("training.")


def _are_numbers(payload: dict[str, Any]) -> bool:
    return all(number_of(value) is not None or value is None for value in payload["values"].values())


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error) if isinstance(error, SigmaError) else f"{_STATE}: {type(error).__name__}: {error}"


def _named(event: StoredEvent) -> dict[str, Any]:
    scores: dict[str, Any] = event.payload["scores"]
    if event.kind != "validation_ended":
        return scores
    # A validation's scores have the name of its data before theirs, as those of an epoch have.
    name = event.payload["name"]
    return {key if "." in key else f"{name}.{key}": value for key, value in scores.items()}
