"""JSON lines: an object in each line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from json import JSONDecodeError, loads
from typing import Any

from attrs import frozen

from sigma_core.extend import DataError, Source
from sigma_data.extractors._arrow import arrow
from sigma_data.extractors._tabular import Table, Tabular, damaged, faults, sound

# Bytes that are parsed at a time.
_BLOCK = 1 << 22
_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
}


@frozen
class JSONLines(Tabular):
    """Sections out of the keys of objects, one a line: `JSONLines("a.jsonl", {"inputs": "a,b", "targets": "label"})`.

    A key is a column, those of the first lines all that there are; what an object lacks is missing. Texts, and lists
    of numbers, make a section each. PyArrow reads it. Raises `DataError` with the line.
    """

    @contextmanager
    def _read(self, part: Source, environment: Any) -> Iterator[Table]:
        where = part.describe()
        reader = arrow("pyarrow.json", where)
        with part.open(environment) as stream:
            is_empty = not stream.read(1)
            stream.seek(0)
            try:
                rows = None if is_empty else reader.open_json(stream, reader.ReadOptions(block_size=_BLOCK))
                table = _File(rows, part, environment)
            except faults(where) as error:
                raise _fault(part, environment, error) from error
            try:
                yield table
            finally:
                table.close()


class _File(Table):
    def __init__(self, reader: Any, part: Source, environment: Any) -> None:
        self._reader = reader
        self._part = part
        self._environment = environment
        self.names = [] if reader is None else reader.schema.names
        self.width = len(self.names)

    def close(self) -> None:
        """End the threads that read ahead, which would abort a process that ends before they do."""
        if self._reader is not None:
            self._reader.close()

    def batches(self, columns: Sequence[int], texts: Sequence[int]) -> Iterator[Any]:
        try:
            for batch in self._reader or ():
                yield sound(batch.select(list(columns)))
        except faults(self._part.describe()) as error:
            raise _fault(self._part, self._environment, error) from error

    def place(self, row: int) -> str:
        for number, (line, _) in enumerate(_lines(self._part, self._environment)):
            if number == row:
                return f"line {line}"
        return f"row {row}"


def _lines(part: Source, environment: Any) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers."""
    with part.open(environment) as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield number, line


def _fault(part: Source, environment: Any, error: Exception) -> DataError:
    """The first line that is no object, by Python; else what PyArrow says."""
    where = part.describe()
    kinds: dict[str, str] = {}
    for number, line in _lines(part, environment):
        try:
            value = loads(line)
        except (JSONDecodeError, UnicodeDecodeError) as fault:
            found = str(fault).removesuffix(": line 1 column 1 (char 0)")
            return DataError(f"{where}, line {number}", f"it is no JSON: {found}", "an object", "mend the line")
        if not isinstance(value, dict):
            found = f"a value of type {type(value).__name__}"
            return DataError(f"{where}, line {number}", found, "an object, with a key for each column", "mend the line")
        for key, one in value.items():
            kind = kinds.setdefault(key, _KINDS[type(one)]) if one is not None else ""
            if kind and kind != _KINDS[type(one)]:
                return DataError(
                    f"{where}, line {number}",
                    f"{key!r} is {_KINDS[type(one)]}, and {kind} in lines before",
                    "one type for each key",
                    "mend the line",
                )
    return damaged(where, "JSON lines file", error)
