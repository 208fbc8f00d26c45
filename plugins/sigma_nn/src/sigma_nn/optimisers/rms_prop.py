"""RMSProp: gradients over the root of their running square (Tieleman & Hinton 2012, lecture 6e)."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value
from sigma_nn._settings import number


@frozen
class RmsProp(Optimiser):
    """Step by the gradient over the root of the running mean of its square.

    The defaults are the lecture's; PyTorch's decay is 0.99, its learning rate 0.01. `epsilon` stands outside the root,
    as in `torch.optim.RMSprop`.
    """

    learning_rate: float = number(default=1e-3, at_least=0)
    decay: float = number(default=0.9, at_least=0, below=1)
    epsilon: float = number(default=1e-8, at_least=0)

    slots = Slots(square=0.0)

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape."""
        square = settings.decay * slots.square + (1 - settings.decay) * (gradient * gradient)
        change = gradient / (np.sqrt(square) + settings.epsilon)
        return parameter - settings.learning_rate * change, Slots(square=square)
