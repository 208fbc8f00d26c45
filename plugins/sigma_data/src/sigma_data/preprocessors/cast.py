"""Change the dtype of values."""

from typing import Any

import numpy as np
from attrs import field, frozen

from sigma_core.extend import Array, FittedState, Preprocessor


def _known(_: Any, __: Any, value: str) -> None:
    try:
        is_known = np.dtype(value).kind in "biuf"
    except TypeError:
        is_known = False
    if not is_known:
        raise ValueError(f"{value!r} is no dtype of numbers, such as float32, int64 or bool")


@frozen
class Cast(Preprocessor):
    """The same values in another dtype; floats lose their fractions when they become whole numbers."""

    dtype: str = field(validator=_known)

    def apply(self, array: Array, state: FittedState) -> Array:
        """Values of the same shape, (records, ...)."""
        return array.astype(self.dtype)
