"""Reductions on values; those with `where` put something neutral in the place of what does not count."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, cast, common_dtype, constant, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._elementwise import root
from sigma_core.graph.functions._elementwise import where as select
from sigma_core.graph.operations._shapes import many_axes, one_axis, reduced


def _reduce(name: str, value: Value, axis: Any, *, keepdims: bool) -> Value:
    return record(name, value, axes=many_axes(axis, value.ndim), keepdims=bool(keepdims))


def _only(value: Value, where: Any, neutral: Any) -> Value:
    """The value, with something neutral where it does not count."""
    return value if where is True else record("broadcast_to", select(where, value, neutral), shape=value.shape)


def _as_asked(total: Value, dtype: Any) -> Value:
    """Small integers widen unless a dtype is asked for; modulo its size the total is the same."""
    return total if dtype is None else cast(total, dtype)


@meaning_of(np.sum)
def sum_(  # noqa: PLR0913  # NumPy's signature
    a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Value:
    """As np.sum."""
    value = as_value(a) if dtype is None else cast(as_value(a), dtype)
    total = _as_asked(_reduce("sum", _only(value, where, 0), axis, keepdims=keepdims), dtype)
    return total if initial is None else total + cast(as_value(initial), total.dtype)


@meaning_of(np.prod)
def prod_(  # noqa: PLR0913  # NumPy's signature
    a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Value:
    """As np.prod."""
    value = as_value(a) if dtype is None else cast(as_value(a), dtype)
    total = _as_asked(_reduce("prod", _only(value, where, 1), axis, keepdims=keepdims), dtype)
    return total if initial is None else total * cast(as_value(initial), total.dtype)


def _extreme(  # noqa: PLR0913  # as NumPy's
    name: str, ufunc: np.ufunc, a: Any, axis: Any, *, keepdims: bool, initial: Any, where: Any
) -> Value:
    value = as_value(a)
    if initial is None:
        if where is not True:
            raise ShapeError(
                place(), f"np.{name} with `where` and no `initial` has no result where nothing is picked", "initial="
            )
        return _reduce(name, value, axis, keepdims=keepdims)
    start = cast(as_value(initial), value.dtype)
    axes = many_axes(axis, value.ndim)
    if any(not value.shape[each] for each in axes):
        return record("broadcast_to", start, shape=reduced(value.shape, axes, keepdims=keepdims))
    found: Value = ufunc(start, _reduce(name, _only(value, where, start), axis, keepdims=keepdims))
    return found


@meaning_of(np.max, np.amax)
def max_(a: Any, axis: Any = None, *, keepdims: bool = False, initial: Any = None, where: Any = True) -> Value:
    """As np.max."""
    return _extreme("max", np.maximum, a, axis, keepdims=keepdims, initial=initial, where=where)


@meaning_of(np.min, np.amin)
def min_(a: Any, axis: Any = None, *, keepdims: bool = False, initial: Any = None, where: Any = True) -> Value:
    """As np.min."""
    return _extreme("min", np.minimum, a, axis, keepdims=keepdims, initial=initial, where=where)


@meaning_of(np.ptp)
def ptp(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """As np.ptp."""
    return max_(a, axis, keepdims=keepdims) - min_(a, axis, keepdims=keepdims)


def _truths(a: Any) -> Value:
    value = as_value(a)
    return value if value.dtype == np.bool_ else value != 0


@meaning_of(np.all)
def all_(a: Any, axis: Any = None, *, keepdims: bool = False, where: Any = True) -> Value:
    """As np.all."""
    return _reduce("all", as_value(a) if where is True else select(where, _truths(a), True), axis, keepdims=keepdims)


@meaning_of(np.any)
def any_(a: Any, axis: Any = None, *, keepdims: bool = False, where: Any = True) -> Value:
    """As np.any."""
    return _reduce("any", as_value(a) if where is True else select(where, _truths(a), False), axis, keepdims=keepdims)


@meaning_of(np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Value:
    """As np.count_nonzero."""
    return _reduce("sum", _truths(a), axis, keepdims=keepdims)


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


def _widened(value: Value, dtype: Any) -> tuple[Value, Any]:
    """What NumPy's mean computes in, and the dtype it answers in: float64 for integers, float32 for half precision."""
    if dtype is not None:
        return cast(value, dtype), np.dtype(dtype)
    if value.dtype.kind in "biu":
        return cast(value, np.float64), np.dtype(np.float64)
    return (cast(value, np.float32) if value.dtype == np.float16 else value), value.dtype


def _count(value: Value, axis: Any, where: Any, *, keepdims: bool) -> Any:
    """How many elements are reduced to one: a number, or with `where` a value."""
    if where is True:
        return float(prod(value.shape[each] for each in many_axes(axis, value.ndim)))
    picked = record("broadcast_to", as_value(where), shape=value.shape)
    return cast(_reduce("sum", picked, axis, keepdims=keepdims), value.dtype)


