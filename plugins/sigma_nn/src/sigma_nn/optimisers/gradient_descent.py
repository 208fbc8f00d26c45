"""Gradient descent (Robbins & Monro 1951, on batches)."""

from typing import Any

from attrs import frozen

from sigma_core.extend import Optimiser, Slots, Value
from sigma_nn._settings import number


@frozen
class GradientDescent(Optimiser):
    """Step against the gradient: parameter - learning_rate * gradient."""

    learning_rate: float = number(default=0.01, at_least=0)

    def update(
        self, parameter: Value, gradient: Value, slots: Slots, step: Value, settings: Any
    ) -> tuple[Value, Slots]:
        """All arrays have the parameter's shape; there are no slots."""
        return parameter - settings.learning_rate * gradient, Slots()
