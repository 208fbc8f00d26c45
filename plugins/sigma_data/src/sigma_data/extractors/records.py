"""Byte records: files of records of the same number of bytes, such as CIFAR-10's."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from attrs import Attribute, field, frozen

from sigma_core.extend import DataError, Extractor, Sections, Source, component, fields
from sigma_data.sources import as_source

# Bytes of a block, where nobody says how many records.
_NATURAL = 1 << 24
# Read in pieces: a damaged header may promise more than there is memory for.
_PIECE = 1 << 20


@frozen
class Records(Extractor):
    """Sections out of fixed-size records: `Records("a.bin", [("targets", "u1"), ("inputs", "u1", (3, 32, 32))])`.

    The layout is that of a record from its first byte to its last, as np.dtype takes it: name, type and shape of each
    part. A type may say its byte order, as in `>f4`. Names that begin with an underscore are bytes that are skipped.
    Raises `DataError` for a file that ends inside a record.
    """

    source: Source = component("sources", converter=as_source, text=as_source)
    layout: tuple[tuple[Any, ...], ...] = field(converter=fields.as_tuples)
    header: int = fields.integer(default=0, at_least=0)
    """Bytes before the first record of each file."""

    @layout.validator
    def _check_layout(self, attribute: "Attribute[Any]", value: Any) -> None:
        expected = 'a name, a type and perhaps a shape for each part, such as ["inputs", "u1", [28, 28]]'
        try:
            record = np.dtype(list(value))
        except (TypeError, ValueError) as error:
            raise fields.refusal(self, attribute, value, expected, str(error)) from None
        kinds = {record[name].base.kind for name in record.names or ()}
        if not kinds or not kinds <= set("biufS") or not self._names(record):
            raise fields.refusal(self, attribute, value, expected)

    def blocks(self, environment: Any = None, records: int | None = None) -> Iterator[Sections]:
        """Arrays of shape (records, ...) by section, of native byte order."""
        record = np.dtype(list(self.layout))
        size = records or max(_NATURAL // record.itemsize, 1)
        is_empty = True
        for part in self.source.parts(environment):
            with part.open(environment) as stream:
                for content in self._pieces(stream, part.describe(), record.itemsize, size):
                    is_empty = False
                    table = np.frombuffer(content, record)
                    yield {
                        name: np.ascontiguousarray(table[name], table[name].dtype.newbyteorder("="))
                        for name in self._names(record)
                    }
        if is_empty:
            raise DataError(
                self.source.describe(), "it has no records", f"records of {record.itemsize} bytes", "give another file"
            )

    @staticmethod
    def _names(record: np.dtype) -> list[str]:
        return [name for name in record.names or () if not name.startswith("_")]

    def _pieces(self, stream: BinaryIO, where: str, itemsize: int, size: int) -> Iterator[bytes]:
        header = read_exactly(stream, self.header)
        if len(header) < self.header:
            raise DataError(where, f"it ends after {len(header)} bytes", f"a header of {self.header} bytes")
        number = 0
        while content := read_exactly(stream, size * itemsize):
            number += len(content) // itemsize
            rest = len(content) % itemsize
            if rest:
                raise DataError(
                    f"{where}, record {number}",
                    f"it ends after {rest} bytes",
                    f"{itemsize} bytes, as its layout has",
                    "copy or download the file again, or mend the layout",
                )
            yield content


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    """So many bytes, fewer only at the end of the stream."""
    content = bytearray()
    while len(content) < size and (piece := stream.read(min(_PIECE, size - len(content)))):
        content += piece
    return bytes(content)
