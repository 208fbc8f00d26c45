"""Reading and adding at integer indices: gather and scatter_add are each other's transposes."""

from math import prod
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._scope import place
from sigma_core.graph.operations._batching import gathered, scattered
from sigma_core.graph.operations._operation import Kind, Operation, Shape, Signature, register
from sigma_core.graph.operations._shapes import broadcast

LONG = 256
"""Numbers of a row from which on a loop over rows is worth it: 2,048 rows of 512 take 1.0 ms so, and 2.0 otherwise."""


def key_of(ndim: int, axes: tuple[int, ...], indices: tuple[Any, ...]) -> tuple[Any, ...]:
    """The index of an array that has arrays in some axes."""
    key: list[Any] = [slice(None)] * ndim
    for axis, index in zip(axes, indices, strict=True):
        key[axis] = index
    return tuple(key)


def gathered_shape(shape: Shape, axes: tuple[int, ...], indices: tuple[Any, ...]) -> Shape:
    """NumPy's rule: the axes of the indices stand where theirs were if those are neighbours, in front otherwise."""
    picked = broadcast(*(index.shape for index in indices))
    neighbours = axes == tuple(range(axes[0], axes[0] + len(axes)))
    front = axes[0] if neighbours else 0
    rest = tuple(size for axis, size in enumerate(shape) if axis not in axes)
    return (*rest[:front], *picked, *rest[front:])


def _gather_infer(value: Any, *indices: Any, axes: tuple[int, ...]) -> Signature:
    return gathered_shape(value.shape, axes, indices), value.dtype


def check_bounds(index: Any, size: int) -> None:
    """Raise IndexError as NumPy would; one pass over the index where none is negative, as is usual."""
    if index.dtype.kind == "b" or not index.size:
        return
    # Negative numbers are huge as unsigned ones.
    plain = index.dtype == np.int64 and index.flags.c_contiguous
    if plain and np.maximum.reduce(index.view(np.uint64), axis=None) < size:
        return
    low, high = int(index.min()), int(index.max())
    if low < -size or high >= size:
        wrong = low if low < -size else high
        raise IndexError(f"index {wrong} is out of bounds for axis with size {size}")


def _gather(array: Any, *indices: Any, axes: tuple[int, ...], out: Any = None) -> Any:
    if len(axes) == 1:
        index = np.asarray(indices[0])
        if out is None:
            return np.take(array, index, axes[0])
        # NumPy buffers `out` in its checking mode, so the check is made here and the mode wraps negative indices.
        check_bounds(index, array.shape[axes[0]])
        return np.take(array, index, axes[0], out, "wrap")
    result = array[key_of(array.ndim, axes, indices)]
    if out is None:
        return result
    out[...] = result
    return out


def _scatter_infer(updates: Any, *indices: Any, axes: tuple[int, ...], shape: Shape) -> Signature:
    expected = gathered_shape(shape, axes, indices)
    if updates.shape != expected:
        raise ShapeError(place(), f"updates of shape {updates.shape} do not fit the indices", f"shape {expected}")
    return shape, updates.dtype


def _places(shape: Shape, axes: tuple[int, ...], indices: tuple[Any, ...], out: Any = None) -> Any:
    """The numbers of the elements that are picked, counted through the whole array; `out` may give memory for them."""
    strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
    picked: Any = 0
    for axis, index in zip(axes, map(np.asarray, indices), strict=True):
        check_bounds(index, shape[axis])
        number = index.astype(np.intp, copy=False)
        picked = picked + np.where(number < 0, number + shape[axis], number) * strides[axis]
    neighbours = axes == tuple(range(axes[0], axes[0] + len(axes)))
    others = [axis for axis in range(len(shape)) if axis not in axes]
    front = axes[0] if neighbours else 0
    ndim = len(others) + picked.ndim
    places = picked.reshape((*picked.shape, *(1,) * (len(others) - front)))
    for position, axis in enumerate(others):
        place_of = position if position < front else position + picked.ndim
        steps = (np.arange(shape[axis]) * strides[axis]).reshape((-1,) + (1,) * (ndim - 1 - place_of))
        whole = np.broadcast_shapes(places.shape, steps.shape)
        is_last = out is not None and position == len(others) - 1
        places = np.add(places, steps, out=out.reshape(whole) if is_last else None)
    return places


def adds_rows(shape: Shape, axes: tuple[int, ...]) -> bool:
    """Whether updates are added row by row: long rows take less time so than number by number, and need no places."""
    return axes == (0,) and prod(shape[1:]) >= LONG


def _add_rows(out: Any, updates: Any, index: Any) -> None:
    check_bounds(index, len(out))
    rows = updates.reshape((index.size, out.shape[1]))
    for number, row in zip(index.reshape(-1).tolist(), rows, strict=True):
        total = out[number]
        np.add(total, row, total)


def _scatter_add(
    updates: Any, *indices: Any, axes: tuple[int, ...], shape: Shape, out: Any = None, places: Any = None
) -> Any:
    """`places` may give memory for one integer for each number of the updates."""
    if out is None:
        out = np.zeros(shape, np.asarray(updates).dtype)
    else:
        out.fill(0)
    if not out.flags.c_contiguous:
        np.add.at(out, key_of(len(shape), axes, indices), updates)
    elif adds_rows(shape, axes):
        _add_rows(out.reshape((shape[0], prod(shape[1:]))), updates, np.asarray(indices[0]))
    else:
        # One-dimensional is several times faster than by rows: 0.44 ms instead of 2.3 for 2,048 rows of 128 float32.
        np.add.at(out.reshape(-1), _places(shape, axes, indices, places).reshape(-1), np.ravel(updates))
    return out


def _record(name: str, *inputs: Any, **attributes: Any) -> Any:
    from sigma_core.graph._record import record  # rules record when they run, the table is below values

    return record(name, *inputs, **attributes)


def _gather_reverse(position: int, cotangent: Any, node: Any) -> Any:
    value, *indices = node.inputs
    return _record("scatter_add", cotangent, *indices, shape=value.shape, **node.attributes) if position == 0 else None


def _scatter_reverse(position: int, cotangent: Any, node: Any) -> Any:
    return _record("gather", cotangent, *node.inputs[1:], axes=node.attributes["axes"]) if position == 0 else None


def _linear(name: str) -> Any:
    return lambda tangents, node: _record(name, tangents[0], *node.inputs[1:], **node.attributes)


GATHER = register(
    Operation("gather", Kind.GATHER, _gather_infer, _gather, _gather_reverse, _linear("gather"), batch=gathered)
)
SCATTER_ADD = register(
    Operation(
        "scatter_add",
        Kind.GATHER,
        _scatter_infer,
        _scatter_add,
        _scatter_reverse,
        _linear("scatter_add"),
        batch=scattered,
    )
)
