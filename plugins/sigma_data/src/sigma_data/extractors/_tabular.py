"""Tables: sections out of columns, whatever the format that these are read from."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal

import numpy as np
from attrs import field, frozen

from sigma_core.extend import (
    Array,
    DataError,
    Extractor,
    Sections,
    Source,
    component,
    fields,
    listed,
    records_of,
    sliced,
)
from sigma_data.extractors._arrow import arrow
from sigma_data.extractors._columns import Columns, column_numbers, is_single
from sigma_data.sources import as_source
from sigma_data.sources._streams import WHOLE


class Table(ABC):
    """One file of a table, while it is read."""

    names: Sequence[str]
    """Of the columns; none where there is no header."""
    width: int
    """Number of columns."""

    @abstractmethod
    def batches(self, columns: Sequence[int], texts: Sequence[int]) -> Iterator[Any]:
        """The rows in order, as record batches of these columns alone; `texts` among them are read as texts."""

    @abstractmethod
    def place(self, row: int) -> str:
        """Where a row stands, counted from 0 over all batches: `line 4`."""

    def title(self, column: int) -> str:
        """A column, for messages."""
        return f"column {column} ({self.names[column]!r})" if self.names else f"column {column}"

    def key(self, column: int) -> str:
        """What a user calls a column."""
        return self.names[column] if self.names else str(column)


@frozen
class Tabular(Extractor):
    """What extractors of tables share; each brings the reading of its format."""

    source: Source = component("sources", converter=as_source, text=as_source)
    sections: Mapping[str, str | int | tuple[str | int, ...]] = field(factory=dict, hash=False)
    """Columns by section: numbers from 0, ranges with both ends, names of the header; without any, all are inputs."""
    categories: Mapping[str, Mapping[str, int | float] | tuple[str, ...] | Literal["auto"]] = field(
        factory=dict, kw_only=True, hash=False
    )
    """Numbers for the texts of a column, by its name or number: a table, or the texts in order, or `auto`: sorted."""
    missing: Literal["error", "drop", "keep"] | float = field(default="error", kw_only=True)
    """What becomes of missing values: an error, the row is left out, they stay (NaN), or this number is put there."""
    dtype: Literal["float64", "float32"] = fields.choice("float64", "float32", default="float64")
    """Of sections of floats."""
    sequences: tuple[str, ...] = field(default=(), converter=fields.as_several, kw_only=True)
    """Sections of lists of unequal lengths, which become an array each, as `pad` takes them."""

    @abstractmethod
    def _read(self, part: Source, environment: Any) -> AbstractContextManager[Table]:
        """A file, open to be read; raises `DataError` for one that is no such table."""

    def blocks(self, environment: Any = None, records: int | None = None) -> Iterator[Sections]:
        """One array per section, in the order of the rows.

        One column makes a section of shape (records,), several one of floats, (records, columns).
        """
        maps = self._learnt(environment)
        reading = _Reading(self, maps)
        seen = dropped = 0
        for part in self.source.parts(environment):
            with self._read(part, environment) as table:
                for sections, rows in reading.of(table, part.describe()):
                    seen += rows
                    dropped += rows - records_of(sections)
                    if records_of(sections):
                        yield from sliced(sections, records)
        if not seen:
            raise DataError(self.source.describe(), "it has no rows of values", "at least one")
        if dropped == seen:
            where = self.source.describe()
            raise DataError(where, f"a value is missing in each of its {seen} rows", "one row without")
        log = getattr(environment, "log", None)
        if dropped and log is not None:
            log.info("rows_with_missing_values_dropped", source=self.source.describe(), dropped=dropped, of=seen)

    def _learnt(self, environment: Any) -> Mapping[str, Mapping[str, float]]:
        """Numbers for texts, by the columns' keys; those that occur are found by reading all of the table."""
        maps: dict[str, Any] = {}
        open_keys = [key for key, texts in self.categories.items() if texts == "auto"]
        found: dict[str, set[str]] = {key: set() for key in open_keys}
        for part in self.source.parts(environment) if open_keys else ():
            with self._read(part, environment) as table:
                if not table.width:
                    continue
                where = f"{part.describe()}, categories"
                numbers = {key: column_numbers(key, table.names, table.width, where)[0] for key in open_keys}
                for batch in table.batches(list(numbers.values()), list(numbers.values())):
                    for place, key in enumerate(open_keys):
                        found[key].update(_trimmed(batch.column(place)).unique().to_pylist())
        for key, texts in self.categories.items():
            chosen = sorted(found[key] - {None}) if texts == "auto" else texts
            maps[key] = (
                dict(chosen) if isinstance(chosen, Mapping) else {text: place for place, text in enumerate(chosen)}
            )
        return maps


@frozen(eq=False)
class _Place:
    """Where a batch of rows stands."""

    table: Table
    where: str
    first: int
    kept: Array | None
    """Which rows of the batch are left."""

    def of(self, row: int) -> str:
        """The place of one of those that are left."""
        return self.table.place(self.first + int(row if self.kept is None else self.kept[row]))


