"""Ones: the usual start of what scales."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Initialiser, Shape


@frozen
class Ones(Initialiser):
    """Fill with ones."""

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
        """Ones of the shape."""
        return np.ones(shape)
