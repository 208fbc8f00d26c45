"""GlobalMaxPooling: the largest element of each channel (over time: Collobert et al. 2011)."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Value
from sigma_nn.layers._global_pooling import GlobalPooling


@frozen
class GlobalMaxPooling(GlobalPooling):
    """Keep the largest element of each channel over all axes but the first and the last.

    Takes (batch, ..., channels), such as (batch, height, width, channels) or (batch, time, features), gives
    (batch, channels). Where a mask (batch, time) comes in behind the inputs, or `mask` names the section of the data
    that holds it, only steps count at which it is true. Raises ShapeError for records without an axis before the
    channels and for a mask of other axes, DataError for a record of which nothing counts.
    """

    def pool(self, inputs: Value, axes: tuple[int, ...], counts: Value | None) -> Value:
        """The maximum of what counts."""
        return np.max(inputs if counts is None else np.where(counts, inputs, -np.inf), axis=axes)
