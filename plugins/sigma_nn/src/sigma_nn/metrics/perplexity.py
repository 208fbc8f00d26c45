"""Perplexity: between how many equally probable answers a model hesitates."""

from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Metric, Value
from sigma_nn.costs._targets import is_class
from sigma_nn.metrics._answers import check_probabilities, right_classes
from sigma_nn.metrics._mean import mean, summed


@frozen
class Perplexity(Metric):
    """The exponential of the mean of -log p over all answers that count, p being the probability of the right class.

    Predictions are probabilities (batch, ..., classes), as `SoftmaxCrossEntropy` predicts them; targets are integer
    classes (batch, ...) or one-hot rows (batch, ..., classes). A probability of 0 counts as the smallest number of
    its dtype. Raises ShapeError for targets of another shape, and for predictions of less than two classes.
    """

    def measure(self, predictions: Value, targets: Value, mask: Value | None = None) -> Mapping[str, Value]:
        """The sum of -log p in nats, and over how many answers."""
        check_probabilities("Perplexity", predictions)
        is_right = is_class(right_classes("Perplexity", predictions, targets), predictions.shape[-1])
        probabilities = np.sum(np.where(is_right, predictions, 0.0), axis=-1)
        return summed(-np.log(np.maximum(probabilities, np.finfo(predictions.dtype).tiny)), mask)

    def result(self, totals: Mapping[str, NDArray[np.float64]]) -> float:
        """The exponential of the mean."""
        return float(np.exp(mean(totals)))
