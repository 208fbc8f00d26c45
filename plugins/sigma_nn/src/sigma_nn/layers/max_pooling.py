"""MaxPooling: the largest element of each window."""

from types import SimpleNamespace

from attrs import frozen

from sigma_core.extend import Context, Value, max_pool
from sigma_nn.layers._pooling import Pooling


@frozen
class MaxPooling(Pooling):
    """Keep the largest element of each window of each channel.

    Takes (batch, height, width, channels) or (batch, width, channels), gives as many axes. `window` is one size or one
    for each axis, and so are `strides`, which are the window's sizes if none are given; `padding` is as for a
    convolution, and never the largest. Of equal elements the first takes the whole derivative. Raises ShapeError for
    inputs with more axes or fewer.
    """

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, height, width, channels) to (batch, rows, columns, channels), or with one axis between."""
        return max_pool(inputs, self.window, self.strides, padding=self.padding)
