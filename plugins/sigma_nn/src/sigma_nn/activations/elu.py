"""ELU: exponential linear units (Clevert, Unterthiner & Hochreiter 2016, equation 15)."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Activation, Value
from sigma_nn._settings import number


@frozen
class Elu(Activation):
    """Exponential linear unit: f(x) = x where x > 0, else scale * (exp(x) - 1)."""

    scale: float = number(default=1.0, at_least=0)

    def __call__(self, inputs: Value) -> Value:
        """(batch, ...) of the same shape."""
        # Both branches are computed everywhere: positive inputs must not reach the exponential, which would overflow.
        negative = np.where(inputs > 0, 0.0, inputs)
        return np.where(inputs > 0, inputs, self.scale * np.expm1(negative))
