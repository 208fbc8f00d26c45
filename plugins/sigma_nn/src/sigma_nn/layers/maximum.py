"""Maximum: the largest of several layers (maxout: Goodfellow et al. 2013)."""

from functools import reduce

import numpy as np
from attrs import frozen

from sigma_core.extend import Value
from sigma_nn.layers._merging import Merge


@frozen
class Maximum(Merge):
    """Keep the largest of the inputs, element by element.

    Takes two or more inputs (batch, ...) of the same shape, gives (batch, ...) of that shape. Raises ShapeError for
    one input, and for records of different shapes.
    """

    def merge(self, *inputs: Value) -> Value:
        """The maximum."""
        return reduce(np.maximum, inputs)
