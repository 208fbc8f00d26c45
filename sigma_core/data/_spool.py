"""Records as they were read, kept for as long as it takes to split, fit and preprocess them."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
from attrs import define, field, frozen

from sigma_core.data._blocks import joined, sliced, usual_records
from sigma_core.data._sections import Array, Sections, records_of
from sigma_core.data._writing import refused, written
from sigma_core.errors import DataError

# A block is read as a whole; what is written is cut so that reading it back takes little memory.
_USUAL_BLOCKS = 8


@frozen
class _Piece:
    """Where a block of one section lies in its file, and as what."""

    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype


@define(eq=False)
class Spool:
    """Blocks in order: in memory up to `budget` bytes, from there on in files of a folder, which is asked for then."""

    budget: int
    folder: Callable[[], Path]
    records: int = 0
    is_on_disk: bool = False
    _held: list[Sections] = field(factory=list)
    _bytes: int = 0
    _starts: list[int] = field(factory=list)
    _files: dict[str, IO[bytes]] = field(factory=dict)
    _pieces: dict[str, list[_Piece]] = field(factory=dict)

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the sections."""
        return tuple(self._pieces) if self.is_on_disk else tuple(self._held[0])

    def add(self, block: Sections) -> None:
        """Keep the next records. Raises StorageError when the disk refuses, `DataError` for what no file can hold."""
        self._starts.append(self.records)
        self.records += records_of(block)
        self._bytes += sum(array.nbytes for array in block.values())
        self._held.append(block)
        if not self.is_on_disk and self._bytes > self.budget:
            self._begin(self.folder(), block)
        if self.is_on_disk:
            self._spill()

    def blocks(self, names: Iterable[str] | None = None, rows: Array | None = None) -> Iterator[Sections]:
        """Some or all sections of some (ascending) or all records, in blocks of various sizes, none of them empty."""
        names = self.sections if names is None else tuple(names)
        for index, start in enumerate(self._starts):
            stop = self._starts[index + 1] if index + 1 < len(self._starts) else self.records
            if rows is None:
                yield self._block(index, names)
                continue
            first, last = np.searchsorted(rows, [start, stop])
            if first < last:
                chosen = rows[first:last] - start
                yield {name: taken(array, chosen) for name, array in self._block(index, names).items()}

    def column(self, name: str) -> Array:
        """One section, whole, in memory."""
        return joined(block[name] for block in self.blocks([name]))

    def close(self) -> None:
        """Forget everything."""
        for file in self._files.values():
            file.close()
            Path(file.name).unlink(missing_ok=True)
        self._files.clear()
        self._held.clear()

    def _block(self, index: int, names: Iterable[str]) -> Sections:
        if not self.is_on_disk:
            return {name: self._held[index][name] for name in names}
        return {name: self._read(name, self._pieces[name][index]) for name in names}

    def _read(self, name: str, piece: _Piece) -> Array:
        array = np.empty(piece.shape, piece.dtype)
        file = self._files[name]
        file.seek(piece.offset)
        if file.readinto(array.reshape(-1).view(np.uint8)) != array.nbytes:  # type: ignore[attr-defined]
            raise refused(Path(file.name), OSError("it was cut short by somebody else"))
        return array

    def _begin(self, folder: Path, block: Sections) -> None:
        for number, name in enumerate(block):
            path = folder / f"raw-{number}"
            try:
                self._files[name] = path.open("w+b", buffering=0)
            except OSError as error:
                raise refused(path, error) from error
            self._pieces[name] = []
        self.is_on_disk = True

    def _spill(self) -> None:
        self._starts = self._starts[: len(self._starts) - len(self._held)]
        start = self.records - sum(records_of(block) for block in self._held)
        for held in self._held:
            for block in sliced(held, usual_records(held) * _USUAL_BLOCKS):
                self._starts.append(start)
                start += records_of(block)
                for name, array in block.items():
                    self._write(name, _plain(array, name))
        self._held.clear()

    def _write(self, name: str, array: Array) -> None:
        file = self._files[name]
        self._pieces[name].append(_Piece(file.seek(0, 2), array.shape, array.dtype))
        written(file, array)


def taken(array: Array, rows: Array) -> Array:
    """The records at ascending places; a view where they lie side by side."""
    first, last = int(rows[0]), int(rows[-1])
    return array[first : last + 1] if last - first + 1 == len(rows) else array[rows]


def _plain(array: Array, name: str) -> Array:
    """Texts that are held as objects, as texts of a fixed width."""
    if array.dtype.kind != "O":
        return array
    for kind, dtype in ((str, "U"), (bytes, "S")):
        if all(isinstance(value, kind) for value in array.flat):
            return array.astype(dtype)
    odd = next(value for value in array.flat if not isinstance(value, str))
    raise DataError(
        f"section {name!r}",
        f"it holds Python objects, such as one of type {type(odd).__name__}",
        "numbers or texts, where records do not fit into memory",
        'have the extractor give arrays of numbers, or set cache = "memory"',
    )
