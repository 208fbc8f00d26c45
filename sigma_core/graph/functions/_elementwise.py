"""Ufuncs on values, and what is composed of them."""

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from sigma_core.errors import TraceError
from sigma_core.graph._protocol import FUNCTIONS, Meaning, meaning_of, name_of
from sigma_core.graph._record import as_value, cast, common_dtype, constant, elementwise, full, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.operations import UFUNC_OPERATIONS
from sigma_core.graph.operations._shapes import several


def _meaning(ufunc: np.ufunc) -> Meaning:
    names = ["x"] if ufunc.nin == 1 else [f"x{number}" for number in range(1, ufunc.nin + 1)]
    signature = Signature([Parameter(name, Parameter.POSITIONAL_ONLY) for name in names])
    return Meaning(name_of(ufunc), lambda *operands: elementwise(ufunc, *operands), signature)


FUNCTIONS.update({ufunc: _meaning(ufunc) for ufunc in UFUNC_OPERATIONS})


@meaning_of(np.where)
def where(condition: Any, x: Any = None, y: Any = None) -> Value:
    """As np.where with three arguments."""
    if x is None or y is None:
        raise TraceError(
            place(),
            "np.where without two things to choose from picks an unknown number of elements",
            "np.where(condition, x, y)",
            "np.where(mask, value, 0), or sigma_core.extend.top_k",
        )
    a, b = as_value(x), as_value(y)
    dtype = common_dtype(a, b)
    weak = a.weak and b.weak
    chosen = as_value(condition)
    if chosen.dtype != np.bool_:
        chosen = chosen != 0
    return record("where", chosen, cast(a, dtype, weak=weak), cast(b, dtype, weak=weak), weak=weak)


def root(total: Any, function: Callable[[Any], Any] = np.sqrt) -> Any:
    """A root of a sum of powers; at 0, where its slope is infinite and that of each power 0, the derivative is 0."""
    is_nothing = np.equal(total, 0)
    return where(is_nothing, total, function(where(is_nothing, 1.0, total)))


@meaning_of(np.divmod)
def divmod_(x1: Any, x2: Any, /) -> tuple[Any, Any]:
    """As np.divmod."""
    return np.floor_divide(x1, x2), np.remainder(x1, x2)


@meaning_of(np.modf)
def modf(x: Any, /) -> tuple[Any, Any]:
    """As np.modf."""
    whole = np.trunc(as_value(x) * 1.0)
    return np.copysign(as_value(x) - whole, x), whole


@meaning_of(np.sinc)
def sinc(x: Any) -> Any:
    """As np.sinc: sin(pi x) / (pi x), 1 at 0."""
    value = as_value(x) * np.pi
    near = np.abs(value) < 1e-4
    safe = where(near, 1.0, value)
    # Near 0 the series, whose derivatives are right there too.
    square = np.square(where(near, value, 0.0))
    return where(near, 1 - square / 6 + square * square / 120, np.sin(safe) / safe)


@meaning_of(np.isclose)
def isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Any:
    """As np.isclose."""
    first, second = as_value(a), as_value(b)
    close = np.isfinite(second) & (np.abs(first - second) <= atol + rtol * np.abs(second)) | (first == second)
    return close | (np.isnan(first) & np.isnan(second)) if equal_nan else close


@meaning_of(np.allclose)
def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Any:
    """As np.allclose, a truth value of the program."""
    return np.all(isclose(a, b, rtol, atol, equal_nan))


@meaning_of(np.array_equal)
def array_equal(a1: Any, a2: Any) -> Any:
    """As np.array_equal, a truth value of the program."""
    first, second = as_value(a1), as_value(a2)
    return np.all(first == second) if first.shape == second.shape else constant(False)


