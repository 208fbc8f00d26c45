"""Methods of ufuncs on values: reduce, accumulate and outer."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from sigma_core.graph._protocol import METHODS, Meaning, name_of, plain
from sigma_core.graph._record import as_value
from sigma_core.graph._value import Value
from sigma_core.graph.functions import _reductions
from sigma_core.graph.functions._cumulative import cumprod, cumsum
from sigma_core.graph.functions._special import logsumexp
from sigma_core.graph.functions._views import reshape
from sigma_core.graph.operations import UFUNC_OPERATIONS
from sigma_core.graph.operations._cumulative import by_doubling
from sigma_core.graph.operations._shapes import one_axis


def _typed(reduction: Callable[..., Value]) -> Callable[..., Value]:
    def reduce(  # noqa: PLR0913, PLR0917  # NumPy's signature
        array: Any,
        axis: Any = 0,
        dtype: Any = None,
        out: None = None,  # noqa: ARG001  # a value is refused before
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
    ) -> Value:
        value = as_value(array) if dtype is None else as_value(array).astype(dtype)
        total = reduction(value, axis, keepdims=keepdims, initial=initial, where=where)
        return total if dtype is None else total.astype(dtype)

    return reduce


def _of_truths(reduction: Callable[..., Value]) -> Callable[..., Value]:
    def reduce(array: Any, axis: Any = 0, dtype: Any = None, out: None = None, keepdims: bool = False) -> Value:  # noqa: ARG001  # as above
        return reduction(array, axis, keepdims=keepdims)

    return reduce


def _logaddexp(array: Any, axis: Any = 0, dtype: Any = None, out: None = None, keepdims: bool = False) -> Any:  # noqa: ARG001  # as above
    return logsumexp(array, axis, keepdims=keepdims)


def _accumulate(cumulative: Callable[..., Value]) -> Callable[..., Value]:
    def accumulate(array: Any, axis: int = 0, dtype: Any = None, out: None = None) -> Value:  # noqa: ARG001  # as above
        return cumulative(array, axis, dtype)

    return accumulate


def _by_doubling(ufunc: np.ufunc) -> Callable[..., Value]:
    def accumulate(array: Any, axis: int = 0) -> Value:
        value = as_value(array)
        result: Value = by_doubling(ufunc, value, one_axis(axis, value.ndim))
        return result

    return accumulate


def _outer(ufunc: np.ufunc) -> Callable[..., Value]:
    def outer(first: Any, second: Any, /) -> Value:
        left, right = as_value(first), as_value(second)
        result: Value = ufunc(reshape(left, (*left.shape, *(1,) * right.ndim)), right)
        return result

    return outer


def _add(ufunc: np.ufunc, method: str, function: Callable[..., Any]) -> None:
    METHODS[ufunc, method] = Meaning(f"{name_of(ufunc)}.{method}", function, plain(signature(function)))


_add(np.add, "reduce", _typed(_reductions.sum_))
_add(np.multiply, "reduce", _typed(_reductions.prod_))
_add(np.maximum, "reduce", _typed(_reductions.max_))
_add(np.minimum, "reduce", _typed(_reductions.min_))
_add(np.logical_and, "reduce", _of_truths(_reductions.all_))
_add(np.logical_or, "reduce", _of_truths(_reductions.any_))
_add(np.logaddexp, "reduce", _logaddexp)
_add(np.add, "accumulate", _accumulate(cumsum))
_add(np.multiply, "accumulate", _accumulate(cumprod))
_BY_DOUBLING: tuple[np.ufunc, ...] = (np.maximum, np.minimum, np.logaddexp, np.fmax, np.fmin)
for _ufunc in _BY_DOUBLING:
    _add(_ufunc, "accumulate", _by_doubling(_ufunc))
for _ufunc in UFUNC_OPERATIONS:
    if _ufunc.nin == 2:
        _add(_ufunc, "outer", _outer(_ufunc))
