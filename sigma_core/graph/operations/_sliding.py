"""The geometry of windows that slide over neighbouring axes."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from attrs import frozen

from sigma_core.errors import ShapeError
from sigma_core.graph._scope import place
from sigma_core.graph.operations._operation import Shape


@frozen
class Sliding:
    """Which windows: the attributes that all operations on windows have, by the same names."""

    axis: int
    """The first of the axes that windows slide over."""
    window: Shape
    """Elements of a window along each of the axes."""
    strides: Shape
    """How far apart windows begin."""
    dilation: Shape
    """How far apart the elements of a window are."""

    @property
    def end(self) -> int:
        """The axis behind the last that windows slide over."""
        return self.axis + len(self.window)

    @property
    def extents(self) -> Shape:
        """How far a window reaches along each axis."""
        return tuple((size - 1) * apart + 1 for size, apart in zip(self.window, self.dilation, strict=True))

    @property
    def is_disjoint(self) -> bool:
        """Whether no element is in two windows."""
        return all(stride >= extent for stride, extent in zip(self.strides, self.extents, strict=True))

    def positions(self, shape: Shape) -> Shape:
        """How many windows an array of `shape` has along each axis; raises ShapeError where not even one fits."""
        sizes = shape[self.axis : self.end]
        if any(size < extent for size, extent in zip(sizes, self.extents, strict=True)):
            raise ShapeError(
                place(),
                f"windows that reach over {self.extents} elements do not fit into {sizes}",
                "windows that are no larger than what they slide over, padding included",
                "a smaller window or dilation, or more padding",
            )
        return tuple(
            (size - extent) // stride + 1
            for size, extent, stride in zip(sizes, self.extents, self.strides, strict=True)
        )

    def results(self, shape: Shape, *inner: int) -> Shape:
        """The shape with positions in place of what windows slide over, and `inner` axes behind those."""
        return (*shape[: self.axis], *self.positions(shape), *inner, *shape[self.end :])

    def elements(self, array: Any) -> Iterator[Any]:
        """For each element of the window in turn, a view of it in all windows."""
        counts = self.positions(array.shape)
        for element in product(*map(range, self.window)):
            cuts = (
                slice(number * apart, number * apart + (count - 1) * stride + 1, stride)
                for number, apart, count, stride in zip(element, self.dilation, counts, self.strides, strict=True)
            )
            yield array[(slice(None),) * self.axis + tuple(cuts)]