@meaning_of(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:  # noqa: A002  # NumPy's names
    """As np.clip."""
    low = min if a_min is None else a_min
    high = max if a_max is None else a_max
    dtype = as_value(a).dtype
    if dtype.kind in "iu":
        # NumPy lets a Python integer at or beyond the end of the dtype bound nothing; else it would not fit.
        low = None if type(low) is int and low <= np.iinfo(dtype).min else low
        high = None if type(high) is int and high >= np.iinfo(dtype).max else high
    bounded = as_value(a) if low is None else np.maximum(a, low)
    return bounded if high is None else np.minimum(bounded, high)


@meaning_of(np.astype)
def astype(x: Any, dtype: Any, /, *, copy: bool = True) -> Value:  # noqa: ARG001  # values are immutable
    """As np.astype; a weak value becomes a strong one."""
    value = as_value(x)
    if value.weak:
        return record("cast", value, dtype=np.dtype(dtype))
    return cast(value, dtype)


@meaning_of(np.copy)
def copy(a: Any, order: str = "K") -> Value:  # noqa: ARG001  # values have no layout
    """Values are immutable: the value itself."""
    return as_value(a)


def _shape_like(a: Any, shape: Any) -> tuple[int, ...]:
    return a.shape if shape is None else tuple(several(shape))


@meaning_of(np.zeros_like, np.empty_like)
def zeros_like(a: Any, dtype: Any = None, *, shape: Any = None) -> Value:
    """As np.zeros_like; what is empty in NumPy is zero here."""
    return full(_shape_like(a, shape), 0, dtype or a.dtype)


@meaning_of(np.ones_like)
def ones_like(a: Any, dtype: Any = None, *, shape: Any = None) -> Value:
    """As np.ones_like."""
    return full(_shape_like(a, shape), 1, dtype or a.dtype)


@meaning_of(np.full_like)
def full_like(a: Any, fill_value: Any, dtype: Any = None, *, shape: Any = None) -> Any:
    """As np.full_like."""
    filling = as_value(fill_value)
    return record("broadcast_to", cast(filling, dtype or a.dtype), shape=_shape_like(a, shape))


@meaning_of(np.real, np.conjugate)
def real(val: Any, /) -> Value:
    """As np.real and np.conjugate: the value itself, for values are real."""
    return as_value(val)


@meaning_of(np.imag)
def imag(val: Any) -> Value:
    """As np.imag: zeros, for values are real."""
    return zeros_like(as_value(val))


@meaning_of(np.nan_to_num)
def nan_to_num(
    x: Any,
    copy: bool = True,  # noqa: ARG001  # values are immutable
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Any:
    """As np.nan_to_num."""
    value = as_value(x)
    if value.dtype.kind != "f":
        return value
    limits = np.finfo(value.dtype)
    high = limits.max if posinf is None else posinf
    low = limits.min if neginf is None else neginf
    finite = where(np.equal(value, np.inf), float(high), where(np.equal(value, -np.inf), float(low), value))
    return where(np.isnan(value), nan, finite)


@meaning_of(np.round, np.around)
def round_(a: Any, decimals: int = 0) -> Any:
    """As np.round; integers only to as many decimals as they have."""
    value = as_value(a)
    if value.dtype.kind != "f":
        if decimals < 0:
            raise TraceError(
                place(),
                f"np.round of {value.dtype} to {decimals} decimals cannot be traced",
                "0 or more",
                "astype(float)",
            )
        return value
    if not decimals:
        return np.rint(value)
    # As NumPy, which neither rounds twice nor looks at the decimal digits.
    power = 10.0 ** abs(decimals)
    return np.rint(value * power) / power if decimals > 0 else np.rint(value / power) * power


@meaning_of(np.result_type)
def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    """As np.result_type."""
    return common_dtype(*(_typed(each) for each in arrays_and_dtypes))


def _typed(thing: Any) -> Value:
    return constant(0, thing) if isinstance(thing, np.dtype | type) else as_value(thing)


@meaning_of(np.shape)
def shape(a: Any) -> tuple[int, ...]:
    """As np.shape."""
    return as_value(a).shape


@meaning_of(np.ndim)
def ndim(a: Any) -> int:
    """As np.ndim."""
    return as_value(a).ndim


@meaning_of(np.size)
def size(a: Any, axis: int | None = None) -> int:
    """As np.size."""
    return as_value(a).size if axis is None else as_value(a).shape[axis]
