"""Kernels of operations on windows: the maximum of each, adding at the places of the maxima, and adding windows up.

All go over channels in the innermost loop, which LLVM makes vectors of; elements of windows are written out.
"""

from collections.abc import Mapping, Sequence
from math import prod

from sigma_core.extend import Kernel, Value, Writer
from sigma_numba._call import call, left_to_numpy, neighbours, operand, packed
from sigma_numba._windows import Windows

MOST = 32
"""Elements of a window that are written out; larger ones are NumPy's."""


def _is_written(node: Value, value: Value) -> bool:
    window = node.attributes["window"]
    axes = node.attributes["axis"] == 1 and value.ndim == len(window) + 2 and len(window) in (1, 2)
    return axes and prod(window) <= MOST and value.dtype.kind == "f" and node.size > 0


def max_pool(writer: Writer, node: Value) -> Sequence[str]:
    """Reads every element once."""
    (value,) = node.inputs
    if not _is_written(node, value):
        return left_to_numpy(writer, node)
    lines: list[str] = []
    inputs, _ = neighbours(writer, value, lines)
    windows = Windows(node, inputs)
    first, *others = windows.elements
    inner = [
        f"m = x[s + k + {first}]",
        *(f"m = maximum(m, x[s + k + {element}])" for element in others),
        "z[o + k] = m",
    ]
    return [*lines, call(writer, ["def kernel(x, z):", *windows.loops(inner)], [inputs], node)]


def scatter_maxima(writer: Writer, node: Value) -> Sequence[str]:
    """Every window writes all its elements: what is due at the first that is not below the maximum, zeros elsewhere."""
    updates, value, maxima = node.inputs
    if not _is_written(node, value):
        return left_to_numpy(writer, node)
    lines: list[str] = []
    due, end = packed(writer, updates, lines)
    inputs, end = packed(writer, value, lines, end)
    highest, _ = packed(writer, maxima, lines, end)
    windows = Windows(node, inputs)
    zero = f"{node.dtype.name}(0.0)"
    source = ["def kernel(g, x, m, z):"]
    if not windows.is_everything:
        source += [f"    for k in range({node.size}):", f"        z[k] = {zero}"]
    inner = ["u = g[o + k]", "t = m[o + k]"]
    for number, element in enumerate(windows.elements):
        place = f"s + k + {element}"
        inner.append(f"b = x[{place}] < t")
        inner.append(f"v = select(b, {zero}, u)" if not number else f"v = select(a, select(b, {zero}, u), {zero})")
        inner.append(f"z[{place}] = v" if windows.is_disjoint else f"z[{place}] = z[{place}] + v")
        inner.append("a = b" if not number else "a = select(a, b, False)")
    return [*lines, call(writer, [*source, *windows.loops(inner)], [due, inputs, highest], node)]


def windows_add(writer: Writer, node: Value) -> Sequence[str]:
    """Rows of windows are added where they came from."""
    (value,) = node.inputs
    if not _is_written(node, node):
        return left_to_numpy(writer, node)
    lines: list[str] = []
    updates, _ = packed(writer, value, lines)
    windows = Windows(node, operand(writer, node))
    height, width = windows.window
    size = height * width * windows.channels
    source = [
        "def kernel(u, z):",
        f"    for k in range({node.size}):",
        f"        z[k] = {node.dtype.name}(0.0)",
        f"    for n in range({windows.records}):",
        f"        for r in range({windows.rows}):",
        f"            for c in range({windows.columns}):",
        f"                o = ((n * {windows.rows} + r) * {windows.columns} + c) * {size}",
        f"                s = n * {windows.of_record} + r * {windows.of_row} + c * {windows.of_column}",
        f"                for i in range({height}):",
        f"                    for j in range({windows.runs}):",
        f"                        p = s + i * {windows.down} + j * {windows.right}",
        f"                        q = o + (i * {windows.runs} + j) * {windows.run}",
        f"                        for k in range({windows.run}):",
        "                            z[p + k] = z[p + k] + u[q + k]",
    ]
    return [*lines, call(writer, source, [updates], node)]


KERNELS: Mapping[str, Kernel] = {"max_pool": max_pool, "scatter_maxima": scatter_maxima, "windows_add": windows_add}
