"""Files of datasets as they are published: in a folder of the user's, in the cache, or still on the web."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from attrs import frozen

from sigma_core.extend import DataError, Source, StorageError
from sigma_data.sources import URL, Archive, File, FirstAvailable
from sigma_data.sources._environment import cache_of
from sigma_data.sources._paths import expanded


@frozen
class Published:
    """One file of a dataset, under any of the names that it has; `a.zip!b.csv` is a member of an archive."""

    title: str
    """The dataset's, for messages."""
    folder: str
    """Of the dataset, in the cache."""
    names: tuple[str, ...]
    path: str = ""
    """The folder that is looked into before that of the cache, if there is one."""

    def places(self, environment: Any) -> list[Path]:
        """The folders where it may be, in order; raises `DataError` for one in the home of nobody."""
        cache = cache_of(environment) / self.folder
        return [expanded(self.path, f"dataset {self.title}, path '{self.path}'"), cache] if self.path else [cache]

    def found(self, environment: Any) -> Source | None:
        """The file, if it is there: in the first folder that has it, under the first of its names.

        Raises `StorageError` for a folder that the system will not let be looked into.
        """
        for folder in self.places(environment):
            for name in self.names:
                file, _, member = name.partition("!")
                if self.has(folder / file):
                    return _member(File(folder / file), member)
        return None

    def has(self, path: Path) -> bool:
        """Whether there is such a file; raises as `found`."""
        try:
            return path.is_file()
        except OSError as error:
            found = f"folder '{path.parent}' cannot be looked into: {error.strerror}"
            raise StorageError(f"dataset {self.title}", found, "a folder that can be read") from error

    def fetched(self, environment: Any, addresses: Sequence[str], sha256: str = "") -> Source:
        """The file, fetched into the cache from the first address that gives it.

        Raises `DownloadError` where none of them gives it.
        """
        cache = self.places(environment)[-1]
        return FirstAvailable(tuple(_remote(address, cache, sha256) for address in addresses)).found(environment)

    def obtained(self, environment: Any, holds: str, addresses: Sequence[str]) -> Source:
        """The file, where it is, else fetched from the first of the addresses that gives it, if there are any.

        Raises `DataError` where it is not there and may not be fetched, and as `fetched`.
        """
        if source := self.found(environment):
            return source
        if addresses:
            return self.fetched(environment, addresses)
        remedy = "set path to the folder that holds it, or download = true to fetch it"
        raise self.missing(environment, holds, remedy)

    def missing(self, environment: Any, expected: str, remedy: str) -> DataError:
        """What to say where it is not there."""
        folders = " nor ".join(f"in '{folder}'" for folder in self.places(environment))
        files = [name.partition("!")[0] for name in self.names]
        found = f"neither {' nor '.join(files)} is {folders}"
        return DataError(f"dataset {self.title}", found, expected, remedy)

    def mark(self, environment: Any) -> str | None:
        """What tells its content from any other; None where it is not there, or not to be read."""
        try:
            source = self.found(environment)
            return source and source.fingerprint(environment)
        except (DataError, StorageError):
            return None


def check_count(where: str, found: int, published: int) -> None:
    """Raise `DataError` where there are more or fewer records than were published."""
    if found != published:
        raise DataError(
            where,
            f"it has {found:,} records",
            f"the {published:,} that were published",
            "copy or download it again; files of your own are read by the dataset `extracted`",
        )


def _remote(address: str, cache: Path, sha256: str) -> Source:
    address, _, member = address.partition("!")
    name = PurePosixPath(unquote(urlsplit(address).path)).name
    return _member(URL(address, sha256=sha256, path=str(cache / name), retries=1), member)


def _member(source: Source, member: str) -> Source:
    return Archive(source, member) if member else source
