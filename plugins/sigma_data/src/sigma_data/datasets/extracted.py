"""Records of any kind of file: an extractor's sections as a dataset."""

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
