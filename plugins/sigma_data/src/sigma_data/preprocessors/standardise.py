"""Give values the mean 0 and the standard deviation 1."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, FittedState, Preprocessor
from sigma_data.preprocessors._floating import floating


@frozen
class Standardise(Preprocessor):
    """Subtract the mean of the training records and divide by their standard deviation (that of the population).

    Features that never vary become 0.
    """

    per_feature: bool = True
    """Whether each feature has a mean and a deviation of its own."""

    def fit(self, array: Array) -> FittedState:
        """`mean` and `deviation`: arrays of the shape of one record, or numbers."""
        axis = 0 if self.per_feature else None
        mean = array.mean(axis=axis, dtype=np.float64)
        deviation = array.std(axis=axis, dtype=np.float64)
        # Of a constant feature, rounding may leave a deviation; it is no more than that of the mean's last digits.
        constant = array.max(axis=axis) == array.min(axis=axis)
        deviation = np.where(constant, 1.0, deviation)
        return (
            {"mean": mean, "deviation": deviation}
            if self.per_feature
            else {
                "mean": float(mean),
                "deviation": float(deviation),
            }
        )

    def apply(self, array: Array, state: FittedState) -> Array:
        """Floats of the same shape, (records, ...)."""
        dtype = floating(array.dtype)
        return ((array - state["mean"]) / state["deviation"]).astype(dtype, copy=False)
