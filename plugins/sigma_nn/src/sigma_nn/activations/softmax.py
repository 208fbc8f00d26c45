"""Softmax: shares of a whole."""

from attrs import frozen

from sigma_core.extend import Activation, Value, softmax


@frozen
class Softmax(Activation):
    """Shares of a whole: f(x)_i = exp(x_i) / sum_j exp(x_j) over the last axis.

    As the last layer before `SoftmaxCrossEntropy` it would be applied twice: that cost takes logits.
    """

    def __call__(self, inputs: Value) -> Value:
        """(batch, ..., classes) of the same shape; each row sums to 1."""
        return softmax(inputs)
