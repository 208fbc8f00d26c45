"""Negative sampling: the cost of word embeddings, which looks at a few words of a large vocabulary."""

from collections.abc import Mapping
from math import log
from types import SimpleNamespace
from typing import Any, ClassVar, Literal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import (
    Context,
    Cost,
    DataError,
    Initialiser,
    Parameter,
    Shape,
    ShapeError,
    Value,
    component,
    softmax,
    softplus,
)
from sigma_nn._settings import choice, integer
from sigma_nn.costs._reduction import over_record, reduction
from sigma_nn.costs._targets import classes_for, is_class, out_of_range


@frozen
class NegativeSampling(Cost):
    """Tell the right word from words of noise (Mikolov et al. 2013, "Distributed representations", equation 4).

    What comes in are hidden vectors h, (batch, ..., size); targets are integer words (batch, ...) from 0 to
    `vocabulary` - 1. Parameter: `weights` (vocabulary, size), the output embeddings v. The loss is -log sigmoid(h .
    v_target) - sum_k log sigmoid(-h . v_k) over `negatives` words k that are drawn anew for each target, the target
    itself not excluded; `reduction` makes one loss of those of a record. `noise` is their distribution: "zipf", for
    words numbered by falling frequency, log((k + 2) / (k + 1)) / log(vocabulary + 1) as TensorFlow's log-uniform
    sampler has it; or "uniform". A pass that does not train draws nothing: the sum is its expectation, exactly.

    Predictions are probabilities (batch, ..., vocabulary), the softmax of h . v_k + log noise_k: where the loss is
    lowest, h . v_k is log(p_k / noise_k) up to a constant (Levy & Goldberg 2014, section 3.1). Raises ShapeError for
    hidden vectors without an axis and for targets of another shape.
    """

    vocabulary: int = integer(at_least=2)
    negatives: int = integer(default=5, at_least=1)
    noise: Literal["zipf", "uniform"] = choice("zipf", "uniform", default="zipf")
    reduction: Literal["mean", "sum"] = reduction()
    weights_initialiser: Initialiser | str = component("initialisers", "gaussian")

    metrics: ClassVar[tuple[str, ...]] = ("accuracy",)

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """An output embedding for each word."""
        if not shapes[0]:
            raise ShapeError(
                "NegativeSampling",
                "predictions have records of shape ()",
                "a hidden vector for each target",
                "end the layers before it with one that gives vectors",
            )
        shape = (self.vocabulary, shapes[0][-1])
        return {"weights": Parameter(shape, self.weights_initialiser, tags={"weights", "embedding"})}

    def losses_with(
        self,
        predictions: Value,
        targets: Value,
        mask: Value | None,
        *,
        parameters: SimpleNamespace,
        context: Context,
    ) -> Value:
        """One loss per record, (batch,)."""
        if not context.training:
            return self.losses(self._logits(predictions, parameters), targets, mask)
        words = classes_for("NegativeSampling", predictions, targets)
        drawn = self._drawn(context, (*words.shape, self.negatives))
        # The targets' own dtype may have no room for the vocabulary, such as uint8 in which no rare word is right.
        vectors = parameters.weights[np.concatenate([words[..., None].astype(drawn.dtype), drawn], axis=-1)]
        products = np.sum(predictions[..., None, :] * vectors, axis=-1)
        right = softplus(-products[..., 0])
        return over_record(right + np.sum(softplus(products[..., 1:]), axis=-1), mask, self.reduction)

    def losses(self, predictions: Value, targets: Value, mask: Value | None = None) -> Value:
        """The expected losses, (batch,), of products of hidden vectors with all words, (batch, ..., vocabulary)."""
        words = classes_for("NegativeSampling", predictions, targets)
        right = np.sum(np.where(is_class(words, self.vocabulary), predictions, 0.0), axis=-1)
        expected = softplus(predictions) @ self._noise().astype(predictions.dtype)
        return over_record(softplus(-right) + self.negatives * expected, mask, self.reduction)

    def check_targets(self, targets: NDArray[Any], shape: Shape) -> None:
        """Raise DataError for words out of range."""
        strange = out_of_range(targets, self.vocabulary)
        if strange is not None:
            raise DataError(
                "NegativeSampling",
                f"there is a word {strange}",
                f"words from 0 to {self.vocabulary - 1}",
                "number the words from 0, or enlarge the vocabulary",
            )

    def predict_with(self, predictions: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """Probabilities of the words, (batch, ..., vocabulary)."""
        return self.predict(self._logits(predictions, parameters))

    def predict(self, predictions: Value) -> Value:
        """Probabilities from products of hidden vectors with all words."""
        return softmax(predictions + np.log(self._noise()).astype(predictions.dtype))

    def _logits(self, hidden: Value, parameters: SimpleNamespace) -> Value:
        return hidden @ parameters.weights.T

    def _noise(self) -> NDArray[np.float64]:
        """The probability of each word of noise, (vocabulary,)."""
        if self.noise == "uniform":
            return np.full(self.vocabulary, 1 / self.vocabulary)
        return np.diff(np.log(np.arange(1, self.vocabulary + 2))) / log(self.vocabulary + 1)

    def _drawn(self, context: Context, shape: Shape) -> Value:
        """Words of noise, by the inverse of their cumulative distribution."""
        share = context.uniform(shape)
        is_uniform = self.noise == "uniform"
        places = share * self.vocabulary if is_uniform else np.exp(share * log(self.vocabulary + 1)) - 1.0
        # A product may be rounded up to the word behind the last.
        return np.minimum(np.floor(places).astype(np.int64), self.vocabulary - 1)
