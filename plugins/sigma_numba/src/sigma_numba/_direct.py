"""Convolutions without rows of windows: two operations of this backend, and the products that they stand for.

Copying the windows of a 5 x 5 convolution takes 25 times the memory of its inputs, which a product of matrices then
reads back. A kernel that knows where windows lie reads the inputs themselves, from the first cache. It is worth it as
long as the filters stay in the second cache; larger ones are left to OpenBLAS. Programs are differentiated already when
this is done, so these operations have no derivatives.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from sigma_core.extend import Graph, Kind, Operation, Value, optimise, record, rewrite
from sigma_numba._registers import registers

LARGEST = 1 << 18
"""Bytes of filters that stay in the second cache beside everything else."""


# The operations


def _positions(sizes: Sequence[int], sliding: Mapping[str, Any]) -> tuple[int, ...]:
    settings = (sliding["window"], sliding["dilation"], sliding["strides"])
    return tuple(
        (size - (elements - 1) * apart - 1) // stride + 1
        for size, elements, apart, stride in zip(sizes, *settings, strict=True)
    )


def _rows(inputs: Any, sliding: Mapping[str, Any]) -> tuple[int, int]:
    """Number of windows, and of their elements."""
    places = _positions(inputs.shape[1:-1], sliding)
    return inputs.shape[0] * prod(places), prod(sliding["window"]) * inputs.shape[-1]


def _matrix(inputs: Any, sliding: Mapping[str, Any]) -> Any:
    """Windows as rows, in NumPy."""
    axes = tuple(range(1, inputs.ndim - 1))
    reach = tuple((size - 1) * apart + 1 for size, apart in zip(sliding["window"], sliding["dilation"], strict=True))
    seen = np.lib.stride_tricks.sliding_window_view(inputs, reach, axes)
    moves = (slice(None, None, stride) for stride in sliding["strides"])
    inner = (slice(None, None, apart) for apart in sliding["dilation"])
    return np.moveaxis(seen[(slice(None), *moves, slice(None), *inner)], len(axes) + 1, -1).reshape(
        _rows(inputs, sliding)
    )


CORRELATE = Operation(
    "correlate",
    Kind.CONTRACTION,
    lambda inputs, filters, **sliding: ((_rows(inputs, sliding)[0], filters.shape[1]), inputs.dtype),
    lambda inputs, filters, out=None, **sliding: np.matmul(_matrix(inputs, sliding), filters, out=out),
    count=lambda node: 2 * node.size * node.inputs[1].shape[0],
)
"""Windows of the inputs, as rows, times filters, as columns."""
CORRELATE_BACK = Operation(
    "correlate_back",
    Kind.CONTRACTION,
    lambda inputs, due, **sliding: ((_rows(inputs, sliding)[1], due.shape[1]), inputs.dtype),
    lambda inputs, due, out=None, **sliding: np.matmul(_matrix(inputs, sliding).T, due, out=out),
    count=lambda node: 2 * node.size * node.inputs[1].shape[0],
)
"""Windows of the inputs, as columns, times what the results are due: the derivative by the filters."""


def _recorded(operation: Operation, *inputs: Value, **attributes: Any) -> Value:
    shape, dtype = operation.infer(*inputs, **attributes)
    return Value(operation, inputs, attributes, shape, dtype)


# Where they stand for others


def direct(graph: Graph) -> Graph:
    """The graph with kernels in place of products with rows of windows, and of windows that are added up."""
    rewritten = rewrite(graph, _direct)
    is_used = any(node.operation in (CORRELATE, CORRELATE_BACK) for node in rewritten.nodes)
    return optimise(rewritten) if is_used else graph


def _direct(node: Value) -> Value | None:
    rule = RULES.get(node.operation.name)
    return rule(node) if rule and node.dtype in (np.float32, np.float64) else None


def _windows(rows: Value) -> Value | None:
    """The view of windows that a matrix was copied from: each row a window, axes and channels of it in order."""
    if rows.operation.name != "reshape" or rows.inputs[0].operation.name != "windows":
        return None
    (windows,) = rows.inputs
    sliding, (inputs,) = windows.attributes, windows.inputs
    fits = sliding["axis"] == 1 and inputs.ndim == len(sliding["window"]) + 2 and inputs.ndim in (3, 4)
    return windows if fits and rows.shape == _rows(inputs, dict(sliding)) else None


def _pays(rows: int, inner: int, columns: int, dtype: Any) -> bool:
    """Whether a kernel is faster than a copy and OpenBLAS."""
    lanes, _ = registers(dtype)
    return rows > 0 and columns % lanes == 0 and inner * columns * dtype.itemsize <= LARGEST


def _product(node: Value) -> Value | None:
    a, b = node.inputs
    if node.ndim != 2:
        return None
    windows = _windows(a)
    if windows is not None and _pays(*a.shape, b.shape[1], node.dtype):
        return _recorded(CORRELATE, windows.inputs[0], b, **windows.attributes)
    windows = _windows(a.inputs[0]) if a.operation.name == "transpose" else None
    if windows is not None and _pays(a.shape[1], a.shape[0], b.shape[1], node.dtype):
        return _recorded(CORRELATE_BACK, windows.inputs[0], b, **windows.attributes)
    return None


def _added(node: Value) -> Value | None:
    """Windows that are added up where they came from are windows themselves: of what is due, with filters turned round.

    Only without strides and dilation, for between the elements there would be zeros to multiply with.
    """
    sliding = dict(node.attributes)
    shape, window = sliding.pop("shape"), sliding["window"]
    (updates,) = node.inputs
    product = updates.inputs[0] if updates.operation.name == "reshape" else None
    plain = (
        {*sliding["strides"], *sliding["dilation"]} == {1} and sliding["axis"] == 1 and len(shape) == len(window) + 2
    )
    if product is None or product.operation.name != "matmul" or product.ndim != 2 or not plain or len(shape) > 4:
        return None
    due, filters = product.inputs
    positions = updates.shape[1 : len(window) + 1]
    count, channels = filters.shape[0], shape[-1]
    fits = due.shape[0] == prod(updates.shape[: len(window) + 1]) and filters.shape[1] == prod(window) * channels
    if not fits or not _pays(due.shape[0], prod(window) * count, channels, node.dtype):
        return None
    turned: Any = np.flip(filters.T.reshape((*window, channels, count)), tuple(range(len(window))))
    turned = np.swapaxes(turned, -1, -2).reshape((prod(window) * count, channels))
    sizes = zip(window, shape[1:-1], positions, strict=True)
    around = tuple((size - 1, whole - places) for size, whole, places in sizes)
    values: Any = due.reshape((shape[0], *positions, count))
    padded: Any = np.pad(values, ((0, 0), *around, (0, 0)))
    return _recorded(CORRELATE, padded, turned, **sliding).reshape(shape)


def _cut(node: Value) -> Value | None:
    """Of windows that were added up only what is read is computed: less is put around what is due."""
    (value,) = node.inputs
    product = value.inputs[0] if value.operation.name == "reshape" else None
    if product is None or product.operation is not CORRELATE or product.inputs[0].operation.name != "embed":
        return None
    padded, filters = product.inputs
    cuts, places = node.attributes["cuts"], padded.attributes["cuts"]
    sizes = value.shape
    whole = ((0, sizes[0], 1), (0, sizes[-1], 1))
    if (cuts[0], cuts[-1]) != whole or {*product.attributes["strides"], *product.attributes["dilation"]} != {1}:
        return None
    shape, moved = list(padded.shape), list(places)
    for axis in range(1, len(sizes) - 1):
        (start, stop, step), (begin, end, _) = cuts[axis], places[axis]
        cut = sizes[axis] - stop if stop is not None else -1
        if step != 1 or not 0 <= start <= begin or not 0 <= cut <= padded.shape[axis] - end:
            return None
        shape[axis] -= start + cut
        moved[axis] = (begin - start, end - start, 1)
    smaller = record("embed", padded.inputs[0], shape=tuple(shape), cuts=tuple(moved))
    return _recorded(CORRELATE, smaller, filters, **product.attributes).reshape(node.shape)


RULES = {"matmul": _product, "slice": _cut, "windows_add": _added}
