"""Order on values: sorting, the largest, and what is defined by ranks."""

from typing import Any

import numpy as np

from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, cast, common_dtype, constant, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._elementwise import where
from sigma_core.graph.functions._indexing import getitem, take, take_along_axis
from sigma_core.graph.functions._views import moveaxis, ravel, reshape
from sigma_core.graph.operations._shapes import many_axes, one_axis


def _along(a: Any, axis: int | None) -> tuple[Value, int]:
    value = as_value(a)
    return (ravel(value), 0) if axis is None else (value, one_axis(axis, value.ndim))


@meaning_of(np.sort)
def sort(a: Any, axis: int | None = -1, kind: Any = None, *, stable: bool | None = None) -> Value:  # noqa: ARG001  # equal numbers cannot be told apart
    """As np.sort; equal numbers pass their derivatives on in their order."""
    value, along = _along(a, axis)
    return record("sort", value, axis=along)


@meaning_of(np.argsort)
def argsort(a: Any, axis: int | None = -1, kind: Any = None, *, stable: bool | None = None) -> Value:  # noqa: ARG001  # always stable
    """As np.argsort, always stable."""
    value, along = _along(a, axis)
    return record("argsort", value, axis=along, descending=False)


@meaning_of(np.partition)
def partition(a: Any, kth: Any, axis: int | None = -1) -> Value:  # noqa: ARG001  # right for each
    """As np.partition, of which a sorted array is the one that fits each `kth`."""
    return sort(a, axis)


@meaning_of(np.argpartition)
def argpartition(a: Any, kth: Any, axis: int | None = -1) -> Value:  # noqa: ARG001  # right for each
    """As np.argpartition, of which the sorted order is the one that fits each `kth`."""
    return argsort(a, axis)


def top_k(values: Any, k: int, axis: int = -1) -> tuple[Value, Value]:
    """The `k` largest along an axis, largest first, and their indices; of equal ones the first comes first.

    Raises ShapeError when there are fewer than `k`.
    """
    value = as_value(values)
    axis = one_axis(axis, value.ndim)
    if not 0 <= k <= value.shape[axis]:
        raise ShapeError(place(), f"the {k} largest of {value.shape[axis]}", f"0 to {value.shape[axis]}")
    order = record("argsort", value, axis=axis, descending=True)
    indices = getitem(order, (slice(None),) * axis + (slice(0, k),))
    return take_along_axis(value, indices, axis), indices


@meaning_of(np.searchsorted)
def searchsorted(a: Any, v: Any, side: str = "left") -> Value:
    """As np.searchsorted, for an array that is sorted."""
    array, numbers = as_value(a), as_value(v)
    if array.ndim != 1 or side not in ("left", "right"):
        raise ShapeError(place(), f"np.searchsorted in shape {array.shape}, side {side!r}", "one axis; left or right")
    dtype = common_dtype(array, numbers)
    return record("searchsorted", cast(array, dtype), cast(numbers, dtype), side=side)


@meaning_of(np.digitize)
def digitize(x: Any, bins: Any, right: bool = False) -> Value:
    """As np.digitize, for bins that rise."""
    if not isinstance(bins, Value) and np.any(np.diff(bins) < 0):
        raise ShapeError(place(), "np.digitize into bins that fall", "bins that rise", "np.flip of the bins")
    return searchsorted(bins, x, "left" if right else "right")


