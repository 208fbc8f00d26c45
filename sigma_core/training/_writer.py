"""Checkpoints written by a thread, while the training goes on."""

import threading
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from sigma_core.errors import SigmaError, StorageError, said
from sigma_core.events import CheckpointFailed, CheckpointSaved
from sigma_core.training._checkpoint import Checkpoint


@frozen(eq=False)
class Writing:
    """A checkpoint on its way to the disk, and what to say when it lies there."""

    checkpoint: Checkpoint
    directory: Path
    older: Path | None
    saved: CheckpointSaved


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

    def write(self, writing: Writing) -> None:
        """Have it written; returns at once."""
        key = writing.directory.absolute()
        with self._changed:
            self._waiting[key] = writing
            if self._thread is None:
                # No daemon: a process that ends by itself still writes what waits.
                self._thread = threading.Thread(target=self._serve, name="sigma checkpoints")
                self._thread.start()

    def wait(self) -> None:
        """Return when nothing waits and nothing is being written."""
        with self._changed:
            while self._thread is not None:
                self._changed.wait()

    def _serve(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._thread = None
                    self._changed.notify_all()
                    return
                writing = self._waiting.pop(next(iter(self._waiting)))
            self._told(self._written(writing))

    def _written(self, writing: Writing) -> CheckpointSaved | CheckpointFailed:
        try:
            self._before(writing.directory)
            writing.checkpoint.write(writing.directory, writing.older)
        except Exception as error:  # noqa: BLE001  # told in the run's own thread, which goes on
            return failed(writing.saved, error)
        return writing.saved


def failed(saved: CheckpointSaved, error: Exception) -> CheckpointFailed:
    """What is said in place of `saved`; the error is one of ours."""
    if not isinstance(error, SigmaError):
        error = StorageError(saved.path, f"cannot be written: {said(error)}")
    return CheckpointFailed(path=saved.path, epoch=saved.epoch, iteration=saved.iteration, error=error)
