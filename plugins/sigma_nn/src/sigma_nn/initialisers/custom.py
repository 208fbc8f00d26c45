"""Custom: numbers that a function of your own makes."""

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Initialiser, Shape
from sigma_nn._functions import called, importable


@frozen
class CustomInitialiser(Initialiser):
    """Fill with what a function of your own makes: `function(shape, random)`, an array of the shape.

    `random` is a NumPy generator, from which all that is random must be drawn: a run is then repeatable. `function` may
    be the place of one that can be imported, "package.module:function", by which recipes name it. Raises SettingError
    for a place where no function is; another shape, and what are no finite numbers, are refused by the network.
    """

    function: Callable[[Shape, np.random.Generator], Any] | str = importable()

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.floating]:
        """What the function makes of shape and generator, as an array."""
        return np.asarray(called(self.function)(shape, random))
