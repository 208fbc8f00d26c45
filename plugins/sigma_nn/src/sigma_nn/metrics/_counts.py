"""What precision, recall and F1 share: how often each class was guessed, is right, and both."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Metric, Value
from sigma_nn._settings import choice, number
from sigma_nn.costs._reduction import counting
from sigma_nn.metrics._answers import memberships

Numbers: TypeAlias = NDArray[np.float64]


@frozen
class ClassMetric(Metric):
    """A share of each class, of which one number is made by `average`."""

    average: Literal["macro", "micro", "weighted"] = choice("macro", "micro", "weighted", default="macro")
    threshold: float | None = number(default=None)

    @abstractmethod
    def share(self, right: Numbers, guessed: Numbers, actual: Numbers) -> Numbers:
        """The score of each class, (classes,), by how often it was guessed where it is, was guessed, and is there."""

    def measure(self, predictions: Value, targets: Value, mask: Value | None = None) -> Mapping[str, Value]:
        """Counts of each class, (classes,): how often it is `right` where it was `guessed`, and is `actual`."""
        guessed, actual = memberships(type(self).__name__, predictions, targets, self.threshold)
        if mask is not None:
            counts = counting(mask, predictions if predictions.ndim > 1 else predictions[:, None])
            guessed, actual = guessed & counts, actual & counts
        axes = tuple(range(guessed.ndim - 1))
        named = {"right": guessed & actual, "guessed": guessed, "actual": actual}
        return {name: np.sum(is_so, axis=axes) for name, is_so in named.items()}

    def result(self, totals: Mapping[str, Numbers]) -> float:
        """The share of all counts together, or the mean over the classes, weighted or not.

        A class that neither was guessed nor is right anywhere has no part in a mean, unless each is a question of its
        own. What would be 0 / 0 is 0.
        """
        right, guessed, actual = (totals[name] for name in ("right", "guessed", "actual"))
        if self.average == "micro":
            right, guessed, actual = (each.sum(keepdims=True) for each in (right, guessed, actual))
        elif self.threshold is None:
            occurs = guessed + actual > 0
            right, guessed, actual = right[occurs], guessed[occurs], actual[occurs]
        weights = actual if self.average == "weighted" else np.ones_like(actual)
        return float(ratio((self.share(right, guessed, actual) * weights).sum(), weights.sum()))


def ratio(part: Numbers, whole: Numbers) -> Numbers:
    """A share; 0 of nothing is 0."""
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=np.asarray(whole) > 0)
