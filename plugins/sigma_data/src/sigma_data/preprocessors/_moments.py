"""Mean and deviation of records that come in blocks."""

from typing import Any, Self

import numpy as np

from sigma_core.extend import Array, FittedState


class Moments:
    """Sums up blocks of records, of each feature or of all values together; with a half-life, the newest weigh most.

    Records weigh half as much as those that came `half_life` records later.
    """

    def __init__(self, per_feature: bool, half_life: float | None = None) -> None:
        self._axis = 0 if per_feature else None
        self._half_life = half_life
        self._weight: Any = 0.0
        self._mean: Any = 0.0
        self._squares: Any = 0.0
        self._least: Any = np.inf
        self._greatest: Any = -np.inf

    def add(self, block: Array) -> None:
        """Take a block of shape (records, ...) in.

        Chan, Golub & LeVeque (1983), with weights: the sums of squared deviations of two groups make that of both.
        """
        values = block if self._axis == 0 else block.reshape(len(block), -1)
        if self._half_life is None:
            weight = float(len(block) if self._axis == 0 else block.size)
            mean = values.mean(axis=self._axis, dtype=np.float64)
            squares = values.var(axis=self._axis, dtype=np.float64) * weight
            kept = 1.0
        else:
            weights = 0.5 ** (np.arange(len(block))[::-1] / self._half_life)
            weights = np.broadcast_to(weights.reshape(-1, *[1] * (values.ndim - 1)), values.shape)
            weight = weights.sum(axis=self._axis)
            mean = (weights * values).sum(axis=self._axis) / weight
            squares = (weights * (values - mean) ** 2).sum(axis=self._axis)
            kept = 0.5 ** (len(block) / self._half_life)
        before, shift = self._weight * kept, mean - self._mean
        total = before + weight
        self._mean = self._mean + shift * (weight / total)
        self._squares = self._squares * kept + squares + shift**2 * (before * weight / total)
        self._weight = total
        self._least = np.minimum(self._least, values.min(axis=self._axis))
        self._greatest = np.maximum(self._greatest, values.max(axis=self._axis))

    @property
    def mean(self) -> Any:
        """Of the shape of one record, or a number."""
        return self._plain(self._mean)

    @property
    def deviation(self) -> Any:
        """That of the population; 1 for what never varies."""
        # Of a constant feature, rounding may leave a deviation; it is no more than that of the mean's last digits.
        spread = np.sqrt(self._squares / self._weight)
        return self._plain(np.where(self._least == self._greatest, 1.0, spread))

    def state(self) -> FittedState:
        """All that is needed to go on."""
        return {
            "weight": self._weight,
            "sum_mean": self._mean,
            "squares": self._squares,
            "least": self._least,
            "greatest": self._greatest,
        }

    def restore(self, state: FittedState) -> Self:
        """Go on from a state."""
        self._weight, self._mean, self._squares = state["weight"], state["sum_mean"], state["squares"]
        self._least, self._greatest = state["least"], state["greatest"]
        return self

    def _plain(self, value: Any) -> Any:
        return np.asarray(value) if self._axis == 0 else float(value)
