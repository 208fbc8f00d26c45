"""Orthogonal: a random rotation or reflection, which keeps lengths (Saxe, McClelland & Ganguli 2014)."""

from math import prod

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Initialiser, Shape
from sigma_nn._settings import number


@frozen
class Orthogonal(Initialiser):
    """Draw a matrix whose rows or columns, whichever are fewer, are orthogonal and of length `gain`.

    Every such matrix is as likely as any other. Of a shape with more than two axes, such as that of a kernel
    (*extent, inputs, outputs), all axes but the last are taken as one; a vector is one row.
    """

    gain: float = number(default=1.0, above=0)

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
        """A draw in the shape, by the QR decomposition of a Gaussian one."""
        rows, columns = prod(shape[:-1]), prod(shape[-1:])
        basis, triangle = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns))))
        # Only with a positive diagonal is the decomposition unique, and the draw uniform (Mezzadri 2007, section 5).
        basis = np.where(np.diagonal(triangle) < 0, -basis, basis)
        return self.gain * (basis if rows >= columns else basis.T).reshape(shape)
