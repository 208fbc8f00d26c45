"""ReLU: rectified linear units (Nair & Hinton 2010)."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Activation, Value


@frozen
class Relu(Activation):
    """Rectifier: f(x) = max(x, 0)."""

    def __call__(self, inputs: Value) -> Value:
        """(batch, ...) of the same shape."""
        return np.maximum(inputs, 0.0)
