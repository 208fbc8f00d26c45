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
from attrs import define, field, frozen

from sigma_core.extend import RunStore, RunSummary, SigmaError, StoredEvent, summary
from sigma_monitors.dashboard._curve import Curve

INTERVAL = 0.4
"""Seconds between two looks into a store, however many people look on."""
ENTRIES = 5000
"""How many entries of the log are held; older ones are in the store."""
_LISTED = ("log_recorded", "command_applied", "command_refused", "subscriber_failed", "plugin_rejected")
_COUNTED = ("run_started", "run_paused", "run_resumed", "run_reset", "run_failed", "run_interrupted", "run_ended")
_OTHERS = ("checkpoint_saved", "checkpoint_failed", "checkpoint_restored", "step_compiled", "budget_exceeded")
_STATE = "run.db"
_LARGEST_TEXT = 4 * 1024 * 1024


@frozen
class Pace:
    """How fast a run goes, in iterations per second, and how many seconds remain; None where that is not known."""

    rate: float | None = None
    remaining: float | None = None


@define(eq=False)
class Recording:
    """What is known of a run. `refresh` brings it up to date; all else only reads what was found then.

    It is shared by all pages and used by several threads. `problem` says in one line what is wrong with the store.
    """

    directory: Path
    summary: RunSummary | None = None
    problem: str | None = None
    version: int = 0
    """Grows with each change, so that pages draw what is new only."""
    epoch_of_life: int = 0
    """Grows when the run was made anew in its place, so that pages begin again."""
    described: dict[str, Any] = field(factory=dict)
    names: tuple[str, ...] = ()
    """Those of its time series."""
    scores: dict[str, Any] = field(factory=dict)
    """The last ones of epochs and validations, by identifier."""
    log: deque[StoredEvent] = field(factory=lambda: deque(maxlen=ENTRIES))
    """Entries of the log, commands, and what happened to the run, oldest first."""
    tasks: dict[int, StoredEvent] = field(factory=dict)
    published: dict[str, StoredEvent] = field(factory=dict)
    """The newest values of each hook that are more than numbers, by its name."""
    profile: StoredEvent | None = None
    pace: Pace = field(factory=Pace)
    _curves: dict[str, Curve] = field(factory=dict)
    _history: dict[str, list[StoredEvent]] = field(factory=dict)
    _asked: set[str] = field(factory=set)
    _read_of: dict[str, int] = field(factory=dict)
    _seen: int = 0
    _looked: float = 0.0
    _identity: tuple[int, int] | None = None
    _marks: deque[tuple[float, int]] = field(factory=lambda: deque(maxlen=24))
    _store: RunStore | None = None
    _lock: threading.RLock = field(factory=threading.RLock)

    def refresh(self) -> None:
        """Read what is new, unless that was done a moment ago. Never raises for what a run's files are like."""
        with self._lock:
            if time.monotonic() - self._looked < INTERVAL:
                return
            try:
                self._read()
            except (SigmaError, OSError, LookupError, TypeError, ValueError) as error:
                self._say(str(error))
                self._close()
            self._looked = time.monotonic()

    def curves(self, names: Iterable[str]) -> dict[str, Curve]:
        """Time series by name, read when they are first asked for and kept up to date by `refresh` from then on."""
        with self._lock:
            wanted = [name for name in names if name in self.names]
            fresh = [name for name in wanted if name not in self._asked]
            if fresh and self._store is not None:
                self._asked.update(fresh)
                try:
                    self._extend(fresh)
                except SigmaError as error:
                    self._say(str(error))
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
                self._say(str(error))
                return {}

    def whole(self, names: Iterable[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Time series with all their points."""
        with self._lock:
            return {} if self._store is None else self._store.curves(names)

    def history(self, source: str, most: int = 200) -> list[StoredEvent]:
        """What a hook has published that is more than numbers, oldest first, at most so many spread over the run."""
        with self._lock:
            if self._store is not None:
                kept = self._history.setdefault(source, [])
                last = kept[-1].id if kept else 0
                with suppress(SigmaError):
                    kept.extend(
                        event
                        for event in self._store.events("values_published", after=last)
                        if event.payload.get("source") == source and not _are_numbers(event.payload)
                    )
                while len(kept) > 2 * most:
                    del kept[1:-1:2]
            found = self._history.get(source, [])
            places = np.unique(np.linspace(0, len(found) - 1, most).astype(int)) if len(found) > most else None
            return list(found) if places is None else [found[place] for place in places]

    def entries(self, after: int = 0) -> list[StoredEvent]:
        """Those of the log that are newer than the event of that number, oldest first."""
        with self._lock:
            fresh = list(takewhile(lambda event: event.id > after, reversed(self.log)))
        return fresh[::-1]

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

    def _read(self) -> None:
        found = summary(self.directory)
        identity = _identity(self.directory)
        if identity != self._identity:
            self._begin_again(identity)
        if self._store is None:
            self._store = RunStore.open(self.directory)
        newest = self._store.newest
        if found != self.summary:
            self.summary, self.problem, self.version = found, found.problem, self.version + 1
        if newest > self._seen:
            self._take(self._store, newest)
        self._measure()

    def _take(self, store: RunStore, newest: int) -> None:
        seen, self._seen = self._seen, newest
        described = store.last("run_described")
        if described is not None:
            self.described = described.payload
        events = [event for kind in (*_LISTED, *_COUNTED, *_OTHERS) for event in store.events(kind, after=seen)]
        self.log.extend(sorted(events, key=lambda event: event.id))
        for event in store.events("task_progressed", after=seen):
            self.tasks[event.payload["task"]] = event
        for kind in ("epoch_ended", "validation_ended"):
            last = store.last(kind)
            if last is not None and last.id > seen:
                # What a validation found is among the scores of its epoch as well, and is newer between two.
                self.scores |= _named(last)
        for event in store.events("values_published", after=seen):
            if not _are_numbers(event.payload):
                self.published[event.payload["source"]] = event
        self.profile = store.last("run_profiled")
        self.names = store.names()
        self._extend(self._asked)
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
                self._curves.setdefault(name, Curve()).add(iterations, values)
                self._read_of[name] = newest

    def _measure(self) -> None:
        """How fast the run goes, by how far it came in the last seconds."""
        run = self.summary
        if run is None or run.status != "running":
            self._marks.clear()
            self.pace = Pace()
            return
        if not self._marks or self._marks[-1][1] != run.iterations:
            self._marks.append((run.changed, run.iterations))
        (first, before), (last, after) = self._marks[0], self._marks[-1]
        if last > first and after > before:
            rate = (after - before) / (last - first)
            left = None if run.total_iterations is None else max(0, run.total_iterations - run.iterations) / rate
            self.pace = Pace(rate, left)

    def _begin_again(self, identity: tuple[int, int]) -> None:
        self._close()
        self._identity, self._seen = identity, 0
        self.described, self.names, self.scores = {}, (), {}
        self.tasks, self.published, self._curves, self._history, self._read_of = {}, {}, {}, {}, {}
        self.log.clear()
        self._marks.clear()
        self.epoch_of_life += 1

    def _say(self, problem: str) -> None:
        if problem != self.problem:
            self.problem, self.version = problem, self.version + 1

    def _close(self) -> None:
        if self._store is not None:
            store, self._store = self._store, None
            with suppress(SigmaError):
                store.close()


def _identity(directory: Path) -> tuple[int, int]:
    """Changes when a run is removed and another one made in its place."""
    state = (directory / _STATE).stat()
    return state.st_dev, state.st_ino


def _are_numbers(payload: dict[str, Any]) -> bool:
    return all(isinstance(value, int | float) or value is None for value in payload.get("values", {}).values())


def _named(event: StoredEvent) -> dict[str, Any]:
    scores: dict[str, Any] = event.payload["scores"]
    if event.kind == "epoch_ended":
        return scores
    # A validation's scores have the name of its data before theirs, as those of an epoch have.
    name = event.payload["name"]
    return {key if "." in key else f"{name}.{key}": value for key, value in scores.items()}
