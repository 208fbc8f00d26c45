"""Mean squared error: how far off predictions are."""

from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Metric, Value
from sigma_nn.costs._targets import like_predictions
from sigma_nn.metrics._mean import mean, summed


@frozen
class MeanSquaredError(Metric):
    """The squared difference of prediction and target, averaged over all numbers that count.

    Predictions and targets are (batch, ...) of the same shape. Raises ShapeError where they are not.
    """

    def measure(self, predictions: Value, targets: Value, mask: Value | None = None) -> Mapping[str, Value]:
        """The sum of the squares, and how many there are."""
        difference = predictions - like_predictions("MeanSquaredError", predictions, targets)
        return summed(difference * difference, mask)

    def result(self, totals: Mapping[str, NDArray[np.float64]]) -> float:
        """The mean square."""
        return mean(totals)
