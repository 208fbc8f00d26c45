"""Adadelta: steps in the units of the parameters (Zeiler 2012, algorithm 1)."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value
from sigma_nn._settings import number


@frozen
class Adadelta(Optimiser):
    """Step by the gradient times the ratio of the running roots of squared steps and squared gradients.

    `epsilon` stands inside both roots. The paper has no learning rate, which 1 amounts to (`torch.optim.Adadelta`).
    """

    learning_rate: float = number(default=1.0, at_least=0)
    decay: float = number(default=0.9, at_least=0, below=1)
    epsilon: float = number(default=1e-6, above=0)

    slots = Slots(square=0.0, step_square=0.0)

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape."""
        share = 1 - settings.decay
        square = settings.decay * slots.square + share * (gradient * gradient)
        # One root of the ratio in place of a ratio of two roots.
        change = np.sqrt((slots.step_square + settings.epsilon) / (square + settings.epsilon)) * gradient
        step_square = settings.decay * slots.step_square + share * (change * change)
        return parameter - settings.learning_rate * change, Slots(square=square, step_square=step_square)
