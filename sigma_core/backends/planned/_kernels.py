"""Which lines compute a node: one table of kernels per backend, open to operations of plugins."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sigma_core.backends.planned._branches import cond, while_loop
from sigma_core.backends.planned._scan import scan
from sigma_core.backends.planned._statements import STATEMENTS, by_statement, call
from sigma_core.graph import Value
from sigma_core.graph.operations import adds_rows, sums_of_windows

if TYPE_CHECKING:
    from sigma_core.backends.planned._writer import Writer

Kernel = Callable[["Writer", Value], Sequence[str]]
"""(writer, node) -> the lines of a call that compute the node into `writer.array(node)`.

What is made once goes to `writer.setup`; memory that is needed for these lines only comes from `writer.scratch`.
"""


def reshape(writer: "Writer", node: Value) -> Sequence[str]:
    """A reshape that is no view: the result is seen in the operand's shape and copied to."""
    out, operand = writer.array(node), writer.array(node.inputs[0])
    writer.setup.append(f"{out}_ = {out}.reshape({node.inputs[0].shape})")
    return [f"copyto({out}_, {operand})"]


def concatenate(writer: "Writer", node: Value) -> Sequence[str]:
    """Copies of the parts that are not computed in their place."""
    parts = [
        (number, value)
        for number, value in enumerate(node.inputs)
        if not writer.placement.is_in_place(value, node, sum(each.size for each in node.inputs[:number]))
    ]
    out, axis = writer.array(node), node.attributes["axis"]
    if len(parts) == len(node.inputs):
        return [f"concatenate(({', '.join(writer.array(value) for value in node.inputs)}), {axis}, {out})"]
    lines = []
    for number, value in parts:
        rows = sum(each.shape[axis] for each in node.inputs[:number])
        writer.setup.append(f"{out}_{number} = {out}[{':, ' * axis}{rows}:{rows + value.shape[axis]}]")
        lines.append(f"copyto({out}_{number}, {writer.array(value)})")
    return lines


def windows_add(writer: "Writer", node: Value) -> Sequence[str]:
    """Sums over one axis of the windows after the other, in memory that is planned."""
    between, end = [], 0
    for shape in list(sums_of_windows(node.inputs[0].shape, **node.attributes))[:-1]:
        name, end = writer.scratch(shape, node.dtype, end)
        between.append(name)
    return _called(writer, node, between=f"({''.join(name + ', ' for name in between)})")


def scatter_add(writer: "Writer", node: Value) -> Sequence[str]:
    """Numbers at places that are counted in memory that is planned."""
    if adds_rows(node.shape, node.attributes["axes"]):
        return _called(writer, node)
    places, _ = writer.scratch((node.inputs[0].size,), np.intp)
    return _called(writer, node, places=places)


def of_maxima(writer: "Writer", node: Value) -> Sequence[str]:
    """Where maxima are is told by masks in memory that is planned."""
    masks, _ = writer.scratch((3, *node.inputs[2].shape), np.bool_)
    return _called(writer, node, masks=masks)


def _called(writer: "Writer", node: Value, **memory: str) -> Sequence[str]:
    """The call of an implementation that takes memory for what it computes in between."""
    (line,) = by_statement(call)(writer, node)
    given = "".join(f", {name}={source}" for name, source in memory.items())
    return [line.removesuffix(")") + given + ")"]


KERNELS: Mapping[str, Kernel] = {
    **{name: by_statement(each) for name, each in STATEMENTS.items()},
    "concatenate": concatenate,
    "cond": cond,
    "gather_maxima": of_maxima,
    "reshape": reshape,
    "scan": scan,
    "scatter_add": scatter_add,
    "scatter_maxima": of_maxima,
    "while_loop": while_loop,
    "windows_add": windows_add,
}
"""For arrays with NumPy's functions; any other operation runs by its ufunc or its implementation."""

_REGISTERED: dict[tuple[str, str], Kernel] = {}


def register_kernel(backend: str, operation: str, kernel: Kernel) -> Kernel:
    """Let a backend compute an operation by a kernel of its own, in place of any that it has."""
    _REGISTERED[backend, operation] = kernel
    return kernel


def registered_kernel(backend: str, operation: str) -> Kernel | None:
    """The kernel that was registered for an operation, None if there is none."""
    return _REGISTERED.get((backend, operation))
