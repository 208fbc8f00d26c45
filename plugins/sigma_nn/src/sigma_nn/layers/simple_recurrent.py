"""SimpleRecurrent: a layer that sees what it put out before (Elman 1990)."""

from types import SimpleNamespace

from attrs import frozen

from sigma_core.extend import Activation, Value, component
from sigma_nn.layers._recurrent import RecurrentLayer


@frozen
class SimpleRecurrent(RecurrentLayer):
    """Go along a sequence with what came out before.

    With x an element of the sequence and h what comes out, zero before the first element:

        h = activation(x @ input_weights + h @ hidden_weights + biases)

    Takes (batch, time, features), gives every h, (batch, time, size), or with `outputs` "last" only that of the last
    element, (batch, size). With `reverse` it goes from the last element to the first, whose h is then "last". A mask,
    (batch, time), as a second input or as the section `mask`, is true where an element counts: where it is not, h stays
    as it was, and zeros come out. Parameters: `input_weights` (features, size), `hidden_weights` (size, size) and
    `biases` (size,). Raises ShapeError for inputs with more axes or fewer and for a mask of another length, DataError
    for a record whose mask is empty.
    """

    activation: Activation | str = component("activations", "tanh")

    tag = "simple_recurrent"
    gates = 1

    def step(self, state: tuple[Value, ...], sums: Value, parameters: SimpleNamespace) -> tuple[Value, ...]:
        """What comes out, (batch, size), after one element."""
        (hidden,) = state
        return (self.activation(sums + hidden @ parameters.hidden_weights),)
