"""Give values the mean 0 and the standard deviation 1."""

from collections.abc import Iterable

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, FittedState, Preprocessor
from sigma_data.preprocessors._floating import floating
from sigma_data.preprocessors._moments import Moments


@frozen
class Standardise(Preprocessor):
    """Subtract the mean of the training records and divide by their standard deviation (that of the population).

    Features that never vary become 0.
    """

    per_feature: bool = True
    """Whether each feature has a mean and a deviation of its own."""

    def fit(self, blocks: Iterable[Array]) -> FittedState:
        """`mean` and `deviation`: arrays of the shape of one record, or numbers."""
        moments = Moments(self.per_feature)
        for block in blocks:
            moments.add(block)
        return {"mean": moments.mean, "deviation": moments.deviation}

    def apply(self, array: Array, state: FittedState) -> Array:
        """Floats of the same shape, (records, ...)."""
        dtype = floating(array.dtype)
        mean, deviation = np.asarray(state["mean"]), np.asarray(state["deviation"])
        return ((array - mean) / deviation).astype(dtype, copy=False)
