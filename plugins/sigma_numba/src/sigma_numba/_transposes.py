"""Copies that move numbers about: of transposed matrices, and of what is put side by side."""

from collections.abc import Sequence
from math import prod

from sigma_core.extend import HostBackend, Value, Writer
from sigma_numba._call import call, named, packed
from sigma_numba._kernel import SHARED
from sigma_numba._memory import Memory
from sigma_numba._registers import registers


def transposing_copy(writer: Writer, turned: str, node: Value) -> Sequence[str]:
    """A call that copies the array named `turned`, of the transposed shape, to a node's place, tile after tile."""
    rows, columns = node.shape
    lanes, _ = registers(node.dtype)
    squares, tiles = rows - rows % lanes, columns // lanes
    rest = columns - tiles * lanes
    is_shared = node.size >= SHARED and tiles > 0
    lines = [
        f"def kernel({'begin, end, ' if is_shared else ''}x, z):",
        f"    for t in range({'begin, end' if is_shared else tiles}):",
        f"        for r in range(0, {squares}, {lanes}):",
        f"            transpose_{lanes}(z, r * {columns} + t * {lanes}, {columns}, x, t * {lanes * rows} + r, {rows})",
        f"        for r in range({squares}, {rows}):",
        f"            for c in range({lanes}):",
        f"                z[r * {columns} + t * {lanes} + c] = x[(t * {lanes} + c) * {rows} + r]",
    ]
    if rest:
        # For whoever has the last tile.
        last = f"select(end == {tiles}, {columns}, 0)" if is_shared else columns
        lines += [
            f"    for c in range({columns - rest}, {last}):",
            f"        for r in range({rows}):",
            f"            z[r * {columns} + c] = x[c * {rows} + r]",
        ]
    name = named(writer, lines, (node.dtype, node.dtype))
    made = f"shared(addresses[{name!r}], {tiles}" if is_shared else f"prepared(functions[{name!r}]"
    copy = f"copy_{writer.order[node.index]}"
    writer.setup.append(f"{copy} = {made}, ({turned}, 0), {Memory(writer).place(node)})")
    return [f"{copy}()"]


def concatenate(writer: Writer, node: Value) -> Sequence[str]:
    """Row after row of all parts; what is joined along a first axis lies in its place already, or is left to NumPy."""
    axis = node.attributes["axis"]
    rows = prod(node.shape[:axis])
    if rows == 1 or node.dtype.kind not in "fi" or not node.size or len(node.inputs) > 8:
        return HostBackend.kernels["concatenate"](writer, node)
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


KERNELS = {"concatenate": concatenate}
