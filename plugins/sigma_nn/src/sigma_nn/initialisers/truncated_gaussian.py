"""Truncated Gaussian: a normal distribution without its tails."""

from math import prod

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Initialiser, Shape
from sigma_nn._settings import number


@frozen
class TruncatedGaussian(Initialiser):
    """Draw from the normal distribution, and again whatever lies further than `bound` deviations from the mean.

    `deviation` is that of the whole distribution. What is left has a smaller one: deviation * sqrt(1 - 2 * bound *
    density(bound) / (2 * cumulative(bound) - 1)) of the standard normal, which is 0.880 * deviation for a bound of 2.
    """

    mean: float = number(default=0.0)
    deviation: float = number(default=0.05, at_least=0)
    bound: float = number(default=2.0, above=0)

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
        """Draws in the shape."""
        count, standard = prod(shape), np.empty(0)
        while standard.size < count:
            standard = np.concatenate([standard, _within(self.bound, count - standard.size, random)])
        return self.mean + self.deviation * standard.reshape(shape)


def _within(bound: float, count: int, random: np.random.Generator) -> NDArray[np.float64]:
    """What is left of so many draws, two of three or more, whatever the bound."""
    if bound < 1:
        # Hardly any normal draw lies within a narrow bound; of uniform ones, each stays as often as it is probable.
        draws = random.uniform(-bound, bound, count)
        return draws[random.random(count) < np.exp(-(draws**2) / 2)]
    draws = random.standard_normal(count)
    return draws[np.abs(draws) <= bound]
