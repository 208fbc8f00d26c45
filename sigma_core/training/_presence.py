"""Who runs in a directory: a file that the operating system locks for as long as the process lives.

The lock goes with its process, however that ends, so a run that was killed is known as such at once. The file holds the
process id and the host, and its time of modification is a heartbeat: across hosts, where locks do not reach, a run
whose heart has not beaten for a minute counts as dead.
"""

import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from attrs import frozen

from sigma_core.errors import RunDirectoryError, StorageError

FILE = "run.lock"
_PATIENCE = 60.0
# Windows refuses to read what is locked, so what is locked lies far behind what is written.
_PLACE = 1 << 30


@frozen
class Holder:
    """A process that runs, or that ended without a word."""

    process: int
    host: str
    heartbeat: float
    """Seconds since 1970."""
    is_alive: bool


class Presence:
    """The word of this process that it runs in a directory."""

    def __init__(self, path: Path, file: IO[str]) -> None:
        self.path = path
        self._file = file

    @classmethod
    def take(cls, directory: Path) -> Self:
        """Claim a directory. Raises RunDirectoryError where a process runs in it, StorageError if the disk refuses."""
        path = directory / FILE
        while True:
            try:
                file = path.open("a+", encoding="utf-8")
            except OSError as error:
                raise StorageError(
                    str(path), f"cannot be written: {error}", "a folder that can be written", "choose another folder"
                ) from error
            if not _locked(file, patience=0.2):
                file.close()
                holder = holder_of(directory)
                process = "another process" if holder is None else f"process {holder.process} on {holder.host}"
                raise RunDirectoryError(
                    f"run directory {str(directory)!r}",
                    f"it is in use by {process}",
                    "a directory in which nothing runs",
                    "stop that run first (`sigma run stop`), or choose another directory",
                )
            # Whoever had it before may have removed the file after we opened it.
            with suppress(OSError):
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    break
            file.close()
        file.truncate(0)
        file.write(json.dumps({"process": os.getpid(), "host": socket.gethostname()}))
        file.flush()
        return cls(path, file)

    def beat(self) -> None:
        """Say that this process lives."""
        with suppress(OSError):
            os.utime(self.path)

    def release(self) -> None:
        """Give the directory free."""
        # Windows removes no open file; elsewhere nobody else may get hold of it in between.
        if os.name != "nt":
            self.path.unlink(missing_ok=True)
        self._file.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def holder_of(directory: Path) -> Holder | None:
    """Who runs in a directory, or did when it was killed; None where nobody does."""
    path = directory / FILE
    try:
        with path.open(encoding="utf-8") as file:
            said = json.loads(file.read())
            process, host = int(said["process"]), str(said["host"])
            heartbeat = os.fstat(file.fileno()).st_mtime
            is_here = host == socket.gethostname()
            is_alive = not _locked(file, is_shared=True) if is_here else time.time() - heartbeat < _PATIENCE
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Holder(process, host, heartbeat, is_alive)


def _locked(file: IO[str], patience: float = 0.0, *, is_shared: bool = False) -> bool:
    """Lock a file, if nobody else has for longer than the moment that `holder_of` takes.

    Of those that only look, many may do so at once; Windows knows no such locks.
    """
    until = time.monotonic() + patience
    while True:
        try:
            if os.name == "nt":
                import msvcrt

                file.seek(_PLACE)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            else:
                import fcntl

                fcntl.flock(file, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)
        else:
            return True
