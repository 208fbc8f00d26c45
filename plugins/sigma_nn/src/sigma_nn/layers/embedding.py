"""Embedding: a vector for each word of a vocabulary, learnt."""

from collections.abc import Mapping
from types import SimpleNamespace

from attrs import frozen

from sigma_core.extend import Context, Initialiser, Layer, Parameter, Shape, ShapeError, Value, component
from sigma_nn._settings import integer


@frozen
class Embedding(Layer):
    """Look up a vector of `size` numbers for each integer: `weights[inputs]`.

    Takes integers (batch, ...) from 0 to `vocabulary` - 1, as `Input(..., dtype="integer")` hands them on, gives
    (batch, ..., size). Parameter: `weights` (vocabulary, size). Raises ShapeError for inputs that are no integers.
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
        if inputs.dtype.kind not in "iu":
            raise ShapeError(
                "Embedding", f"inputs are {inputs.dtype}", "integers", 'give the input before it dtype="integer"'
            )
        return parameters.weights[inputs]
