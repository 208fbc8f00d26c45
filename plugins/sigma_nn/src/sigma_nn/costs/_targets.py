"""Targets brought into the form that a cost needs."""

import numpy as np

from sigma_core.extend import ShapeError, Value


def like_predictions(cost: str, predictions: Value, targets: Value) -> Value:
    """Targets of the shape and dtype of the predictions.

    Predictions of shape (batch, 1) also take targets of shape (batch,). Nothing else is broadcast: a cost over
    (batch, batch) pairs would train on nonsense without a word. Raises ShapeError, naming both shapes.
    """
    if predictions.shape == (*targets.shape, 1):
        targets = targets.reshape(predictions.shape)
    if targets.shape != predictions.shape:
        raise ShapeError(
            cost,
            f"predictions have records of shape {predictions.shape[1:]}, targets of shape {targets.shape[1:]}",
            "the same shape of both",
            "give the last layer as many units as a target has numbers",
        )
    # float64 targets would widen everything that follows.
    return targets if targets.dtype == predictions.dtype else targets.astype(predictions.dtype)


def mean_over_record(elements: Value) -> Value:
    """The mean over all axes but the first: (batch, ...) to (batch,)."""
    return np.mean(elements, axis=tuple(range(1, elements.ndim))) if elements.ndim > 1 else elements
