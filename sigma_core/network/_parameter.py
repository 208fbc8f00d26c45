"""What a layer asks for: parameters by name, each with a shape and the initialiser that fills it."""

from abc import ABC, abstractmethod
from math import prod
from operator import index
from typing import Any

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from sigma_core.errors import SettingError, ShapeError

Shape = tuple[int, ...]


class Initialiser(ABC):
    """Fills a new parameter; a pure function of the shape and of the random numbers it is handed."""

    @abstractmethod
    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.floating]:
        """Float64 values of `shape`, drawn from `random` alone; the caller casts them to the network's dtype."""


def _as_shape(shape: Any) -> Shape:
    try:
        sizes = tuple(index(size) for size in ((shape,) if isinstance(shape, int) else shape))
    except TypeError:
        sizes = (0,)
    if any(size < 1 for size in sizes):
        raise ShapeError(
            "parameter",
            f"its shape is {shape!r}",
            "a tuple of whole numbers from 1",
            "work the sizes out from the shapes of what comes in",
        )
    return sizes


@frozen
class Parameter:
    """One array of a layer: its shape, its initialiser and the tags by which patterns find it.

    A parameter that is not `trainable` is kept with the others but gets no gradient.
    """

    shape: Shape = field(converter=_as_shape)
    initialiser: Initialiser
    tags: frozenset[str] = field(default=frozenset(), converter=frozenset)
    trainable: bool = True

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)


def declared(parameters: Any) -> dict[str, Parameter]:
    """What a layer declares, as a dictionary.

    Raises SettingError for anything but parameters by names that can stand in an identifier.
    """
    found = dict(parameters)
    for name, parameter in found.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise SettingError(
                "parameters", f"one is called {name!r}", "letters, digits and underscores, no digit first", "rename it"
            )
        if not isinstance(parameter, Parameter):
            raise SettingError(
                "parameters", f"{name!r} is {parameter!r}", "a Parameter", "write Parameter(shape, initialiser)"
            )
    return found


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
