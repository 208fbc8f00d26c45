"""Give values the mean 0 and the standard deviation 1."""

from collections.abc import Iterable

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

    def fit(self, blocks: Iterable[Array]) -> FittedState:
        """`mean` and `deviation`: arrays of the shape of one record, or numbers."""
        axis = 0 if self.per_feature else None
        count, mean, squares, low, high = 0, 0.0, 0.0, np.inf, -np.inf
        for block in blocks:
            # Chan, Golub & LeVeque (1983): the sums of squared deviations of two groups make that of both.
            size = len(block) if self.per_feature else block.size
            block_mean = block.mean(axis=axis, dtype=np.float64)
            block_squares = block.var(axis=axis, dtype=np.float64) * size
            shift, total = block_mean - mean, count + size
            mean = mean + shift * (size / total)
            squares = squares + block_squares + shift**2 * (count * size / total)
            low, high = np.minimum(low, block.min(axis=axis)), np.maximum(high, block.max(axis=axis))
            count = total
        # Of a constant feature, rounding may leave a deviation; it is no more than that of the mean's last digits.
        deviation = np.where(low == high, 1.0, np.sqrt(squares / count))
        if self.per_feature:
            return {"mean": mean, "deviation": deviation}
        return {"mean": float(mean), "deviation": float(deviation)}

    def apply(self, array: Array, state: FittedState) -> Array:
        """Floats of the same shape, (records, ...)."""
        dtype = floating(array.dtype)
        return ((array - state["mean"]) / state["deviation"]).astype(dtype, copy=False)
