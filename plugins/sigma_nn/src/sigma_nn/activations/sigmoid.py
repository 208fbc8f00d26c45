"""Sigmoid: the logistic function."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Activation, Value


@frozen
class Sigmoid(Activation):
    """Logistic function: f(x) = 1 / (1 + exp(-x)), computed as (1 + tanh(x / 2)) / 2, which cannot overflow."""

    def __call__(self, inputs: Value) -> Value:
        """(batch, ...) of the same shape."""
        return 0.5 * np.tanh(0.5 * inputs) + 0.5
