"""Reshape: the same elements along other axes."""

from collections.abc import Sequence
from math import prod
from numbers import Integral
from types import SimpleNamespace
from typing import Any

from attrs import Attribute, field, frozen

from sigma_core.extend import Context, Layer, Shape, ShapeError, Value
from sigma_nn._settings import refusal


def _as_shape(shape: int | Sequence[int]) -> Shape:
    if isinstance(shape, Integral):
        return (shape,)
    return tuple(shape) if isinstance(shape, Sequence) else shape


def _is_extent(extent: Any) -> bool:
    return isinstance(extent, Integral) and not isinstance(extent, bool) and (extent > 0 or extent == -1)


@frozen
class Reshape(Layer):
    """Lay out each record along other axes: (batch, ...) to (batch, *shape), the last axis fastest in both.

    One extent of `shape` may be -1: it is what the others leave. Raises SettingError for a shape that has none or other
    extents below 1, ShapeError for records of another size.
    """

    shape: Shape = field(converter=_as_shape)

    @shape.validator
    def _check_shape(self, attribute: "Attribute[Shape]", shape: Any) -> None:
        if not isinstance(shape, tuple) or not shape or not all(map(_is_extent, shape)) or shape.count(-1) > 1:
            raise refusal(self, attribute, shape, "positive integers, one for each axis of a record; one may be -1")

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ...) to (batch, *shape)."""
        size, known = prod(inputs.shape[1:]), prod(extent for extent in self.shape if extent != -1)
        # Not left to NumPy: it could not be told for a batch without records.
        shape = tuple(size // known if extent == -1 else extent for extent in self.shape)
        if prod(shape) != size:
            raise ShapeError(
                "Reshape",
                f"records of shape {inputs.shape[1:]} have {size} elements",
                f"as many as {self.shape} has" if -1 not in self.shape else f"a multiple of {known}, for {self.shape}",
                "give it another shape",
            )
        return inputs.reshape((inputs.shape[0], *shape))
