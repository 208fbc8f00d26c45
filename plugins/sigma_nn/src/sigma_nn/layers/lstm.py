"""LSTM: long short-term memory (Hochreiter & Schmidhuber 1997) with forget gates (Gers et al. 2000)."""

from types import SimpleNamespace

import numpy as np
from attrs import frozen

from sigma_core.extend import Value, sigmoid
from sigma_nn.layers._recurrent import RecurrentLayer


@frozen
class Lstm(RecurrentLayer):
    """Go along a sequence with a memory that gates write, keep and show.

    With x an element of the sequence, h what comes out and c the memory, both zero before the first element:

        i, f, g, o = split(x @ input_weights + h @ hidden_weights + biases, 4)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)

    Takes (batch, time, features), gives every h, (batch, time, size), or with `outputs` "last" only that of the last
    element, (batch, size). With `reverse` it goes from the last element to the first, whose h is then "last". A mask,
    (batch, time), as a second input or as the section `mask`, is true where an element counts: where it is not, h and c
    stay as they were, and zeros come out. Parameters: `input_weights` (features, 4 * size), `hidden_weights`
    (size, 4 * size) and `biases` (4 * size,), with the gates in the order input, forget, candidate, output, as PyTorch
    has them. Raises ShapeError for inputs with more axes or fewer and for a mask of another length, DataError for a
    record whose mask is empty.
    """

    tag = "lstm"
    gates = 4
    states = 2

    def step(self, state: tuple[Value, ...], sums: Value, parameters: SimpleNamespace) -> tuple[Value, ...]:
        """What comes out and the memory, each (batch, size), after one element."""
        hidden, memory = state
        gates = sums + hidden @ parameters.hidden_weights
        input_gate, forget_gate, candidate, output_gate = np.split(gates, 4, axis=-1)
        memory = sigmoid(forget_gate) * memory + sigmoid(input_gate) * np.tanh(candidate)
        return sigmoid(output_gate) * np.tanh(memory), memory
