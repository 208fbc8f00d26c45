"""Parts of whole runs of records."""

from collections.abc import Mapping

import numpy as np
from attrs import field, frozen

from sigma_core.data.splits._allocation import group_by_group
from sigma_core.data.splits._split import Records, Rows, Split, bounds_of, checked, in_words
from sigma_core.data.splits.fractions import parts_of
from sigma_core.registry import fields


@frozen
class Blocks(Split):
    """Whole runs of so many records, where neighbours are alike.

    `{ use = "blocks", parts = [0.8, 0.2], records = 100 }`. The last run may be shorter. Parts are as near to their
    fractions or counts as whole runs allow, and each has at least one. Raises `DataError` where there are fewer runs
    than parts.
    """

    parts: tuple[float | int, ...] = field(converter=parts_of)
    """For training, validation and test."""
    records: int = fields.integer(at_least=1)
    """How many records make a run."""

    def rows(self, records: Records) -> Mapping[str, Rows]:
        """Chance, by the seed, decides which runs."""
        bounds = bounds_of(self.parts, records.count, records.where)
        codes = np.arange(records.count) // self.records
        return checked(group_by_group(codes, int(codes[-1]) + 1, bounds, records), in_words(self.parts), records)
