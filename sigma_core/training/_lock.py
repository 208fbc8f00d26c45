"""One run at a time in a directory; the lock of a process that was killed is free at once."""

import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from sigma_core.errors import RunDirectoryError, StorageError

_FILE = ".lock"


class Lock:
    """Holds a directory until it is closed. The system lets go of it when the process ends, however it ends."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._file = file

    @classmethod
    def take(cls, directory: Path) -> Self:
        """Raises RunDirectoryError where a run goes on, StorageError where nothing can be written."""
        path = directory / _FILE
        while True:
            try:
                file = path.open("ab")
            except OSError as error:
                raise StorageError(
                    f"run directory {str(directory)!r}",
                    f"cannot be written: {error}",
                    "a folder that can be written",
                    "choose another with --directory",
                ) from error
            try:
                _hold(file)
            except OSError as error:
                file.close()
                raise RunDirectoryError(
                    f"run directory {str(directory)!r}",
                    "a run is going on in it",
                    "a directory whose run has ended",
                    "wait for that run or stop it, or choose another directory",
                ) from error
            with suppress(OSError):
                # Whoever held it before may have removed the file between our opening and holding it.
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    return cls(path, file)
            file.close()

    def close(self) -> None:
        """Let go."""
        if os.name == "nt":  # which removes no open file
            self._file.close()
        with suppress(OSError):
            self._path.unlink()
        self._file.close()


def _hold(file: IO[bytes]) -> None:
    """Raises OSError at once where another process, or another lock of this one, holds the file."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # there alone
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
