"""Joining and splitting values."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, cast, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._views import expand_dims, moveaxis, ravel, reshape
from sigma_core.graph.operations._shapes import is_many, one_axis, several, whole


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


@meaning_of(np.unstack)
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Value, ...]:
    """As np.unstack: views."""
    value = moveaxis(x, axis, 0)
    return tuple(value[number] for number in range(len(value)))


@meaning_of(np.vstack)
def vstack(tup: Sequence[Any]) -> Value:
    """As np.vstack."""
    return concatenate([_at_least(as_value(array), 2) for array in tup])


@meaning_of(np.hstack)
def hstack(tup: Sequence[Any]) -> Value:
    """As np.hstack."""
    values = [_at_least(as_value(array), 1) for array in tup]
    return concatenate(values, 0 if values[0].ndim == 1 else 1)


@meaning_of(np.dstack)
def dstack(tup: Sequence[Any]) -> Value:
    """As np.dstack."""
    return concatenate([atleast_3d(array) for array in tup], 2)


@meaning_of(np.column_stack)
def column_stack(tup: Sequence[Any]) -> Value:
    """As np.column_stack."""
    values = [as_value(array) for array in tup]
    return concatenate([reshape(value, (value.size, 1)) if value.ndim < 2 else value for value in values], 1)


@meaning_of(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Value:
    """As np.append."""
    return concatenate([as_value(arr), as_value(values)], axis)


@meaning_of(np.block)
def block(arrays: Any) -> Value:
    """As np.block."""

    def depth(nested: Any) -> int:
        return 1 + max(map(depth, nested)) if isinstance(nested, list) else 0

    def leaves(nested: Any) -> list[Any]:
        return [leaf for each in nested for leaf in leaves(each)] if isinstance(nested, list) else [nested]

    def join(nested: Any, axis: int) -> Value:
        if not isinstance(nested, list):
            return _at_least(as_value(nested), ndim)
        return concatenate([join(each, axis + 1) for each in nested], axis)

    deep = depth(arrays)
    ndim = max(deep, *(as_value(leaf).ndim for leaf in leaves(arrays)))
    return join(arrays, ndim - deep)


def _at_least(value: Value, ndim: int) -> Value:
    return value if value.ndim >= ndim else reshape(value, (1,) * (ndim - value.ndim) + value.shape)


def _at_least_all(arrays: tuple[Any, ...], ndim: int) -> Any:
    values = tuple(_at_least(as_value(array), ndim) for array in arrays)
    return values[0] if len(values) == 1 else values


@meaning_of(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """As np.atleast_1d."""
    return _at_least_all(arys, 1)


@meaning_of(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """As np.atleast_2d."""
    return _at_least_all(arys, 2)


@meaning_of(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """As np.atleast_3d: a vector becomes the middle axis, a matrix the first two."""
    values = tuple(as_value(array) for array in arys)
    shaped = tuple(
        reshape(value, (1, *value.shape, 1) if value.ndim == 1 else (*value.shape, *(1,) * (3 - value.ndim)))
        for value in values
    )
    return shaped[0] if len(shaped) == 1 else shaped


@meaning_of(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """As np.array_split: views."""
    value = as_value(ary)
    axis = one_axis(axis, value.ndim)
    size = value.shape[axis]
    given = several(indices_or_sections, "a place to split at")
    if not is_many(indices_or_sections):
        (indices_or_sections,) = given
        if indices_or_sections < 1:
            raise ShapeError(place(), f"{indices_or_sections} parts of an axis", "at least one")
        each, more = divmod(size, indices_or_sections)
        sizes = [each + 1] * more + [each] * (indices_or_sections - more)
        edges = [sum(sizes[:number]) for number in range(len(sizes) + 1)]
    else:
        edges = [0, *given, size]
    return [value[(slice(None),) * axis + (slice(start, stop),)] for start, stop in pairwise(edges)]


@meaning_of(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """As np.split: views."""
    value = as_value(ary)
    size = value.shape[one_axis(axis, value.ndim)]
    parts = 1 if is_many(indices_or_sections) else whole(indices_or_sections, "a number of parts")
    if parts > 0 and size % parts:
        raise ShapeError(place(), f"an axis of size {size} does not split into {parts} equal parts")
    return array_split(value, indices_or_sections, axis)


@meaning_of(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """As np.vsplit."""
    return split(ary, indices_or_sections, 0)


@meaning_of(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """As np.hsplit."""
    return split(ary, indices_or_sections, 0 if as_value(ary).ndim == 1 else 1)


@meaning_of(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """As np.dsplit."""
    return split(ary, indices_or_sections, 2)
