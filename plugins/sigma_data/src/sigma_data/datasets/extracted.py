"""Records of any kind of file: an extractor's sections as a dataset."""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from sigma_core.extend import Dataset, Extractor, Sections, component


@frozen
class Extracted(Dataset):
    """The sections of an extractor: `Extracted(CSV("iris.csv", {"inputs": "0-3", "targets": "4"}))`."""

    extractor: Extractor = component("extractors")

    def load(self, environment: Any) -> Sections:
        """All records that the extractor reads."""
        return self.extractor.extract(environment)

    def blocks(self, environment: Any, records: int | None = None) -> Iterator[Sections]:
        """The same, as the extractor reads them: no more than a block in memory."""
        return self.extractor.blocks(environment, records)
