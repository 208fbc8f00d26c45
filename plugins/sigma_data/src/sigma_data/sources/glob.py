"""All files of this machine whose paths match a pattern."""

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from attrs import field, frozen

from sigma_core.extend import DataError, Source, fields
from sigma_data.sources._marks import joint_mark
from sigma_data.sources._paths import expanded
from sigma_data.sources._single import the_only
from sigma_data.sources._streams import LARGEST_RATIO
from sigma_data.sources.file import File


def _pattern(value: str | Path) -> str:
    return str(value)


@frozen
class Glob(Source):
    """The files that match a pattern, sorted by path: `*` and `?` within a name, `**` for any folders, `[abc]`."""

    pattern: str = field(converter=_pattern)
    largest_ratio: float = fields.number(default=LARGEST_RATIO, above=0)
    """As that of a file."""

    def parts(self, environment: Any = None) -> Sequence[Source]:
        """The files; raises `DataError` when none matches."""
        pattern = str(expanded(self.pattern, self.describe()))
        found = set(glob.iglob(pattern, recursive=True))  # noqa: PTH207  # those of pathlib are relative
        paths = sorted(path for path in found if Path(path).is_file())
        if not paths:
            raise DataError(self.describe(), _why_none(pattern), "a pattern that files match")
        return tuple(File(path, self.largest_ratio) for path in paths)

    def open(self, environment: Any = None) -> BinaryIO:
        """A stream of the file, if it is one; raises `DataError` when it is none or several."""
        return the_only(self.parts(environment), self.describe()).open(environment)

    def describe(self) -> str:
        """The pattern."""
        return f"files '{self.pattern}'"

    def fingerprint(self, environment: Any = None) -> str | None:
        """Those of the files."""
        return joint_mark("glob", *(part.fingerprint(environment) for part in self.parts(environment)))


def _why_none(pattern: str) -> str:
    """How far a pattern leads that no file matches."""
    for folder in reversed([path for path in Path(pattern).parents if not glob.has_magic(str(path))]):
        if not folder.is_dir():
            return f"there is no folder '{folder}'"
    return "no file matches"
