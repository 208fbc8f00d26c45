"""AdamW: Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2)."""

from typing import Any

from attrs import frozen

from sigma_core.extend import Slots, Value
from sigma_nn._settings import number
from sigma_nn.optimisers.adam import Adam


@frozen
class AdamW(Adam):
    """Step as Adam does, and shrink the parameters by learning_rate * weight_decay of themselves.

    The decay does not go through the moments, as that of an L2 penalty would. All parameters decay, biases too; the
    learning rate is the paper's schedule multiplier as well (`torch.optim.AdamW`).
    """

    weight_decay: float = number(default=0.01, at_least=0)

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape; `step` counts from 1."""
        stepped, slots = super().update(parameter, gradient, slots, step, settings)
        return stepped - settings.learning_rate * settings.weight_decay * parameter, slots
