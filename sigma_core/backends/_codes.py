"""Floats that are whole numbers of one byte by a scale, such as pixels, and are kept as these numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

Reader = Callable[[NDArray[np.intp]], Any]
"""Gives floats of records, of shape (records, ...), by their numbers, of shape (records,)."""


@frozen(eq=False)
class Codes:
    """How floats come of codes, by a factor or by a divisor, to the last bit; and the codes themselves."""

    array: NDArray[np.uint8]
    """Of shape (records, ...)."""
    scale: Any
    """A number of the floats' dtype."""
    is_divisor: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the floats."""
        return np.dtype(type(self.scale))

    def floats(self, rows: Any) -> NDArray[Any]:
        """The floats of some records, in memory of their own, of shape (records, ...)."""
        return self.scaled(self.array[rows].astype(self.dtype))

    def scaled(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """Codes that have become floats, scaled in place."""
        (np.divide if self.is_divisor else np.multiply)(numbers, self.scale, out=numbers)
        return numbers
