"""He: the same variance behind rectifiers (He, Zhang, Ren & Sun 2015, equations 10 and 15)."""

from math import sqrt
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Initialiser, Shape, fans
from sigma_nn._settings import choice, number
from sigma_nn.initialisers._scaled import KINDS, draw


@frozen
class He(Initialiser):
    """Draw with standard deviation sqrt(2 / ((1 + slope^2) * inputs)).

    For layers with relu, or leaky relu of that slope. The paper's kind is Gaussian.
    """

    kind: Literal["uniform", "gaussian"] = choice(*KINDS, default="gaussian")
    slope: float = number(default=0.0, at_least=0)

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
        """Draws in the shape; inputs are counted by `fans`."""
        inputs, _ = fans(shape)
        return draw(self.kind, sqrt(2 / ((1 + self.slope**2) * max(1, inputs))), shape, random)
