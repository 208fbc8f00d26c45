"""GELU: Gaussian error linear units (Hendrycks & Gimpel 2016)."""

from math import pi, sqrt

import numpy as np
from attrs import frozen

from sigma_core.extend import Activation, Value


@frozen
class Gelu(Activation):
    """Gaussian error linear unit: f(x) = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))).

    The paper's approximation (section 2) of x * Phi(x), with Phi the distribution function of the standard normal;
    it differs from the exact form by less than 0.0005.
    """

    def __call__(self, inputs: Value) -> Value:
        """(batch, ...) of the same shape."""
        inner = inputs * (sqrt(2 / pi) + sqrt(2 / pi) * 0.044715 * (inputs * inputs))
        half = 0.5 * inputs
        return half * np.tanh(inner) + half
