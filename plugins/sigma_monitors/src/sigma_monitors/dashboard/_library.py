"""The runs of a folder, as the pages see them."""

import threading
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from attrs import define, field

from sigma_core.extend import RunSummary, SigmaError, summary
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard._run_paths import can_be_named

_HELD = 16
"""How many runs are kept open at most."""
_INTERVAL = 0.8
_FILES = ("run.db", "run.db-wal", "tags.json", "run.lock")


@define(eq=False)
class Library:
    """A folder of runs. It may be missing, unreadable or empty, and become something else at any time."""

    folder: Path
    problem: str | None = None
    """Why the folder cannot be read, in one line; a folder that is not there yet is none."""
    _found: list[RunSummary] = field(factory=list)
    _looked: float = 0.0
    _known: dict[Path, tuple[object, RunSummary]] = field(factory=dict)
    _recordings: "OrderedDict[Path, Recording]" = field(factory=OrderedDict)
    _lock: threading.RLock = field(factory=threading.RLock)

    def runs(self) -> list[RunSummary]:
        """All runs, the newest first; looked at again at most once a second, and only those that changed."""
        with self._lock:
            if time.monotonic() - self._looked >= _INTERVAL:
                self._found = self._look()
                self._looked = time.monotonic()
            return self._found

    def forget(self, directory: Path) -> None:
        """Let go of a run that is to be removed."""
        with self._lock:
            recording = self._recordings.pop(directory, None)
            if recording is not None:
                recording.close()
            self._looked = 0.0

    def look_again(self) -> None:
        """Have the next call of `runs` look at once."""
        self._looked = 0.0

    def recording(self, directory: Path) -> Recording:
        """That of a run; the same object for everybody."""
        with self._lock:
            recording = self._recordings.pop(directory, None) or Recording(directory)
            self._recordings[directory] = recording
            while len(self._recordings) > _HELD:
                # Whoever still looks at it opens it again.
                self._recordings.popitem(last=False)[1].close()
            return recording

    def close(self) -> None:
        """Let go of all files."""
        with self._lock:
            while self._recordings:
                self._recordings.popitem()[1].close()

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
        known, found = {}, []
        for path in filter(can_be_named, paths):
            marks = _marks(path)
            if marks is None:
                continue
            before = self._known.get(path)
            # A run that goes on, or that died in silence, changes without a word in its files.
            if before is not None and before[0] == marks and not before[1].goes_on:
                known[path] = before
            else:
                with suppress(SigmaError):
                    known[path] = (marks, summary(path))
            if path in known:
                found.append(known[path][1])
        self._known = known
        return sorted(found, key=lambda run: (-run.changed, run.name))


def _marks(path: Path) -> object | None:
    """What changes with the files of a run; None for what is no run."""
    marks: list[tuple[int, int] | None] = []
    for name in _FILES:
        try:
            state = (path / name).stat()
            marks.append((state.st_mtime_ns, state.st_size))
        except PermissionError:
            marks.append((0, 0))
        except OSError:
            if name == _FILES[0]:
                return None
            marks.append(None)
    return tuple(marks)
