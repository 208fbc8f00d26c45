"""Dot: how alike two layers are."""

from types import SimpleNamespace

import numpy as np
from attrs import frozen

from sigma_core.extend import Context, Layer, Value
from sigma_nn._settings import integer
from sigma_nn.layers._merging import misfit

# The least norm that is divided by, as PyTorch's cosine_similarity has it; its square is no zero in float32.
_LEAST = 1e-8


@frozen
class Dot(Layer):
    """Multiply two inputs element by element and add up along an axis of their records.

    Takes two inputs (batch, ..., size, ...) of the same shape, gives (batch, ..., 1, ...): the axis stays, with one
    element. `axis` counts the axes of a record from 0, without the batch, or from the end: -1 is the last. With
    `normalise` both are first divided by their norms along the axis, which makes the cosine of the angle between them,
    0 where one is all zeros. Raises ShapeError for records of different shapes or without such an axis.
    """

    axis: int = integer(default=-1)
    normalise: bool = False

    def forward(self, one: Value, other: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """Both (batch, ..., size, ...), to (batch, ..., 1, ...)."""
        axes = one.ndim - 1
        if one.shape != other.shape or not -axes <= self.axis < axes:
            raise misfit(self, (one, other), f"records of the same shape, of which {self.axis} is an axis")
        axis = self.axis % axes + 1
        if self.normalise:
            one, other = _normalised(one, axis), _normalised(other, axis)
        return np.sum(one * other, axis=axis, keepdims=True)


def _normalised(inputs: Value, axis: int) -> Value:
    squares = np.sum(inputs * inputs, axis=axis, keepdims=True)
    # Before the root, which has no derivative at zero.
    return inputs / np.sqrt(np.maximum(squares, _LEAST**2))
