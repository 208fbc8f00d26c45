"""Average: the mean of several layers."""

from functools import reduce
from operator import add

from attrs import frozen

from sigma_core.extend import Value
from sigma_nn.layers._merging import Merge


@frozen
class Average(Merge):
    """Take the mean of the inputs, element by element.

    Takes two or more inputs (batch, ...) of the same shape, gives (batch, ...) of that shape. Raises ShapeError for
    one input, and for records of different shapes.
    """

    def merge(self, *inputs: Value) -> Value:
        """The sum over the number of inputs."""
        return reduce(add, inputs) / len(inputs)
