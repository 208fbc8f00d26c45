"""Convolution: filters that slide over pictures or sequences (LeCun, Bottou, Bengio & Haffner 1998)."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Literal

from attrs import frozen

from sigma_core.extend import (
    Activation,
    Context,
    Initialiser,
    Layer,
    Parameter,
    Shape,
    ShapeError,
    Value,
    component,
    convolve,
)
from sigma_nn._settings import integer, margins, sizes


@frozen
class Convolution(Layer):
    """Slide filters over the inputs: `activation(convolve(inputs, weights) + biases)`.

    Takes (batch, height, width, channels) or (batch, width, channels), gives as many axes, the last of which is `size`,
    the number of filters. `window` is the size of a filter, `strides` how far apart its places are, `dilation` how far
    apart the elements are that it sees: one number each, or one for each axis. `padding` "same" keeps height and width,
    or divides them by the strides and rounds up; "valid" puts nothing around; numbers are elements on all sides, or for
    each axis one number or a pair (before, after). With `groups`, each part of the filters sees its own part of the
    channels.

    Parameters: `weights` (*window, channels / groups, size) and, unless `bias` is false, `biases` (size,). Raises
    ShapeError for inputs with more axes or fewer, and for channels that groups do not divide.
    """

    size: int = integer(at_least=1)
    window: int | tuple[int, ...] = sizes(default=5)
    activation: Activation | str = component("activations", "none")
    strides: int | tuple[int, ...] = sizes(default=1)
    padding: Literal["same", "valid"] | int | tuple[int | tuple[int, int], ...] = margins(default="same")
    dilation: int | tuple[int, ...] = sizes(default=1)
    groups: int = integer(default=1, at_least=1)
    bias: bool = True
    weights_initialiser: Initialiser | str = component("initialisers", "glorot")
    biases_initialiser: Initialiser | str = component("initialisers", "zeros")

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """A filter for each unit, over the channels of its group, and a bias for each unit."""
        (shape,) = shapes
        window = (self.window,) * (len(shape) - 1) if isinstance(self.window, int) else self.window
        if len(shape) not in (2, 3) or len(window) != len(shape) - 1:
            raise ShapeError(
                "Convolution",
                f"records of shape {shape} for a window of {self.window}",
                "records of shape (height, width, channels) or (width, channels), one size of a window for each axis",
                "give the input its shape, or the window other sizes",
            )
        *_, channels = shape
        if channels % self.groups or self.size % self.groups:
            raise ShapeError(
                "Convolution",
                f"{self.groups} groups of {channels} channels and {self.size} filters",
                "a number of groups that divides both",
            )
        weights = Parameter(
            (*window, channels // self.groups, self.size), self.weights_initialiser, tags={"weights", "convolution"}
        )
        if not self.bias:
            return {"weights": weights}
        return {
            "weights": weights,
            "biases": Parameter((self.size,), self.biases_initialiser, tags={"biases", "convolution"}),
        }

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, height, width, channels) to (batch, rows, columns, size), or with one axis between."""
        outputs = convolve(
            inputs,
            parameters.weights,
            strides=self.strides,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
        )
        if self.bias:
            outputs = outputs + parameters.biases
        return self.activation(outputs)
