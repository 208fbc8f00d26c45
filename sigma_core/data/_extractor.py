"""The contract of an extractor: what turns bytes into sections."""

from abc import ABC, abstractmethod
from typing import Any

from attrs import frozen

from sigma_core.data._sections import Sections


@frozen
class Extractor(ABC):
    """Reads sections of arrays, mostly out of a source; a component of kind `extractors`.

    One that reads a source has a field `source`, made by `component("sources")`.
    """

    @abstractmethod
    def extract(self, environment: Any = None) -> Sections:
        """All records, as arrays of shape (records, ...); `environment` is handed on to the source.

        Raises `DataError` that names the source and the line or record when its bytes are damaged.
        """
