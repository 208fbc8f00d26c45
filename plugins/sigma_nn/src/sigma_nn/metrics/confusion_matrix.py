"""Confusion matrix: which class is taken for which."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Metric, Value
from sigma_nn._settings import number
from sigma_nn.costs._reduction import counting
from sigma_nn.costs._targets import is_class
from sigma_nn.metrics._answers import answers, is_yes_or_no


@frozen
class ConfusionMatrix(Metric):
    """How often each class (row) was taken for each (column), among the answers that count: (classes, classes).

    Predictions are (batch, ..., classes), of which the most probable is the guess; targets are integer classes (batch,
    ...) or one-hot rows. Predictions of one number, (batch, ..., 1) or (batch,), answer no or yes, which are the
    classes 0 and 1; a yes lies above the `threshold`. Raises ShapeError for targets of another shape.
    """

    is_number: ClassVar[bool] = False

    threshold: float = number(default=0.5)

    def measure(self, predictions: Value, targets: Value, mask: Value | None = None) -> Mapping[str, Value]:
        """The matrix of a batch."""
        threshold = self.threshold if is_yes_or_no(predictions) else None
        guesses, right = answers("ConfusionMatrix", predictions, targets, threshold)
        classes = 2 if threshold is not None else predictions.shape[-1]
        guessed, actual = (is_class(each.reshape(-1).astype(np.int64), classes) for each in (guesses, right))
        if mask is not None:
            guessed = guessed & counting(mask, guesses).reshape(-1, 1)
        # A product of float32, exact up to 2**24 answers of a pair in a batch.
        matrix = actual.T.astype(np.float32) @ guessed.astype(np.float32)
        return {"matrix": matrix}

    def result(self, totals: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """The matrix of the pass."""
        return totals["matrix"]
