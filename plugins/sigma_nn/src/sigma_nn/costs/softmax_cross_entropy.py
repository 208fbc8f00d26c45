"""Softmax cross-entropy: the negative log-likelihood of the right class, from logits."""

from typing import Any, ClassVar, Literal, Self

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from sigma_core.extend import Cost, Shape, ShapeError, Value, class_weights, softmax, stop_gradient
from sigma_nn._settings import number, numbers
from sigma_nn.costs._reduction import over_record, reduction
from sigma_nn.costs._targets import check_classes, classes_for, is_class


@frozen
class SoftmaxCrossEntropy(Cost):
    """The negative log-likelihood of the right class, from logits.

    Logits are (batch, ..., classes). Targets are integer classes (batch, ...), or probabilities, such as one-hot rows,
    (batch, ..., classes). The loss is -log softmax(logits)[class], or -sum_i target_i * log softmax(logits)_i; those
    of the axes between are the elements of a record, of which `reduction` makes one. Predictions are the softmax of the
    logits. Where there is a mask, what does not count must be a class all the same, such as 0. Raises ShapeError for
    targets or class weights of another shape, and for less than two classes.

    `label_smoothing` e moves that share of each target to all classes alike: (1 - e) * target + e / classes (Szegedy et
    al. 2016, section 7). `class_weights`, one for each class, multiply the terms of the sum; "balanced" are those that
    give each class of the training targets the same say. Both are PyTorch's, with one difference: a mean is over the
    elements, whatever their weights, where PyTorch divides by the weights' sum.
    """

    reduction: Literal["mean", "sum"] = reduction()
    class_weights: tuple[float, ...] | Literal["balanced"] | None = numbers(default=None, word="balanced", at_least=0)
    label_smoothing: float = number(default=0.0, at_least=0, below=1)

    metrics: ClassVar[tuple[str, ...]] = ("accuracy",)

    def losses(self, predictions: Value, targets: Value, mask: Value | None = None) -> Value:
        """One loss per record, in nats: (batch,)."""
        logits = predictions
        self._check_logits(logits)
        # The maximum cancels out; without it the exponentials of large logits would overflow.
        shifted = logits - stop_gradient(np.max(logits, axis=-1, keepdims=True))
        log_total = np.log(np.sum(np.exp(shifted), axis=-1))
        weights = np.array(self.class_weights, logits.dtype) if isinstance(self.class_weights, tuple) else None
        if targets.shape == logits.shape:
            terms = targets.astype(logits.dtype) * (log_total[..., None] - shifted)
            elements = np.sum(terms if weights is None else terms * weights, axis=-1)
        else:
            or_else = f", or probabilities of shape {logits.shape[1:]}"
            is_right = is_class(classes_for("SoftmaxCrossEntropy", logits, targets, or_else=or_else), logits.shape[-1])
            elements = log_total - np.sum(np.where(is_right, shifted, 0.0), axis=-1)
            if weights is not None:
                elements = elements * np.sum(np.where(is_right, weights, 0.0), axis=-1)
        if self.label_smoothing:
            terms = log_total[..., None] - shifted
            spread = np.mean(terms if weights is None else terms * weights, axis=-1)
            elements = (1 - self.label_smoothing) * elements + self.label_smoothing * spread
        return over_record(elements, mask, self.reduction)

    def check_targets(self, targets: NDArray[Any], shape: Shape) -> None:
        """Raise DataError for integer classes out of range."""
        if targets.shape[1:] != shape:
            check_classes("SoftmaxCrossEntropy", targets, shape[-1])

    def learnt(self, targets: NDArray[Any], shape: Shape) -> Self:
        """With the weights of the training targets, where they are to be balanced."""
        if self.class_weights != "balanced":
            return self
        return evolve(self, class_weights=tuple(class_weights(targets, shape[-1])))

    def predict(self, predictions: Value) -> Value:
        """Probabilities of the classes, (batch, ..., classes)."""
        return softmax(predictions)

    def _check_logits(self, logits: Value) -> None:
        if logits.ndim < 2 or logits.shape[-1] < 2:
            raise ShapeError(
                "SoftmaxCrossEntropy",
                f"logits have records of shape {logits.shape[1:]}",
                "at least two logits, one for each class",
                "give the last layer a unit for each class, or use BinaryCrossEntropy with one unit",
            )
        if isinstance(self.class_weights, tuple) and len(self.class_weights) != logits.shape[-1]:
            raise ShapeError(
                "SoftmaxCrossEntropy.class_weights",
                f"there are {len(self.class_weights)}, and {logits.shape[-1]} classes",
                "one weight for each class",
                "give as many weights as the last layer has units",
            )
