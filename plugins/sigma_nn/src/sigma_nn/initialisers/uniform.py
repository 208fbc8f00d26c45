"""Uniform: numbers from an interval."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Initialiser, SettingError, Shape
from sigma_nn._settings import number


@frozen
class Uniform(Initialiser):
    """Draw from [low, high), each number as likely as any other."""

    low: float = number(default=-0.05)
    high: float = number(default=0.05)

    def __attrs_post_init__(self) -> None:
        if self.low > self.high:
            raise SettingError("Uniform.high", f"{self.high!r}", f"a number of at least low, which is {self.low!r}")

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
        """Draws in the shape."""
        return random.uniform(self.low, self.high, shape)
