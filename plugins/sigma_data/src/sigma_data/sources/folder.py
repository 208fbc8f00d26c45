"""All files of a folder of this machine, and of the folders in it."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from attrs import field, frozen

from sigma_core.extend import DataError, Source, fields
from sigma_data.sources._marks import joint_mark
from sigma_data.sources._missing import missing_folder
from sigma_data.sources._single import the_only
from sigma_data.sources._streams import LARGEST_RATIO
from sigma_data.sources.file import File


def _path(value: str | Path) -> str:
    return str(value)


@frozen
class Folder(Source):
    """The files beneath a folder, sorted by path; hidden ones, whose names begin with a dot, are left out."""

    path: str = field(converter=_path)
    largest_ratio: float = fields.number(default=LARGEST_RATIO, above=0)
    """As that of a file."""

    def parts(self, environment: Any = None) -> Sequence[Source]:
        """The files; raises `DataError` when there is none, or no such folder."""
        found = [folder / name for folder, names in self._walk() for name in names]
        if not found:
            raise DataError(self.describe(), "there are no files in it", "a folder with files")
        return tuple(File(str(path), self.largest_ratio) for path in sorted(found))

    def folders(self) -> list[str]:
        """The folders in it, however deep and empty or not, sorted: their locations."""
        return sorted(folder.as_posix() for folder, _ in self._walk())[1:]

    def open(self, environment: Any = None) -> BinaryIO:
        """A stream of the file, if it is one; raises `DataError` when it is none or several."""
        return the_only(self.parts(environment), self.describe()).open(environment)

    def describe(self) -> str:
        """The path."""
        return f"folder '{self.path}'"

    def location(self) -> str:
        """The path."""
        return Path(self.path).as_posix()

    def fingerprint(self, environment: Any = None) -> str | None:
        """Those of the files, and the names of the folders."""
        marks = (part.fingerprint(environment) for part in self.parts(environment))
        return joint_mark("folder", *self.folders(), *marks)

    def _walk(self) -> Iterator[tuple[Path, list[str]]]:
        """Each folder with the names of its files; one that links lead to is walked into once."""
        top = Path(self.path).expanduser()
        if not top.is_dir():
            raise missing_folder(top, self.describe())
        seen = set()
        for folder, below, names in os.walk(top, followlinks=True):
            real = Path(folder).resolve()
            if real in seen:
                below.clear()
                continue
            seen.add(real)
            below[:] = sorted(name for name in below if not name.startswith("."))
            yield Path(folder), [name for name in names if not name.startswith(".")]
