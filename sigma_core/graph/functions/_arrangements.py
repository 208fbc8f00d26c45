"""Padding, rolling and other arrangements of a value's elements."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, cast, common_dtype, full, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._elementwise import where
from sigma_core.graph.functions._joins import concatenate, stack
from sigma_core.graph.functions._views import broadcast_to, expand_dims, flip, ravel, reshape, swapaxes
from sigma_core.graph.operations._shapes import one_axis


@meaning_of(np.pad)
def pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Any:
    """As np.pad with mode "constant", "edge", "reflect", "symmetric", "wrap" or "empty", which is filled with zeros."""
    value = as_value(array)
    if isinstance(pad_width, dict):
        pairs = {one_axis(axis, value.ndim): width for axis, width in pad_width.items()}
        pad_width = [pairs.get(axis, 0) for axis in range(value.ndim)]
        pad_width = [width if isinstance(width, Sequence) else (width, width) for width in pad_width]
    widths = np.broadcast_to(np.asarray(pad_width, np.int64), (value.ndim, 2)).tolist()
    if mode in ("constant", "empty"):
        return _pad_with_numbers(value, widths, constant_values if mode == "constant" else 0)
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        modes = "constant, edge, empty, reflect, symmetric, wrap"
        raise TraceError(place(), f"np.pad with mode {mode!r} cannot be traced", modes, "np.concatenate")
    for axis, width in enumerate(widths):
        if any(width):
            if not value.shape[axis]:
                raise ShapeError(place(), f"np.pad with mode {mode!r} of shape {value.shape}", "elements to repeat")
            value = _picked(value, np.pad(np.arange(value.shape[axis]), width, mode), axis)  # type: ignore[call-overload]
    return value


def _pad_with_numbers(value: Value, widths: list[list[int]], numbers: Any) -> Any:
    if not isinstance(numbers, Value) and np.ndim(numbers):
        pairs = np.broadcast_to(np.asarray(numbers), (value.ndim, 2))
        for axis, ((before, after), (low, high)) in enumerate(zip(widths, pairs, strict=True)):
            shape = value.shape
            first, last = ((*shape[:axis], width, *shape[axis + 1 :]) for width in (before, after))
            value = concatenate([full(first, low, value.dtype), value, full(last, high, value.dtype)], axis)
        return value
    shape = tuple(before + size + after for size, (before, after) in zip(value.shape, widths, strict=True))
    cuts = tuple((before, before + size, 1) for size, (before, _) in zip(value.shape, widths, strict=True))
    padded = record("embed", value, shape=shape, cuts=cuts)
    number = as_value(numbers)
    if number.operation.name == "constant" and not number.attributes["literal"].array.any():
        return padded
    inside = record("embed", full(value.shape, True, np.bool_), shape=shape, cuts=cuts)
    return where(inside, padded, cast(number, value.dtype))


def _picked(value: Value, order: Any, axis: int) -> Value:
    """Known indices along an axis, as a join of slices, which is cheaper than a gather and so is its derivative."""
    steps = np.diff(order)
    edges = [0]
    for place_of in range(1, len(order)):
        # A run goes on while its step stays 1, 0 or -1.
        run = place_of - edges[-1]
        if steps[place_of - 1] not in (-1, 0, 1) or (run > 1 and steps[place_of - 1] != steps[place_of - 2]):
            edges.append(place_of)
    parts = []
    before = (slice(None),) * axis
    for start, stop in pairwise([*edges, len(order)]):
        first, last = int(order[start]), int(order[stop - 1])
        part = value[(*before, slice(min(first, last), max(first, last) + 1))]
        if first == last:
            part = broadcast_to(part, (*part.shape[:axis], stop - start, *part.shape[axis + 1 :]))
        parts.append(flip(part, axis) if last < first else part)
    return concatenate(parts, axis)


@meaning_of(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Value:
    """As np.roll."""
    value = as_value(a)
    if axis is None:
        return reshape(roll(ravel(value), shift, 0), value.shape)
    many = isinstance(shift, Sequence) or isinstance(axis, Sequence)
    pairs = np.broadcast(shift, axis) if many else [(shift, axis)]
    for count, each in pairs:
        along = one_axis(each, value.ndim)
        size = value.shape[along]
        start = (size - int(count)) % size if size else 0
        if start:
            before = (slice(None),) * along
            value = concatenate([value[(*before, slice(start, None))], value[(*before, slice(0, start))]], along)
    return value


@meaning_of(np.rot90)
def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Value:
    """As np.rot90."""
    value = as_value(m)
    first, second = (one_axis(axis, value.ndim) for axis in axes)
    if first == second:
        raise ShapeError(place(), f"a rotation from axis {first} to itself", "two axes")
    turns = k % 4
    if turns == 2:
        return flip(value, (first, second))
    if turns == 1:
        return swapaxes(flip(value, second), first, second)
    return flip(swapaxes(value, first, second), second) if turns else value


@meaning_of(np.fliplr)
def fliplr(m: Any) -> Value:
    """As np.fliplr."""
    return flip(m, 1)


@meaning_of(np.flipud)
def flipud(m: Any) -> Value:
    """As np.flipud."""
    return flip(m, 0)


@meaning_of(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Value:
    """As np.delete, of known indices."""
    value = as_value(arr)
    value, axis = (ravel(value), 0) if axis is None else (value, one_axis(axis, value.ndim))
    return _picked(value, np.delete(np.arange(value.shape[axis]), obj), axis)


@meaning_of(np.select)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """As np.select: the first choice whose condition holds."""
    if len(condlist) != len(choicelist):
        raise ShapeError(place(), f"{len(condlist)} conditions for {len(choicelist)} choices", "one for each")
    choices = [as_value(each) for each in (*choicelist, default)]
    dtype = common_dtype(*choices)
    result: Any = cast(choices[-1], dtype)
    for condition, choice in zip(reversed(condlist), reversed(choices[:-1]), strict=True):
        result = where(condition, cast(choice, dtype), result)
    return result


@meaning_of(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Value, ...]:  # noqa: ARG001  # values are immutable
    """As np.meshgrid."""
    if indexing not in ("xy", "ij"):
        raise ShapeError(place(), f"np.meshgrid with indexing {indexing!r}", "'xy' or 'ij'")
    axes = [ravel(each) for each in xi]
    order = list(range(len(axes)))
    if indexing == "xy" and len(axes) > 1:
        order[:2] = [1, 0]
    sizes = tuple(axes[position].size for position in order)
    grids = []
    for number, axis in enumerate(axes):
        along = order.index(number)
        shaped = reshape(axis, tuple(axis.size if position == along else 1 for position in range(len(axes))))
        grids.append(shaped if sparse else broadcast_to(shaped, sizes))
    return tuple(grids)


@meaning_of(np.broadcast_arrays)
def broadcast_arrays(*args: Any) -> tuple[Value, ...]:
    """As np.broadcast_arrays."""
    values = [as_value(each) for each in args]
    shape = np.broadcast_shapes(*(value.shape for value in values))
    return tuple(broadcast_to(value, shape) for value in values)


@meaning_of(np.linspace)
def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, *, axis: int = 0) -> Any:
    """As np.linspace, between values."""
    first, last = as_value(start), as_value(stop)
    dtype = np.result_type(common_dtype(first, last), np.float32 if first.dtype == np.float32 else np.float64)
    first, last = cast(first, dtype), cast(last, dtype)
    parts = max(num - 1 if endpoint else num, 1)
    shares = [first + (last - first) * (number / parts) for number in range(num)]
    if endpoint and num > 1:
        shares[-1] = last + (first - first)
    return stack([as_value(share) for share in shares], axis)


@meaning_of(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Value:  # noqa: N803  # NumPy's name
    """As np.vander."""
    value = as_value(x)
    if value.ndim != 1:
        raise ShapeError(place(), f"np.vander of shape {value.shape}", "one axis")
    count = value.size if N is None else N
    powers: list[Any] = [np.ones_like(value)]
    while len(powers) < count:
        powers.append(powers[-1] * value)
    chosen = powers[:count] if increasing else powers[:count][::-1]
    return concatenate([expand_dims(power, 1) for power in chosen], 1)
