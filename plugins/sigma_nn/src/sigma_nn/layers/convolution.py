"""Convolution: filters that slide over pictures or sequences (LeCun, Bottou, Bengio & Haffner 1998)."""

from attrs import frozen

from sigma_core.extend import convolve
from sigma_nn.layers._filters import Filters


@frozen
class Convolution(Filters):
    """Slide filters over the inputs: `activation(convolve(inputs, weights) + biases)`.

    Takes (batch, height, width, channels) or (batch, width, channels), gives as many axes, the last of which is `size`,
    the number of filters. `window` is the size of a filter, `strides` how far apart its places are, `dilation` how far
    apart the elements are that it sees: one number each, or one for each axis. `padding` "same" keeps height and width,
    or divides them by the strides and rounds up; "valid" puts nothing around; numbers are elements on all sides, or for
    each axis one number or a pair (before, after). With `groups`, each part of the filters sees its own part of the
    channels.

    Parameters: `weights` (*window, channels / groups, size) and, unless `bias` is false, `biases` (size,). Raises
    ShapeError for inputs with more axes or fewer, for windows larger than the inputs and what is put around them, and
    for channels that groups do not divide.
    """

    tag = "convolution"
    slide = staticmethod(convolve)
