"""Recall: the share of what is there that was found."""

from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Metric, Value
from sigma_nn._settings import choice, number
from sigma_nn.metrics._counts import AVERAGES, Counts, averaged, counted, ratio


@frozen
class Recall(Metric):
    """The share of the occurrences of a class that were guessed.

    Predictions are (batch, ..., classes), of which the most probable is the guess; targets are integer classes (batch,
    ...) or one-hot rows. Of several classes it is the `average`: "macro", the mean over the classes that occur among
    guesses or targets; "weighted", the same weighted by how often they are right; "micro", of all answers together.
    For predictions of one number, (batch, ..., 1) or (batch,), it is that of a yes, which is a number above 0.5. With
    a `threshold`, each number of a row answers a question of its own, a yes above it, and all questions are averaged.
    Raises ShapeError for targets of another shape.
    """

    average: str = choice(*AVERAGES, default="macro")
    threshold: float | None = number(default=None)

    def measure(self, predictions: Value, targets: Value, mask: Value | None = None) -> Mapping[str, Value]:
        """Counts of each class, (classes,)."""
        return counted("Recall", predictions, targets, mask, self.threshold)

    def result(self, totals: Mapping[str, NDArray[np.float64]]) -> float:
        """Right guesses by occurrences."""
        return averaged(totals, _share, self.average, every=self.threshold is not None)


def _share(each: Counts) -> NDArray[np.float64]:
    return ratio(each["right"], each["actual"])
