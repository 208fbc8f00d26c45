"""LayerNorm: layer normalisation (Ba, Kiros & Hinton 2016)."""

from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np
from attrs import frozen

from sigma_core.extend import Context, Initialiser, Layer, Parameter, Shape, Value, component
from sigma_nn._settings import number
from sigma_nn.layers._checks import check_axis


@frozen
class LayerNorm(Layer):
    """Bring what stands along the last axis to mean 0 and variance 1, then scale and shift each feature.

        (inputs - mean) / sqrt(variance + epsilon) * scales + shifts

    Takes and gives (batch, ..., features); each place of the axes between is normalised by itself. Parameters: `scales`
    and `shifts`, both (features,). Raises ShapeError for records without an axis.
    """

    epsilon: float = number(default=1e-5, above=0)
    scales_initialiser: Initialiser | str = component("initialisers", "ones")
    shifts_initialiser: Initialiser | str = component("initialisers", "zeros")

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """A scale and a shift for each feature."""
        (shape,) = shapes
        check_axis(self, shape, of="feature")
        return {
            "scales": Parameter(shape[-1:], self.scales_initialiser, tags={"scales", "layer_norm"}),
            "shifts": Parameter(shape[-1:], self.shifts_initialiser, tags={"shifts", "layer_norm"}),
        }

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ..., features) of the same shape."""
        centred = inputs - np.mean(inputs, axis=-1, keepdims=True)
        variance = np.mean(np.square(centred), axis=-1, keepdims=True)
        return centred / np.sqrt(variance + self.epsilon) * parameters.scales + parameters.shifts
