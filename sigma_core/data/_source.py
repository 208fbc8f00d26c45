"""The contract of a source: where bytes come from."""

from abc import ABC, abstractmethod
from typing import Any, BinaryIO

from attrs import frozen


@frozen
class Source(ABC):
    """Bytes that can be opened again and again: a file, memory, a download; a component of kind `sources`."""

    @abstractmethod
    def open(self, environment: Any = None) -> BinaryIO:
        """A new binary stream at the first byte; whoever opens it closes it.

        `environment` has `paths.cache` for what a source must keep and `log`; sources that need neither work without.
        Raises `DataError` when there is nothing to open.
        """

    @abstractmethod
    def describe(self) -> str:
        """The source in a few words, for messages: `file 'iris.csv'`."""
