"""IDX: the binary arrays that MNIST comes in (http://yann.lecun.com/exdb/mnist, "the IDX file format")."""

from collections.abc import Iterator, Mapping
from math import prod
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, DataError, Extractor, Sections, Source, component, sliced
from sigma_data.extractors.records import read_exactly
from sigma_data.sources import as_source

# The third byte of a file tells the type of its numbers, the most significant byte of which comes first.
DTYPES: Mapping[int, np.dtype] = MappingProxyType(
    {
        0x08: np.dtype("u1"),
        0x09: np.dtype("i1"),
        0x0B: np.dtype(">i2"),
        0x0C: np.dtype(">i4"),
        0x0D: np.dtype(">f4"),
        0x0E: np.dtype(">f8"),
    }
)


@frozen
class IDX(Extractor):
    """The arrays of one or two IDX files: `inputs`, and `targets` where there are any."""

    inputs: Source = component("sources", converter=as_source, text=as_source)
    targets: Source | None = component("sources", default=None, converter=as_source, text=as_source)

    def blocks(self, environment: Any = None, records: int | None = None) -> Iterator[Sections]:
        """Arrays with the shapes and dtypes of the files, of native byte order; the files are read first."""
        sources = {"inputs": self.inputs, "targets": self.targets}
        arrays = {name: read_idx(source, environment) for name, source in sources.items() if source is not None}
        return sliced(arrays, records)


def read_idx(source: Source, environment: Any = None) -> Array:
    """The array of an IDX file; raises `DataError` when it is none, or does not hold what its header promises."""
    where = source.describe()
    with source.open(environment) as stream:
        dtype, shape = _header(stream, where)
        size = prod(shape) * dtype.itemsize
        content = read_exactly(stream, size + 1)
    if len(content) != size:
        found = f"{len(content)}" if len(content) < size else f"more than {size}"
        raise DataError(
            where,
            f"it holds {found} bytes of numbers",
            f"{size} bytes, for the shape {shape} of {dtype.name} that its header states",
            "copy or download it again",
        )
    return np.frombuffer(content, dtype).astype(dtype.newbyteorder("="), copy=False).reshape(shape)


def _header(stream: BinaryIO, where: str) -> tuple[np.dtype, tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4:
        raise DataError(where, f"it ends after {len(magic)} bytes", "an IDX file, with a header of at least 8 bytes")
    if magic[:2] != b"\0\0" or magic[2] not in DTYPES or not magic[3]:
        codes = ", ".join(f"{code:02x}" for code in DTYPES)
        raise DataError(
            where,
            f"it starts with the bytes {magic.hex(' ')}",
            f"an IDX file: 00 00, then a type ({codes}), then the number of axes",
        )
    lengths = stream.read(4 * magic[3])
    if len(lengths) < 4 * magic[3]:
        raise DataError(
            where,
            f"its header ends after {4 + len(lengths)} bytes",
            f"{4 + 4 * magic[3]} bytes, for the {magic[3]} axes that it announces",
            "copy or download it again",
        )
    return DTYPES[magic[2]], tuple(np.frombuffer(lengths, ">u4").tolist())
