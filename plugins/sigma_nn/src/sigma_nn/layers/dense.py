"""Dense: a fully connected layer."""

from collections.abc import Mapping
from math import prod
from types import SimpleNamespace

from attrs import frozen

from sigma_core.extend import Activation, Context, Initialiser, Layer, Parameter, Shape, ShapeError, Value, component
from sigma_nn._settings import integer


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
        if not shape:
            raise ShapeError(
                "Dense",
                "records of shape ()",
                "records of shape (..., features)",
                "give the input before it at least one feature",
            )
        weights = Parameter((shape[-1], self.size), self.weights_initialiser, tags={"weights", "dense"})
        if not self.bias:
            return {"weights": weights}
        return {
            "weights": weights,
            "biases": Parameter((self.size,), self.biases_initialiser, tags={"biases", "dense"}),
        }

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ..., inputs) to (batch, ..., size)."""
        *places, features = inputs.shape
        # One product over all places: over stacked matrices it would be one for each record.
        outputs = inputs.reshape((prod(places), features)) @ parameters.weights
        if self.bias:
            outputs = outputs + parameters.biases
        return self.activation(outputs.reshape((*places, self.size)))
