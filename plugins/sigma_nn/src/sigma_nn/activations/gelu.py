"""GELU: the Gaussian error linear unit (Hendrycks & Gimpel 2016)."""

from math import pi, sqrt

import numpy as np
from attrs import frozen

from sigma_core.extend import Activation, Value, erf


@frozen
class Gelu(Activation):
    """Gaussian error linear unit: f(x) = x * Phi(x), with Phi the distribution function of the standard normal.

    That is x / 2 * (1 + erf(x / sqrt(2))). With `approximate` it is the paper's form with a hyperbolic tangent
    (section 2), x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))), which differs by less than 0.0005.
    """

    approximate: bool = False

    def __call__(self, inputs: Value) -> Value:
        """(batch, ...) of the same shape."""
        half = 0.5 * inputs
        if self.approximate:
            inner = inputs * (sqrt(2 / pi) + sqrt(2 / pi) * 0.044715 * (inputs * inputs))
            return half * np.tanh(inner) + half
        return half * erf(inputs * sqrt(0.5)) + half
