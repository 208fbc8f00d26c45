"""What was guessed and what is right, in the form that metrics of classification compare."""

import numpy as np

from sigma_core.extend import ShapeError, Value
from sigma_nn.costs._targets import is_class, like_predictions


def answers(metric: str, predictions: Value, targets: Value, threshold: float | None = None) -> tuple[Value, Value]:
    """Guesses and right answers, alike in shape.

    Predictions of one number, (batch,) or (batch, ..., 1), answer yes or no, a yes above the threshold or 0.5; with a
    threshold each number of a row does. A target is a yes above 0.5. The answers have the shape of the predictions.
    Of all other predictions, (batch, ..., classes), the answer is the class of the largest, (batch, ...). Raises
    ShapeError for targets of another shape.
    """
    if not is_yes_or_no(predictions, threshold):
        return np.argmax(predictions, axis=-1), right_classes(metric, predictions, targets)
    limit = 0.5 if threshold is None else threshold
    return predictions > limit, like_predictions(metric, predictions, targets) > 0.5


def memberships(metric: str, predictions: Value, targets: Value, threshold: float | None = None) -> tuple[Value, Value]:
    """Whether each class was guessed, and whether it is right: (batch, ..., classes) each, of truth values.

    Where the answers are yes or no, the yes of each number is a class; there is one of them for predictions (batch,).
    """
    guesses, right = answers(metric, predictions, targets, threshold)
    if not is_yes_or_no(predictions, threshold):
        classes = predictions.shape[-1]
        return is_class(guesses, classes), is_class(right, classes)
    return (guesses[:, None], right[:, None]) if predictions.ndim == 1 else (guesses, right)


def is_yes_or_no(predictions: Value, threshold: float | None = None) -> bool:
    """Whether predictions answer yes or no, rather than which class."""
    return threshold is not None or predictions.ndim == 1 or predictions.shape[-1] == 1


def right_classes(metric: str, predictions: Value, targets: Value) -> Value:
    """The right classes (batch, ...), from classes (batch, ...) or (batch, ..., 1), or from rows such as one-hot ones.

    Raises ShapeError for targets of another shape.
    """
    if targets.shape == predictions.shape:
        return np.argmax(targets, axis=-1)
    if targets.shape == (*predictions.shape[:-1], 1):
        return targets[..., 0]
    if targets.shape != predictions.shape[:-1]:
        raise ShapeError(
            metric,
            f"predictions have records of shape {predictions.shape[1:]}, targets of shape {targets.shape[1:]}",
            f"targets with records of shape {predictions.shape[1:-1]} or {predictions.shape[1:]}",
            "give the data targets of one of these shapes",
        )
    return targets


def check_probabilities(metric: str, predictions: Value) -> None:
    """Raise ShapeError for predictions that are no rows of probabilities, (batch, ..., classes)."""
    if is_yes_or_no(predictions):
        raise ShapeError(
            metric,
            f"predictions have records of shape {predictions.shape[1:]}",
            "a probability for each of several classes",
            "use it with a cost that predicts classes",
        )
