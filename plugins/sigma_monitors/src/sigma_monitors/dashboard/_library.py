"""The runs of a folder, as the pages see them."""

import threading
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from weakref import WeakValueDictionary

from attrs import define, field

from sigma_core.extend import RunSummary, summary
from sigma_monitors.dashboard._recording import Recording, marks
from sigma_monitors.dashboard._run_paths import can_be_named

_HELD = 16
"""How many runs are kept open for whoever comes next; those that somebody looks at are open in any case."""
_INTERVAL = 0.8


@define(eq=False)
class Library:
    """A folder of runs. It may be missing, unreadable or empty, and become something else at any time."""

    folder: Path
    problem: str | None = None
    """Why the folder cannot be read, in one line; a folder that is not there yet is none."""
    found: list[RunSummary] = field(factory=list)
    """What the last call of `runs` gave, for those who cannot wait."""
    _looks_next: float = 0.0
    _known: dict[Path, tuple[object, RunSummary]] = field(factory=dict)
    _held: "OrderedDict[Path, Recording]" = field(factory=OrderedDict)
    _recordings: "WeakValueDictionary[Path, Recording]" = field(factory=WeakValueDictionary)
    _lock: threading.Lock = field(factory=threading.Lock)
    _looking: threading.Lock = field(factory=threading.Lock)
    """A lock of its own: looking takes a while where there are many runs."""

    def runs(self) -> list[RunSummary]:
        """All runs, the newest first; looked at again at most once a second, and only those that changed."""
        with self._looking:
            if time.monotonic() >= self._looks_next:
                self.found = self._look()
                self._looks_next = time.monotonic() + _INTERVAL
            return self.found

    def forget(self, directory: Path) -> None:
        """Let go of a run that is to be removed."""
        with self._lock:
            self._held.pop(directory, None)
            recording = self._recordings.get(directory)
        if recording is not None:
            recording.close()
        self.look_again()

    def look_again(self) -> None:
        """Have the next call of `runs` look at once."""
        self._looks_next = 0.0

    def recording(self, directory: Path) -> Recording:
        """That of a run; the same object for everybody as long as somebody has it."""
        with self._lock:
            recording = self._recordings.get(directory)
            if recording is None:
                recording = self._recordings[directory] = Recording(directory)
            self._held[directory] = recording
            self._held.move_to_end(directory)
            while len(self._held) > _HELD:
                # It is closed with the last page that shows it.
                self._held.popitem(last=False)
            return recording

    def close(self) -> None:
        """Let go of all files."""
        with self._lock:
            self._held.clear()
            recordings = list(self._recordings.values())
        for recording in recordings:
            recording.close()

    def _look(self) -> list[RunSummary]:
        try:
            paths = list(self.folder.iterdir())
            self.problem = None
        except FileNotFoundError:
            self.problem = None
            return []
        except OSError as error:
            self.problem = f"{self.folder}: {error.strerror}"
            return []
        known = {}
        for path in filter(can_be_named, paths):
            files = marks(path)
            if files is None:
                continue
            before = self._known.get(path)
            # A run that goes on, or that died in silence, changes without a word in its files.
            if before is not None and before[0] == files and not before[1].goes_on:
                known[path] = before
            else:
                # It may be gone by now, or hold anything; it is no reason not to show the others.
                with suppress(Exception):
                    known[path] = (files, summary(path))
        self._known = known
        return sorted((run for _, run in known.values()), key=lambda run: (-run.changed, run.name))