@meaning_of(np.mean)
def mean(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True) -> Value:
    """As np.mean."""
    value, answer = _widened(as_value(a), dtype)
    count = _count(value, axis, where, keepdims=keepdims)
    return cast(sum_(value, axis, keepdims=keepdims, where=where) / count, answer)


@meaning_of(np.var)
def var(  # noqa: PLR0913  # NumPy's signature
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Value:
    """As np.var."""
    if ddof and correction is not None:
        raise ShapeError(place(), "np.var with `ddof` and `correction`, which mean the same", "one of them")
    value, answer = _widened(as_value(a), dtype)
    value = _only(value, where, 0)
    if mean is None:
        mean = sum_(value, axis, keepdims=True, where=where) / _count(value, axis, where, keepdims=True)
    total = sum_(np.square(value - mean), axis, keepdims=keepdims, where=where)
    count = _count(value, axis, where, keepdims=keepdims) - (ddof if correction is None else correction)
    return cast(total / (np.maximum(count, 0) if isinstance(count, Value) else max(count, 0.0)), answer)


@meaning_of(np.std)
def std(  # noqa: PLR0913  # NumPy's signature
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """As np.std; where all elements are equal the derivative is zero."""
    variance = var(a, axis, dtype, ddof=ddof, keepdims=keepdims, where=where, mean=mean, correction=correction)
    return root(variance)


@meaning_of(np.average)
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """As np.average; weights have the shape of the array, or of the axes averaged over."""
    value = as_value(a)
    if weights is None:
        result: Any = mean(value, axis, keepdims=keepdims)
        scale: Any = as_value(np.asarray(value.size / max(result.size, 1), result.dtype))
    else:
        weight = as_value(weights)
        if weight.shape != value.shape:
            axes = many_axes(axis, value.ndim)
            if axis is None or weight.shape != tuple(value.shape[each] for each in axes):
                raise ShapeError(
                    place(),
                    f"weights of shape {weight.shape} for an average over {_axes(axis)} of shape {value.shape}",
                    "the shape of the array, or of the axes",
                )
            sizes = tuple(value.shape[each] if each in axes else 1 for each in range(value.ndim))
            weight = record("reshape", weight, shape=sizes)
        dtype = common_dtype(value, weight, *((constant(0.0),) if value.dtype.kind in "biu" else ()))
        weight = record("broadcast_to", cast(weight, dtype), shape=value.shape)
        scale = sum_(weight, axis, keepdims=keepdims)
        result = sum_(cast(value, dtype) * weight, axis, keepdims=keepdims) / scale
    return (result, record("broadcast_to", scale, shape=result.shape)) if returned else result


def _axes(axis: Any) -> str:
    return "all axes" if axis is None else f"axis {axis}"


# NaN counts as missing


def _present(a: Any) -> tuple[Value, Any]:
    value = as_value(a)
    return value, True if value.dtype.kind != "f" else ~np.isnan(value)


@meaning_of(np.nansum)
def nansum(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Value:
    """As np.nansum."""
    value, present = _present(a)
    return sum_(value, axis, dtype, keepdims=keepdims, where=present)


@meaning_of(np.nanprod)
def nanprod(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Value:
    """As np.nanprod."""
    value, present = _present(a)
    return prod_(value, axis, dtype, keepdims=keepdims, where=present)


@meaning_of(np.nanmean)
def nanmean(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Value:
    """As np.nanmean."""
    value, present = _present(a)
    return mean(value, axis, dtype, keepdims=keepdims, where=present)


@meaning_of(np.nanvar)
def nanvar(a: Any, axis: Any = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Value:
    """As np.nanvar."""
    value, present = _present(a)
    return var(value, axis, dtype, ddof=ddof, keepdims=keepdims, where=present)


@meaning_of(np.nanstd)
def nanstd(a: Any, axis: Any = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    """As np.nanstd."""
    return root(nanvar(a, axis, dtype, ddof=ddof, keepdims=keepdims))


def _nan_extreme(reduce: Callable[..., Value], a: Any, axis: Any, worst: float, *, keepdims: bool) -> Value:
    value, present = _present(a)
    if present is True:
        return reduce(value, axis, keepdims=keepdims)
    found = reduce(select(present, value, worst), axis, keepdims=keepdims)
    return select(any_(present, axis, keepdims=keepdims), found, np.nan)


@meaning_of(np.nanmax)
def nanmax(a: Any, axis: Any = None, *, keepdims: bool = False) -> Value:
    """As np.nanmax."""
    return _nan_extreme(max_, a, axis, -np.inf, keepdims=keepdims)


@meaning_of(np.nanmin)
def nanmin(a: Any, axis: Any = None, *, keepdims: bool = False) -> Value:
    """As np.nanmin."""
    return _nan_extreme(min_, a, axis, np.inf, keepdims=keepdims)
