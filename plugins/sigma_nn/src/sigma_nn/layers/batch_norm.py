"""BatchNorm: batch normalisation (Ioffe & Szegedy 2015, algorithms 1 and 2)."""

from collections.abc import Mapping
from math import prod
from types import SimpleNamespace

import numpy as np
from attrs import frozen

from sigma_core.extend import Context, Initialiser, Layer, Parameter, Shape, Value, component
from sigma_nn._settings import number
from sigma_nn.initialisers.ones import Ones
from sigma_nn.initialisers.zeros import Zeros
from sigma_nn.layers._checks import check_axis


@frozen
class BatchNorm(Layer):
    """Bring each channel to mean 0 and variance 1 over the batch and all places, then scale and shift it.

        (inputs - mean) / sqrt(variance + epsilon) * scales + shifts

    Takes and gives (batch, ..., channels). While training, mean and variance are those of the batch, and the layer
    tracks them: `means = decay * means + (1 - decay) * mean`, and so `variances`, with the unbiased variance. In
    validation and prediction what it tracked is used. These are PyTorch's conventions; `decay` is 1 - its `momentum`.
    Parameters: `scales`, `shifts` and, not trained, `means` and `variances`, all (channels,). Raises ShapeError for
    records without an axis.
    """

    decay: float = number(default=0.9, at_least=0, below=1)
    epsilon: float = number(default=1e-5, above=0)
    scales_initialiser: Initialiser | str = component("initialisers", "ones")
    shifts_initialiser: Initialiser | str = component("initialisers", "zeros")

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """A scale and a shift for each channel, and what is tracked of it."""
        (shape,) = shapes
        check_axis(self, shape, of="channel")
        channels, tracked = shape[-1:], {"tracked", "batch_norm"}
        return {
            "scales": Parameter(channels, self.scales_initialiser, tags={"scales", "batch_norm"}),
            "shifts": Parameter(channels, self.shifts_initialiser, tags={"shifts", "batch_norm"}),
            "means": Parameter(channels, Zeros(), tags=tracked, trainable=False),
            "variances": Parameter(channels, Ones(), tags=tracked, trainable=False),
        }

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ..., channels) of the same shape."""
        if not context.training:
            factors = parameters.scales / np.sqrt(parameters.variances + self.epsilon)
            return (inputs - parameters.means) * factors + parameters.shifts
        *places, _ = inputs.shape
        axes, count = tuple(range(len(places))), prod(places)
        mean = np.mean(inputs, axis=axes)
        centred = inputs - mean
        variance = np.mean(np.square(centred), axis=axes)
        # A single number per channel has no unbiased variance; its biased one, zero, stands for it.
        unbiased = variance * (count / max(count - 1, 1))
        context.track("means", self.decay * parameters.means + (1 - self.decay) * mean)
        context.track("variances", self.decay * parameters.variances + (1 - self.decay) * unbiased)
        return centred * (parameters.scales / np.sqrt(variance + self.epsilon)) + parameters.shifts
