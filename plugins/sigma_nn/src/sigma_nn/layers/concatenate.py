"""Concatenate: several layers side by side."""

from types import SimpleNamespace

import numpy as np
from attrs import frozen

from sigma_core.extend import Context, Layer, Value
from sigma_nn._settings import integer
from sigma_nn.layers._merging import check_count, misfit


@frozen
class Concatenate(Layer):
    """Lay the inputs side by side along an axis of their records.

    Takes two or more inputs (batch, ..., size, ...), gives (batch, ..., sum of the sizes, ...). `axis` counts the axes
    of a record from 0, without the batch, or from the end: -1 is the last. Raises ShapeError for one input, and for
    records that have no such axis or differ in another.
    """

    axis: int = integer(default=-1)

    def forward(self, *inputs: Value, parameters: SimpleNamespace, context: Context) -> Value:
        """Each (batch, ..., size, ...), to (batch, ..., sum of the sizes, ...)."""
        check_count(self, inputs)
        axes = inputs[0].ndim - 1
        if len({each.ndim for each in inputs}) > 1 or not -axes <= self.axis < axes:
            raise misfit(self, inputs, f"records of as many axes, of which {self.axis} is one")
        axis = self.axis % axes + 1
        if len({each.shape[:axis] + each.shape[axis + 1 :] for each in inputs}) > 1:
            raise misfit(self, inputs, f"records that differ in axis {self.axis} only")
        return np.concatenate(inputs, axis=axis)
