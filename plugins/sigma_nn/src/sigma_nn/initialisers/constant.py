"""Constant: one number everywhere."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Initialiser, Shape
from sigma_nn._settings import number


@frozen
class Constant(Initialiser):
    """Fill with `value`."""

    value: float = number()

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
        """The value, in the shape."""
        return np.full(shape, self.value)
