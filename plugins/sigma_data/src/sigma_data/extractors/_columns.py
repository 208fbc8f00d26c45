"""Columns of a table, chosen by number, range or name: `"0-3,5"`, `"species"`, `["sepal length", 3]`."""

import re
from collections.abc import Sequence

from sigma_core.extend import DataError, listed

_RANGE = re.compile(r"(\d+)\s*-\s*(\d*)")

Columns = str | int | Sequence[str | int]


def is_single(columns: Columns) -> bool:
    """Whether this is one column by its number or name, and so makes a section of numbers, not of vectors."""
    if isinstance(columns, str):
        return "," not in columns and not _RANGE.fullmatch(columns.strip())
    return isinstance(columns, int)


def column_numbers(columns: Columns, names: Sequence[str], width: int, where: str) -> list[int]:
    """The numbers of the columns, from 0; a range includes both ends, `3-` goes on to the last column.

    Parts of a text that are names of columns are taken as such first. Raises `DataError` for columns that there are
    not.
    """
    if isinstance(columns, str):
        parts: Sequence[str | int] = [columns] if columns in names else [part.strip() for part in columns.split(",")]
    else:
        parts = [columns] if isinstance(columns, int) else columns
    if not parts:
        raise DataError(where, "it names no column", "one at least", "name some, or leave the section out")
    return [number for part in parts for number in _numbers(part, names, width, where)]


def _numbers(part: str | int, names: Sequence[str], width: int, where: str) -> Sequence[int]:
    if isinstance(part, str) and part in names:
        return [names.index(part)]
    match = _RANGE.fullmatch(part) if isinstance(part, str) else None
    if match:
        first, last = int(match[1]), int(match[2] or width - 1)
        if first > last:
            raise DataError(where, f"the range of columns {part} runs backwards", "the smaller number first")
    elif isinstance(part, int) or part.isdecimal():
        first = last = int(part)
    else:
        raise DataError(
            where,
            f"there is no column {part!r}",
            f"one of {listed(names, part)}" if names else "a number or a range, as the file has no header",
            "" if names else "set header = true if its first row names the columns",
        )
    if first < 0 or last >= width:
        raise DataError(where, f"there is no column {last if first >= 0 else first}", f"0 to {width - 1}")
    return range(first, last + 1)
