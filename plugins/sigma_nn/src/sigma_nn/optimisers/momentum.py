"""Momentum (Polyak 1964), in the form of Sutskever, Martens, Dahl & Hinton 2013 that PyTorch uses."""

from typing import Any

from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value
from sigma_nn._settings import number


@frozen
class Momentum(Optimiser):
    """Step by a decaying sum of gradients: velocity = decay * velocity + gradient.

    The learning rate scales the step, not the sum, so that changing it takes effect at once (`torch.optim.SGD`).
    """

    learning_rate: float = number(default=0.01, at_least=0)
    decay: float = number(default=0.9, at_least=0, below=1)

    slots = Slots(velocity=0.0)

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape."""
        velocity = settings.decay * slots.velocity + gradient
        return parameter - settings.learning_rate * velocity, Slots(velocity=velocity)
