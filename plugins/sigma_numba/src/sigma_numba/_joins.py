"""What is put side by side."""

from collections.abc import Mapping, Sequence
from math import prod

from sigma_core.extend import Kernel, Value, Writer
from sigma_numba._call import call, left_to_numpy, packed


def concatenate(writer: Writer, node: Value) -> Sequence[str]:
    """Row after row of all parts; what is joined along a first axis lies in its place already, or is left to NumPy."""
    axis = node.attributes["axis"]
    rows = prod(node.shape[:axis])
    if rows == 1 or node.dtype.kind not in "fi" or not node.size or len(node.inputs) > 8:
        return left_to_numpy(writer, node)
    before: list[str] = []
    parts, end = [], 0
    for value in node.inputs:
        part, end = packed(writer, value, before, end)
        parts.append(part)
    arguments = [f"x{number}" for number in range(len(parts))]
    lines = [f"def kernel({', '.join(arguments)}, z):", f"    for r in range({rows}):"]
    row, start = node.size // rows, 0
    for name, value in zip(arguments, node.inputs, strict=True):
        size = value.size // rows
        lines.append(f"        for c in range({size}):")
        lines.append(f"            z[r * {row} + {start} + c] = {name}[r * {size} + c]")
        start += size
    return [*before, call(writer, lines, parts, node)]


KERNELS: Mapping[str, Kernel] = {"concatenate": concatenate}
