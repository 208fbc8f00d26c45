"""SiLU, also called swish (Elfwing, Uchibe & Doya 2018; Ramachandran, Zoph & Le 2017)."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Activation, Value


@frozen
class Silu(Activation):
    """Input times its sigmoid: f(x) = x * sigmoid(x), with the sigmoid as (1 + tanh(x / 2)) / 2."""

    def __call__(self, inputs: Value) -> Value:
        """(batch, ...) of the same shape."""
        half = 0.5 * inputs
        return half * np.tanh(half) + half
