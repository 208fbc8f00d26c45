"""Bring values into a range."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from attrs import field, frozen

from sigma_core.extend import Array, FittedState, Preprocessor
from sigma_data.preprocessors._floating import floating


def _ascending(_: Any, __: Any, value: tuple[float, float] | None) -> None:
    if value is not None and not value[0] < value[1]:
        raise ValueError(f"{value[0]:g} to {value[1]:g} is no range: its first number has to be the smaller one")


@frozen
class Normalise(Preprocessor):
    """Map the range of the training records linearly to another: x -> low + (x - min) (high - low) / (max - min).

    Values outside of the range that was seen fall outside of the new one, in proportion. Where all values are the
    same, they become the low end.
    """

    to: tuple[float, float] = field(default=(0.0, 1.0), validator=_ascending)
    """The low and high end of the new range."""
    known: tuple[float, float] | None = field(default=None, validator=_ascending)
    """The range that values are known to have, such as 0 to 255; without it, it is that of the training records."""
    per_feature: bool = False
    """Whether each feature has a range of its own."""

    def fit(self, blocks: Iterable[Array]) -> FittedState:
        """`minimum` and `maximum`: numbers, or arrays of the shape of one record."""
        if self.known is not None:
            return {"minimum": float(self.known[0]), "maximum": float(self.known[1])}
        axis = 0 if self.per_feature else None
        ranges = [(block.min(axis=axis), block.max(axis=axis)) for block in blocks]
        lows, highs = zip(*ranges, strict=True)
        minimum, maximum = np.min(lows, axis=0), np.max(highs, axis=0)
        if self.per_feature:
            return {"minimum": minimum, "maximum": maximum}
        return {"minimum": float(minimum), "maximum": float(maximum)}

    def apply(self, array: Array, state: FittedState) -> Array:
        """Floats of the same shape, (records, ...)."""
        dtype = floating(array.dtype)
        low, high = self.to
        minimum = np.asarray(state["minimum"], np.float64)
        extent = np.asarray(state["maximum"], np.float64) - minimum
        extent = np.where(extent > 0, extent, np.inf).astype(dtype)
        # Divided first, so that no extent is too small, and the low end added last: both ends are met exactly.
        part = (array - minimum.astype(dtype)) / extent
        return (part * dtype.type(high - low) + dtype.type(low)).astype(dtype, copy=False)
