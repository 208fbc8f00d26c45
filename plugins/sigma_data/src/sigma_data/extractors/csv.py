"""CSV and TSV: tables of text, with columns chosen for each section."""

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, BinaryIO, Literal

from attrs import Attribute, field, frozen

from sigma_core.extend import DataError, Source, fields
from sigma_data.extractors._arrow import arrow
from sigma_data.extractors._columns import column_numbers, is_single
from sigma_data.extractors._encoding import check_encoding, decoded
from sigma_data.extractors._tabular import Table, Tabular

# So many rows are looked at to tell a header from a row of values.
_SAMPLE = 20
# Bytes that are read at a time, and those of them that one thread parses.
_PIECE, _BLOCK = 1 << 23, 1 << 20


@frozen
class CSV(Tabular):
    """Sections out of the columns of a table: `CSV("iris.csv", {"inputs": "0-3", "targets": "species"})`.

    RFC 4180, with spaces around cells removed and blank lines skipped. One column by its number or name makes a section
    of shape (records,), of whole numbers where all of it are; a range or list of columns one of floats, (records,
    columns). PyArrow reads it. Raises `DataError` with the line.
    """

    header: Literal["auto"] | bool = field(default="auto", kw_only=True)
    """Whether the first row names the columns; `auto` takes it for that if it is of texts, and numbers stand below."""
    delimiter: str = field(default=",", kw_only=True)
    """What stands between cells; a tab for TSV."""
    encoding: str = field(default="utf-8", kw_only=True, validator=check_encoding)
    missing_marks: tuple[str, ...] = field(default=("", "?", "NA", "N/A", "nan", "NaN", "null"), kw_only=True)
    """Cells that mean a missing value."""
    texts: tuple[str | int, ...] = field(default=(), kw_only=True)
    """Columns that stay texts, by name or number, as messages and titles do."""
    uneven: Literal["error", "drop"] = field(default="error", kw_only=True)
    """What becomes of rows that are too short or too long: an error, or they are left out and counted in the log."""

    @delimiter.validator
    def _check_delimiter(self, attribute: "Attribute[Any]", value: Any) -> None:
        if not (isinstance(value, str) and len(value) == 1 and value.isascii() and value not in '"\r\n'):
            raise fields.refusal(self, attribute, value, "one character, such as , or ; or a tab")

    @contextmanager
    def _read(self, part: Source, environment: Any) -> Iterator[Table]:
        yield _File(self, part, environment)


