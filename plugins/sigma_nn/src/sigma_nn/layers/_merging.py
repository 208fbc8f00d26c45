"""What layers share that make one value of several."""

from abc import abstractmethod
from types import SimpleNamespace

from attrs import frozen

from sigma_core.extend import Context, Layer, ShapeError, Value


@frozen
class Merge(Layer):
    """A layer that is fed by two or more others, whose records have the same shape."""

    def forward(self, *inputs: Value, parameters: SimpleNamespace, context: Context) -> Value:
        """Each (batch, ...) of the same shape, which is also that of what comes out."""
        check_count(self, inputs)
        if len({each.shape for each in inputs}) > 1:
            raise misfit(self, inputs, "records of the same shape, since nothing is broadcast in silence")
        return self.merge(*inputs)

    @abstractmethod
    def merge(self, *inputs: Value) -> Value:
        """What comes out of inputs that fit."""


def check_count(layer: Layer, inputs: tuple[Value, ...]) -> None:
    """Raise ShapeError unless there is something to merge."""
    name = type(layer).__name__
    if len(inputs) < 2:
        raise ShapeError(name, "one layer feeds it", "two or more", f"call it on several: {name}()([one, other])")


def misfit(layer: Layer, inputs: tuple[Value, ...], expected: str) -> ShapeError:
    """The error for inputs that cannot be merged, with the shapes of all records."""
    shapes = ", ".join(str(each.shape[1:]) for each in inputs)
    return ShapeError(type(layer).__name__, f"records of shapes {shapes}", expected, "reshape what feeds it")
