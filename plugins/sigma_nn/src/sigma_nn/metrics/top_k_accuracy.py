"""Top-k accuracy: whether the right class is among the most probable ones."""

from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Metric, Value
from sigma_nn._settings import integer
from sigma_nn.costs._targets import is_class
from sigma_nn.metrics._answers import check_probabilities, right_classes
from sigma_nn.metrics._mean import mean, summed


@frozen
class TopKAccuracy(Metric):
    """The share of answers whose right class is among the `k` most probable ones, of those that count.

    Predictions are (batch, ..., classes); targets are integer classes (batch, ...) or one-hot rows (batch, ...,
    classes). Of classes that are equally probable the later goes first; a right one of probability NaN is behind all.
    Raises ShapeError for targets of another shape, and for predictions of less than two classes.
    """

    k: int = integer(default=5, at_least=1)

    def measure(self, predictions: Value, targets: Value, mask: Value | None = None) -> Mapping[str, Value]:
        """How many are right, of how many."""
        check_probabilities("TopKAccuracy", predictions)
        classes = predictions.shape[-1]
        right = right_classes("TopKAccuracy", predictions, targets)[..., None]
        # Counted rather than sorted, which would cost more.
        of_right = np.sum(np.where(is_class(right[..., 0], classes), predictions, 0.0), axis=-1, keepdims=True)
        is_no_better = (predictions < of_right) | ((predictions == of_right) & (np.arange(classes) <= right))
        # The others are counted, NaN among them, so that a network that has diverged is not right throughout.
        return summed((np.sum(~is_no_better, axis=-1) < self.k).astype(np.int64), mask)

    def result(self, totals: Mapping[str, NDArray[np.float64]]) -> float:
        """The share of the right ones."""
        return mean(totals)
