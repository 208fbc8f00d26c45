"""GlobalAveragePooling: the mean of each channel (Lin, Chen & Yan 2014, section 3.2)."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Value
from sigma_nn.layers._global_pooling import GlobalPooling


@frozen
class GlobalAveragePooling(GlobalPooling):
    """Take the mean of each channel over all axes but the first and the last.

    Takes (batch, ..., channels), such as (batch, height, width, channels) or (batch, time, features), gives
    (batch, channels). Where a mask (batch, time) comes in behind the inputs, or `mask` names the section of the data
    that holds it, only steps count at which it is true. Raises ShapeError for records without an axis before the
    channels and for a mask of other axes, DataError for a record of which nothing counts.
    """

    def pool(self, inputs: Value, axes: tuple[int, ...], counts: Value | None) -> Value:
        """The mean of what counts."""
        if counts is None:
            return np.mean(inputs, axis=axes)
        number = np.sum(counts.astype(inputs.dtype), axis=axes)
        # Chosen among rather than multiplied: what is masked may be anything, not-a-number among it.
        return np.sum(np.where(counts, inputs, 0.0), axis=axes) / number
