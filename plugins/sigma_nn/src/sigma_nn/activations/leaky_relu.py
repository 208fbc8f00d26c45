"""Leaky ReLU (Maas, Hannun & Ng 2013)."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Activation, Value
from sigma_nn._settings import number


@frozen
class LeakyRelu(Activation):
    """Rectifier that leaks: f(x) = x where x > 0, else slope * x."""

    slope: float = number(default=0.01, at_least=0)

    def __call__(self, inputs: Value) -> Value:
        """(batch, ...) of the same shape."""
        return np.where(inputs > 0, inputs, self.slope * inputs)
