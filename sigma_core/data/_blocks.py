"""Blocks: a long run of records, some of them at a time."""

from collections.abc import Iterable, Iterator

import numpy as np

from sigma_core.data._sections import Array, Sections, records_of
from sigma_core.errors import DataError


def sliced(sections: Sections, records: int | None = None) -> Iterator[Sections]:
    """Sections that are there already, as blocks of at most `records` records; views, not copies."""
    total = records_of(sections) if sections else 0
    if records is None or records >= total:
        yield sections
        return
    for start in range(0, total, records):
        yield {name: array[start : start + records] for name, array in sections.items()}


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
