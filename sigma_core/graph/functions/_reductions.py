"""Reductions on values."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from sigma_core.errors import TraceError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, cast, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._elementwise import where as select
from sigma_core.graph.operations._shapes import many_axes, one_axis


def _reduce(name: str, value: Value, axis: Any, *, keepdims: bool) -> Value:
    return record(name, value, axes=many_axes(axis, value.ndim), keepdims=bool(keepdims))


@meaning_of(np.sum)
def sum_(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True) -> Value:
    """As np.sum."""
    value = as_value(a) if dtype is None else cast(as_value(a), dtype)
    if where is not True:
        value = select(where, value, 0)
    return _reduce("sum", value, axis, keepdims=keepdims)


@meaning_of(np.prod)
def prod_(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Value:
    """As np.prod."""
    value = as_value(a) if dtype is None else cast(as_value(a), dtype)
    return _reduce("prod", value, axis, keepdims=keepdims)


@meaning_of(np.max, np.amax)
def max_(a: Any, axis: Any = None, *, keepdims: bool = False) -> Value:
    """As np.max."""
    return _reduce("max", as_value(a), axis, keepdims=keepdims)


@meaning_of(np.min, np.amin)
def min_(a: Any, axis: Any = None, *, keepdims: bool = False) -> Value:
    """As np.min."""
    return _reduce("min", as_value(a), axis, keepdims=keepdims)


@meaning_of(np.all)
def all_(a: Any, axis: Any = None, *, keepdims: bool = False) -> Value:
    """As np.all."""
    return _reduce("all", as_value(a), axis, keepdims=keepdims)


@meaning_of(np.any)
def any_(a: Any, axis: Any = None, *, keepdims: bool = False) -> Value:
    """As np.any."""
    return _reduce("any", as_value(a), axis, keepdims=keepdims)


def _position(name: str) -> Callable[..., Value]:
    def position(a: Any, axis: Any = None, *, keepdims: bool = False) -> Value:
        value = as_value(a)
        if axis is None:
            found = record(name, record("reshape", value, shape=(value.size,)), axis=0, keepdims=False)
            return record("reshape", found, shape=(1,) * value.ndim) if keepdims else found
        return record(name, value, axis=one_axis(axis, value.ndim), keepdims=bool(keepdims))

    return position


meaning_of(np.argmax)(_position("argmax"))
meaning_of(np.argmin)(_position("argmin"))


@meaning_of(np.cumsum)
def cumsum(a: Any, axis: int | None = None) -> Value:
    """As np.cumsum."""
    value = as_value(a)
    if axis is None:
        return record("cumsum", record("reshape", value, shape=(value.size,)), axis=0)
    return record("cumsum", value, axis=one_axis(axis, value.ndim))


def _count(value: Value, axis: Any) -> int:
    return prod(value.shape[each] for each in many_axes(axis, value.ndim))


def _widened(value: Value, dtype: Any) -> tuple[Value, Any]:
    """What NumPy's mean computes in, and the dtype it answers in: float64 for integers, float32 for half precision."""
    if dtype is not None:
        return cast(value, dtype), np.dtype(dtype)
    if value.dtype.kind in "biu":
        return cast(value, np.float64), np.dtype(np.float64)
    return (cast(value, np.float32) if value.dtype == np.float16 else value), value.dtype


@meaning_of(np.mean)
def mean(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Value:
    """As np.mean."""
    value, answer = _widened(as_value(a), dtype)
    count = _count(value, axis)
    return cast(_reduce("sum", value, axis, keepdims=keepdims) / float(count), answer)


@meaning_of(np.var)
def var(a: Any, axis: Any = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Value:
    """As np.var."""
    value, answer = _widened(as_value(a), dtype)
    count = _count(value, axis)
    centred = value - _reduce("sum", value, axis, keepdims=True) / float(count)
    total = _reduce("sum", centred * centred, axis, keepdims=keepdims)
    return cast(total / float(max(count - ddof, 0)), answer)


@meaning_of(np.std)
def std(a: Any, axis: Any = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    """As np.std."""
    return np.sqrt(var(a, axis, dtype, ddof=ddof, keepdims=keepdims))


@meaning_of(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, *, keepdims: bool = False) -> Any:  # noqa: A002  # NumPy's names
    """The Euclidean (Frobenius) norm, as np.linalg.norm without `ord`."""
    if ord is not None:
        raise TraceError(place(), f"np.linalg.norm with ord={ord!r} cannot be traced", "ord=None, the Euclidean norm")
    value, _ = _widened(as_value(x), None)
    return np.sqrt(_reduce("sum", value * value, axis, keepdims=keepdims))
