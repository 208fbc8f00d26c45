"""Records of another extractor, less those that a filter leaves out."""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from sigma_core.extend import DataError, Extractor, RecordsPreprocessor, Sections, component, records_of, sliced


@frozen
class Filtered(Extractor):
    """What passes a filter, before any split: `Filtered(CSV("a.csv"), by=Filter(most=9))`.

    As a preprocessor, a filter leaves out training records alone. Raises `DataError` where nothing passes.
    """

    extractor: Extractor = component("extractors")
    by: RecordsPreprocessor = component("preprocessors", "filter")

    def blocks(self, environment: Any = None, records: int | None = None) -> Iterator[Sections]:
        """The sections of the other extractor."""
        seen = 0
        is_empty = True
        for block in self.extractor.blocks(environment, records):
            seen += records_of(block)
            kept = self.by.apply(block, {})
            if records_of(kept):
                is_empty = False
                yield from sliced(kept, records)
        if is_empty:
            raise DataError(
                "extractor filtered", f"none of {seen} records passes", "at least one", "filter less, or other records"
            )
