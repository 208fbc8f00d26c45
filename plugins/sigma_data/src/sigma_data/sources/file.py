"""A file of this machine."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from attrs import field, frozen

from sigma_core.extend import DataError, Source, fields
from sigma_data.sources._marks import mark
from sigma_data.sources._missing import missing_file
from sigma_data.sources._paths import expanded
from sigma_data.sources._streams import LARGEST_RATIO, decompressed, unreadable


def _path(value: str | Path) -> str:
    return str(value)


@frozen
class File(Source):
    """The bytes of a file, decompressed when they are compressed whatever its name; `~` is the home folder.

    Which compressions there are, `sigma components compressions` lists.
    """

    path: str = field(converter=_path)
    largest_ratio: float = fields.number(default=LARGEST_RATIO, above=0)
    """How many bytes may come out of each compressed one; a file that gives more is refused as a bomb."""

    def open(self, environment: Any = None) -> BinaryIO:
        """A stream of the file.

        Raises `DataError` when there is no such file, `StorageError` when the system will not let it be read.
        """
        stream = self.raw()
        try:
            return decompressed(stream, self.describe(), environment, self.largest_ratio)
        except BaseException:
            stream.close()
            raise

    def raw(self) -> BinaryIO:
        """A stream of the file as it is; raises as `open`."""
        path = expanded(self.path, self.describe())
        try:
            if path.is_dir():
                raise DataError(self.describe(), "it is a folder", "the path of a file that exists")
            return io.BufferedReader(_Reading(path, self.describe()), 1 << 16)
        except FileNotFoundError:
            raise missing_file(path, self.describe()) from None
        except OSError as error:
            raise unreadable(self.describe(), error) from error
        except ValueError as error:
            raise DataError(f"file {self.path!r}", f"{error}", "the path of a file that exists") from error

    def describe(self) -> str:
        """The path."""
        return f"file '{self.path}'"

    def location(self) -> str:
        """The path."""
        return Path(self.path).as_posix()

    def fingerprint(self, environment: Any = None) -> str | None:
        """Where it lies, its size and when it was changed; None when there is no such file."""
        try:
            path = expanded(self.path, self.describe())
            found = path.stat()
        except (DataError, OSError, ValueError):
            return None
        return mark("file", path.absolute(), found.st_size, found.st_mtime_ns, found.st_ino)


class _Reading(io.FileIO):
    """A file, of which the system may refuse a part later on: a bad sector, a server that is gone."""

    def __init__(self, path: Path, where: str) -> None:
        super().__init__(path)
        self._where = where

    def readinto(self, buffer: Any) -> int | None:
        """As ever; raises `StorageError`."""
        with self._faults():
            return super().readinto(buffer)

    def readall(self) -> bytes:
        """As ever; raises `StorageError`."""
        with self._faults():
            return super().readall()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unreadable(self._where, error) from error
