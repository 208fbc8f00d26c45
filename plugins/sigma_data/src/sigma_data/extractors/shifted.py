"""Shifted sequences: windows of a sequence, and the same windows a step later."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, DataError, Extractor, Sections, check_known, component, fields


@frozen
class Shifted(Extractor):
    """Windows of the records of another extractor, for models that foretell what comes next: `Shifted(Text("a.txt"))`.

    `inputs` are `length` records in a row, (records, length, ...), `targets` the same number, `offset` records later.
    Records at the end that make no whole window are left out. Raises `DataError` where there is not one window.
    """

    extractor: Extractor = component("extractors")
    length: int = fields.integer(default=64, at_least=1)
    stride: int | None = fields.integer(default=None, at_least=1)
    """How many records the next window begins behind the one before; without it, windows do not overlap."""
    offset: int = fields.integer(default=1, at_least=1)
    section: str = "inputs"
    """The section whose sequence it is."""

    def blocks(self, environment: Any = None, records: int | None = None) -> Iterator[Sections]:
        """`inputs` and `targets`, of shape (records, length, ...)."""
        stride, needed = self.stride or self.length, self.length + self.offset
        rest: Array | None = None
        skipped = 0
        is_empty = True
        for block in self.extractor.blocks(environment, records and records * stride):
            check_known([self.section], block, "extractor shifted")
            # Records between windows that are further apart than they are long.
            array = block[self.section][skipped:]
            skipped = max(skipped - len(block[self.section]), 0)
            rest = array if rest is None else np.concatenate([rest, array])
            count = (len(rest) - needed) // stride + 1 if len(rest) >= needed else 0
            for start in range(0, count, records or count or 1):
                is_empty = False
                yield self._windows(rest[start * stride :], min(records or count, count - start), stride)
            taken = count * stride
            skipped += max(taken - len(rest), 0)
            rest = rest[taken:]
        if is_empty:
            found = 0 if rest is None else len(rest)
            raise DataError(
                "extractor shifted",
                f"there are {found} records in a row",
                f"at least the {needed} of one window of {self.length} and its targets",
                "give a longer sequence, or shorter windows",
            )

    def _windows(self, array: Array, count: int, stride: int) -> Sections:
        def cut(start: int) -> Array:
            last = start + (count - 1) * stride + self.length
            view = np.lib.stride_tricks.sliding_window_view(array[start:last], self.length, axis=0)[::stride]
            return np.ascontiguousarray(np.moveaxis(view, -1, 1))

        return {"inputs": cut(0), "targets": cut(self.offset)}
