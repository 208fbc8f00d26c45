"""Nesterov: momentum that looks ahead (Nesterov 1983, in the form of Sutskever, Martens, Dahl & Hinton 2013)."""

from typing import Any

from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value
from sigma_nn._settings import number


@frozen
class Nesterov(Optimiser):
    """Step by the decaying sum of gradients as it will be once it has decayed and the gradient has come in once more.

    velocity = decay * velocity + gradient; step = gradient + decay * velocity. The parameters are those at which the
    gradient is taken, the paper's "looked ahead" ones (`torch.optim.SGD` with `nesterov`).
    """

    learning_rate: float = number(default=0.01, at_least=0)
    decay: float = number(default=0.9, at_least=0, below=1)

    slots = Slots(velocity=0.0)

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape."""
        velocity = settings.decay * slots.velocity + gradient
        change = gradient + settings.decay * velocity
        return parameter - settings.learning_rate * change, Slots(velocity=velocity)
