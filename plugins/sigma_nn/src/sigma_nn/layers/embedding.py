"""Embedding: a vector for each word of a vocabulary, learnt."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Context, DataError, Initialiser, Layer, Parameter, Shape, Value, component
from sigma_nn._settings import integer
from sigma_nn.layers._checks import check_integers


@frozen
class Embedding(Layer):
    """Look up a vector of `size` numbers for each integer: `weights[inputs]`.

    Takes integers (batch, ...) from 0 to `vocabulary` - 1, as `Input(..., dtype="integer")` hands them on, gives
    (batch, ..., size). Parameter: `weights` (vocabulary, size). Raises ShapeError for inputs that are no integers,
    DataError for integers outside of the vocabulary.
    """

    vocabulary: int = integer(at_least=1)
    size: int = integer(at_least=1)
    weights_initialiser: Initialiser | str = component("initialisers", "gaussian")

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """A vector for each word."""
        tags = {"weights", "embedding"}
        return {"weights": Parameter((self.vocabulary, self.size), self.weights_initialiser, tags=tags)}

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ...) to (batch, ..., size)."""
        check_integers(self, inputs)
        return parameters.weights[inputs]

    def check_data(self, *arrays: NDArray[Any] | None) -> None:
        """Raise DataError for an integer that is not in the vocabulary."""
        (words,) = arrays
        # Of a kind that is refused otherwise, or nothing that could be looked at.
        if words is None or words.dtype.kind not in "iu" or words.size == 0:
            return
        is_strange = (words < 0) | (words >= self.vocabulary)
        if is_strange.any():
            # Not which record: a split has shuffled them.
            count, example = np.count_nonzero(is_strange), words[is_strange][0]
            raise DataError(
                "Embedding",
                f"{count} of {words.size} integers are out of range, {example} among them",
                f"integers from 0 to {self.vocabulary - 1}, for a vocabulary of {self.vocabulary}",
                "make the vocabulary larger, or put another word in its place",
            )
