"""Arrow files and streams (IPC), which Feather files are, too."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from sigma_core.extend import Source
from sigma_data.extractors._arrow import arrow
from sigma_data.extractors._tabular import Table, Tabular, damaged, faults, sound
from sigma_data.sources import sought

_FILE = b"ARROW1"


@frozen
class Arrow(Tabular):
    """Sections out of the columns of Arrow files or streams, as `Parquet` has them of those."""

    @contextmanager
    def _read(self, part: Source, environment: Any) -> Iterator[Table]:
        where = part.describe()
        ipc = arrow("pyarrow.ipc", where)
        with sought(part.open(environment), where, environment) as stream:
            is_file = stream.read(len(_FILE)) == _FILE
            stream.seek(0)
            try:
                table = _File(ipc.open_file(stream) if is_file else ipc.open_stream(stream), where, is_file=is_file)
            except faults(where) as error:
                raise damaged(where, "Arrow file or stream", error) from error
            yield table


class _File(Table):
    def __init__(self, reader: Any, where: str, *, is_file: bool) -> None:
        self._reader = reader
        self._where = where
        self._is_file = is_file
        self.names = reader.schema.names
        self.width = len(self.names)

    def batches(self, columns: Sequence[int], texts: Sequence[int]) -> Iterator[Any]:
        reader = self._reader
        try:
            found = map(reader.get_batch, range(reader.num_record_batches)) if self._is_file else reader
            for batch in found:
                yield sound(batch.select(list(columns)))
        except faults(self._where) as error:
            raise damaged(self._where, "Arrow file or stream", error) from error

    def place(self, row: int) -> str:
        return f"row {row}"
