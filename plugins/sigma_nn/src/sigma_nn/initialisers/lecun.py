"""LeCun: inputs of variance 1 give sums of variance 1 (LeCun, Bottou, Orr & Müller 1998, equation 16)."""

from math import sqrt
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Initialiser, Shape, fans
from sigma_nn._settings import choice, number
from sigma_nn.initialisers._scaled import KINDS, draw


@frozen
class LeCun(Initialiser):
    """Draw with standard deviation gain * sqrt(1 / inputs).

    For layers whose activation keeps the variance about 1, such as self-normalising ones. The paper leaves the kind
    open.
    """

    kind: Literal["uniform", "gaussian"] = choice(*KINDS, default="gaussian")
    gain: float = number(default=1.0, above=0)

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
        """Draws in the shape; inputs are counted by `fans`."""
        inputs, _ = fans(shape)
        return draw(self.kind, self.gain * sqrt(1 / max(1, inputs)), shape, random)
