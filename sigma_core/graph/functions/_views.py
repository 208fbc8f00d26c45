"""Changing the shape of values; no element is copied."""

from typing import Any

import numpy as np

from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, constant, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.operations._shapes import many_axes, one_axis, resolved, several


@meaning_of(np.reshape)
def reshape(a: Any, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Value:  # noqa: ARG001  # immutable
    """As np.reshape, in C order."""
    _in_rows(order)
    value = as_value(a)
    new = resolved(shape, value.size)
    return value if new == value.shape else record("reshape", value, shape=new)


@meaning_of(np.ravel)
def ravel(a: Any, order: str = "C") -> Value:
    """As np.ravel, in C order."""
    _in_rows(order)
    value = as_value(a)
    return reshape(value, value.size)


def _in_rows(order: str) -> None:
    if order != "C":
        raise TraceError(place(), f"order {order!r} cannot be traced", "order 'C'", "transpose before and after")


@meaning_of(np.transpose)
def transpose(a: Any, axes: Any = None) -> Value:
    """As np.transpose."""
    value = as_value(a)
    given = several(axes, "an axis") if axes is not None else reversed(range(value.ndim))
    order = tuple(one_axis(axis, value.ndim) for axis in given)
    if sorted(order) != list(range(value.ndim)):
        raise ShapeError(place(), f"axes {tuple(axes)} are no order of the {value.ndim} axes", "each axis once")
    return value if order == tuple(range(value.ndim)) else record("transpose", value, axes=order)


@meaning_of(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Value:
    """As np.swapaxes."""
    value = as_value(a)
    order = list(range(value.ndim))
    first, second = one_axis(axis1, value.ndim), one_axis(axis2, value.ndim)
    order[first], order[second] = second, first
    return transpose(value, order)


@meaning_of(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Value:
    """As np.matrix_transpose."""
    return swapaxes(x, -1, -2)


@meaning_of(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Value:
    """As np.moveaxis."""
    value = as_value(a)
    sources = [one_axis(axis, value.ndim) for axis in several(source)]
    targets = [one_axis(axis, value.ndim) for axis in several(destination)]
    order = [axis for axis in range(value.ndim) if axis not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return transpose(value, order)


@meaning_of(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Value:
    """As np.expand_dims."""
    value = as_value(a)
    given = several(axis)
    axes = many_axes(tuple(given), value.ndim + len(given))
    sizes = iter(value.shape)
    return reshape(value, tuple(1 if axis in axes else next(sizes) for axis in range(value.ndim + len(given))))


@meaning_of(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Value:
    """As np.squeeze."""
    value = as_value(a)
    ones = tuple(axis for axis, size in enumerate(value.shape) if size == 1)
    axes = ones if axis is None else many_axes(axis, value.ndim)
    if not set(axes) <= set(ones):
        raise ShapeError(place(), f"axes {axes} of shape {value.shape} cannot be removed", "axes of size 1")
    return reshape(value, tuple(size for axis, size in enumerate(value.shape) if axis not in axes))


@meaning_of(np.broadcast_to)
def broadcast_to(array: Any, shape: Any) -> Value:
    """As np.broadcast_to."""
    value = as_value(array)
    new = tuple(several(shape))
    return value if new == value.shape else record("broadcast_to", value, shape=new)


@meaning_of(np.flip)
def flip(m: Any, axis: Any = None) -> Value:
    """As np.flip."""
    value = as_value(m)
    axes = many_axes(axis, value.ndim)
    cuts = tuple(
        (size - 1, None, -1) if axis in axes and size else (0, size, 1) for axis, size in enumerate(value.shape)
    )
    return record("slice", value, cuts=cuts)


@meaning_of(np.repeat)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Value:
    """As np.repeat; each element may have a number of times of its own, which is no value."""
    value = as_value(a)
    if axis is None:
        value, axis = ravel(value), 0
    axis = one_axis(axis, value.ndim)
    before, size, after = value.shape[:axis], value.shape[axis], value.shape[axis + 1 :]
    counts = several(repeats, "a number of times")
    if min(counts, default=0) < 0 or len(counts) not in (1, size):
        raise ShapeError(place(), f"{counts} as numbers of times for {size} elements", "one, or one for each")
    if len(counts) > 1:
        order = np.repeat(np.arange(size), counts)
        return record("gather", value, constant(order), axes=(axis,))
    (count,) = counts or [0]
    spread = broadcast_to(reshape(value, (*before, size, 1, *after)), (*before, size, count, *after))
    return reshape(spread, (*before, size * count, *after))


@meaning_of(np.tile)
def tile(A: Any, reps: Any) -> Value:  # noqa: N803  # NumPy's name
    """As np.tile."""
    value = as_value(A)
    counts = tuple(several(reps))
    ndim = max(len(counts), value.ndim)
    counts = (1,) * (ndim - len(counts)) + counts
    shape = (1,) * (ndim - value.ndim) + value.shape
    pairs = tuple(size for count, size in zip(counts, shape, strict=True) for size in (count, size))
    single = tuple(size for size in shape for size in (1, size))
    spread = broadcast_to(reshape(value, single), pairs)
    return reshape(spread, tuple(count * size for count, size in zip(counts, shape, strict=True)))
