"""Gaussian: numbers from a normal distribution."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Initialiser, Shape
from sigma_nn._settings import number


@frozen
class Gaussian(Initialiser):
    """Draw from the normal distribution with this mean and standard deviation."""

    mean: float = number(default=0.0)
    deviation: float = number(default=0.05, at_least=0)

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
        """Draws in the shape."""
        return random.normal(self.mean, self.deviation, shape)