class _Reading:
    """What is found in the first rows and holds for all others: which columns are of whole numbers."""

    def __init__(self, settings: Tabular, maps: Mapping[str, Mapping[str, float]]) -> None:
        self._settings = settings
        self._maps = maps
        self._is_whole: dict[str, bool] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._names: tuple[Sequence[str], int] | None = None

    def of(self, table: Table, where: str) -> Iterator[tuple[Sections, int]]:
        """Sections of a file, and how many rows they were before some were left out."""
        if not table.width:
            return
        self._check_alike(table, where)
        wanted: Mapping[str, Columns] = self._settings.sections or {"inputs": "0-"}
        chosen = {
            name: column_numbers(columns, table.names, table.width, f"{where}, section {name!r}")
            for name, columns in wanted.items()
        }
        used = sorted({number for numbers in chosen.values() for number in numbers})
        maps = {
            column_numbers(key, table.names, table.width, f"{where}, categories")[0]: texts
            for key, texts in self._maps.items()
        }
        first = 0
        for batch in table.batches(used, [number for number in used if number in maps]):
            rows = batch.num_rows
            columns = dict(zip(used, batch.columns, strict=True))
            columns, kept = self._without_missing(columns, table, where, first)
            place = _Place(table, where, first, kept)
            arrays = {
                number: self._converted(column, number, maps.get(number), place) for number, column in columns.items()
            }
            sections = {
                name: self._section(name, {number: arrays[number] for number in numbers}, wanted[name], place)
                for name, numbers in chosen.items()
            }
            first += rows
            yield sections, rows

    def _check_alike(self, table: Table, where: str) -> None:
        if self._names is None:
            self._names = list(table.names), table.width
        elif self._names != (list(table.names), table.width):
            names, width = self._names
            raise DataError(
                where,
                f"it has the columns {', '.join(table.names) or table.width}",
                f"those of the first file: {', '.join(names) or width}",
                "read files of other columns by themselves",
            )

    def _without_missing(
        self, columns: dict[int, Any], table: Table, where: str, first: int
    ) -> tuple[dict[int, Any], Array | None]:
        """The columns, with what missing values become, and which rows they are where some were left out."""
        missing = self._settings.missing
        gaps = {number: column for number, column in columns.items() if column.null_count}
        if not gaps or missing == "keep":
            return columns, None
        if missing == "drop":
            whole = np.logical_and.reduce(
                [column.is_valid().to_numpy(zero_copy_only=False) for column in gaps.values()]
            )
            mask = arrow("pyarrow", where).array(whole)
            return {number: column.filter(mask) for number, column in columns.items()}, np.flatnonzero(whole)
        if missing == "error":
            number, column = next(iter(gaps.items()))
            raise DataError(
                f"{where}, {table.place(first + int(np.argmin(_is_there(column))))}",
                f"the value of {table.title(number)} is missing",
                "a value in each cell",
                'leave such rows out with missing = "drop", or give a number to put there',
            )
        return columns, None

    def _converted(self, column: Any, number: int, texts: Mapping[str, float] | None, place: "_Place") -> Any:
        """A column as an array; one that is as it should be already stays PyArrow's."""
        if texts is None and str(column.type) == self._plain and not column.null_count:
            return column
        if texts is not None:
            values, unknown = _mapped(column, texts, self._filler)
            if unknown is not None:
                text = column[unknown].as_py()
                raise DataError(
                    f"{place.where}, {place.of(unknown)}",
                    f"{text!r} in {place.table.title(number)} is no category",
                    f"one of {listed(texts, str(text))}",
                )
            return values
        try:
            return _values(column, self._filler)
        except TypeError as error:
            raise DataError(
                place.where,
                f"{place.table.title(number)} holds {error}",
                "numbers, booleans, texts, or lists of numbers",
                "leave it out, or convert it before",
            ) from None

    @property
    def _filler(self) -> float:
        missing = self._settings.missing
        return float("nan") if isinstance(missing, str) else float(missing)

    @property
    def _plain(self) -> str:
        return {"float64": "double", "float32": "float"}[self._settings.dtype]

    def _section(self, name: str, columns: Mapping[int, Any], wanted: Columns, place: "_Place") -> Array:
        for number, column in columns.items():
            if isinstance(column, np.ndarray) and column.dtype.kind in "OU" and len(columns) > 1:
                raise DataError(
                    f"{place.where}, section {name!r}",
                    f"{place.table.title(number)} holds texts or lists",
                    "columns of numbers, where there are several",
                    f'number them with categories = {{ "{place.table.key(number)}" = "auto" }}, or give them a section',
                )
        if is_single(wanted):
            column = next(iter(columns.values()))
            array = column if isinstance(column, np.ndarray) else column.to_numpy(zero_copy_only=False)
            return self._single(name, array, place.where)
        return _side_by_side(list(columns.values()), np.dtype(self._settings.dtype))

    def _single(self, name: str, column: Array, where: str) -> Array:
        """Whole numbers where all are, in the first rows; from 2 ** 53 on, floats do not tell them apart."""
        if column.dtype.kind == "O":
            return column if name in self._settings.sequences else self._stacked(name, column, where)
        if column.dtype.kind != "f" or column.ndim > 1:
            return column
        whole = bool(((np.trunc(column) == column) & (np.abs(column) < 2**53)).all())
        is_whole = self._is_whole.setdefault(name, whole)
        if is_whole and not whole:
            raise DataError(
                f"{where}, section {name!r}",
                "it is of whole numbers in its first rows, and not in later ones",
                "one kind of number",
                f'say that it is of floats, as a list of one column: {name} = ["..."]',
            )
        return column.astype(np.int64 if is_whole else self._settings.dtype, copy=False)

    def _stacked(self, name: str, lists: Array, where: str) -> Array:
        """Lists of one length, of all rows, as one array."""
        expected = self._shapes.setdefault(name, lists[0].shape)
        other = next((each.shape for each in lists if each.shape != expected), None)
        if other is not None:
            raise DataError(
                f"{where}, section {name!r}",
                f"its lists differ: one is of shape {expected}, another of {other}",
                "lists of one length",
                f'bring them to one by the preprocessor pad, and say so here: sequences = ["{name}"]',
            )
        return np.stack(lists)


