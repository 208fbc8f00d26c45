"""Adamax: Adam with the largest gradient in place of the mean square (Kingma & Ba 2015, algorithm 2)."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value
from sigma_nn._settings import number


@frozen
class Adamax(Optimiser):
    """Step by the running mean of gradients over the largest of them, which fades.

    `epsilon` is added to the gradient's size, where the paper has none, so that an element whose gradient is always 0
    stays where it is (`torch.optim.Adamax`).
    """

    learning_rate: float = number(default=2e-3, at_least=0)
    mean_decay: float = number(default=0.9, at_least=0, below=1)
    largest_decay: float = number(default=0.999, at_least=0, below=1)
    epsilon: float = number(default=1e-8, at_least=0)

    slots = Slots(mean=0.0, largest=0.0)

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape; `step` counts from 1."""
        mean = settings.mean_decay * slots.mean + (1 - settings.mean_decay) * gradient
        largest = np.maximum(settings.largest_decay * slots.largest, np.abs(gradient) + settings.epsilon)
        rate = settings.learning_rate / (1 - settings.mean_decay**step)
        return parameter - rate * mean / largest, Slots(mean=mean, largest=largest)
