"""ROC AUC: how well scores tell a class from the others, whatever the threshold."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Metric, Value
from sigma_nn.costs._reduction import counting
from sigma_nn.metrics._answers import memberships


@frozen
class RocAuc(Metric):
    """The area under the receiver operating characteristic, of a class against the others.

    It is how probably an answer of the class has a higher score of it than one of another class, where equal scores
    count half (Hanley & McNeil 1982).

    Predictions of one number, (batch, ..., 1) or (batch,), are scores of a yes; targets of the same shape say yes
    above 0.5. Of predictions (batch, ..., classes), whose targets are integer classes (batch, ...) or one-hot rows,
    it is the mean over the classes, each against the rest; so it is for several questions. A class that all answers
    have, or none, has no part in it; where no other is left, or where a score is NaN, the area is NaN. Exact, so that
    all scores of a pass are kept in memory. Raises ShapeError for targets of another shape.
    """

    gathered: ClassVar[tuple[str, ...]] = ("scores", "answers", "counts")

    def measure(self, predictions: Value, targets: Value, mask: Value | None = None) -> Mapping[str, Value]:
        """Scores and right answers, (answers, classes) each, and which of them count."""
        is_answer = _answers(predictions, targets)
        scores = predictions.reshape(-1, is_answer.shape[-1])
        parts = {"scores": scores, "answers": is_answer.reshape(scores.shape)}
        if mask is not None:
            parts["counts"] = counting(mask, predictions).reshape(scores.shape)
        return parts

    def result(self, totals: Mapping[str, NDArray[np.float64]]) -> float:
        """The area, averaged over the classes."""
        scores, answers = totals["scores"], totals["answers"] > 0
        counts = totals["counts"] > 0 if "counts" in totals else np.ones_like(answers)
        areas = [_area(*(array[counts[:, c], c] for array in (scores, answers))) for c in range(scores.shape[1])]
        return float(np.mean(known)) if (known := [area for area in areas if area is not None]) else float("nan")


def _answers(predictions: Value, targets: Value) -> Value:
    """Whether each score is one of the right class, or of a yes: (batch, ..., classes)."""
    if targets.shape == predictions.shape:
        is_yes = targets > 0.5 if targets.dtype != bool else targets
        return is_yes if predictions.ndim > 1 else is_yes[:, None]
    return memberships("RocAuc", predictions, targets)[1]


def _area(scores: NDArray[np.float64], is_right: NDArray[np.bool_]) -> float | None:
    """By the ranks of the right ones among all, equal scores sharing the mean of theirs."""
    right, wrong = int(is_right.sum()), int((~is_right).sum())
    if not right or not wrong:
        return None
    if np.isnan(scores).any():
        # They have no rank, and would otherwise count as the highest.
        return float("nan")
    _, places, times = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(times) - (times - 1) / 2
    return float((ranks[places][is_right].sum() - right * (right + 1) / 2) / (right * wrong))
