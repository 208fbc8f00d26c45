"""Multiply: the product of several layers, as in gates."""

from functools import reduce
from operator import mul

from attrs import frozen

from sigma_core.extend import Value
from sigma_nn.layers._merging import Merge


@frozen
class Multiply(Merge):
    """Multiply the inputs, element by element.

    Takes two or more inputs (batch, ...) of the same shape, gives (batch, ...) of that shape. Raises ShapeError for
    one input, and for records of different shapes.
    """

    def merge(self, *inputs: Value) -> Value:
        """The product."""
        return reduce(mul, inputs)
