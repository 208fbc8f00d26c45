"""TransposedConvolution: filters that put windows into a larger output (Dumoulin & Visin 2016, section 4)."""

from attrs import frozen

from sigma_core.extend import transposed_convolve
from sigma_nn.layers._filters import Filters


@frozen
class TransposedConvolution(Filters):
    """Put filters into an output: `activation(transposed_convolve(inputs, weights) + biases)`.

    Each element of the inputs puts its product with a filter into a window of the output, `strides` after the one
    before; where windows overlap they are added up. So it hands on what a convolution of the same settings hands back,
    and makes a picture larger again. Takes (batch, height, width, channels) or (batch, width, channels), gives as many
    axes, the last of which is `size`, the number of filters.

    With `padding` "same", height and width become `strides` times as large. With "valid" they become
    (width - 1) * stride + (window - 1) * dilation + 1, all that windows reach; numbers, for all sides or for each axis
    one or a pair (before, after), are taken off that. With `groups`, each part of the filters sees its own part of the
    channels.

    Parameters: `weights` (*window, channels / groups, size) and, unless `bias` is false, `biases` (size,). Raises
    ShapeError for inputs with more axes or fewer, for channels that groups do not divide, and for padding that leaves
    nothing.
    """

    tag = "transposed_convolution"
    slide = staticmethod(transposed_convolve)
