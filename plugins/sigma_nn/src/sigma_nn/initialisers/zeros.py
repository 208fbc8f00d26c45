"""Zeros: the usual start of biases."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Initialiser, Shape


@frozen
class Zeros(Initialiser):
    """Fill with zeros."""

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
        """Zeros of the shape."""
        return np.zeros(shape)
