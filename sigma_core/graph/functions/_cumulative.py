"""Cumulative sums and products, and differences, on values."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, cast, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._joins import concatenate
from sigma_core.graph.operations._shapes import one_axis


def _flat(value: Value, axis: int | None) -> tuple[Value, int]:
    if axis is None:
        return (value if value.ndim == 1 else record("reshape", value, shape=(value.size,))), 0
    return value, one_axis(axis, value.ndim)


def _cumulative(name: str, a: Any, axis: int | None, dtype: Any) -> Value:
    value, axis = _flat(as_value(a) if dtype is None else cast(as_value(a), dtype), axis)
    total = record(name, value, axis=axis)
    # Small integers widen unless a dtype is asked for; modulo its size the total is the same.
    return total if dtype is None else cast(total, dtype)


@meaning_of(np.cumsum)
def cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Value:
    """As np.cumsum."""
    return _cumulative("cumsum", a, axis, dtype)


@meaning_of(np.cumprod)
def cumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Value:
    """As np.cumprod."""
    return _cumulative("cumprod", a, axis, dtype)


@meaning_of(np.nancumsum)
def nancumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Value:
    """As np.nancumsum."""
    value = as_value(a)
    return cumsum(np.where(np.isnan(value), 0, value) if value.dtype.kind == "f" else value, axis, dtype)


@meaning_of(np.nancumprod)
def nancumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Value:
    """As np.nancumprod."""
    value = as_value(a)
    return cumprod(np.where(np.isnan(value), 1, value) if value.dtype.kind == "f" else value, axis, dtype)


def _array_api(name: str, neutral: int) -> Callable[..., Value]:
    def cumulative(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Value:
        value = as_value(x)
        if axis is None and value.ndim != 1:
            raise ShapeError(place(), f"a cumulative {name[3:]} of shape {value.shape}", "one axis, or `axis`")
        axis = one_axis(0 if axis is None else axis, value.ndim)
        result = _cumulative(name, value, axis, dtype)
        if not include_initial:
            return result
        first = (*result.shape[:axis], 1, *result.shape[axis + 1 :])
        return concatenate([np.full(first, neutral, result.dtype), result], axis)

    return cumulative


meaning_of(np.cumulative_sum)(_array_api("cumsum", 0))
meaning_of(np.cumulative_prod)(_array_api("cumprod", 1))


@meaning_of(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Value:
    """As np.diff."""
    if n < 0:
        raise ShapeError(place(), f"differences taken {n} times", "0 or more")
    value = as_value(a)
    axis = one_axis(axis, value.ndim)
    ends = []
    for end in (prepend, append):
        part = None if end is None else as_value(end)
        if part is not None and not part.ndim:
            part = record("broadcast_to", part, shape=(*value.shape[:axis], 1, *value.shape[axis + 1 :]))
        ends.append(part)
    value = concatenate([part for part in (ends[0], value, ends[1]) if part is not None], axis)
    before = (slice(None),) * axis
    for _ in range(n):
        later, earlier = value[(*before, slice(1, None))], value[(*before, slice(0, -1))]
        value = np.not_equal(later, earlier) if value.dtype == np.bool_ else later - earlier
    return value
