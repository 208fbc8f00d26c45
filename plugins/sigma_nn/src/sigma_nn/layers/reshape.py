"""Reshape: the same elements along other axes."""

from math import prod
from types import SimpleNamespace

from attrs import frozen

from sigma_core.extend import Context, Layer, Shape, ShapeError, Value
from sigma_nn._settings import extents


@frozen
class Reshape(Layer):
    """Lay out each record along other axes: (batch, ...) to (batch, *shape), the last axis fastest in both.

    One extent of `shape` may be -1: it is what the others leave. Raises SettingError for a shape that has none or other
    extents below 1, ShapeError for records of another size.
    """

    shape: Shape = extents(may_be_open=True)

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
