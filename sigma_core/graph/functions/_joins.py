"""Joining, splitting and padding values."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, cast, full, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._elementwise import where
from sigma_core.graph.functions._views import expand_dims, ravel, reshape
from sigma_core.graph.operations._shapes import one_axis


@meaning_of(np.concatenate)
def concatenate(arrays: Sequence[Any], /, axis: int | None = 0) -> Value:
    """As np.concatenate."""
    values = [as_value(array) for array in arrays]
    if axis is None:
        values, axis = [ravel(value) for value in values], 0
    if any(not value.ndim for value in values):
        raise ShapeError(place(), "values without axes cannot be concatenated", "at least one axis", "np.stack")
    # Parts of a join are arrays, even Python numbers.
    dtype = np.result_type(*(value.dtype for value in values))
    axis = one_axis(axis, values[0].ndim)
    parts = [cast(value, dtype) for value in values]
    return parts[0] if len(parts) == 1 else record("concatenate", *parts, axis=axis)


@meaning_of(np.stack)
def stack(arrays: Sequence[Any], axis: int = 0) -> Value:
    """As np.stack."""
    return concatenate([expand_dims(array, axis) for array in arrays], axis)


@meaning_of(np.vstack)
def vstack(tup: Sequence[Any]) -> Value:
    """As np.vstack."""
    return concatenate([_at_least(as_value(array), 2) for array in tup])


@meaning_of(np.hstack)
def hstack(tup: Sequence[Any]) -> Value:
    """As np.hstack."""
    values = [_at_least(as_value(array), 1) for array in tup]
    return concatenate(values, 0 if values[0].ndim == 1 else 1)


def _at_least(value: Value, ndim: int) -> Value:
    return value if value.ndim >= ndim else reshape(value, (1,) * (ndim - value.ndim) + value.shape)


@meaning_of(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """As np.array_split: views."""
    value = as_value(ary)
    axis = one_axis(axis, value.ndim)
    size = value.shape[axis]
    if isinstance(indices_or_sections, int):
        each, more = divmod(size, indices_or_sections)
        sizes = [each + 1] * more + [each] * (indices_or_sections - more)
        edges = [sum(sizes[:number]) for number in range(len(sizes) + 1)]
    else:
        edges = [0, *(int(edge) for edge in indices_or_sections), size]
    return [value[(slice(None),) * axis + (slice(start, stop),)] for start, stop in pairwise(edges)]


@meaning_of(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """As np.split: views."""
    value = as_value(ary)
    size = value.shape[one_axis(axis, value.ndim)]
    if isinstance(indices_or_sections, int) and size % indices_or_sections:
        raise ShapeError(place(), f"an axis of size {size} does not split into {indices_or_sections} equal parts")
    return array_split(value, indices_or_sections, axis)


@meaning_of(np.pad)
def pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Any:
    """As np.pad with mode "constant" and one number."""
    if mode != "constant":
        raise TraceError(place(), f"np.pad with mode {mode!r} cannot be traced", "mode 'constant'", "np.concatenate")
    value = as_value(array)
    widths = np.broadcast_to(np.asarray(pad_width, np.int64), (value.ndim, 2)).tolist()
    shape = tuple(before + size + after for size, (before, after) in zip(value.shape, widths, strict=True))
    cuts = tuple((before, before + size, 1) for size, (before, _) in zip(value.shape, widths, strict=True))
    padded = record("embed", value, shape=shape, cuts=cuts)
    number = as_value(constant_values)
    if number.operation.name == "constant" and not number.attributes["literal"].array.any():
        return padded
    inside = record("embed", full(value.shape, True, np.bool_), shape=shape, cuts=cuts)
    return where(inside, padded, cast(number, value.dtype))


@meaning_of(np.roll)
def roll(a: Any, shift: int, axis: int) -> Value:
    """As np.roll along one axis."""
    value = as_value(a)
    axis = one_axis(axis, value.ndim)
    size = value.shape[axis]
    start = (size - shift) % size if size else 0
    before = (slice(None),) * axis
    return concatenate([value[(*before, slice(start, None))], value[(*before, slice(0, start))]], axis)
