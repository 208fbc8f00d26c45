"""ElementWise: an activation as a layer of its own."""

from types import SimpleNamespace

from attrs import frozen

from sigma_core.extend import Activation, Context, Layer, Value, component


@frozen
class ElementWise(Layer):
    """Apply an activation to what comes in: (batch, ...) to (batch, ...) of the same shape."""

    activation: Activation | str = component("activations")

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ...) of the same shape."""
        return self.activation(inputs)
