"""Identity: what comes in goes out (Le, Jaitly & Hinton 2015, for recurrent layers of rectifiers)."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Initialiser, Shape, ShapeError
from sigma_nn._settings import number


@frozen
class IdentityInitialiser(Initialiser):
    """Fill a matrix with `gain` on its diagonal and 0 elsewhere: each unit passes on the input of its own number.

    Units beyond the number of inputs are 0. A kernel (*extent, inputs, outputs) has that matrix at its centre, and 0
    around it. Of an even extent, the centre is the earlier of the two in the middle, which padding "same" lays over the
    place itself. Raises ShapeError for vectors and scalars, which have no diagonal.
    """

    gain: float = number(default=1.0)

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
        """The matrix, in the shape."""
        if len(shape) < 2:
            raise ShapeError(
                "IdentityInitialiser",
                f"a parameter of shape {shape}",
                "two axes, inputs and outputs, or more of which these are the last",
                "choose it by a pattern that matches weights alone",
            )
        values = np.zeros(shape)
        centre = tuple((size - 1) // 2 for size in shape[:-2])
        values[centre] = self.gain * np.eye(*shape[-2:])
        return values
