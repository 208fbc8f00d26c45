"""AdamW: Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2)."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value
from sigma_nn._settings import number


@frozen
class AdamW(Optimiser):
    """Step as Adam does, and shrink the parameters by learning_rate * weight_decay of themselves.

    The decay does not go through the moments, as that of an L2 penalty would. All parameters decay, biases too; the
    learning rate is the paper's schedule multiplier as well (`torch.optim.AdamW`).
    """

    learning_rate: float = number(default=1e-3, at_least=0)
    mean_decay: float = number(default=0.9, at_least=0, below=1)
    square_decay: float = number(default=0.999, at_least=0, below=1)
    epsilon: float = number(default=1e-8, at_least=0)
    weight_decay: float = number(default=0.01, at_least=0)

    slots = Slots(mean=0.0, square=0.0)

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape; `step` counts from 1."""
        mean = settings.mean_decay * slots.mean + (1 - settings.mean_decay) * gradient
        square = settings.square_decay * slots.square + (1 - settings.square_decay) * (gradient * gradient)
        # Both bias corrections are folded into scalars, epsilon with them (Kingma & Ba 2015, section 2).
        root = np.sqrt(1 - settings.square_decay**step)
        rate = settings.learning_rate * root / (1 - settings.mean_decay**step)
        change = mean / (np.sqrt(square) + settings.epsilon * root)
        shrinkage = settings.learning_rate * settings.weight_decay
        return parameter - (rate * change + shrinkage * parameter), Slots(mean=mean, square=square)
