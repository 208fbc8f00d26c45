"""A file of this machine."""

from pathlib import Path
from typing import Any, BinaryIO

from attrs import field, frozen

from sigma_core.extend import DataError, Source, StorageError
from sigma_data.sources._gzip import decompressed
from sigma_data.sources._missing import missing_file


def _path(value: str | Path) -> str:
    return str(value)


@frozen
class File(Source):
    """The bytes of a file, decompressed when it is a gzip file whatever its name; `~` is the home folder."""

    path: str = field(converter=_path)

    def open(self, environment: Any = None) -> BinaryIO:
        """A stream of the file.

        Raises `DataError` when there is no such file, `StorageError` when the system will not let it be read.
        """
        path = Path(self.path).expanduser()
        if path.is_dir():
            raise DataError(self.describe(), "it is a folder", "the path of a file that exists")
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            raise missing_file(path, self.describe()) from None
        except OSError as error:
            raise StorageError(self.describe(), f"it cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise DataError(f"file {self.path!r}", f"{error}", "the path of a file that exists") from error
        return decompressed(stream, self.describe())

    def describe(self) -> str:
        """The path."""
        return f"file '{self.path}'"

    def fingerprint(self, environment: Any = None) -> str | None:
        """Where the file is, its size, when it changed and which file it is; None where there is none."""
        path = Path(self.path).expanduser().absolute()
        try:
            status = path.stat()
        except (OSError, ValueError):
            return None
        return f"{path}|{status.st_size}|{status.st_mtime_ns}|{status.st_ino}"
