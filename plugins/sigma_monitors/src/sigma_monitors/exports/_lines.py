"""Files of lines that grow: whole lines only, whatever happens, and one writer at a time."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from sigma_core.extend import StorageError
from sigma_monitors.exports._places import refused

Change = Callable[[Iterable[bytes]], Iterable[bytes]]


class Lines:
    """A file of lines, held by a lock beside it; it is made when the first line comes.

    Whoever is killed leaves whole lines, since the system has been handed nothing else. Raises StorageError where the
    disk refuses, or another process writes the same file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None
        with _told(path), ExitStack() as undo:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = path.with_name(f".{path.name}.lock")
            # Of a folder that takes no file, FileLock says that somebody else has it.
            lock.touch()
            held = FileLock(lock, thread_local=False)
            try:
                held.acquire(timeout=0)
            except Timeout as error:
                raise StorageError(
                    str(path),
                    "somebody else writes this file",
                    "one monitor for each file",
                    "wait until it has ended, or give the monitor another path",
                ) from error
            undo.callback(held.release)
            if path.exists() and not path.is_file():
                raise StorageError(str(path), "it is no file", "a file, or nothing", "give the monitor another path")
            self._closing = undo.pop_all()

    def first(self) -> bytes | None:
        """The first line; None where there is none yet, an end that was cut off aside."""
        with _told(self.path):
            if not self.path.exists():
                return None
            with self.path.open("rb") as file:
                line = file.readline()
        return line if line.endswith(b"\n") else None

    def append(self, lines: bytes) -> None:
        """Add whole lines; of those that find no room, none is left in part."""
        if not lines:
            return
        with _told(self.path):
            if self._file is None:
                self._file = self._opened()
            size = os.fstat(self._file.fileno()).st_size
            rest = memoryview(lines)
            try:
                while rest:
                    rest = rest[self._file.write(rest) :]
            except OSError:
                with suppress(OSError):
                    self._file.truncate(size + lines.rfind(b"\n", 0, len(lines) - len(rest)) + 1)
                raise

    def change(self, change: Change) -> None:
        """Put other lines in the place of all that are there, at once."""
        self._release()
        if not self.path.exists():
            return
        made = self.path.with_name(f".{self.path.name}.partial")
        with _told(self.path):
            try:
                with self.path.open("rb") as old, made.open("wb") as new:
                    new.writelines(change(_whole(old)))
                    new.flush()
                    os.fsync(new.fileno())
                made.replace(self.path)
            except OSError:
                with suppress(OSError):
                    made.unlink()
                raise

    def close(self) -> None:
        """Let others have it."""
        self._release()
        self._closing.close()

    def _opened(self) -> FileIO:
        # A power cut may have left half a line, which nothing may be written behind.
        file = FileIO(self.path, "ab+")
        try:
            if end := file.seek(0, os.SEEK_END):
                file.seek(end - 1)
                if file.read(1) != b"\n":
                    file.close()
                    self.change(lambda lines: lines)
                    file = FileIO(self.path, "ab")
        except OSError:
            file.close()
            raise
        return file

    def _release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _whole(file: IO[bytes]) -> Iterator[bytes]:
    return (line for line in file if line.endswith(b"\n"))


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise refused(path, error) from error
