"""The contract of a store."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from sigma_core.extend import Sections

Rows = slice | np.ndarray


class Store(ABC):
    """Keeps records in the order in which they come; any thread may use it."""

    is_closed: bool = False
    """Whether it is to take no more."""

    def __deepcopy__(self, memo: Any) -> Self:
        """Itself: copies of a dataset share what it keeps."""
        return self

    @abstractmethod
    def append(self, blocks: Iterable[Sections], where: str, *, is_base: bool = False) -> int:
        """Add blocks of records, all of them or none; how many there are then.

        What a store begins with (`is_base`) is added once, however many want it. Raises `DataError` for records of
        another form than those that there are, StorageError when the disk refuses.
        """

    @property
    @abstractmethod
    def count(self) -> int:
        """How many records there are."""

    @property
    @abstractmethod
    def has_base(self) -> bool:
        """Whether what it begins with has been added."""

    @abstractmethod
    def take(self, rows: Rows) -> Sections:
        """Some of the records, copied; there has to be one at least."""

    @abstractmethod
    def fingerprint(self) -> str | None:
        """What tells it from any other store; None for one that goes with its process."""
