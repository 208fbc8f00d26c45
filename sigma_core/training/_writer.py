"""Checkpoints written by a thread, while the training goes on."""

import atexit
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet

from attrs import frozen

from sigma_core.errors import SigmaError, StorageError, said
from sigma_core.events import CheckpointFailed, CheckpointSaved
from sigma_core.training._checkpoint import Checkpoint
from sigma_core.training._filling import Arrays

_LOOKING = 0.05
"""Seconds between two looks at what there is to write."""


@frozen(eq=False)
class Writing:
    """A checkpoint on its way to the disk, and what to say when it lies there.

    Its arrays lie in `memory`, which is used for another one behind it.
    """

    checkpoint: Checkpoint
    directory: Path
    older: Path | None
    saved: CheckpointSaved
    memory: Arrays


class Writer:
    """Writes one checkpoint after the other; of those that wait for one folder, the newest alone.

    So a disk that is slower than the training costs memory for one more copy of the state per folder and no time.
    `told` is called with what came of each, in the thread; `before` before a checkpoint is put in its place.
    """

    def __init__(
        self, told: Callable[[CheckpointSaved | CheckpointFailed], None], before: Callable[[Path], None]
    ) -> None:
        self._told = told
        self._before = before
        self._waiting: dict[Path, Writing] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_writing = False
        self._stays = False
        self._memory: Arrays = {}

    def write(self, writing: Writing) -> None:
        """Have it written; returns at once."""
        key = writing.directory.absolute()
        with self._changed:
            replaced = self._waiting.get(key)
            if replaced is not None:
                self._take_back(replaced)
            self._waiting[key] = writing
            if self._thread is None:
                _at_work.add(self)
                # A daemon, because it outlives what it writes; a process that ends by itself still waits for that.
                self._thread = threading.Thread(target=self._serve, name="sigma checkpoints", daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Return when nothing waits and nothing is being written."""
        with self._changed:
            self._changed.notify_all()
            while self._waiting or self._is_writing:
                self._changed.wait()

    @contextmanager
    def staying(self) -> Iterator[None]:
        """Keep the thread and the memory from one checkpoint to the next, while a run goes on.

        To start a thread takes half a millisecond, and memory that is new as long again as to copy into it.
        """
        self._stays = True
        try:
            yield
        finally:
            with self._changed:
                self._stays = False
                self._memory = {}
                self._changed.notify_all()

    def lend(self) -> Arrays:
        """Memory for the arrays of a checkpoint, to be given back in its Writing; nothing at first."""
        with self._changed:
            memory, self._memory = self._memory, {}
        return memory

    def _take_back(self, writing: Writing) -> None:
        if self._stays and writing.memory:
            self._memory = writing.memory

    def _serve(self) -> None:
        while True:
            with self._changed:
                while self._stays and not self._waiting:
                    # Nobody wakes it for a checkpoint: it would take the interpreter, or the core, from the very step
                    # that has just been held up by the copy.
                    self._changed.wait(_LOOKING)
                if not self._waiting:
                    self._thread = None
                    return
                writing = self._waiting.pop(next(iter(self._waiting)))
                self._is_writing = True
            self._told(self._written(writing))
            with self._changed:
                self._take_back(writing)
                self._is_writing = False
                self._changed.notify_all()
            # Else the arrays stay until there is something else to write.
            del writing

    def _written(self, writing: Writing) -> CheckpointSaved | CheckpointFailed:
        try:
            self._before(writing.directory)
            writing.checkpoint.write(writing.directory, writing.older)
        except Exception as error:  # noqa: BLE001  # told in the run's own thread, which goes on
            return failed(writing.saved, error)
        return writing.saved


_at_work: WeakSet[Writer] = WeakSet()


@atexit.register
def _wait() -> None:
    for writer in tuple(_at_work):
        writer.wait()


def failed(saved: CheckpointSaved, error: Exception) -> CheckpointFailed:
    """What is said in place of `saved`; the error is one of ours."""
    if not isinstance(error, SigmaError):
        error = StorageError(saved.path, f"cannot be written: {said(error)}")
    return CheckpointFailed(path=saved.path, epoch=saved.epoch, iteration=saved.iteration, error=error)
