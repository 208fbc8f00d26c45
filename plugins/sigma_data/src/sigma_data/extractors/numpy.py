"""NumPy's files: one array (.npy) or several by name (.npz)."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from math import prod
from typing import Any, BinaryIO

import numpy as np
from attrs import field, frozen

from sigma_core.extend import Array, DataError, Extractor, Sections, SigmaError, Source, component, listed
from sigma_data.archives import Zip
from sigma_data.extractors.records import read_exactly
from sigma_data.sources import Archive, as_source, sought

# Bytes of a block, where nobody says how many records.
_NATURAL = 1 << 24
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_NPY, _NPZ = b"\x93NUMPY", b"PK"
# Booleans, numbers and texts.
_KINDS = "biufcSU"


@frozen
class NumPy(Extractor):
    """The array of an .npy file as `inputs`, or those of an .npz file under their names.

    `sections` renames and chooses: `NumPy("a.npz", {"inputs": "x_train", "targets": "y_train"})`. `targets` is a second
    file. Arrays are read block by block; objects, which would be run when they are read, are refused. Raises
    `DataError` for a file that is none of NumPy's, that is cut short, or lacks an array.
    """

    source: Source = component("sources", converter=as_source, text=as_source)
    sections: Mapping[str, str] = field(factory=dict, hash=False)
    """Names in the file by section; without any, all of the file's under their own."""
    targets: Source | None = component("sources", default=None, converter=as_source, text=as_source)
    """An .npy file with the targets of one with the inputs."""

    def blocks(self, environment: Any = None, records: int | None = None) -> Iterator[Sections]:
        """Arrays of shape (records, ...) by section, of native byte order."""
        with ExitStack() as stack:
            rows = self._rows(stack, self.source, environment, "inputs")
            if self.targets is not None:
                rows |= self._rows(stack, self.targets, environment, "targets")
            if self.sections:
                rows = {section: self._named(rows, name) for section, name in self.sections.items()}
            lengths = {name: each.shape[0] for name, each in rows.items()}
            if len(set(lengths.values())) > 1:
                raise DataError(
                    self.source.describe(),
                    "its arrays differ in length: " + ", ".join(f"{name} {length}" for name, length in lengths.items()),
                    "arrays whose first axes have the same length",
                    "choose by sections which of them are wanted",
                )
            total = next(iter(lengths.values()))
            size = records or max(_NATURAL // max(sum(each.record_bytes for each in rows.values()), 1), 1)
            for start in range(0, max(total, 1), size):
                yield {name: each.read(min(size, total - start)) for name, each in rows.items()}

    def _named(self, rows: "Mapping[str, _Rows]", name: str) -> "_Rows":
        if name not in rows:
            raise DataError(
                self.source.describe(), f"there is no array {name!r}", f"one of {listed(rows, name)}", "name another"
            )
        return rows[name]

    def _rows(self, stack: ExitStack, source: Source, environment: Any, name: str) -> "dict[str, _Rows]":
        where = source.describe()
        stream = stack.enter_context(sought(source.open(environment), where, environment))
        magic = read_exactly(stream, len(_NPY))
        stream.seek(0)
        if magic.startswith(_NPZ):
            # As any archive is read: damage, links and bombs in it are told alike. Where all arrays are wanted, one
            # whose name was damaged is to be told, and not left out.
            members = Archive(source, "*.npy" if self.sections else "*", Zip()).parts(environment)
            for member in members:
                if not member.location().endswith(".npy"):
                    raise DataError(
                        member.describe(),
                        "its name does not end in .npy, as those of arrays do",
                        "a file as np.savez writes it",
                        "copy it again, or choose arrays by sections",
                    )
            return {
                member.location().removesuffix(".npy"): _Rows(
                    stack.enter_context(member.open(environment)), member.describe()
                )
                for member in members
            }
        if magic != _NPY:
            raise DataError(
                where,
                f"it starts with the bytes {magic.hex(' ') or 'of an empty file'}",
                "a file of NumPy's, .npy or .npz",
                "save it by np.save or np.savez",
            )
        return {name: _Rows(stream, where)}


class _Rows:
    """An array of a file, read from its first record to its last."""

    def __init__(self, stream: Any, where: str) -> None:
        self._stream: BinaryIO = stream
        self._where = where
        try:
            version = np.lib.format.read_magic(stream)
            header = _HEADERS[version](stream) if version in _HEADERS else None
        except SigmaError:
            raise
        except Exception as error:  # it is evaluated, which fails in many ways
            raise DataError(
                where, f"its header is none of NumPy's: {error}", "an array as np.save writes it"
            ) from error
        if header is None:
            raise DataError(
                where,
                f"it is of version {version[0]}.{version[1]} of the format",
                f"one of {', '.join(f'{major}.{minor}' for major, minor in _HEADERS)}",
                "save it by np.save as an array of numbers",
            )
        self.shape, is_fortran, self._dtype = header
        if min(self.shape, default=0) < 0:
            raise DataError(where, f"its header states the shape {self.shape}", "lengths from 0 on", "copy it again")
        if self._dtype.kind not in _KINDS or not self._dtype.itemsize:
            found = "Python objects" if self._dtype.hasobject else f"values of {self._dtype}"
            raise DataError(where, f"it holds {found}", "numbers or texts", "save it as an array of numbers")
        if not self.shape:
            raise DataError(where, "it is a single number", "an array of shape (records, ...)")
        self.record_bytes = self._dtype.itemsize * prod(self.shape[1:])
        self._left_over = self.shape[0]
        self._left: Array | None = None
        if is_fortran and len(self.shape) > 1:
            # Its records do not lie together, so that all of it is read first.
            self._left = self._content(self.shape[0]).reshape(self.shape[::-1]).T

    def read(self, count: int) -> Array:
        """The next records, of native byte order."""
        if self._left is not None:
            rows, self._left = self._left[:count], self._left[count:]
        else:
            rows = self._content(count).reshape(count, *self.shape[1:])
        return np.ascontiguousarray(rows, rows.dtype.newbyteorder("="))

    def _content(self, count: int) -> Array:
        size = count * self.record_bytes
        content = read_exactly(self._stream, size)
        if len(content) < size:
            raise DataError(
                self._where,
                f"it ends {size - len(content)} bytes early",
                f"an array of shape {self.shape} of {self._dtype.name}, as its header states",
                "copy it again",
            )
        self._left_over -= count
        if not self._left_over and self._stream.read(1):
            raise DataError(
                self._where,
                "it goes on behind its array",
                f"an array of shape {self.shape} of {self._dtype.name}, as its header states",
                "save one array in each file",
            )
        return np.frombuffer(content, self._dtype)
