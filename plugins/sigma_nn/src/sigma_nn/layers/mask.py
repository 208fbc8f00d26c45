"""Mask: which steps of a sequence count."""

from types import SimpleNamespace
from typing import Any

from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Context, Layer, Value, check_mask
from sigma_nn._settings import integer
from sigma_nn.layers._checks import check_integers


@frozen
class Mask(Layer):
    """Tell which of the integers are no padding: a mask for the layers that take one.

    Takes integers (batch, time), as `Input(..., dtype="integer")` hands them on, gives truth values (batch, time), true
    where a step counts. Raises ShapeError for inputs that are no integers, DataError for a record of padding alone.
    """

    padding: int = integer(default=0)

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, time) to truth values (batch, time)."""
        check_integers(self, inputs)
        return inputs != self.padding

    def check_data(self, *arrays: NDArray[Any] | None) -> None:
        """Raise DataError for a record of padding alone."""
        (tokens,) = arrays
        check_mask(None if tokens is None else tokens != self.padding)
