"""What layers share that slide filters over pictures or sequences."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import ClassVar, Literal

from attrs import frozen

from sigma_core.extend import Activation, Context, Initialiser, Layer, Parameter, Shape, ShapeError, Value, component
from sigma_nn._settings import integer, margins, sizes


@frozen
class Filters(Layer):
    """A layer of filters, with a bias for each and an activation behind them.

    A subclass has the constants below.
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

    tag: ClassVar[str]
    """By which patterns find its parameters."""
    slide: ClassVar[Callable[..., Value]]
    """What the filters do with the inputs: `convolve`, or an operation with the same settings."""

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """A filter for each unit, over the channels of its group, and a bias for each unit."""
        (shape,) = shapes
        window = (self.window,) * (len(shape) - 1) if isinstance(self.window, int) else self.window
        if len(shape) not in (2, 3) or len(window) != len(shape) - 1:
            raise ShapeError(
                type(self).__name__,
                f"records of shape {shape} for a window of {self.window}",
                "records of shape (height, width, channels) or (width, channels), one size of a window for each axis",
                "give the input its shape, or the window other sizes",
            )
        *_, channels = shape
        if channels % self.groups or self.size % self.groups:
            raise ShapeError(
                type(self).__name__,
                f"{self.groups} groups of {channels} channels and {self.size} filters",
                "a number of groups that divides both",
            )
        weights = Parameter(
            (*window, channels // self.groups, self.size), self.weights_initialiser, tags={"weights", self.tag}
        )
        if not self.bias:
            return {"weights": weights}
        return {
            "weights": weights,
            "biases": Parameter((self.size,), self.biases_initialiser, tags={"biases", self.tag}),
        }

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, height, width, channels) to (batch, rows, columns, size), or with one axis between."""
        outputs = self.slide(
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
