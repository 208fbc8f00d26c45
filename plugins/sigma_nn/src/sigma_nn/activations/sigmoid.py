"""Sigmoid: the logistic function."""

from attrs import frozen

from sigma_core.extend import Activation, Value, sigmoid


@frozen
class Sigmoid(Activation):
    """Logistic function: f(x) = 1 / (1 + exp(-x)), computed as (1 + tanh(x / 2)) / 2, which cannot overflow."""

    def __call__(self, inputs: Value) -> Value:
        """(batch, ...) of the same shape."""
        return sigmoid(inputs)
