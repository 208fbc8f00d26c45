"""Targets brought into the form that a cost needs, and looked at before a run."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sigma_core.extend import DataError, ShapeError, Value


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


def classes_for(cost: str, logits: Value, targets: Value, *, or_else: str = "") -> Value:
    """Integer classes, (batch, ...), for logits, (batch, ..., classes); targets may be (batch, ..., 1) as well.

    Raises ShapeError for any other targets; `or_else` says what else the cost takes.
    """
    if targets.shape == (*logits.shape[:-1], 1):
        targets = targets.reshape(logits.shape[:-1])
    if targets.shape == logits.shape[:-1] and targets.dtype.kind in "iu":
        return targets
    raise ShapeError(
        cost,
        f"targets are {targets.dtype} with records of shape {targets.shape[1:]}",
        f"integer classes with records of shape {logits.shape[1:-1]}{or_else}",
        "give the last layer a unit for each class, and the targets one of these forms",
    )


def is_class(classes: Value, count: int) -> Value:
    """Whether each class is the one that it stands for: (batch, ...) to (batch, ..., count)."""
    return classes[..., None] == np.arange(count)


def check_classes(cost: str, targets: NDArray[Any], classes: int) -> None:
    """Raise DataError for integer classes out of range; nothing in the compiled step could tell."""
    strange = out_of_range(targets, classes)
    if strange is not None:
        raise DataError(
            cost,
            f"there is a class {strange}",
            f"classes from 0 to {classes - 1}, one for each unit of the last layer",
            "number the classes from 0, and give the last layer a unit for each",
        )


def out_of_range(numbers: NDArray[Any], count: int) -> int | None:
    """One that is not from 0 to `count` - 1, of integers; None where all are, or where they are no integers."""
    if numbers.dtype.kind not in "iu" or not numbers.size:
        return None
    lowest, highest = int(numbers.min()), int(numbers.max())
    return lowest if lowest < 0 else highest if highest >= count else None
