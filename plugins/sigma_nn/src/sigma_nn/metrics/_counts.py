"""How often each class was guessed, was right, and both: what precision, recall and F1 are made of."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from sigma_core.extend import Value
from sigma_nn.costs._reduction import counting
from sigma_nn.metrics._answers import memberships

AVERAGES = ("macro", "micro", "weighted")
Counts = Mapping[str, NDArray[np.float64]]


def counted(
    metric: str, predictions: Value, targets: Value, mask: Value | None, threshold: float | None
) -> Mapping[str, Value]:
    """How often each class was `guessed`, is `actual`, and was guessed where it is (`right`): (classes,) each."""
    guessed, actual = memberships(metric, predictions, targets, threshold)
    if mask is not None:
        counts = counting(mask, predictions if predictions.ndim > 1 else predictions[:, None])
        guessed, actual = guessed & counts, actual & counts
    axes = tuple(range(guessed.ndim - 1))
    named = {"guessed": guessed, "actual": actual, "right": guessed & actual}
    return {name: np.sum(is_so, axis=axes) for name, is_so in named.items()}


def averaged(totals: Counts, share: Callable[[Counts], NDArray[np.float64]], average: str, *, every: bool) -> float:
    """One number of the classes: of all counts together, or the mean over the classes, weighted or not.

    `share` makes scores of counts by name, (classes,) each. A class that neither was guessed nor is right anywhere has
    no part in a mean, unless `every` one has. What would be 0 / 0 is 0.
    """
    counts = {name: totals[name] for name in ("right", "guessed", "actual")}
    if average == "micro":
        counts = {name: each.sum(keepdims=True) for name, each in counts.items()}
    elif not every:
        occurs = counts["guessed"] + counts["actual"] > 0
        counts = {name: each[occurs] for name, each in counts.items()}
    weights = counts["actual"] if average == "weighted" else np.ones_like(counts["actual"])
    return float(ratio((share(counts) * weights).sum(), weights.sum()))


def ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """A share; 0 of nothing is 0."""
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=np.asarray(whole) > 0)
