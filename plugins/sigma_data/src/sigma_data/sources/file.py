"""A file of this machine."""

from pathlib import Path
from typing import Any, BinaryIO

from attrs import field, frozen

from sigma_core.extend import DataError, Source, StorageError, fields
from sigma_data.sources._marks import mark
from sigma_data.sources._missing import missing_file
from sigma_data.sources._paths import expanded
from sigma_data.sources._streams import LARGEST_RATIO, decompressed


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
        return decompressed(self.raw(), self.describe(), environment, self.largest_ratio)

    def raw(self) -> BinaryIO:
        """A stream of the file as it is; raises as `open`."""
        path = expanded(self.path, self.describe())
        try:
            if path.is_dir():
                raise DataError(self.describe(), "it is a folder", "the path of a file that exists")
            return path.open("rb")
        except FileNotFoundError:
            raise missing_file(path, self.describe()) from None
        except OSError as error:
            raise StorageError(self.describe(), f"it cannot be read: {error.strerror}") from error
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
