"""Products of two matrices by the library that NumPy uses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sigma_core.backends.planned._statements import by_statement, ufunc
from sigma_core.graph import Value

if TYPE_CHECKING:
    from sigma_core.backends.planned._writer import Writer

NARROW = 64
SHORT = 256
THREADED = 1 << 18
"""Multiplications from which on OpenBLAS uses its threads."""


def is_turned(writer: "Writer", node: Value) -> bool:
    """Whether a product is best made as its transpose, which is copied to its place.

    OpenBLAS hands out columns to its threads, which then need nothing of each other, only where there are fewer than 64
    rows, and reads a transposed second operand slowly where sums are long. With two threads a gate of an LSTM, (32,
    128) by (128, 512), takes 34 microseconds so, and 60 as it is; its derivative 42, and 76.
    """
    a, b = node.inputs
    layout = writer.arrangement.layout
    rows, inner = a.shape
    columns = b.shape[1]
    if rows * inner * columns <= THREADED or not layout[a.index].flags.c_contiguous:
        return False
    if layout[b.index].flags.c_contiguous:
        return rows < NARROW and columns > inner
    is_long = (rows < NARROW and inner >= NARROW) or (rows <= SHORT and inner >= 2 * SHORT)
    return bool(layout[b.index].flags.f_contiguous) and is_long


def matmul(writer: "Writer", node: Value) -> Sequence[str]:
    """The array's own method for two matrices: it has less than half the overhead of NumPy's functions."""
    a, b = node.inputs
    if node.ndim != 2 or node.dtype.kind != "f":
        return _any_product(writer, node)
    first, second, out = writer.array(a), writer.array(b), writer.array(node)
    copy: Sequence[str] = ()
    if is_turned(writer, node):
        turned, _ = writer.scratch(node.shape[::-1], node.dtype)
        name = f"turned_{writer.order[node.index]}"
        writer.setup.append(f"{name} = {turned}.T")
        copy = [f"copyto({writer.array(node)}, {name})"]
        first, second, out, a, b = f"{second}.T", f"{first}.T", turned, b, a
    if not writer.arrangement.is_static(a):
        return [f"{first}.dot({second}, {out})", *copy]
    name = f"dot_{writer.order[node.index]}"
    writer.setup.append(f"{name} = {first}.dot")
    if writer.arrangement.is_static(b) and second.endswith(".T"):
        writer.setup.append(f"{name}_operand = {second}")
        second = f"{name}_operand"
    return [f"{name}({second}, {out})", *copy]


_any_product = by_statement(ufunc)
