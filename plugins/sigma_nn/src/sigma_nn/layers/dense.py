"""Dense: a fully connected layer."""

from collections.abc import Mapping
from types import SimpleNamespace

from attrs import frozen

from sigma_core.extend import Activation, Context, Initialiser, Layer, Parameter, Shape, Value, component
from sigma_nn._settings import integer
from sigma_nn.layers._checks import check_axis
from sigma_nn.layers._products import connected


@frozen
class Dense(Layer):
    """Connect every input with every unit: `activation(inputs @ weights + biases)`.

    Takes (batch, ..., inputs), gives (batch, ..., size): what stands along the last axis is connected, with the same
    weights at each place of axes between, such as the steps of a sequence. Parameters: `weights` (inputs, size) and,
    unless `bias` is false, `biases` (size,). Raises ShapeError for records without an axis.
    """

    size: int = integer(at_least=1)
    activation: Activation | str = component("activations", "none")
    bias: bool = True
    weights_initialiser: Initialiser | str = component("initialisers", "glorot")
    biases_initialiser: Initialiser | str = component("initialisers", "zeros")

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """Weights from each of the inputs to each of the units, and a bias for each unit."""
        (shape,) = shapes
        check_axis(self, shape, of="feature")
        weights = Parameter((shape[-1], self.size), self.weights_initialiser, tags={"weights", "dense"})
        if not self.bias:
            return {"weights": weights}
        return {
            "weights": weights,
            "biases": Parameter((self.size,), self.biases_initialiser, tags={"biases", "dense"}),
        }

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ..., inputs) to (batch, ..., size)."""
        return self.activation(connected(inputs, parameters.weights, parameters.biases if self.bias else None))
