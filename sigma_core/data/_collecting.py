"""Where prepared records go: into arrays in memory, or into the files of an entry of the cache."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import numpy as np
from attrs import define, field
from numpy.typing import DTypeLike

from sigma_core.data._data import cast_floats
from sigma_core.data._finite import Finiteness
from sigma_core.data._sections import Array, Sections, check_numeric
from sigma_core.data._writing import refused, written
from sigma_core.data.cache._entry import Stored, sample_of
from sigma_core.errors import DataError


@define(eq=False)
class Collector(ABC):
    """Takes the records of one part, block by block and section by section, and checks them on their way."""

    part: str
    where: str
    dtype: DTypeLike | None
    """What floats are kept in; None: as they come."""
    expected: int
    """How many records will come, unless preprocessors add some."""
    records: dict[str, int] = field(factory=dict, init=False)
    _shapes: dict[str, tuple[tuple[int, ...], np.dtype]] = field(factory=dict, init=False)
    _finite: dict[str, Finiteness] = field(factory=dict, init=False)

    def take(self, blocks: Iterator[Sections]) -> None:
        """All records of some sections. Raises `DataError` for what cannot be trained on."""
        for block in blocks:
            for name, array in block.items():
                self._take(name, array)

    def _take(self, name: str, array: Array) -> None:
        array = native(array)
        if name not in self._shapes:
            check_numeric({name: array}, self.where)
            self._finite[name] = Finiteness()
        # What is not finite is told of in the end, with how much of it there is.
        is_finite = self._finite[name].see({name: array})
        kept = cast_floats(array, self.dtype, name, self.part) if is_finite else array
        seen = kept.shape[1:], kept.dtype if is_finite else self._shapes.get(name, ((), kept.dtype))[1]
        if self._shapes.setdefault(name, seen) != seen:
            first, count = self._shapes[name], self.records[name]
            raise DataError(
                self.where,
                f"section {name!r} holds {first[1]} of shape {first[0]} up to record {count - 1}, and from there "
                f"{kept.dtype} of shape {kept.shape[1:]}",
                "one shape and dtype",
                "have the extractor and the preprocessors give the same for every block",
            )
        if name not in self.records:
            self.records[name] = 0
            self._begin(name, kept)
        self._append(name, kept)
        self.records[name] += len(kept)

    def check(self) -> None:
        """Raise `DataError` where records were not finite, there are none, or sections differ in their number."""
        for finiteness in self._finite.values():
            finiteness.check(self.where)
        if not self.records:
            raise DataError(self.where, "it has no records", "at least one record")

    @abstractmethod
    def _begin(self, name: str, first: Array) -> None:
        """Make room for a section of which this is the first block."""

    @abstractmethod
    def _append(self, name: str, array: Array) -> None:
        """Keep the next records."""


@define(eq=False)
class InArrays(Collector):
    """Arrays in memory."""

    _arrays: dict[str, Array] = field(factory=dict, init=False)

    def keep(self, name: str, array: Array) -> None:
        """A whole section, which is not copied if it may stay as it is."""
        self._take(name, array)

    def arrays(self, order: tuple[str, ...]) -> dict[str, Array]:
        """Each section; `order` comes first."""
        names = sorted(self._arrays, key=lambda name: order.index(name) if name in order else len(order))
        return {name: self._arrays[name][: self.records[name]] for name in names}

    def _begin(self, name: str, first: Array) -> None:
        if len(first) < self.expected:
            self._arrays[name] = np.empty((self.expected, *first.shape[1:]), first.dtype)

    def _append(self, name: str, array: Array) -> None:
        start = self.records[name]
        if name not in self._arrays:
            self._arrays[name] = array
            return
        if start + len(array) > len(self._arrays[name]):
            more = np.empty((start + len(array) + start // 2, *array.shape[1:]), array.dtype)
            more[:start] = self._arrays[name][:start]
            self._arrays[name] = more
        self._arrays[name][start : start + len(array)] = array


@define(eq=False)
class InFiles(Collector):
    """Files in a folder."""

    folder: Path = field(kw_only=True)
    _files: dict[str, IO[bytes]] = field(factory=dict, init=False)

    def stored(self, order: tuple[str, ...]) -> Mapping[str, Stored]:
        """What the header of an entry says of each section; the files are closed."""
        names = sorted(self._files, key=lambda name: order.index(name) if name in order else len(order))
        made = {}
        for name in names:
            shape, dtype = self._shapes[name]
            path = Path(self._files[name].name)
            self._files[name].close()
            whole = (self.records[name], *shape)
            made[name] = Stored(file=path.name, dtype=dtype.str, shape=whole, sample=sample_of(path))
        return made

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()

    def _begin(self, name: str, first: Array) -> None:  # noqa: ARG002  # files grow
        path = self.folder / f"{self.part}-{len(self._files)}"
        try:
            self._files[name] = path.open("wb", buffering=0)
        except OSError as error:
            raise refused(path, error) from error

    def _append(self, name: str, array: Array) -> None:
        written(self._files[name], array)


def native(array: Array) -> Array:
    """Contiguous and of native byte order: iterators gather records straight into buffers of this kind."""
    if array.flags.c_contiguous and array.dtype.isnative:
        return array  # mapped from the disk, it stays so
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
