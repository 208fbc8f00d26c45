"""LAMB: Adam's direction with a length for each parameter, for large batches (You et al. 2020, algorithm 2)."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value
from sigma_nn._settings import number


@frozen
class Lamb(Optimiser):
    """Step in the direction of Adam with decoupled weight decay, by a share of the parameter's own norm.

    The step of a parameter (a layer's weights, its biases) is `learning_rate` times as long as the parameter itself.
    Where one of the two norms is 0, as of biases at the start, the step is as Adam's: the ratio of norms is then 1, as
    in the authors' own code, of which `epsilon` and `weight_decay` are too.
    """

    learning_rate: float = number(default=1e-3, at_least=0)
    mean_decay: float = number(default=0.9, at_least=0, below=1)
    square_decay: float = number(default=0.999, at_least=0, below=1)
    epsilon: float = number(default=1e-6, at_least=0)
    weight_decay: float = number(default=0.01, at_least=0)

    slots = Slots(mean=0.0, square=0.0)
    by_parameter = True

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape, over whose elements norms are taken; `step` counts from 1."""
        mean = settings.mean_decay * slots.mean + (1 - settings.mean_decay) * gradient
        square = settings.square_decay * slots.square + (1 - settings.square_decay) * (gradient * gradient)
        # The corrections of both means are folded into scalars, epsilon with them (Kingma & Ba 2015, section 2).
        root = np.sqrt(1 - settings.square_decay**step)
        scale = root / (1 - settings.mean_decay**step)
        change = scale * mean / (np.sqrt(square) + settings.epsilon * root) + settings.weight_decay * parameter
        rate = settings.learning_rate * _ratio(_norm(parameter), _norm(change))
        return parameter - rate * change, Slots(mean=mean, square=square)


def _norm(array: Value) -> Value:
    return np.sqrt(np.sum(array * array))


def _ratio(norm: Value, other: Value) -> Value:
    """By what to multiply `other` to have `norm`, or 1 where one of them is 0."""
    return np.where((norm > 0) & (other > 0), norm / np.where(other > 0, other, 1.0), 1.0)