def faults(where: str) -> tuple[type[Exception], ...]:
    """What PyArrow raises where bytes are damaged; names of columns it decodes when they are asked for."""
    return (arrow("pyarrow", where).ArrowException, OSError, UnicodeDecodeError)


def sound(batch: Any) -> Any:
    """A batch whose values have been looked at: readers take damaged ones, which lead out of the memory."""
    batch.validate(full=True)
    return batch


def damaged(where: str, kind: str, error: Exception) -> DataError:
    """What a file is that PyArrow does not take, in the first line of what it says."""
    found = (str(error).splitlines() or [type(error).__name__])[0]
    return DataError(where, f"it is no whole {kind}: {found}", *WHOLE)


def _is_there(column: Any) -> Array:
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False))


def _trimmed(column: Any) -> Any:
    """Texts without the spaces around them."""
    compute = arrow("pyarrow.compute", "")
    types = arrow("pyarrow", "").types
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_string(column.type) or types.is_large_string(column.type):
        return compute.utf8_trim_whitespace(column)
    return column.cast("string")


def _mapped(column: Any, texts: Mapping[str, float], filler: float) -> tuple[Array, int | None]:
    """Numbers for texts, and the first row whose text has none."""
    pyarrow, compute = arrow("pyarrow", ""), arrow("pyarrow.compute", "")
    trimmed = _trimmed(column)
    places = compute.index_in(trimmed, value_set=pyarrow.array([str(text) for text in texts], "string"))
    is_mapped = _is_there(places) | ~_is_there(column)
    if not is_mapped.all():
        return np.empty(0), int(np.argmin(is_mapped))
    numbers = np.array([*texts.values(), filler], np.float64)
    return numbers[places.fill_null(len(texts)).to_numpy(zero_copy_only=False)], None


def _values(column: Any, filler: float) -> Array:
    """A column as an array; raises TypeError, with the type, for what is none of numbers, texts or lists of numbers."""
    pyarrow = arrow("pyarrow", "")
    types, kind = pyarrow.types, column.type
    if types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if types.is_null(kind) or types.is_decimal(kind) or (types.is_integer(kind) and column.null_count):
        column = column.cast(pyarrow.float64())
        kind = column.type
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind):
        if column.null_count:
            column = column.cast(pyarrow.float64()) if types.is_boolean(kind) else column
            column = column.fill_null(pyarrow.scalar(filler, column.type))
        return np.asarray(column.to_numpy(zero_copy_only=False))
    if types.is_string(kind) or types.is_large_string(kind):
        return np.array(["" if text is None else text for text in column.to_pylist()], str)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _of_lists([np.array(values) for values in column.to_pylist()], str(kind))
    raise TypeError(str(kind))


def _of_lists(values: list[Array], kind: str) -> Array:
    """An array for each list of numbers, as objects."""
    if any(value.dtype.kind not in "biuf" or value.ndim == 0 for value in values):
        raise TypeError(kind)
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _side_by_side(columns: Sequence[Any], dtype: np.dtype) -> Array:
    """Columns of numbers as one array, (records, columns); PyArrow lays them across each other faster than NumPy."""
    pyarrow = arrow("pyarrow", "")
    arrays = [
        pyarrow.array(column.astype(dtype, copy=False)) if isinstance(column, np.ndarray) else column
        for column in columns
    ]
    batch = pyarrow.RecordBatch.from_arrays(arrays, [str(number) for number in range(len(arrays))])
    return np.asarray(batch.to_tensor(row_major=True).to_numpy())
