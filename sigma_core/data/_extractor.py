"""The contract of an extractor: what turns bytes into sections."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from sigma_core.data._blocks import joined_sections
from sigma_core.data._sections import Sections


@frozen
class Extractor(ABC):
    """Reads sections of arrays, block by block; a component of kind `extractors`.

    One that reads a source has a field `source`, made by `component("sources")`, and reads each of its `parts`. One
    that makes records out of those of another has a field `extractor`, made by `component("extractors")`.
    """

    @abstractmethod
    def blocks(self, environment: Any = None, records: int | None = None) -> Iterator[Sections]:
        """The records in order, as sections of at most `records` records each; as many as is natural without it.

        Arrays have the shape (records, ...); all blocks have the same sections, shapes of a record and dtypes, whatever
        `records` is, but for the lengths of texts. No more than a block is held in memory. `environment` is handed on
        to the source. Raises `DataError` that names the source (the part) and the line or record when its bytes are
        damaged.
        """

    def extract(self, environment: Any = None) -> Sections:
        """All records, in memory; raises as `blocks` does."""
        return joined_sections(self.blocks(environment))
