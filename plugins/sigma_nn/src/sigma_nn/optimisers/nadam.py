"""Nadam: Adam with the momentum of Nesterov (Dozat 2016, algorithm 2)."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value
from sigma_nn._settings import number


@frozen
class Nadam(Optimiser):
    """Step as Adam does, by the mean of gradients as it will be at the next step.

    The decay of the mean warms up: at step t it is mean_decay * (1 - 0.5 * 0.96^(t * schedule_decay)), as in section 3
    of the paper, whose 1 / 250 is 0.004 (`torch.optim.NAdam`). The product of these decays, by which the mean is
    corrected, has no closed form: it is kept in a slot, so that a run that resumes goes on with it.
    """

    learning_rate: float = number(default=2e-3, at_least=0)
    mean_decay: float = number(default=0.9, at_least=0, below=1)
    square_decay: float = number(default=0.999, at_least=0, below=1)
    epsilon: float = number(default=1e-8, at_least=0)
    schedule_decay: float = number(default=0.004, at_least=0)

    slots = Slots(mean=0.0, square=0.0, product=1.0)

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape; `step` counts from 1."""
        decay, next_decay = (
            settings.mean_decay * (1 - 0.5 * 0.96 ** (at * settings.schedule_decay)) for at in (step, step + 1)
        )
        product = decay * slots.product
        mean = settings.mean_decay * slots.mean + (1 - settings.mean_decay) * gradient
        square = settings.square_decay * slots.square + (1 - settings.square_decay) * (gradient * gradient)
        ahead = next_decay * mean / (1 - next_decay * product) + (1 - decay) * gradient / (1 - product)
        size = np.sqrt(square / (1 - settings.square_decay**step)) + settings.epsilon
        return parameter - settings.learning_rate * ahead / size, Slots(mean=mean, square=square, product=product)
