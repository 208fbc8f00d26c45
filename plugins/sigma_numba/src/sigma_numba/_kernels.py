"""Kernels of operations that are in no cluster; what is not here is NumPy's.

A kernel gets the writer and a node, and returns the lines of a call. `matmul` is a model of one.
"""

from collections.abc import Mapping, Sequence

from sigma_core.extend import HostBackend, Kernel, Value, Writer
from sigma_numba import _correlations, _pooling, _rows


def matmul(writer: Writer, node: Value) -> Sequence[str]:
    """The array's own method for two matrices: it has less than half the overhead of NumPy's functions."""
    a, b = node.inputs
    if node.ndim != 2 or node.dtype.kind != "f":
        return HostBackend.kernels["matmul"](writer, node)
    first, second, out = writer.array(a), writer.array(b), writer.array(node)
    if not writer.arrangement.is_static(a):
        return [f"{first}.dot({second}, {out})"]
    writer.setup.append(f"dot_{out} = {first}.dot")
    return [f"dot_{out}({second}, {out})"]


KERNELS: Mapping[str, Kernel] = {
    "matmul": matmul,
    **_correlations.KERNELS,
    **_pooling.KERNELS,
    **_rows.KERNELS,
}
