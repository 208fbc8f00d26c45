"""Accuracy: the share of right answers."""

from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Metric, Value
from sigma_nn._settings import number
from sigma_nn.metrics._answers import answers
from sigma_nn.metrics._mean import mean, summed


@frozen
class Accuracy(Metric):
    """The share of answers that are right, among those that count.

    Predictions are (batch, ..., classes), of which the most probable is the answer; targets are integer classes
    (batch, ...) or one-hot rows (batch, ..., classes). Predictions of one number, (batch, ..., 1) or (batch,), answer
    yes above 0.5. With a `threshold`, each number of the predictions answers yes above it, and targets have their
    shape. Raises ShapeError for targets of another shape.
    """

    threshold: float | None = number(default=None)

    def measure(self, predictions: Value, targets: Value, mask: Value | None = None) -> Mapping[str, Value]:
        """How many are right, of how many."""
        guesses, right = answers("Accuracy", predictions, targets, self.threshold)
        return summed((guesses == right).astype(np.int64), mask)

    def result(self, totals: Mapping[str, NDArray[np.float64]]) -> float:
        """The share of the right ones."""
        return mean(totals)
