"""Arithmetic of shapes, axes and dtypes that the rules share."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from operator import index
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._scope import place
from sigma_core.graph.operations._operation import Shape


def broadcast(*shapes: Shape) -> Shape:
    """The shape that all broadcast to; raises ShapeError."""
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        text = " and ".join(str(shape) for shape in shapes)
        raise ShapeError(
            place(),
            f"shapes {text} do not broadcast",
            "equal sizes, or 1, in each axis counted from the last",
            "reshape one of them",
        ) from None


def whole(number: Any, what: str = "a size") -> int:
    """An integer, NumPy's too; raises ShapeError for all else, and so for a number with a fraction."""
    try:
        return index(number)
    except TypeError:
        raise ShapeError(place(), f"{number!r} as {what}", "an integer") from None


def is_many(given: Any) -> bool:
    """Whether there are some of them, in a tuple, list or array."""
    return isinstance(given, Sequence) or getattr(given, "ndim", 0) > 0


def several(given: Any, what: str = "a size") -> list[int]:
    """One integer or some of them, in a tuple, list or array; raises ShapeError."""
    if is_many(given):
        return [whole(each, what) for each in given]
    return [whole(given, what)]


def one_axis(axis: Any, ndim: int) -> int:
    """A non-negative axis; raises ShapeError."""
    number = whole(axis, "an axis")
    if not -ndim <= number < ndim:
        raise ShapeError(
            place(), f"axis {number} is not among the {ndim} axes", f"{-ndim} to {ndim - 1}" if ndim else "none"
        )
    return number % ndim


def many_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes sorted and non-negative; None means all. Raises ShapeError."""
    if axis is None:
        return tuple(range(ndim))
    given = several(axis, "an axis")
    axes = tuple(sorted(one_axis(each, ndim) for each in given))
    if len(set(axes)) < len(axes):
        raise ShapeError(place(), f"axes {tuple(given)} name an axis twice")
    return axes


def reduced(shape: Shape, axes: tuple[int, ...], *, keepdims: bool) -> Shape:
    """The shape after a reduction."""
    if keepdims:
        return tuple(1 if axis in axes else size for axis, size in enumerate(shape))
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


def resolved(shape: Any, size: int) -> Shape:
    """A new shape of `size` elements, with -1 worked out; raises ShapeError."""
    wanted = tuple(several(shape))
    known = prod(each for each in wanted if each != -1)
    unknown = wanted.count(-1)
    fits = size % known == 0 if known else size == 0 and not unknown
    if unknown > 1 or not fits or (not unknown and known != size):
        raise ShapeError(place(), f"{size} elements do not fill shape {wanted}", "the same number of elements")
    return tuple(size // known if each == -1 else each for each in wanted)


@lru_cache(maxsize=1024)
def reduction_dtype(reduce: Callable[..., Any], dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype that NumPy's reduction gives: int32 sums to int64, uint8 to uint64."""
    result: np.dtype[Any] = np.asarray(reduce(np.zeros(1, dtype))).dtype
    return result
