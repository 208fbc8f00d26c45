"""Hinge: the cost of support vector machines, for yes or no and for classes."""

from typing import Any, Literal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Cost, DataError, Shape, Value
from sigma_nn._settings import number
from sigma_nn.costs._reduction import over_record, reduction
from sigma_nn.costs._targets import check_classes, classes_for, is_class, like_predictions


@frozen
class Hinge(Cost):
    """By how much scores miss their margin; scores beyond it cost nothing.

    Yes or no: scores and targets are (batch, ...) of the same shape, targets either -1 and 1 or 0 and 1. The loss is
    max(0, margin - score) for a yes, max(0, margin + score) for a no. Classes: scores are (batch, ..., classes),
    targets integers (batch, ...). The loss is the mean over the classes of max(0, margin - score of the right one +
    score of the class), where the right one counts 0 (Weston & Watkins 1999).
    `squared` squares each of these; `reduction` makes one loss of those of a record.

    Predictions are the scores: a yes lies above 0, so that it is `Accuracy(threshold=0)` that counts right answers.
    Raises ShapeError for targets of another shape.
    """

    margin: float = number(default=1.0, above=0)
    squared: bool = False
    reduction: Literal["mean", "sum"] = reduction()

    def losses(self, predictions: Value, targets: Value, mask: Value | None = None) -> Value:
        """One loss per record, (batch,)."""
        scores = predictions
        if _is_yes_or_no(targets.shape, scores.shape):
            is_yes = like_predictions("Hinge", scores, targets) > 0
            return over_record(self._missing(np.where(is_yes, -scores, scores)), mask, self.reduction)
        or_else = f", or -1 and 1 of shape {scores.shape[1:]}"
        is_right = is_class(classes_for("Hinge", scores, targets, or_else=or_else), scores.shape[-1])
        right = np.sum(np.where(is_right, scores, 0.0), axis=-1, keepdims=True)
        missing = np.where(is_right, 0.0, self._missing(scores - right))
        return over_record(np.mean(missing, axis=-1), mask, self.reduction)

    def check_targets(self, targets: NDArray[Any], shape: Shape) -> None:
        """Raise DataError for classes out of range, and for other answers than -1 and 1 or 0 and 1."""
        if not _is_yes_or_no(targets.shape[1:], shape):
            check_classes("Hinge", targets, shape[-1])
            return
        values = np.unique(targets).tolist()
        if not (set(values) <= {-1, 1} or set(values) <= {0, 1}):
            some = ", ".join(f"{value:g}" for value in values[:4])
            raise DataError(
                "Hinge",
                f"the targets are {some}{', ...' if len(values) > 4 else ''}",
                "either -1 and 1 or 0 and 1",
                "give a no one of these numbers, and a yes 1",
            )

    def _missing(self, scores: Value) -> Value:
        missing = np.maximum(self.margin + scores, 0.0)
        return missing * missing if self.squared else missing


def _is_yes_or_no(targets: Shape, scores: Shape) -> bool:
    """Whether there is a target for each score, for shapes alike with or without the batch axis."""
    return scores in (targets, (*targets, 1))
