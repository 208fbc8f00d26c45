"""Reading, writing and adding at integer indices.

A device cannot raise an error: what an index out of bounds reads is NaN, or 0 where there is no NaN, and what is
written there is lost. Sums at equal indices are made in the order of the updates, as NumPy makes them: indices are
sorted first, so that no two threads meet and a run can be repeated bit by bit.
"""

from collections.abc import Sequence
from math import prod

import numpy as np

from sigma_core.extend import Value, Writer
from sigma_cuda.kernels._text import Parameter, c_type, coordinates, offset, strides
from sigma_cuda.kernels._unit import launch

INDEX = np.dtype(np.int64)


class Picked:
    """How the axes of what is gathered (or given as updates) are made of those of the indices and of the array."""

    def __init__(self, shape: Sequence[int], axes: Sequence[int], indices: Sequence[Value]) -> None:
        neighbours = tuple(axes) == tuple(range(axes[0], axes[0] + len(axes)))
        self.picked = np.broadcast_shapes(*(index.shape for index in indices))
        self.rest = [axis for axis in range(len(shape)) if axis not in axes]
        self.front = axes[0] if neighbours else 0
        self.count = prod(self.picked)
        self.behind = prod(shape[axis] for axis in self.rest[self.front :])

    def steps(self, given: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
        """Strides of the picked axes and of the others, from those of what is gathered."""
        end = self.front + len(self.picked)
        return given[self.front : end], [*given[: self.front], *given[end:]]


def _index_lines(
    writer: Writer, picked: Picked, indices: Sequence[Value], sizes: Sequence[int], place: str
) -> tuple[list[tuple[str, Parameter]], list[str]]:
    """Parameters and lines that read each index, at place `q` of the picked axes, and find out whether all fit."""
    arrays, lines = [], [f"const whole q = {place};", "bool fits = true;"]
    for number, (index, size) in enumerate(zip(indices, sizes, strict=True)):
        arrays.append((writer.array(index), Parameter(f"i{number}", index.dtype)))
        steps = strides(writer.arrangement.layout[index.index], picked.picked)
        lines += [
            f"long long j{number} = (long long)i{number}[{offset(steps, picked.picked, 'q')}];",
            f"if (j{number} < 0) j{number} += {size};",
            f"fits = fits && j{number} >= 0 && j{number} < {size};",
        ]
    return arrays, lines


def gather(writer: Writer, node: Value) -> list[str]:
    """A thread for each element of the result."""
    value, *indices = node.inputs
    axes = node.attributes["axes"]
    picked = Picked(value.shape, axes, indices)
    layout = writer.arrangement.layout[value.index]
    own = [stride // layout.itemsize for stride in layout.strides]
    arrays, lines = _index_lines(
        writer, picked, indices, [value.shape[axis] for axis in axes], f"(i / {picked.behind}) % {picked.count}"
    )
    rest = [value.shape[axis] for axis in picked.rest]
    steps = [own[axis] for axis in picked.rest]
    lines.append(f"const whole r = (i / {picked.behind * picked.count}) * {picked.behind} + i % {picked.behind};")
    terms = [offset(steps, rest, "r"), *(f"j{number} * {own[axis]}" for number, axis in enumerate(axes))]
    missing = "0" if node.dtype.kind != "f" else f'({c_type(node.dtype)})nan("")'
    lines.append(f"y[i] = fits ? x[{' + '.join(terms)}] : {missing};")
    arrays = [
        (writer.array(value), Parameter("x", value.dtype)),
        *arrays,
        (writer.array(node), Parameter("y", node.dtype, written=True)),
    ]
    return launch(writer, "gather", node.size, arrays, lines)


def scatter_add(writer: Writer, node: Value) -> list[str]:
    """A thread for each element of the result, which adds up the updates of its row in their order."""
    updates = node.inputs[0]
    return _scattered(
        writer,
        node,
        0,
        [(writer.array(updates), Parameter("x", updates.dtype))],
        [
            f"{c_type(node.dtype)} total = 0;",
            "for (; low < {count} && rows[order[low]] == row; ++low) {",
            "    const whole q = (whole)order[low];",
            "    total = total + x[base + {place}];",
            "}",
            "y[i] = total;",
        ],
    )


def scatter(writer: Writer, node: Value) -> list[str]:
    """A thread for each element of the result: the last update of its row, or what was there."""
    value, updates = node.inputs[:2]
    there = offset(strides(writer.arrangement.layout[value.index], value.shape), value.shape, "i")
    return _scattered(
        writer,
        node,
        1,
        [(writer.array(updates), Parameter("x", updates.dtype)), (writer.array(value), Parameter("v", value.dtype))],
        [
            "whole last = -1;",
            "for (; low < {count} && rows[order[low]] == row; ++low) last = (whole)order[low];",
            "const whole q = last < 0 ? 0 : last;",
            f"y[i] = last < 0 ? v[{there}] : x[base + {{place}}];",
        ],
    )


def _scattered(
    writer: Writer,
    node: Value,
    first: int,
    arrays: list[tuple[str, Parameter]],
    lines: Sequence[str],
) -> list[str]:
    """Rows of all updates, their order, and a kernel whose threads begin at the first update of their row.

    The updates are input number `first` of the node, and the indices stand behind them.
    """
    updates, *indices = node.inputs[first:]
    axes, shape = node.attributes["axes"], node.shape
    picked = Picked(shape, axes, indices)
    sizes = [shape[axis] for axis in axes]
    flat, end = writer.scratch((picked.count,), INDEX)
    order, _ = writer.scratch((picked.count,), INDEX, end)
    given, found = _index_lines(writer, picked, indices, sizes, "i")
    found.append(f"rows[i] = fits ? {_row([f'j{number}' for number in range(len(axes))], sizes)} : {prod(sizes)};")
    given.append((flat, Parameter("rows", INDEX, written=True)))
    result = launch(writer, "scatter_rows", picked.count, given, found)
    if picked.count:
        result.append(f"copyto({order}, in_order({flat}, 0))")

    layout = writer.arrangement.layout[updates.index]
    along, across = picked.steps([stride // layout.itemsize for stride in layout.strides])
    places = coordinates(shape, "i")
    base = [f"({places[axis]}) * {step}" for axis, step in zip(picked.rest, across, strict=True) if step]
    names = {"count": picked.count, "place": offset(along, picked.picked, "q")}
    body = [
        f"const long long row = {_row([f'({places[axis]})' for axis in axes], sizes)};",
        f"const whole base = {' + '.join(base) or '0'};",
        f"whole low = 0, high = {picked.count};",
        "while (low < high) {",
        "    const whole middle = low + (high - low) / 2;",
        "    if (rows[order[middle]] < row) low = middle + 1; else high = middle;",
        "}",
        *(line.replace("{count}", str(names["count"])).replace("{place}", str(names["place"])) for line in lines),
    ]
    arrays = [
        *arrays,
        (flat, Parameter("rows", INDEX)),
        (order, Parameter("order", INDEX)),
        (writer.array(node), Parameter("y", node.dtype, written=True)),
    ]
    return result + launch(writer, node.operation.name, node.size, arrays, body)


def _row(places: Sequence[str], sizes: Sequence[int]) -> str:
    """The number of a place among all, in C order, as an expression."""
    return " + ".join(f"(long long)({place}) * {prod(sizes[number + 1 :])}" for number, place in enumerate(places))


def embed(writer: Writer, node: Value) -> list[str]:
    """A thread for each element of the result: of the array where the slice is, zero elsewhere."""
    (value,) = node.inputs
    return _placed(writer, node, value, [], f"({c_type(node.dtype)})0")


def replace(writer: Writer, node: Value) -> list[str]:
    """A thread for each element of the result: of the updates where the slice is, what was there elsewhere."""
    value, updates = node.inputs
    there = offset(strides(writer.arrangement.layout[value.index], value.shape), value.shape, "i")
    return _placed(writer, node, updates, [(writer.array(value), Parameter("v", value.dtype))], f"v[{there}]")


def _placed(writer: Writer, node: Value, part: Value, arrays: list[tuple[str, Parameter]], elsewhere: str) -> list[str]:
    layout = writer.arrangement.layout[part.index]
    lines, terms = ["bool inside = true;"], []
    cuts = node.attributes["cuts"]
    for axis, (place, (start, _, step)) in enumerate(zip(coordinates(node.shape, "i"), cuts, strict=True)):
        lines += [
            f"const whole d{axis} = ({place}) - ({start});",
            f"const whole k{axis} = d{axis} / ({step});",
            f"inside = inside && k{axis} * ({step}) == d{axis} && k{axis} >= 0 && k{axis} < {part.shape[axis]};",
        ]
        terms.append(f"k{axis} * ({layout.strides[axis] // layout.itemsize})")
    lines.append(f"y[i] = inside ? x[{' + '.join(terms) or '0'}] : {elsewhere};")
    arrays = [
        (writer.array(part), Parameter("x", part.dtype)),
        *arrays,
        (writer.array(node), Parameter("y", node.dtype, written=True)),
    ]
    return launch(writer, node.operation.name, node.size, arrays, lines)


def searchsorted(writer: Writer, node: Value) -> list[str]:
    """A thread for each number, which halves the range that it may belong to; NaN stands behind all numbers."""
    array, numbers = node.inputs
    layout = writer.arrangement.layout[array.index]
    step = layout.strides[0] // layout.itemsize
    there = offset(strides(writer.arrangement.layout[numbers.index], numbers.shape), numbers.shape, "i")
    before = "np_before({0}, {1})" if node.attributes["side"] == "left" else "!np_before({1}, {0})"
    lines = [
        f"const {c_type(numbers.dtype)} number = n[{there}];",
        f"whole low = 0, high = {array.size};",
        "while (low < high) {",
        "    const whole middle = low + (high - low) / 2;",
        f"    if ({before.format(f'x[middle * {step}]', 'number')}) low = middle + 1; else high = middle;",
        "}",
        "y[i] = low;",
    ]
    arrays = [
        (writer.array(array), Parameter("x", array.dtype)),
        (writer.array(numbers), Parameter("n", numbers.dtype)),
        (writer.array(node), Parameter("y", node.dtype, written=True)),
    ]
    return launch(writer, "searchsorted", node.size, arrays, lines)
