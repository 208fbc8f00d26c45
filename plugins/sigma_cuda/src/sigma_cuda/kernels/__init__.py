"""What an operation becomes on the device: one table from names to the kernels that are written for them."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps

import numpy as np

from sigma_core.extend import OPERATIONS, Kind, PlannedBackend, Value, Writer
from sigma_cuda.kernels._clusters import write_elements
from sigma_cuda.kernels._elements import EXPRESSIONS
from sigma_cuda.kernels._host import on_host
from sigma_cuda.kernels._indexing import embed, gather, replace, scatter, scatter_add, searchsorted
from sigma_cuda.kernels._random import uniform
from sigma_cuda.kernels._reductions import AHEAD, CUMULATIVE, RULES, accumulate, position, reduce
from sigma_cuda.kernels._schedule import schedule
from sigma_cuda.kernels._text import has_type
from sigma_cuda.kernels._unit import OPTIONS, Unit
from sigma_cuda.kernels._windows import gather_maxima, max_pool, scatter_maxima, windows_add

__all__ = ["HOST", "KERNELS", "OPTIONS", "Unit", "on_host", "schedule", "write_elements"]

Kernel = Callable[[Writer, Value], Sequence[str]]


def _typed(kernel: Kernel) -> Kernel:
    """The kernel for the dtypes that CUDA C has; the host for others, which are rare."""

    @wraps(kernel)
    def written(writer: Writer, node: Value) -> Sequence[str]:
        known = has_type(node.dtype, *(value.dtype for value in node.inputs))
        return (kernel if known else on_host)(writer, node)

    return written


def _elements(writer: Writer, node: Value) -> Sequence[str]:
    return write_elements(writer, (node,))


def _matmul(writer: Writer, node: Value) -> Sequence[str]:
    """By cuBLAS, which multiplies floating-point numbers."""
    if node.dtype not in (np.float32, np.float64) or any(value.dtype != node.dtype for value in node.inputs):
        return on_host(writer, node)
    a, b = (writer.array(value) for value in node.inputs)
    return [f"matmul({a}, {b}, out={writer.array(node)})"]


def _sort(writer: Writer, node: Value) -> Sequence[str]:
    """By CuPy, into memory of its own and from there."""
    return _sorted(writer, node, "sorted_along")


def _argsort(writer: Writer, node: Value) -> Sequence[str]:
    """As above; CuPy knows one direction."""
    return on_host(writer, node) if node.attributes["descending"] else _sorted(writer, node, "in_order")


def _sorted(writer: Writer, node: Value, function: str) -> Sequence[str]:
    (value,) = node.inputs
    if not node.size:
        return []
    if value.dtype.kind == "b" or not has_type(value.dtype):
        return on_host(writer, node)
    return [f"copyto({writer.array(node)}, {function}({writer.array(value)}, {node.attributes['axis']}))"]


# Loops and branches run their bodies, whose programs are made of the kernels here.
_CONTROL = {
    name: kernel
    for name, kernel in PlannedBackend.kernels.items()
    if name in OPERATIONS and OPERATIONS[name].kind is Kind.CONTROL
}
KERNELS: Mapping[str, Kernel] = {
    **_CONTROL,
    **{name: _typed(_elements) for name in EXPRESSIONS},
    **{name: _typed(reduce) for name in RULES},
    **{name: _typed(position) for name in AHEAD},
    **{name: _typed(accumulate) for name in CUMULATIVE},
    "argsort": _argsort,
    "concatenate": PlannedBackend.kernels["concatenate"],
    "embed": _typed(embed),
    "gather": _typed(gather),
    "gather_maxima": _typed(gather_maxima),
    "matmul": _matmul,
    "max_pool": _typed(max_pool),
    "random_uniform": uniform,
    "replace": _typed(replace),
    "reshape": PlannedBackend.kernels["reshape"],
    "scatter": _typed(scatter),
    "scatter_add": _typed(scatter_add),
    "scatter_maxima": _typed(scatter_maxima),
    "searchsorted": _typed(searchsorted),
    "sort": _sort,
    "windows_add": _typed(windows_add),
}

_MATRICES = "small matrices, and a singular one is to be an error, which a device cannot raise"
HOST: Mapping[str, str] = {
    **dict.fromkeys(("adjugate", "cholesky", "det", "inv", "log_det", "sign_det", "solve"), _MATRICES),
    "random_normal": "NumPy's numbers come of a ziggurat, in which each takes as many draws as it happens to need",
}
"""Operations that are computed on the host, each with the reason; a test holds that each is here or above."""
