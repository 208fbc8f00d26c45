"""Kernels that read rows by number, as an embedding does, and add to rows by number, as its derivative does."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from sigma_core.extend import Kernel, Value, Writer
from sigma_numba._call import call, left_to_numpy, packed


def checked(indices: np.ndarray[Any, Any], size: int) -> None:
    """Raise IndexError for a row that is not there, as NumPy does: a kernel would read or write past the end."""
    if indices.size:
        low, high = int(indices.min()), int(indices.max())
        if low < -size or high >= size:
            raise IndexError(f"index {low if low < -size else high} is out of bounds for axis with size {size}")


def _is_written(node: Value) -> bool:
    indices = node.inputs[1:]
    signed = all(index.dtype.kind == "i" for index in indices)
    return node.attributes["axes"] == (0,) and signed and node.dtype.kind in "fi" and node.size > 0


def gather(writer: Writer, node: Value) -> Sequence[str]:
    """A copy of one row after the other."""
    value, *indices = node.inputs
    if not _is_written(node):
        return left_to_numpy(writer, node)
    row = prod(value.shape[1:])
    source = [
        "def kernel(x, i, z):",
        f"    for t in range({indices[0].size}):",
        "        r = int64(i[t])",
        f"        p = select(r < 0, r + {value.shape[0]}, r) * {row}",
        f"        for k in range({row}):",
        f"            z[t * {row} + k] = x[p + k]",
    ]
    return _written(writer, node, source, value.shape[0])


def scatter_add(writer: Writer, node: Value) -> Sequence[str]:
    """Zeros everywhere, then one row after the other is added where it belongs."""
    _, *indices = node.inputs
    if not _is_written(node):
        return left_to_numpy(writer, node)
    row = prod(node.shape[1:])
    source = [
        "def kernel(u, i, z):",
        f"    for k in range({node.size}):",
        f"        z[k] = {node.dtype.name}(0)",
        f"    for t in range({indices[0].size}):",
        "        r = int64(i[t])",
        f"        p = select(r < 0, r + {node.shape[0]}, r) * {row}",
        f"        for k in range({row}):",
        f"            z[p + k] = z[p + k] + u[t * {row} + k]",
    ]
    return _written(writer, node, source, node.shape[0])


def _written(writer: Writer, node: Value, source: Sequence[str], size: int) -> Sequence[str]:
    lines: list[str] = []
    value, end = packed(writer, node.inputs[0], lines)
    indices, _ = packed(writer, node.inputs[1], lines, end)
    writer.names["checked"] = checked
    lines.append(f"checked({writer.array(node.inputs[1])}, {size})")
    return [*lines, call(writer, source, [value, indices], node)]


KERNELS: Mapping[str, Kernel] = {"gather": gather, "scatter_add": scatter_add}
