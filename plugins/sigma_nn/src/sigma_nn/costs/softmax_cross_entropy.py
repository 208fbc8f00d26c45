"""Softmax cross-entropy: the negative log-likelihood of the right class, from logits."""

from typing import Any, ClassVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Cost, DataError, Shape, ShapeError, Value, stop_gradient
from sigma_nn.activations.softmax import Softmax
from sigma_nn.costs._targets import mean_over_record


@frozen
class SoftmaxCrossEntropy(Cost):
    """The negative log-likelihood of the right class, from logits.

    Logits are (batch, ..., classes). Targets are integer classes (batch, ...), or probabilities, such as one-hot rows,
    (batch, ..., classes). The loss is -log softmax(logits)[class], or -sum_i target_i * log softmax(logits)_i; axes
    between are averaged within a record. Predictions are the softmax of the logits. Raises ShapeError for targets of
    another shape, and for less than two classes.
    """

    metrics: ClassVar[tuple[str, ...]] = ("accuracy",)

    def losses(self, predictions: Value, targets: Value) -> Value:
        """One loss per record, in nats: (batch,)."""
        logits = predictions
        if logits.ndim < 2 or logits.shape[-1] < 2:
            raise ShapeError(
                "SoftmaxCrossEntropy",
                f"logits have records of shape {logits.shape[1:]}",
                "at least two logits, one for each class",
                "give the last layer a unit for each class, or use BinaryCrossEntropy with one unit",
            )
        # The maximum cancels out; without it the exponentials of large logits would overflow.
        shifted = logits - stop_gradient(np.max(logits, axis=-1, keepdims=True))
        log_total = np.log(np.sum(np.exp(shifted), axis=-1))
        if targets.shape == logits.shape:
            log_likelihoods = shifted - log_total[..., None]
            return mean_over_record(-np.sum(targets.astype(logits.dtype) * log_likelihoods, axis=-1))
        classes = _classes(logits, targets)
        is_class = classes[..., None] == np.arange(logits.shape[-1])
        return mean_over_record(log_total - np.sum(np.where(is_class, shifted, 0.0), axis=-1))

    def check_targets(self, targets: NDArray[Any], shape: Shape) -> None:
        """Raise DataError for integer classes out of range; nothing in the compiled step could tell."""
        if targets.dtype.kind not in "iu" or targets.shape[1:] == shape:
            return
        lowest, highest, classes = int(targets.min()), int(targets.max()), shape[-1]
        if lowest < 0 or highest >= classes:
            wrong = lowest if lowest < 0 else highest
            raise DataError(
                "SoftmaxCrossEntropy",
                f"there is a class {wrong}",
                f"classes from 0 to {classes - 1}, one for each unit of the last layer",
                "number the classes from 0, and give the last layer a unit for each",
            )

    def predict(self, predictions: Value) -> Value:
        """Probabilities of the classes, (batch, ..., classes)."""
        return Softmax()(predictions)


def _classes(logits: Value, targets: Value) -> Value:
    """Integer classes of shape (batch, ...)."""
    if targets.shape == (*logits.shape[:-1], 1):
        targets = targets.reshape(logits.shape[:-1])
    if targets.shape == logits.shape[:-1] and targets.dtype.kind in "iu":
        return targets
    raise ShapeError(
        "SoftmaxCrossEntropy",
        f"targets are {targets.dtype} with records of shape {targets.shape[1:]}",
        f"integer classes with records of shape {logits.shape[1:-1]}, or probabilities of shape {logits.shape[1:]}",
        "give the last layer a unit for each class, and the targets one of these forms",
    )
