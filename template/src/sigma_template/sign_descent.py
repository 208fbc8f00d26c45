"""Descent by the sign of the gradient (Bernstein et al. 2018, "signSGD")."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value


@frozen
class SignDescent(Optimiser):
    """Step by the same length in every direction, whatever the size of the gradient."""

    learning_rate: float = 1e-3

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape."""
        return parameter - settings.learning_rate * np.sign(gradient), slots
