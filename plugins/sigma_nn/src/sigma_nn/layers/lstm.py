"""LSTM: long short-term memory (Hochreiter & Schmidhuber 1997) with forget gates (Gers et al. 2000)."""

from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np
from attrs import frozen

from sigma_core.extend import (
    Context,
    Initialiser,
    Layer,
    Parameter,
    Shape,
    ShapeError,
    Value,
    component,
    scan,
    sigmoid,
)
from sigma_nn._settings import choice, integer


@frozen
class Lstm(Layer):
    """Go along a sequence with a memory that gates write, keep and show.

    With x an element of the sequence, h what comes out and c the memory, both zero before the first element:

        i, f, g, o = split(x @ input_weights + h @ hidden_weights + biases, 4)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)

    Takes (batch, time, features), gives every h, (batch, time, size), or with `outputs` "last" only that of the last
    element, (batch, size). Parameters: `input_weights` (features, 4 * size), `hidden_weights` (size, 4 * size) and
    `biases` (4 * size,), with the gates in the order input, forget, candidate, output, as PyTorch has them. Raises
    ShapeError for inputs with more axes or fewer.
    """

    size: int = integer(at_least=1)
    outputs: str = choice("all", "last", default="all")
    weights_initialiser: Initialiser | str = component("initialisers", "glorot")
    biases_initialiser: Initialiser | str = component("initialisers", "zeros")

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """Weights of the inputs and of what came out before, and biases, for the four gates of each unit."""
        (shape,) = shapes
        if len(shape) != 2:
            raise ShapeError(
                "Lstm",
                f"records of shape {shape}",
                "records of shape (time, features)",
                "give the input two axes, or put an Embedding layer before it",
            )
        gates = 4 * self.size
        weights, biases = {"weights", "lstm"}, {"biases", "lstm"}
        return {
            "input_weights": Parameter((shape[1], gates), self.weights_initialiser, tags=weights),
            "hidden_weights": Parameter((self.size, gates), self.weights_initialiser, tags=weights),
            "biases": Parameter((gates,), self.biases_initialiser, tags=biases),
        }

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, time, features) to (batch, time, size) or (batch, size)."""
        batch, time, features = inputs.shape
        # What does not depend on the step before is one product over all of time, which stands first from here on: so
        # the elements that the loop reads, and their derivatives that it writes, each lie in one piece.
        rows = np.swapaxes(inputs, 0, 1).reshape((time * batch, features))
        along = (rows @ parameters.input_weights + parameters.biases).reshape((time, batch, 4 * self.size))

        def cell(carry: tuple[Value, Value], element: Value) -> tuple[tuple[Value, Value], Value]:
            hidden, memory = carry
            gates = element + hidden @ parameters.hidden_weights
            input_gate, forget_gate, candidate, output_gate = np.split(gates, 4, axis=-1)
            memory = sigmoid(forget_gate) * memory + sigmoid(input_gate) * np.tanh(candidate)
            hidden = sigmoid(output_gate) * np.tanh(memory)
            return (hidden, memory), hidden

        zeros = np.zeros((batch, self.size), inputs.dtype)
        (last, _), hidden = scan(cell, (zeros, zeros), along)
        return last if self.outputs == "last" else np.swapaxes(hidden, 0, 1)
