"""Blocks: a long run of records, some of them at a time."""

from collections.abc import Iterable, Iterator

import numpy as np

from sigma_core.data._sections import Array, Sections, records_of
from sigma_core.errors import DataError

# Of whatever is computed, a block stays in the processor's caches; the numbers do not depend on how data was read.
_BYTES = 1 << 22
# What texts and objects count for: their width differs from block to block.
_TEXT = 64


def sliced(sections: Sections, records: int | None = None) -> Iterator[Sections]:
    """Sections that are there already, as blocks of at most `records` records; views, not copies."""
    total = records_of(sections) if sections else 0
    if records is None or records >= total:
        yield sections
        return
    for start in range(0, total, records):
        yield {name: array[start : start + records] for name, array in sections.items()}


def first_of(blocks: Iterable[Sections], records: int) -> Iterator[Sections]:
    """Blocks up to a number of records, of which there are so many at least."""
    for block in blocks:
        yield {name: array[:records] for name, array in block.items()}
        records -= records_of(block)
        if records <= 0:
            return


def joined(blocks: Iterable[Array]) -> Array:
    """Blocks of one section as one array, of shape (records, ...); a single one as it is, not copied.

    Raises `DataError` for records that differ in shape, and where there is no block.
    """
    arrays = list(blocks)
    if not arrays:
        raise DataError("blocks", "there are none", "at least one block of records")
    if len(arrays) == 1:
        return arrays[0]
    shapes = {array.shape[1:]: None for array in arrays}
    if len(shapes) > 1:
        raise DataError(
            "blocks",
            f"their records differ in shape: {', '.join(str(shape) for shape in shapes)}",
            "records of one shape",
            "bring them to one shape in the extractor, as images are resized and sequences padded",
        )
    return np.concatenate(arrays)


def joined_sections(blocks: Iterable[Sections]) -> Sections:
    """Blocks of all sections as one, in memory; raises `DataError` as `joined`, and for blocks of other sections."""
    parts = list(blocks)
    if len(parts) == 1:
        return parts[0]
    for part in parts:
        if list(part) != list(parts[0]):
            found = f"one has the sections {', '.join(parts[0])}, another {', '.join(part)}"
            raise DataError("blocks", found, "the same sections in each block")
    names = parts[0] if parts else ()
    return {name: joined(part[name] for part in parts) for name in names}


def usual_records(sections: Sections) -> int:
    """How many records a block usually has: a function of the shapes and dtypes of a record alone."""
    record = sum(
        (_TEXT if array.dtype.kind in "OSU" else array.dtype.itemsize) * int(np.prod(array.shape[1:], dtype=np.int64))
        for array in sections.values()
    )
    return max(1, _BYTES // max(record, 1))


class Regular:
    """Takes blocks of any size and gives those of the usual one."""

    def __init__(self) -> None:
        self._waiting: list[Sections] = []
        self._count = self._size = 0

    def add(self, block: Sections) -> Iterator[Sections]:
        """The blocks that are whole by now."""
        self._size = self._size or usual_records(block)
        start, records = 0, records_of(block)
        while self._count + records - start >= self._size:
            stop = start + self._size - self._count
            yield joined_sections([*self._waiting, _cut(block, start, stop)])
            self._waiting, self._count, start = [], 0, stop
        if start < records:
            self._waiting.append(_cut(block, start, records))
            self._count += records - start

    def rest(self) -> Iterator[Sections]:
        """What is left, a smaller block."""
        if self._waiting:
            yield joined_sections(self._waiting)


def regular(blocks: Iterable[Sections]) -> Iterator[Sections]:
    """The same records in blocks of the usual size, whatever the size of those given; the last one may be smaller."""
    made = Regular()
    for block in blocks:
        yield from made.add(block)
    yield from made.rest()


def _cut(sections: Sections, start: int, stop: int) -> Sections:
    return {name: array[start:stop] for name, array in sections.items()}