class _File(Table):
    def __init__(self, settings: CSV, part: Source, environment: Any) -> None:
        self._settings = settings
        self._part = part
        self._environment = environment
        self._where = part.describe()
        sample = []
        for _, cells in self._rows():
            sample.append(cells)
            if len(sample) > _SAMPLE:
                break
        self._has_header = (
            _looks_like_header(sample, settings.missing_marks) if settings.header == "auto" else bool(settings.header)
        )
        self.names: Sequence[str] = sample[0] if self._has_header and sample else []
        self.width = len(sample[0]) if sample else 0
        self._uneven = 0

    def batches(self, columns: Sequence[int], texts: Sequence[int]) -> Iterator[Any]:
        """Parsed by PyArrow; a fault is looked for once more by Python, which knows its line."""
        if not self.width:
            return
        pyarrow, reader = arrow("pyarrow", self._where), arrow("pyarrow.csv", self._where)
        settings = self._settings
        kept = {*texts, *self._kept_as_texts()}
        types = {str(number): pyarrow.string() if number in kept else pyarrow.float64() for number in columns}
        if settings.dtype == "float32":
            single = self._single()
            types |= {name: pyarrow.float32() for name in types if int(name) not in kept | single}
        read = reader.ReadOptions(
            block_size=_BLOCK,
            encoding="utf8",
            column_names=[str(number) for number in range(self.width)],
        )
        marks = [padding + mark for mark in settings.missing_marks for padding in ("", " ")]
        convert = reader.ConvertOptions(
            column_types=types,
            include_columns=[str(number) for number in columns],
            null_values=marks,
            strings_can_be_null=True,
        )
        self._uneven = 0

        def parsed(piece: memoryview) -> list[Any]:
            if not bytes(piece[:_BLOCK]).strip() and not bytes(piece).strip():
                return []
            # Where no cell can hold an end of a line, threads may begin at any.
            parse = reader.ParseOptions(delimiter=settings.delimiter, newlines_in_values=b'"' in piece.obj)
            parse.invalid_row_handler = self._on_uneven
            return list(reader.read_csv(pyarrow.py_buffer(piece), read, parse, convert).to_batches())

        try:
            with self._part.open(self._environment) as stream, ThreadPoolExecutor(1) as thread:
                # One piece is parsed while the one before is made into sections.
                for batches in _ahead(thread, parsed, self._pieces(stream)):
                    yield from batches
        except (pyarrow.ArrowInvalid, UnicodeError) as error:
            self._raise_fault(columns, kept)
            raise DataError(self._where, f"it is no CSV: {error}", "a table") from error
        log = getattr(self._environment, "log", None)
        if self._uneven and log is not None:
            log.warning("uneven_rows_dropped", source=self._where, dropped=self._uneven)

    def _pieces(self, stream: BinaryIO) -> Iterator[memoryview]:
        """The rows, in UTF-8, so many bytes at a time, cut between two rows."""
        encoding = self._settings.encoding
        text: Any = stream if _is_utf8(encoding) else codecs.EncodedFile(stream, "utf-8", encoding)
        rest = b""
        is_first = True
        while piece := text.read(_PIECE):
            content = rest + piece if rest else piece
            start = 0
            cut = _end_of_rows(content)
            if is_first and cut:
                start = self._start_of_rows(content)
                is_first = False
            rest = content[cut:]
            # A view: copies of pieces of this size would take a tenth of the time of parsing them.
            yield memoryview(content)[start:cut]
        yield memoryview(rest)[self._start_of_rows(rest) if is_first else 0 :]

    def _start_of_rows(self, content: bytes) -> int:
        """Behind a byte order mark and the header."""
        start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
        return _end_of_first_row(content, start) if self._has_header else start

    def place(self, row: int) -> str:
        lines = (line for line, cells in self._values() if len(cells) == self.width)
        for number, line in enumerate(lines):
            if number == row:
                return f"line {line}"
        return f"row {row}"

    def _on_uneven(self, _: Any) -> str:
        if self._settings.uneven == "error":
            return "error"
        self._uneven += 1
        return "skip"

    def _kept_as_texts(self) -> set[int]:
        where = f"{self._where}, texts"
        return {
            number
            for column in self._settings.texts
            for number in column_numbers(column, self.names, self.width, where)
        }

    def _single(self) -> set[int]:
        """Columns that make a section each, and are read as float64: they may be of whole numbers."""
        wanted = [columns for columns in self._settings.sections.values() if is_single(columns)]
        return {number for each in wanted for number in column_numbers(each, self.names, self.width, self._where)}

    def _values(self) -> Iterator[tuple[int, list[str]]]:
        rows = self._rows()
        if self._has_header:
            next(rows, None)
        return rows

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row, by Python, with the line on which it begins."""
        with self._part.open(self._environment) as stream:
            encoding = "utf-8-sig" if _is_utf8(self._settings.encoding) else self._settings.encoding
            reader = csv.reader(
                io.TextIOWrapper(stream, encoding, newline=""), delimiter=self._settings.delimiter, strict=True
            )
            begin = 1
            try:
                for row in reader:
                    if any(cells := [cell.strip() for cell in row]):
                        yield begin, cells
                    begin = reader.line_num + 1
            except csv.Error as error:
                raise DataError(f"{self._where}, line {reader.line_num}", f"it is no CSV: {error}") from error
            except UnicodeError:
                with self._part.open(self._environment) as again:
                    deque(decoded(again, self._settings.encoding, self._where), 0)
                raise

    def _raise_fault(self, columns: Sequence[int], texts: set[int]) -> None:
        """Raise `DataError` for the first row that PyArrow does not take, if Python sees why."""
        first = None
        marks = set(self._settings.missing_marks)
        for line, cells in self._rows():
            first = line if first is None else first
            if len(cells) != self.width:
                if self._settings.uneven == "drop":
                    continue
                raise DataError(
                    f"{self._where}, line {line}",
                    f"it has {_counted(len(cells))}",
                    f"{_counted(self.width)}, as in line {first}",
                    "mend the line, or set the delimiter",
                )
            if line == first and self._has_header:
                continue
            for column in columns:
                if column not in texts and cells[column] not in marks and not _is_number(cells[column]):
                    raise DataError(
                        f"{self._where}, line {line}",
                        f"{cells[column]!r} in {self.title(column)} is no number",
                        "a number",
                        f'if these are categories, number them with categories = {{ "{self.key(column)}" = "auto" }}',
                    )


def _ahead(thread: ThreadPoolExecutor, function: Callable[[Any], Any], items: Iterator[Any]) -> Iterator[Any]:
    """What a function makes of each item, one ahead of what is asked for."""
    made: Future[Any] | None = None
    for item in items:
        following = thread.submit(function, item)
        if made is not None:
            yield made.result()
        made = following
    if made is not None:
        yield made.result()


def _end_of_rows(content: bytes) -> int:
    """Behind the last end of a line that is outside of quotes, where their number is even; 0 without one."""
    cut = content.rfind(b"\n") + 1
    quotes = content.count(b'"', 0, cut)
    while cut and quotes % 2:
        before = content.rfind(b"\n", 0, cut - 1) + 1
        quotes -= content.count(b'"', before, cut)
        cut = before
    return cut


def _end_of_first_row(content: bytes, start: int) -> int:
    """Behind the first row that is not blank; quotes may hold ends of lines."""
    end = start
    while end < len(content):
        end = content.find(b"\n", end) + 1 or len(content)
        row = content[start:end]
        if not row.isspace() and row.count(b'"') % 2 == 0:
            break
    return end


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _counted(columns: int) -> str:
    return f"{columns} column{'' if columns == 1 else 's'}"


def _looks_like_header(rows: Sequence[Sequence[str]], missing_marks: Sequence[str]) -> bool:
    if not rows:
        return False
    first, sample = rows[0], rows[1 : 1 + _SAMPLE]
    texts = {column: cell for column, cell in enumerate(first) if cell not in missing_marks}
    if any(_is_number(cell) for cell in texts.values()):
        return False
    return any(column < len(row) and _is_number(row[column]) for column in texts for row in sample)
