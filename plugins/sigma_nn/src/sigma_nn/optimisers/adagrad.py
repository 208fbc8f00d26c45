"""Adagrad: adaptive gradients (Duchi, Hazan & Singer 2011, figure 1, diagonal form)."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value
from sigma_nn._settings import number


@frozen
class Adagrad(Optimiser):
    """Step by the gradient over the root of the sum of all its squares.

    `epsilon` stands outside the root, as in `torch.optim.Adagrad`.
    """

    learning_rate: float = number(default=0.01, at_least=0)
    epsilon: float = number(default=1e-10, at_least=0)

    slots = Slots(total=0.0)

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape."""
        total = slots.total + gradient * gradient
        return parameter - settings.learning_rate * gradient / (np.sqrt(total) + settings.epsilon), Slots(total=total)
