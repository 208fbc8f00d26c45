"""Parquet files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from sigma_core.extend import Source
from sigma_data.extractors._arrow import arrow
from sigma_data.extractors._tabular import Table, Tabular, damaged, faults, sound
from sigma_data.sources import sought


@frozen
class Parquet(Tabular):
    """Sections out of the columns of Parquet files: `Parquet("a.parquet", {"inputs": "0-3", "targets": "species"})`.

    Only the columns that are wanted are read, one group of rows after the other. Texts, and lists of numbers, make a
    section each, lists of unequal lengths one of objects, for `pad`. PyArrow reads it.
    """

    @contextmanager
    def _read(self, part: Source, environment: Any) -> Iterator[Table]:
        where = part.describe()
        reader = arrow("pyarrow.parquet", where)
        with sought(part.open(environment), where, environment) as stream:
            try:
                table = _File(reader.ParquetFile(stream), where)
            except faults(where) as error:
                raise damaged(where, "Parquet file", error) from error
            yield table


class _File(Table):
    def __init__(self, file: Any, where: str) -> None:
        self._file = file
        self._where = where
        self.names = file.schema_arrow.names
        self.width = len(self.names)

    def batches(self, columns: Sequence[int], texts: Sequence[int]) -> Iterator[Any]:
        names = [self.names[number] for number in columns]
        try:
            for batch in self._file.iter_batches(columns=names):
                yield sound(batch.select(names))
        except faults(self._where) as error:
            raise damaged(self._where, "Parquet file", error) from error

    def place(self, row: int) -> str:
        return f"row {row}"
