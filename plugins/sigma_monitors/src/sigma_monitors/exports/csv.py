"""CSV: a row for each iteration, a column for each series, as tables are read by pandas and spreadsheets."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from attrs import define, field

from sigma_core.extend import Event, RunInfo
from sigma_monitors.exports._export import LinesExport
from sigma_monitors.exports._identified import numbers_of
from sigma_monitors.exports._lines import Lines
from sigma_monitors.exports._places import place_of, strange
from sigma_monitors.exports._stored import VALUES

_PLACE = ("iteration", "epoch")

_Row = tuple[tuple[int, int], dict[str, float]]
"""The place and the values."""


@define(eq=False)
class CSV(LinesExport):
    """Write `series.csv` into the run's directory, or `path`: a row for each iteration, a column for each series.

    Columns are `iteration`, `epoch` and the identifiers of all that is a single number. Where a series has no value
    the cell is empty. A run that goes on is written on, from the iteration at which it does; a new run begins the file
    anew. `{run}` in the path stands for the name of the run. Of iterations one in `every` has a row.
    """

    _columns: dict[str, int] = field(factory=dict, init=False, repr=False)
    # What waits to be written: the place of a row and its values. The last one may still grow.
    _rows: list[_Row] = field(factory=list, init=False, repr=False)

    def open(self, run: RunInfo) -> None:
        """Take the file; what is in it stays until the run says where it begins."""
        self._rows = []
        self._lines = Lines(place_of("csv", self.path, run, "series.csv"))
        header = self._lines.first()
        self._columns = {name: column for column, name in enumerate(_names(header) if header else _PLACE)}
        if tuple(self._columns)[: len(_PLACE)] != _PLACE:
            raise strange(self._lines.path, f"it begins with {(header or b'')[:60]!r}")

    def begin(self, iteration: int, *, is_new: bool) -> int:
        """Keep the rows up to there; of a file that is begun anew not even the columns."""
        self.finish()
        if is_new:
            self._columns = {name: column for column, name in enumerate(_PLACE)}
            self.lines.change(lambda _: ())
            return iteration
        # A checkpoint of the end of an epoch comes before its validation, whose values are told again then.
        last: list[bytes] = []
        rows = _Kept(iteration, last)
        try:
            self.lines.change(rows.lines)
            self._rows.extend(self._read(last))
        except ValueError as error:
            raise strange(self.lines.path, f"it has a row without an iteration: {error}") from error
        return rows.newest

    def take(self, event: Event) -> None:
        """Fill cells of a row: values of one iteration come one after the other."""
        if not isinstance(event, VALUES):
            return
        numbers = numbers_of(event)
        if numbers and self._rows and self._rows[-1][0][0] == event.iteration:
            self._rows[-1][1].update(numbers)
        elif numbers:
            self._rows.append(((event.iteration, event.epoch), numbers))

    def flush(self) -> None:
        """Write all rows but the last one, which may still grow."""
        if len(self._rows) > 1:
            self._write(self._rows[:-1])
            del self._rows[:-1]

    def finish(self) -> None:
        """Write all rows."""
        rows, self._rows = self._rows, []
        if rows:
            self._write(rows)

    def _read(self, lines: Iterable[bytes]) -> Iterator[_Row]:
        """Rows of one iteration as one row that may still grow."""
        found: dict[str, str] = {}
        for line in lines:
            cells = zip(self._columns, line.decode("ascii").rstrip("\n").split(","), strict=False)
            found |= {name: cell for name, cell in cells if cell}
        if found:
            iteration, epoch = (int(found.pop(name)) for name in _PLACE)
            yield (iteration, epoch), {name: float(cell) for name, cell in found.items()}

    def _write(self, rows: list[_Row]) -> None:
        known = len(self._columns)
        for _, values in rows:
            for name in values:
                self._columns.setdefault(name, len(self._columns))
        lines = self.lines
        if len(self._columns) > known:
            header = _header(self._columns)
            if lines.first() is None:
                lines.append(header)
            else:
                lines.change(lambda old: _widened(header, len(self._columns) - known, old))
        width = len(self._columns) - len(_PLACE)
        text = []
        for (iteration, epoch), values in rows:
            cells = [""] * width
            for name, value in values.items():
                cells[self._columns[name] - len(_PLACE)] = repr(value)
            text.append(f"{iteration},{epoch},{','.join(cells)}\n")
        lines.append("".join(text).encode("ascii"))


def _names(header: bytes) -> list[str]:
    return next(csv.reader([header.decode("utf-8", "replace")]), [])


def _header(names: Iterable[str]) -> bytes:
    text = StringIO()
    # A name may hold anything but a line break, of which every line has one, at its end.
    csv.writer(text, lineterminator="\n").writerow(" ".join(name.splitlines()) for name in names)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _widened(header: bytes, columns: int, lines: Iterable[bytes]) -> Iterator[bytes]:
    """A file with more columns: all but the first line are numbers and commas."""
    rest = iter(lines)
    next(rest, None)
    yield header
    end = b"," * columns + b"\n"
    for line in rest:
        yield line[:-1] + end


@define
class _Kept:
    """The rows before an iteration; those of it are put aside. `newest` is the newest that there was up to it."""

    iteration: int
    aside: list[bytes]
    newest: int = 0

    def lines(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        rest = iter(lines)
        yield from (header for header in [next(rest, None)] if header is not None)
        for line in rest:
            found = int(line.split(b",", 1)[0])
            if found <= self.iteration:
                self.newest = max(self.newest, found)
            if found < self.iteration:
                yield line
            elif found == self.iteration:
                self.aside.append(line)
