"""Lion: the sign of a momentum, found by a search through programs (Chen et al. 2023, algorithm 2)."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value
from sigma_nn._settings import number


@frozen
class Lion(Optimiser):
    """Step by the sign of the gradients' running mean: every element moves by the learning rate, or not at all.

    The mean that gives the sign leans more on the newest gradient than the one that is kept. Learning rates are three
    to ten times smaller than Adam's, weight decays as many times larger (section 5). The decay is decoupled.
    """

    learning_rate: float = number(default=1e-4, at_least=0)
    sign_decay: float = number(default=0.9, at_least=0, below=1)
    mean_decay: float = number(default=0.99, at_least=0, below=1)
    weight_decay: float = number(default=0.0, at_least=0)

    slots = Slots(mean=0.0)

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape."""
        sign = np.sign(settings.sign_decay * slots.mean + (1 - settings.sign_decay) * gradient)
        mean = settings.mean_decay * slots.mean + (1 - settings.mean_decay) * gradient
        change = sign + settings.weight_decay * parameter
        return parameter - settings.learning_rate * change, Slots(mean=mean)
