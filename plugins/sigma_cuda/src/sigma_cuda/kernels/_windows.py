"""Windows: their sum, their maxima, and what goes to and comes from the places of the maxima.

Every thread has one element of the result and looks for the windows that it is in, so that no two threads write to one
place and sums are made in a fixed order.
"""

from collections.abc import Iterable, Sequence
from math import prod

from sigma_core.extend import Value, Writer
from sigma_cuda.kernels._text import Parameter, c_type, coordinates
from sigma_cuda.kernels._unit import launch


class Geometry:
    """Windows over the axes `axis` to `end` of an array: the attributes of the operations on windows."""

    def __init__(self, writer: Writer, node: Value) -> None:
        self.writer = writer
        self.axis: int = node.attributes["axis"]
        self.window: tuple[int, ...] = node.attributes["window"]
        self.strides: tuple[int, ...] = node.attributes["strides"]
        self.dilation: tuple[int, ...] = node.attributes["dilation"]
        self.count = len(self.window)
        self.end = self.axis + self.count
        self.elements = prod(self.window)

    def steps(self, value: Value) -> list[int]:
        """Strides in elements."""
        layout = self.writer.arrangement.layout[value.index]
        return [stride // layout.itemsize for stride in layout.strides]

    def element(self, index: str) -> list[str]:
        """The place of element `index` along each axis of a window."""
        return coordinates(self.window, index)

    def inside(self, value: Value, index: str) -> str:
        """The offset in an array of element `index` of a window from where the window begins."""
        steps = self.steps(value)[self.axis : self.end]
        return _sum(
            f"({place}) * {apart * step}"
            for place, apart, step in zip(self.element(index), self.dilation, steps, strict=True)
        )

    def begin(self, value: Value, places: Sequence[str]) -> str:
        """The offset in an array of where the window at `places`, one for each of its axes, begins."""
        moves = (*(1,) * self.axis, *self.strides, *(1,) * (value.ndim - self.end))
        return _sum(
            f"({place}) * {step * move}" for place, step, move in zip(places, self.steps(value), moves, strict=True)
        )

    def at(self, value: Value, places: Sequence[str]) -> str:
        """The offset of an element."""
        return _sum(f"({place}) * {step}" for place, step in zip(places, self.steps(value), strict=True))

    def around(self, shape: Sequence[int], positions: Sequence[int]) -> list[str]:
        """Lines of a loop over elements `n`: find the window, at `p0` and on, whose element `n` is element `i`."""
        places, lines = coordinates(shape, "i")[self.axis : self.end], []
        for number, (place, inner) in enumerate(zip(places, self.element("n"), strict=True)):
            stride, count = self.strides[number], positions[number]
            lines += [
                f"const whole d{number} = ({place}) - ({inner}) * {self.dilation[number]};",
                f"const whole p{number} = d{number} / {stride};",
                f"if (d{number} < 0 || p{number} * {stride} != d{number} || p{number} >= {count}) continue;",
            ]
        return lines

    def window_places(self, shape: Sequence[int]) -> list[str]:
        """The places of that window."""
        places = coordinates(shape, "i")
        return [*places[: self.axis], *(f"p{number}" for number in range(self.count)), *places[self.end :]]


def _sum(terms: Iterable[str]) -> str:
    return " + ".join(terms) or "0"


def _parameters(writer: Writer, node: Value, names: str) -> list[tuple[str, Parameter]]:
    read = [(writer.array(value), Parameter(name, value.dtype)) for name, value in zip(names, node.inputs, strict=True)]
    return [*read, (writer.array(node), Parameter("y", node.dtype, written=True))]


def windows_add(writer: Writer, node: Value) -> list[str]:
    """The sum of all windows, each added where it was taken from."""
    (updates,) = node.inputs
    windows = Geometry(writer, node)
    positions = updates.shape[windows.axis : windows.end]
    places = windows.window_places(node.shape)
    places[windows.end : windows.end] = windows.element("n")
    lines = [
        f"{c_type(node.dtype)} total = 0;",
        f"for (int n = 0; n < {windows.elements}; ++n) {{",
        *(f"    {line}" for line in windows.around(node.shape, positions)),
        f"    total = total + x[{windows.at(updates, places)}];",
        "}",
        "y[i] = total;",
    ]
    arrays = _parameters(writer, node, "x")
    return launch(writer, "windows_add", node.size, arrays, lines)


def max_pool(writer: Writer, node: Value) -> list[str]:
    """The largest element of each window."""
    (value,) = node.inputs
    windows = Geometry(writer, node)
    lines = [
        f"const whole begin = {windows.begin(value, coordinates(node.shape, 'i'))};",
        f"{c_type(node.dtype)} total = x[begin];",
        f"for (int n = 1; n < {windows.elements}; ++n)",
        f"    total = np_maximum(total, x[begin + {windows.inside(value, 'n')}]);",
        "y[i] = total;",
    ]
    arrays = _parameters(writer, node, "x")
    return launch(writer, "max_pool", node.size, arrays, lines)


def gather_maxima(writer: Writer, node: Value) -> list[str]:
    """What stands at the place of each window's maximum: the first element that is not below it."""
    values, inputs, maxima = node.inputs
    windows = Geometry(writer, node)
    places = coordinates(node.shape, "i")
    lines = [
        f"const whole begin = {windows.begin(inputs, places)};",
        f"const {c_type(maxima.dtype)} most = m[{windows.at(maxima, places)}];",
        "int n = 0;",
        f"while (n < {windows.elements - 1} && x[begin + {windows.inside(inputs, 'n')}] < most) ++n;",
        f"y[i] = v[{windows.begin(values, places)} + {windows.inside(values, 'n')}];",
    ]
    arrays = _parameters(writer, node, "vxm")
    return launch(writer, "gather_maxima", node.size, arrays, lines)


def scatter_maxima(writer: Writer, node: Value) -> list[str]:
    """Updates added where the maxima of their windows are."""
    updates, inputs, maxima = node.inputs
    windows = Geometry(writer, node)
    places = windows.window_places(node.shape)
    positions = maxima.shape[windows.axis : windows.end]
    lines = [
        f"{c_type(node.dtype)} total = 0;",
        f"for (int n = 0; n < {windows.elements}; ++n) {{",
        *(f"    {line}" for line in windows.around(node.shape, positions)),
        f"    const whole begin = {windows.begin(inputs, places)};",
        f"    const {c_type(maxima.dtype)} most = m[{windows.at(maxima, places)}];",
        "    int first = 0;",
        f"    while (first < n && x[begin + {windows.inside(inputs, 'first')}] < most) ++first;",
        f"    if (first == n && !(x[begin + {windows.inside(inputs, 'n')}] < most))",
        f"        total = total + v[{windows.at(updates, places)}];",
        "}",
        "y[i] = total;",
    ]
    arrays = _parameters(writer, node, "vxm")
    return launch(writer, "scatter_maxima", node.size, arrays, lines)
