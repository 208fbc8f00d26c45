"""CSV: tables of text, with columns chosen for each section."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
from attrs import field, frozen

from sigma_core.extend import Array, DataError, Extractor, Sections, Source, component, listed, sliced
from sigma_data.extractors._columns import Columns, column_numbers, is_single
from sigma_data.extractors._source import as_source
from sigma_data.extractors._table import Table, is_number, read_table


@frozen
class CSV(Extractor):
    """Sections out of the columns of a table: `CSV("iris.csv", {"inputs": "0-3", "targets": "species"})`.

    One column by its number or name makes a section of shape (records,), of whole numbers where all of it are; a
    range or list of columns one of floats, (records, columns).
    """

    source: Source = component("sources", converter=as_source, text=as_source)
    sections: Mapping[str, str | int | tuple[str | int, ...]] = field(factory=dict)
    """Columns by section: numbers from 0, ranges with both ends, names of the header; without any, all are inputs."""
    header: Literal["auto"] | bool = "auto"
    """Whether the first row names the columns; `auto` takes it for that if it is of texts, and numbers stand below."""
    delimiter: str = ","
    encoding: str = "utf-8"
    categories: Mapping[str, Mapping[str, int | float] | tuple[str, ...] | Literal["auto"]] = field(factory=dict)
    """Numbers for the texts of a column, by its name or number: a table, or the texts in order, or `auto`: sorted."""
    missing: Literal["error", "drop"] | float = "error"
    """What becomes of missing values: an error, the row is left out, or this number takes their place."""
    missing_marks: tuple[str, ...] = ("", "?", "NA", "N/A", "nan", "NaN", "null")
    """Cells that mean a missing value."""

    def blocks(self, environment: Any = None, records: int | None = None) -> Iterator[Sections]:
        """One array per section, in the order of the rows; the whole table is read first."""
        return sliced(self._read(environment), records)

    def _read(self, environment: Any) -> Sections:
        where = self.source.describe()
        header = None if self.header == "auto" else bool(self.header)
        with self.source.open(environment) as stream:
            table = read_table(
                stream,
                where,
                delimiter=self.delimiter,
                encoding=self.encoding,
                header=header,
                missing_marks=self.missing_marks,
            )
        wanted: Mapping[str, Columns] = self.sections or {"inputs": "0-"}
        chosen = {
            name: column_numbers(columns, table.names, table.width, f"{where}, section {name!r}")
            for name, columns in wanted.items()
        }
        used = sorted({number for numbers in chosen.values() for number in numbers})
        table = self._without_missing(table, used, where)
        maps = self._maps(table, where)
        columns = {number: self._column(table, number, maps.get(number), where) for number in used}
        return {
            name: _labels(columns[numbers[0]])
            if is_single(wanted[name])
            else np.stack([columns[number] for number in numbers], axis=1)
            for name, numbers in chosen.items()
        }

    def _without_missing(self, table: Table, used: list[int], where: str) -> Table:
        if self.missing != "drop":
            return table
        marks = set(self.missing_marks)
        kept = [index for index, row in enumerate(table.rows) if not any(row[number] in marks for number in used)]
        if not kept:
            raise DataError(where, f"a value is missing in each of its {len(table.rows)} rows", "one row without")
        return Table(table.names, [table.lines[index] for index in kept], [table.rows[index] for index in kept])

    def _maps(self, table: Table, where: str) -> dict[int, Mapping[str, float]]:
        maps: dict[int, Mapping[str, float]] = {}
        for key, texts in self.categories.items():
            (number, *_) = column_numbers(key, table.names, table.width, f"{where}, categories")
            if texts == "auto":
                texts = sorted({row[number] for row in table.rows} - set(self.missing_marks))  # noqa: PLW2901  # those that occur, where none are given
            maps[number] = texts if isinstance(texts, Mapping) else {text: place for place, text in enumerate(texts)}
        return maps

    def _column(self, table: Table, number: int, texts: Mapping[str, float] | None, where: str) -> Array:
        cells = [row[number] for row in table.rows]
        marks = set(self.missing_marks)
        if not marks.isdisjoint(cells):
            if isinstance(self.missing, str):
                line = next(line for line, cell in zip(table.lines, cells, strict=True) if cell in marks)
                raise DataError(
                    f"{where}, line {line}",
                    f"the value of {table.title(number)} is missing",
                    "a value in each cell",
                    'leave such rows out with missing = "drop", or give a number to put there',
                )
            filler = repr(float(self.missing))
            if texts is not None:
                texts = {**texts, filler: float(self.missing)}
            cells = [filler if cell in marks else cell for cell in cells]
        if texts is not None:
            return self._mapped(table, number, cells, texts, where)
        try:
            return np.array(cells).astype(np.float64)
        except ValueError:
            line, cell = next(
                (line, cell) for line, cell in zip(table.lines, cells, strict=True) if not is_number(cell)
            )
            name = table.names[number] if table.names else number
            raise DataError(
                f"{where}, line {line}",
                f"{cell!r} in {table.title(number)} is no number",
                "a number",
                f'if these are categories, number them with categories = {{ "{name}" = "auto" }}',
            ) from None

    @staticmethod
    def _mapped(table: Table, number: int, cells: list[str], texts: Mapping[str, float], where: str) -> Array:
        for line, cell in zip(table.lines, cells, strict=True):
            if cell not in texts:
                raise DataError(
                    f"{where}, line {line}",
                    f"{cell!r} in {table.title(number)} is no category",
                    f"one of {listed(texts, cell)}",
                )
        return np.array([texts[cell] for cell in cells], np.float64)


def _labels(column: Array) -> Array:
    """Whole numbers where all are; from 2 ** 53 on, floats do not tell them apart."""
    whole = np.trunc(column)
    return column.astype(np.int64) if ((whole == column) & (np.abs(column) < 2**53)).all() else column