@meaning_of(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    """As np.interp."""
    numbers, known, heights = (cast(as_value(each), np.float64) for each in (x, xp, fp))
    if known.ndim != 1 or known.shape != heights.shape or not known.size:
        raise ShapeError(place(), f"np.interp over shapes {known.shape} and {heights.shape}", "one axis, equal sizes")
    last = known.size - 1
    below = np.clip(searchsorted(known, numbers, "right") - 1, 0, max(last - 1, 0))
    above = np.minimum(below + 1, last)
    x0, x1, y0, y1 = (take(each, index) for each in (known, heights) for index in (below, above))
    width = where(x1 > x0, x1 - x0, 1.0)
    between = y0 + (y1 - y0) / width * (numbers - x0)
    low = heights[0] if left is None else left
    high = heights[-1] if right is None else right
    result = where(numbers < known[0], low, where(numbers > known[-1], high, between))
    return where(np.isnan(numbers), np.nan, where(numbers == known[-1], heights[-1], result))


# Ranks


def _ranked(a: Any, axis: Any) -> tuple[Value, tuple[int, ...]]:
    """The values sorted along the last axis, in which all that are reduced stand; and which those were."""
    value = as_value(a)
    value = cast(value, np.float64) if value.dtype.kind in "biu" else value
    axes = many_axes(axis, value.ndim)
    kept = [each for each in range(value.ndim) if each not in axes]
    moved = moveaxis(value, axes, tuple(range(-len(axes), 0))) if axes else value
    flat = reshape(
        moved, (*(value.shape[each] for each in kept), int(np.prod([value.shape[each] for each in axes], dtype=int)))
    )
    if not flat.shape[-1]:
        raise ShapeError(place(), f"a median or quantile of no numbers, of shape {value.shape}")
    return record("sort", flat, axis=flat.ndim - 1), axes


def _kept(result: Value, a: Any, axes: tuple[int, ...], leading: int, *, keepdims: bool) -> Value:
    if not keepdims:
        return result
    sizes = (1 if axis in axes else size for axis, size in enumerate(as_value(a).shape))
    return reshape(result, (*result.shape[:leading], *sizes))


@meaning_of(np.median)
def median(a: Any, axis: Any = None, *, keepdims: bool = False) -> Value:
    """As np.median."""
    ranked, axes = _ranked(a, axis)
    size = ranked.shape[-1]
    middle = ranked[..., (size - 1) // 2 : size // 2 + 1]
    found = where(np.isnan(ranked[..., -1]), np.nan, np.mean(middle, axis=-1))
    return _kept(found, a, axes, 0, keepdims=keepdims)


@meaning_of(np.quantile)
def quantile(a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False) -> Value:
    """As np.quantile with method "linear", "lower", "higher" or "midpoint", for a `q` that is no value."""
    if isinstance(q, Value):
        raise TraceError(place(), "np.quantile at a value cannot be traced", "a number, or an array", "np.interp")
    if method not in _BETWEEN:
        raise TraceError(place(), f"np.quantile with method {method!r} cannot be traced", ", ".join(_BETWEEN))
    ranked, axes = _ranked(a, axis)
    # A Python number promotes as such (NEP 50), as does an integer, which is 0 or 1.
    given = np.asarray(q)
    is_weak = isinstance(q, int | float) and not isinstance(q, np.generic)
    promotes = not is_weak and given.dtype.kind == "f" and method in ("linear", "midpoint")
    dtype = np.result_type(ranked.dtype, given.dtype) if promotes else ranked.dtype
    share = given.astype(np.float64)
    if not np.all((share >= 0) & (share <= 1)):
        raise ShapeError(place(), "np.quantile at a share outside of 0 to 1")
    rank = share * (ranked.shape[-1] - 1)
    low, high = np.floor(rank).astype(np.int64), np.ceil(rank).astype(np.int64)
    fraction = constant(np.asarray(_BETWEEN[method](rank - low), dtype))
    last = ranked.ndim - 1
    a_low = moveaxis(take(ranked, low, last), tuple(range(last, last + share.ndim)), tuple(range(share.ndim)))
    a_high = moveaxis(take(ranked, high, last), tuple(range(last, last + share.ndim)), tuple(range(share.ndim)))
    fraction = reshape(fraction, (*share.shape, *(1,) * last))
    # As NumPy: from the nearer end, so that both ends are exact.
    found = where(fraction < 0.5, a_low + (a_high - a_low) * fraction, a_high - (a_high - a_low) * (1 - fraction))
    found = where(np.isnan(ranked[..., -1]), np.nan, found)
    return _kept(found, a, axes, share.ndim, keepdims=keepdims)


@meaning_of(np.percentile)
def percentile(a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False) -> Value:
    """As np.percentile, with the methods of `np.quantile`."""
    share = q if isinstance(q, Value) else q / 100 if isinstance(q, int | float) else np.true_divide(q, 100)
    return quantile(a, share, axis, method=method, keepdims=keepdims)


_BETWEEN: dict[str, Any] = {
    "linear": lambda fraction: fraction,
    "lower": np.zeros_like,
    "higher": lambda fraction: np.ones_like(fraction) * (fraction > 0),
    "midpoint": lambda fraction: 0.5 * (fraction > 0),
}
