"""Accuracy: the share of right answers."""

from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Metric, ShapeError, Value


@frozen
class Accuracy(Metric):
    """The share of records whose most probable class is the right one.

    Predictions are (batch, classes); targets are integer classes (batch,) or one-hot rows (batch, classes). For
    predictions of one number, (batch, 1) or (batch,), an answer is yes above 0.5. Raises ShapeError for targets of
    another shape.
    """

    def measure(self, predictions: Value, targets: Value) -> Mapping[str, Value]:
        """How many of the batch are right."""
        guesses = _answers(predictions)
        answers = _answers(targets) if targets.shape == predictions.shape else _as_one_column(targets, predictions)
        if answers.shape != guesses.shape:
            raise ShapeError(
                "Accuracy",
                f"predictions have records of shape {predictions.shape[1:]}, targets of shape {targets.shape[1:]}",
                f"targets with records of shape {guesses.shape[1:]} or {predictions.shape[1:]}",
                "give the data targets of one of these shapes",
            )
        is_right = guesses == answers
        axes = tuple(range(1, is_right.ndim))
        return {"right": np.sum(np.mean(is_right, axis=axes) if axes else is_right)}

    def result(self, totals: Mapping[str, NDArray[np.float64]]) -> float:
        """Right answers by records."""
        return float(totals["right"] / totals["count"])


def _answers(rows: Value) -> Value:
    """Yes or no for rows of one number, else the index of the largest: (batch, ..., classes) to (batch, ...)."""
    if rows.ndim == 1:
        return rows > 0.5
    return rows[..., 0] > 0.5 if rows.shape[-1] == 1 else np.argmax(rows, axis=-1)


def _as_one_column(targets: Value, predictions: Value) -> Value:
    """Targets that are answers already, (batch, ...) or (batch, ..., 1), in the form of answers."""
    if predictions.ndim > 1 and targets.shape == (*predictions.shape[:-1], 1):
        targets = targets[..., 0]
    return targets > 0.5 if predictions.shape[-1] == 1 else targets
