"""A table of text cells, with the line on which each of its rows begins."""

import csv
import io
from collections.abc import Sequence
from typing import BinaryIO

from attrs import frozen

from sigma_core.extend import DataError

# So many rows are looked at to tell a header from a row of values.
_SAMPLE = 20


@frozen
class Table:
    """Rows of the same width; `names` is empty where there is no header."""

    names: list[str]
    lines: list[int]
    rows: list[list[str]]

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.rows[0])

    def title(self, column: int) -> str:
        """A column, for messages."""
        return f"column {column} ({self.names[column]!r})" if self.names else f"column {column}"


def read_table(  # noqa: PLR0913  # the settings of a format, by name
    stream: BinaryIO,
    where: str,
    *,
    delimiter: str,
    encoding: str,
    header: bool | None,
    missing_marks: Sequence[str],
) -> Table:
    """The table in a CSV file (RFC 4180); blank lines are skipped, spaces around cells removed.

    Where it is not said whether there is a `header`, the first row is one if it has texts alone, with numbers below
    some of them; marks of missing values are neither. Raises `DataError` with the line for text that cannot be
    decoded, rows of unequal width and bad quotes, and for a file without rows.
    """
    text = _decoded(stream.read(), where, encoding)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    lines: list[int] = []
    rows: list[list[str]] = []
    begin = 1
    try:
        for row in reader:
            if any(cells := [cell.strip() for cell in row]):
                lines.append(begin)
                rows.append(cells)
            begin = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{where}, line {reader.line_num}", f"it is no CSV: {error}") from error
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(rows[0]):
            raise DataError(
                f"{where}, line {line}",
                f"it has {_counted(len(row))}",
                f"{_counted(len(rows[0]))}, as in line {lines[0]}",
                "mend the line, or set the delimiter",
            )
    has_header = _looks_like_header(rows, missing_marks) if header is None else header
    if len(rows) <= has_header:
        raise DataError(where, "it has no rows of values", "at least one")
    names = rows.pop(0) if has_header else []
    return Table(names, lines[len(lines) - len(rows) :], rows)


def is_number(cell: str) -> bool:
    """Whether a cell is a number as Python writes one."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _counted(columns: int) -> str:
    return f"{columns} column{'' if columns == 1 else 's'}"


def _looks_like_header(rows: list[list[str]], missing_marks: Sequence[str]) -> bool:
    if not rows:
        return False
    first, sample = rows[0], rows[1 : 1 + _SAMPLE]
    texts = {column: cell for column, cell in enumerate(first) if cell not in missing_marks}
    if any(is_number(cell) for cell in texts.values()):
        return False
    return any(is_number(row[column]) for column in texts for row in sample)


def _decoded(content: bytes, where: str, encoding: str) -> str:
    try:
        # A byte order mark is no part of the first name.
        return content.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        raise DataError(where, f"there is no encoding {encoding!r}", "a name such as utf-8 or latin-1") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{where}, line {line}",
            f"byte {error.start} of the file, {content[error.start]:#04x}, is no {encoding}",
            f"text in {encoding}",
            'name its encoding, such as encoding = "latin-1"',
        ) from error
