"""Tanh: the hyperbolic tangent."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Activation, Value


@frozen
class Tanh(Activation):
    """Hyperbolic tangent: f(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))."""

    def __call__(self, inputs: Value) -> Value:
        """(batch, ...) of the same shape."""
        return np.tanh(inputs)
