"""Softplus (Dugas et al. 2001): a smooth ReLU."""

from attrs import frozen

from sigma_core.extend import Activation, Value, softplus


@frozen
class Softplus(Activation):
    """Smooth rectifier: f(x) = log(1 + exp(x)), without overflow for large x."""

    def __call__(self, inputs: Value) -> Value:
        """(batch, ...) of the same shape."""
        return softplus(inputs)
