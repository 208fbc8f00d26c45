"""Binary cross-entropy: yes or no, for one question or several, from logits."""

from typing import ClassVar

import numpy as np
from attrs import frozen

from sigma_core.extend import Cost, Value
from sigma_nn.activations.sigmoid import Sigmoid
from sigma_nn.costs._targets import like_predictions, mean_over_record


@frozen
class BinaryCrossEntropy(Cost):
    """The negative log-likelihood of the right answers to yes-or-no questions, from logits, averaged over a record.

    Logits and targets t, which lie in [0, 1], are (batch, ...) of the same shape. The loss is -t * log(p) - (1 - t) *
    log(1 - p) with p = sigmoid(logit), computed as log(1 + exp(logit)) - t * logit, the same without overflow.
    Predictions are the probabilities p. Raises ShapeError where the shapes differ.
    """

    metrics: ClassVar[tuple[str, ...]] = ("accuracy",)

    def losses(self, predictions: Value, targets: Value) -> Value:
        """One loss per record, in nats: (batch,)."""
        logits = predictions
        targets = like_predictions("BinaryCrossEntropy", logits, targets)
        return mean_over_record(np.logaddexp(logits, 0.0) - targets * logits)

    def predict(self, predictions: Value) -> Value:
        """Probabilities of a yes, of the logits' shape."""
        return Sigmoid()(predictions)
