"""Add: the sum of several layers, as in residual connections (He, Zhang, Ren & Sun 2016)."""

from functools import reduce
from operator import add

from attrs import frozen

from sigma_core.extend import Value
from sigma_nn.layers._merging import Merge


@frozen
class Add(Merge):
    """Add up the inputs, element by element.

    Takes two or more inputs (batch, ...) of the same shape, gives (batch, ...) of that shape. Raises ShapeError for
    one input, and for records of different shapes.
    """

    def merge(self, *inputs: Value) -> Value:
        """The sum."""
        return reduce(add, inputs)
