"""Binary cross-entropy: yes or no, for one question or several, from logits."""

from typing import Any, ClassVar, Literal

from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Cost, DataError, Shape, Value, sigmoid, softplus
from sigma_nn._settings import number
from sigma_nn.costs._reduction import over_record, reduction
from sigma_nn.costs._targets import like_predictions


@frozen
class BinaryCrossEntropy(Cost):
    """The negative log-likelihood of the right answers to yes-or-no questions, from logits.

    Logits and targets t, which lie in [0, 1], are (batch, ...) of the same shape. The loss is -w * t * log(p) - (1 - t)
    * log(1 - p) with p = sigmoid(logit) and w the `positive_weight`, computed from log(1 + exp(logit)), the same
    without overflow; `reduction` makes one of those of a record. Predictions are the probabilities p. Raises ShapeError
    where the shapes differ.
    """

    reduction: Literal["mean", "sum"] = reduction()
    positive_weight: float = number(default=1.0, above=0)

    metrics: ClassVar[tuple[str, ...]] = ("accuracy",)

    def losses(self, predictions: Value, targets: Value, mask: Value | None = None) -> Value:
        """One loss per record, in nats: (batch,)."""
        logits, weight = predictions, self.positive_weight
        targets = like_predictions("BinaryCrossEntropy", logits, targets)
        # log(p) is logit - log(1 + exp(logit)), log(1 - p) the second of these alone.
        elements = softplus(logits)
        if weight == 1.0:
            elements = elements - targets * logits
        else:
            elements = (1 + (weight - 1) * targets) * elements - weight * targets * logits
        return over_record(elements, mask, self.reduction)

    def check_targets(self, targets: NDArray[Any], shape: Shape) -> None:
        """Raise DataError for targets that are no probabilities: against -1 a loss would fall for ever."""
        is_wrong = ~((targets >= 0) & (targets <= 1))
        if is_wrong.any():
            raise DataError(
                "BinaryCrossEntropy",
                f"there is a target {targets[is_wrong][0]}",
                "0 for no, 1 for yes, or a probability between them",
                "bring the targets into [0, 1]",
            )

    def predict(self, predictions: Value) -> Value:
        """Probabilities of a yes, of the logits' shape."""
        return sigmoid(predictions)
