"""Tanh: the hyperbolic tangent."""

from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from sigma_core.extend import Activation

if TYPE_CHECKING:
    from sigma_core.extend import Value


@frozen
class Tanh(Activation):
    """Hyperbolic tangent: f(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))."""

    def __call__(self, inputs: "Value") -> "Value":
        """(batch, ...) of the same shape."""
        return np.tanh(inputs)
