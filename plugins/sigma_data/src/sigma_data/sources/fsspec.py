"""Files of other places, by the file systems of fsspec: `s3://`, `gs://`, `hf://`, `sftp://`, `memory://` and more."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from attrs import field, frozen

from sigma_core.extend import DataError, PluginUnavailableError, Source, StorageError, fields, listed
from sigma_data.sources._marks import joint_mark, mark
from sigma_data.sources._single import the_only
from sigma_data.sources._streams import LARGEST_RATIO, decompressed

_MAGIC = "*?["
# What file systems call that which changes with a file.
_TAGS = ("ETag", "etag", "md5Hash", "LastModified", "mtime", "created")


@frozen
class Fsspec(Source):
    """A file, or the files that match a pattern, of any file system that fsspec knows; needs `sigma-data[fsspec]`.

    `Fsspec("s3://bucket/data/*.csv", {"anon": True})`. Bytes are read as they are asked for, each time anew; with
    `simplecache::` before the address, fsspec keeps a copy on this machine.
    """

    address: str
    options: Mapping[str, str | int | float | bool] = field(factory=dict)
    """Settings of the file system, such as `anon` of S3; secrets had better be where its library looks for them."""
    largest_ratio: float = fields.number(default=LARGEST_RATIO, above=0)
    """As that of a file."""

    def parts(self, environment: Any = None) -> Sequence[Source]:
        """The files that match, sorted; raises `DataError` when there is none, and as `open`."""
        if not any(letter in self.address for letter in _MAGIC):
            return (self,)
        with self._faults():
            files = self._library().open_files(self.address, "rb", **self.options)
            addresses = sorted(file.fs.unstrip_protocol(file.path) for file in files if file.fs.isfile(file.path))
        if not addresses:
            raise DataError(self.describe(), "no file matches", "a pattern that files match")
        return tuple(Fsspec(address, self.options, self.largest_ratio) for address in addresses)

    def open(self, environment: Any = None) -> BinaryIO:
        """A stream of the file.

        Raises `DataError` when there is no such file or file system, `StorageError` when it may not be read, and
        `PluginUnavailableError` with what to install when fsspec, or its library for this file system, is missing.
        """
        part = the_only(self.parts(environment), self.describe())
        return self._opened(environment) if part is self else part.open(environment)

    def describe(self) -> str:
        """The address."""
        return f"'{self.address}'"

    def location(self) -> str:
        """The address."""
        return self.address

    def fingerprint(self, environment: Any = None) -> str | None:
        """What its file system says of it: a tag or the time of its change, and the size."""
        parts = self.parts(environment)
        if len(parts) != 1 or parts[0] is not self:
            return joint_mark("fsspec", *(part.fingerprint(environment) for part in parts))
        with self._faults():
            system, path = self._library().core.url_to_fs(self.address, **self.options)
            about = system.info(path)
        tags = [str(about[tag]) for tag in _TAGS if tag in about]
        return mark("fsspec", self.address, about.get("size"), *tags) if tags else None

    def _opened(self, environment: Any) -> BinaryIO:
        with self._faults():
            stream = self._library().open(self.address, "rb", **self.options).open()
            return decompressed(cast("BinaryIO", stream), self.describe(), environment, self.largest_ratio)

    def _library(self) -> Any:
        try:
            import fsspec
        except ImportError as error:
            raise _unavailable(self.describe(), "fsspec is not installed", "sigma-data[fsspec]") from error
        return fsspec

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise DataError(self.describe(), "there is no such file", "the address of a file that exists") from error
        except IsADirectoryError as error:
            raise DataError(self.describe(), "it is a folder", "the address of a file") from error
        except ImportError as error:  # that of this file system; fsspec says what it wants
            raise PluginUnavailableError(self.describe(), f"{error}", "the library of its file system") from error
        except ValueError as error:
            protocol = self.address.partition("://")[0]
            known = self._library().available_protocols()
            if protocol in known:
                raise DataError(self.describe(), f"{error}", "an address that its file system takes") from error
            expected = f"one of {listed(known, protocol)}"
            raise DataError(self.describe(), f"no file system is called {protocol!r}", expected) from error
        except OSError as error:
            raise StorageError(self.describe(), f"it cannot be read: {error.strerror or error}") from error


def _unavailable(where: str, found: str, wanted: str) -> PluginUnavailableError:
    return PluginUnavailableError(where, found, f"the optional dependency {wanted}", f"pip install '{wanted}'")
