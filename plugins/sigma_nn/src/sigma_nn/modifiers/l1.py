"""L1: a pull towards zero of the same strength everywhere (the lasso, Tibshirani 1996)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Modifier, Value
from sigma_nn._settings import number


@frozen
class L1Penalty(Modifier):
    """Add factor * sign(parameter) to gradients: the derivative of the penalty factor * sum(|parameter|).

    The penalty itself is not part of the reported loss. At zero there is no pull.
    """

    factor: float = number(default=1e-4, at_least=0)

    def gradients(self, gradients: Sequence[Value], parameters: Sequence[Value], settings: Any) -> Sequence[Value]:
        """Element by element, in any shapes."""
        return [
            gradient + settings.factor * np.sign(parameter)
            for gradient, parameter in zip(gradients, parameters, strict=True)
        ]
