"""Dropout (Srivastava et al. 2014), inverted."""

from types import SimpleNamespace

import numpy as np
from attrs import frozen

from sigma_core.extend import Context, Layer, Value
from sigma_nn._settings import number


@frozen
class Dropout(Layer):
    """While training, set each element to zero with probability `rate`; scale the others so that the mean stays.

    Takes and gives (batch, ...). Because the scaling is done while training ("inverted"), the layer does nothing at
    all in validation and prediction.
    """

    rate: float = number(default=0.5, at_least=0, below=1)

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ...) of the same shape."""
        if not context.training or self.rate == 0:
            return inputs
        is_kept = context.uniform(inputs.shape) >= self.rate
        # The scale is a Python float, so that it does not widen the dtype.
        return np.where(is_kept, inputs * (1 / (1 - self.rate)), 0.0)
