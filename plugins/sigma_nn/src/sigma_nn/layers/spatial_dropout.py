"""SpatialDropout (Tompson, Goroshin, Jain, LeCun & Bregler 2015, section 3.2), inverted."""

from types import SimpleNamespace

import numpy as np
from attrs import frozen

from sigma_core.extend import Context, Layer, ShapeError, Value
from sigma_nn._settings import number


@frozen
class SpatialDropout(Layer):
    """While training, set whole channels to zero with probability `rate`; scale the others so that the mean stays.

    Takes and gives (batch, ..., channels), such as (batch, height, width, channels): what is near in a picture or a
    sequence is alike, so that single elements that are dropped would be told by their neighbours. The layer does
    nothing at all in validation and prediction. Raises ShapeError for records without an axis before the channels.
    """

    rate: float = number(default=0.5, at_least=0, below=1)

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ..., channels) of the same shape."""
        if inputs.ndim < 3:
            raise ShapeError(
                "SpatialDropout",
                f"records of shape {inputs.shape[1:]}",
                "records of shape (..., channels), with at least one axis before the channels",
                "use Dropout where there are no channels",
            )
        if not context.training or self.rate == 0:
            return inputs
        is_kept = context.uniform((inputs.shape[0], *(1,) * (inputs.ndim - 2), inputs.shape[-1])) >= self.rate
        return np.where(is_kept, inputs * (1 / (1 - self.rate)), 0.0)
