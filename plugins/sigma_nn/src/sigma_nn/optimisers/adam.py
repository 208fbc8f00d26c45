"""Adam: adaptive moments (Kingma & Ba 2015, algorithm 1)."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value
from sigma_nn._settings import number


@frozen
class Adam(Optimiser):
    """Step by the running mean of gradients over the root of their running square."""

    learning_rate: float = number(default=1e-3, at_least=0)
    mean_decay: float = number(default=0.9, at_least=0, below=1)
    square_decay: float = number(default=0.999, at_least=0, below=1)
    epsilon: float = number(default=1e-8, at_least=0)

    slots = Slots(mean=0.0, square=0.0)

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape; `step` counts from 1."""
        mean = settings.mean_decay * slots.mean + (1 - settings.mean_decay) * gradient
        square = settings.square_decay * slots.square + (1 - settings.square_decay) * (gradient * gradient)
        # Both bias corrections are folded into scalars (section 2): two passes over the parameters fewer.
        root = np.sqrt(1 - settings.square_decay**step)
        rate = settings.learning_rate * root / (1 - settings.mean_decay**step)
        # Epsilon is added to the corrected root, so it is scaled with it.
        change = mean / (np.sqrt(square) + settings.epsilon * root)
        return parameter - rate * change, Slots(mean=mean, square=square)
