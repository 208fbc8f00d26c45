"""What layers share that make one number of each channel."""

from abc import abstractmethod
from types import SimpleNamespace
from typing import Any

from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Context, ShapeError, Value, check_mask
from sigma_nn.layers._masks import MaskedLayer


@frozen
class GlobalPooling(MaskedLayer):
    """A layer that makes one number of each channel: (batch, ..., channels) to (batch, channels)."""

    def forward(
        self, inputs: Value, mask: Value | None = None, *, parameters: SimpleNamespace, context: Context
    ) -> Value:
        """(batch, ..., channels), and a mask (batch, ...) or none, to (batch, channels)."""
        if inputs.ndim < 3:
            raise ShapeError(
                type(self).__name__,
                f"records of shape {inputs.shape[1:]}",
                "records of shape (..., channels), with at least one axis before the channels",
                "leave it out, or reshape what feeds it",
            )
        if mask is not None and mask.shape != inputs.shape[:-1]:
            raise ShapeError(
                type(self).__name__,
                f"a mask with records of shape {mask.shape[1:]} for records of shape {inputs.shape[1:]}",
                f"a mask of {inputs.shape[1:-1]}, a number for each step",
                "give it the mask of the same sequence",
            )
        # Behind a mask of steps stands an axis for the channels.
        counts = None if mask is None else mask.astype(bool).reshape((*mask.shape, 1))
        return self.pool(inputs, tuple(range(1, inputs.ndim - 1)), counts)

    @abstractmethod
    def pool(self, inputs: Value, axes: tuple[int, ...], counts: Value | None) -> Value:
        """One number of all along the axes; `counts` is true where an element is not to be left out."""

    def check_data(self, *arrays: NDArray[Any] | None) -> None:
        """Raise DataError for a record of which nothing counts."""
        if len(arrays) > 1:
            check_mask(arrays[-1])
