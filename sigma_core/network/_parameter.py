"""What a layer asks for: parameters by name, each with a shape and the initialiser that fills it."""

from abc import ABC, abstractmethod
from math import prod

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

Shape = tuple[int, ...]


class Initialiser(ABC):
    """Fills a new parameter; a pure function of the shape and of the random numbers it is handed."""

    @abstractmethod
    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.floating]:
        """Float64 values of `shape`, drawn from `random` alone; the caller casts them to the network's dtype."""


@frozen
class Parameter:
    """One array of a layer: its shape, its initialiser and the tags by which patterns find it.

    A parameter that is not `trainable` is kept with the others but gets no gradient.
    """

    shape: Shape
    initialiser: Initialiser
    tags: frozenset[str] = field(default=frozenset(), converter=frozenset)
    trainable: bool = True

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)


def fans(shape: Shape) -> tuple[int, int]:
    """How many inputs feed one unit and how many outputs one unit feeds.

    Dense weights have shape (inputs, outputs); kernels of convolutions (*extent, inputs, outputs), whose extent counts
    for both. A vector counts as one row, a scalar as 1.
    """
    if len(shape) < 2:
        size = prod(shape)
        return size, size
    extent = prod(shape[:-2])
    return shape[-2] * extent, shape[-1] * extent
