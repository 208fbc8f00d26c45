"""GRU: gated recurrent units (Cho et al. 2014), with the reset gate behind the product, as PyTorch has it."""

from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np
from attrs import frozen

from sigma_core.extend import Parameter, Shape, Value, sigmoid
from sigma_nn.layers._recurrent import RecurrentLayer


@frozen
class Gru(RecurrentLayer):
    """Go along a sequence with a state that gates reset and renew.

    With x an element of the sequence, h the state that comes out, zero before the first element, and U the weights of
    the state:

        r, z, n = split(x @ input_weights + biases, 3);  U_r, U_z, U_n = split(hidden_weights, 3)
        r, z = sigmoid(r + h @ U_r), sigmoid(z + h @ U_z)
        n = tanh(n + r * (h @ U_n + hidden_biases))
        h = (1 - z) * n + z * h

    Takes (batch, time, features), gives every h, (batch, time, size), or with `outputs` "last" only that of the last
    element, (batch, size). With `reverse` it goes from the last element to the first, whose h is then "last". A mask,
    (batch, time), as a second input or as the section `mask`, is true where an element counts: where it is not, h stays
    as it was, and zeros come out. Parameters: `input_weights` (features, 3 * size), `hidden_weights` (size, 3 * size),
    `biases` (3 * size,) and `hidden_biases` (size,), with the gates in the order reset, update, candidate. Raises
    ShapeError for inputs with more axes or fewer and for a mask of another length, DataError for a record whose mask is
    empty.
    """

    tag = "gru"
    gates = 3

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """Weights and biases for the gates of each unit, and a bias that the reset gate scales with the state."""
        hidden_biases = Parameter((self.size,), self.biases_initialiser, tags={"biases", "gru"})
        return {**super().parameters(*shapes), "hidden_biases": hidden_biases}

    def step(self, state: tuple[Value, ...], sums: Value, parameters: SimpleNamespace) -> tuple[Value, ...]:
        """The state, (batch, size), after one element."""
        (hidden,) = state
        reset, update, candidate = np.split(sums, 3, axis=-1)
        hidden_reset, hidden_update, hidden_candidate = np.split(hidden @ parameters.hidden_weights, 3, axis=-1)
        new = np.tanh(candidate + sigmoid(reset + hidden_reset) * (hidden_candidate + parameters.hidden_biases))
        # (1 - z) * n + z * h with a product fewer.
        return (new + sigmoid(update + hidden_update) * (hidden - new),)
