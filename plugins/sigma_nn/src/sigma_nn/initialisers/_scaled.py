"""Draws with a given deviation, of either kind."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sigma_core.extend import Shape

KINDS = ("uniform", "gaussian")


def draw(kind: str, deviation: float, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
    """Numbers of mean 0 and this standard deviation; the uniform kind has the bounds -+ sqrt(3) * deviation."""
    if kind == "gaussian":
        return random.normal(0.0, deviation, shape)
    bound = sqrt(3) * deviation
    return random.uniform(-bound, bound, shape)
