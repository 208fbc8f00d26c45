"""Glorot: the same variance forward and backward (Glorot & Bengio 2010, equation 16)."""

from math import sqrt
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Initialiser, Shape, fans
from sigma_nn._settings import choice, number
from sigma_nn.initialisers._scaled import KINDS, draw


@frozen
class Glorot(Initialiser):
    """Draw with standard deviation gain * sqrt(2 / (inputs + outputs)).

    For layers whose activation is about linear around zero: none, tanh, softmax. The paper's kind is uniform.
    """

    kind: Literal["uniform", "gaussian"] = choice(*KINDS, default="uniform")
    gain: float = number(default=1.0, above=0)

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
        """Draws in the shape; inputs and outputs are counted by `fans`."""
        return draw(self.kind, self.gain * sqrt(2 / max(1, sum(fans(shape)))), shape, random)
